//! Text for people: foreign text is made harmless, and long text is cut.

/// The text on one line: control characters, line separators and marks that change the
/// direction of writing are shown as escapes, such as `\n` or `\u{1b}`.
pub fn one_line(text: String) -> String {
    if !text.chars().any(is_unprintable) {
        return text;
    }
    let mut line = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unprintable(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// Terminals and log readers obey these, or end the line at them.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// At most the first `most` bytes of the text, cut between two characters.
pub fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_line_or_steers_a_terminal() {
        let bad = "a\r\nb\u{1b}[31m\0\u{85}\u{2028}\u{202e}\u{7f}";
        let shown = "a\\r\\nb\\u{1b}[31m\\u{0}\\u{85}\\u{2028}\\u{202e}\\u{7f}";
        assert_eq!(one_line(bad.to_owned()), shown);
        for plain in ["", "a \"quoted\" \\ word", "héllo € 日本 🙂"] {
            assert_eq!(one_line(plain.to_owned()), plain);
        }
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut("a€b", 5), "a€b");
        assert_eq!(cut("a€b", 4), "a€");
        assert_eq!(cut("a€b", 3), "a");
        assert_eq!(cut("€", 2), "");
    }
}
