//! Tables for other programs (CSV, RFC 4180).

/// A field, quoted where it must be.
pub fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_would_break_a_line_is_quoted() {
        assert_eq!(["plain", "a,b", "a\"b"].map(super::field), ["plain", "\"a,b\"", "\"a\"\"b\""]);
    }
}
