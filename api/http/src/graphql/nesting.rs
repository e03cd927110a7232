//! A document nested too deeply is refused before the parser sees it: the parser's grammar recurses without a limit
//! of its own, and a stack that overflows ends the whole process.

/// Introspection needs 15; the parser itself refuses selections deeper than 64.
const NESTING_MAX: usize = 100;

/// Whether brackets outside strings and comments stand deeper than anything useful.
pub(super) fn is_too_deep(document: &str) -> bool {
    let mut rest = document;
    let mut depth = 0_usize;
    while let Some(next) = rest.find(['{', '[', '(', '}', ']', ')', '"', '#']) {
        let (found, after) = rest.split_at(next);
        debug_assert!(found.len() == next);
        rest = after.get(1..).unwrap_or_default();
        match after.as_bytes().first() {
            Some(b'{' | b'[' | b'(') => {
                depth += 1;
                if depth > NESTING_MAX {
                    return true;
                }
            }
            Some(b'"') => rest = after_string(after),
            Some(b'#') => rest = rest.find(['\n', '\r']).and_then(|end| rest.get(end..)).unwrap_or_default(),
            _ => depth = depth.saturating_sub(1),
        }
    }
    false
}

/// What follows the string that `text` begins with; nothing when it does not end.
fn after_string(text: &str) -> &str {
    let (inner, quote, escape) = match text.strip_prefix("\"\"\"") {
        Some(inner) => (inner, "\"\"\"", "\\\"\"\""),
        None => (text.get(1..).unwrap_or_default(), "\"", "\\"),
    };
    let mut rest = inner;
    loop {
        let Some(end) = rest.find(quote) else { return "" };
        match rest.find(escape).filter(|escaped| *escaped < end) {
            // In a block string `\"""` is escaped whole, elsewhere a backslash and what follows it.
            Some(escaped) => {
                let mut after = rest.get(escaped + escape.len()..).unwrap_or_default().chars();
                if quote.len() == 1 {
                    after.next();
                }
                rest = after.as_str();
            }
            None => return rest.get(end + quote.len()..).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_too_deep;

    #[test]
    fn nesting_counts_outside_strings_and_comments_only() {
        assert!(!is_too_deep(&"{a".repeat(100)));
        assert!(is_too_deep(&"{a".repeat(101)));
        assert!(is_too_deep(&"[(".repeat(51)));
        assert!(!is_too_deep(&"{a}".repeat(10_000)));
        let many = "{".repeat(500);
        assert!(!is_too_deep(&format!("{{ a(x: \"{many}\") }}")));
        assert!(!is_too_deep(&format!("{{ a(x: \"\\\"{many}\") }}")));
        assert!(!is_too_deep(&format!("{{ a(x: \"\"\"\" {many} \\\"\"\" {many}\"\"\") }}")));
        assert!(!is_too_deep(&format!("# {many}\n{{ a }}")));
        assert!(is_too_deep(&format!("\"s\" {many}")));
        assert!(is_too_deep(&format!("\"\\\\\" {many}")));
        assert!(is_too_deep(&format!("# c\n{many}")));
        assert!(!is_too_deep(&format!("\"\" \"unfinished {many}")));
    }
}
