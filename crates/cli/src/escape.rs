//! Names and texts of others, made safe to show.

use std::fmt::Write;

/// A name as it is shown: on one line, with `\u{..}` for what would move the cursor, reorder the line or not show at
/// all. A backslash is doubled, so that no two names look the same.
pub(crate) fn name(name: &str) -> String {
    escape(name, |c| c == '\\')
}

/// A text as it is shown: like a name, but what is escaped already stays as it is.
pub(crate) fn text(text: &str) -> String {
    escape(text, |_| false)
}

fn escape(text: &str, doubled: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if doubled(c) {
            shown.push(c);
            shown.push(c);
        } else if c.is_control() || misleads(c) {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Characters that reorder or hide what is around them, or end a line. Joiners stay: scripts and emoji need them.
fn misleads(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_reaches_the_terminal_as_a_command() {
        assert_eq!(name("a\nb\tc"), "a\\u{a}b\\u{9}c");
        assert_eq!(name("\u{1b}[31mred\u{9b}"), "\\u{1b}[31mred\\u{9b}");
        assert_eq!(name("a\u{202e}gpj.exe\u{2066}"), "a\\u{202e}gpj.exe\\u{2066}");
        assert_eq!(name("a\\u{a}"), "a\\\\u{a}");
    }

    #[test]
    fn what_can_be_read_stays() {
        for readable in ["日本 \"x\" 'y'", "e\u{301}", "👩\u{200d}💻", "नमस्ते"] {
            assert_eq!(name(readable), readable);
        }
        assert_eq!(text("object \"a\\nb\""), "object \"a\\nb\"");
        assert_eq!(text("a\rb"), "a\\u{d}b");
    }
}
