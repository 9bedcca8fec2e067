//! Tables for other programs (CSV, RFC 4180).

/// A text as a field, quoted where it must be. What a spreadsheet would take for a formula gets an apostrophe in front.
pub fn field(text: &str) -> String {
    let text = &if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_would_break_a_line_is_quoted() {
        assert_eq!(["plain", "a,b", "a\"b"].map(super::field), ["plain", "\"a,b\"", "\"a\"\"b\""]);
    }

    #[test]
    fn no_text_is_a_formula() {
        for text in ["=2+3", "+1", "-1", "@sum", "\t=1", "\r=1"] {
            let field = super::field(text);
            assert!(field.trim_start_matches('"').starts_with('\''), "{field}");
        }
        assert_eq!(super::field("=a,b"), "\"'=a,b\"");
        assert_eq!(super::field("a=b"), "a=b");
    }
}
