//! Tables for other programs (CSV, RFC 4180).

/// A text as a field, quoted where it must be. What a spreadsheet would take for a formula gets an apostrophe in front.
pub fn field(text: &str) -> String {
    let text = if is_formula(text) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', ';', '\n', '\r', '\t']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn is_formula(text: &str) -> bool {
    // Some programs drop blanks and control characters first, some know the wide forms.
    let begins = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    begins.starts_with(['=', '+', '-', '@', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'])
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn what_would_break_a_line_is_quoted() {
        assert_eq!(["plain", "a,b", "a\"b"].map(field), ["plain", "\"a,b\"", "\"a\"\"b\""]);
        assert_eq!(field("a\r\nb"), "\"a\r\nb\"");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1", "\u{FF1D}1"] {
            assert!(field(text).trim_start_matches('"').starts_with('\''), "{text}");
        }
        assert_eq!(["hip-hop", "R&B", "", "0.5"].map(field), ["hip-hop", "R&B", "", "0.5"]);
        assert_eq!(field("\t=1,2"), "\"'\t=1,2\"");
    }

    #[test]
    fn no_text_is_a_formula() {
        for text in ["=2+3", "+1+2", "-A1", "@sum", "\t=1", "\r=1"] {
            let field = field(text);
            assert!(field.trim_start_matches('"').starts_with('\''), "{field}");
        }
        assert_eq!(field("=a,b"), "\"'=a,b\"");
        assert_eq!(field("a=b"), "a=b");
    }
}
