//! Writes JSON, piece by piece. The caller closes what it opens.

use std::fmt::{Display, Write};

#[derive(Default)]
pub struct Writer {
    text: String,
}

impl Writer {
    pub fn into_text(self) -> String {
        self.text
    }

    /// A comma, unless this is the first member or element.
    fn separate(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(['{', '[', ':']) {
            self.text.push(',');
        }
    }

    /// The name of a member. Its value must follow.
    pub fn key(&mut self, name: &str) -> &mut Writer {
        self.text(name);
        self.text.push(':');
        self
    }

    /// `{` or `[`
    pub fn open(&mut self, bracket: char) {
        self.separate();
        self.text.push(bracket);
    }

    /// `}` or `]`
    pub fn close(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    pub fn text(&mut self, value: &str) {
        self.separate();
        self.text.push('"');
        for character in value.chars() {
            match character {
                '"' | '\\' => self.text.extend(['\\', character]),
                '\0'..='\x1f' => {
                    // Writing to a string does not fail.
                    let _ = write!(self.text, "\\u{:04x}", u32::from(character));
                }
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
    }

    /// A number, `true`, `false` or `null`.
    pub fn literal(&mut self, value: &dyn Display) {
        self.separate();
        // As above.
        let _ = write!(self.text, "{value}");
    }

    /// Members with numbers.
    pub fn numbers(&mut self, members: &[(&str, u64)]) {
        for (name, value) in members {
            self.key(name).literal(value);
        }
    }

    /// A member with a text, or null.
    pub fn member(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.key(name).text(value),
            None => self.key(name).literal(&"null"),
        }
    }

    /// A member with a list of texts.
    pub fn texts<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a str>) {
        self.key(name).open('[');
        values.for_each(|value| self.text(value));
        self.close(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let mut writer = Writer::default();
        writer.open('{');
        writer.numbers(&[("a", 1), ("b", u64::MAX)]);
        writer.member("c", Some("x\"\\\n\u{1f}\u{7f}\u{20ac}:"));
        writer.member("d", None);
        writer.texts("e", ["[", "{", ""].into_iter());
        writer.key("f").open('[');
        writer.open('{');
        writer.close('}');
        writer.open('[');
        writer.close(']');
        writer.close(']');
        writer.close('}');
        let text = writer.into_text();
        let expected = "{\"a\":1,\"b\":18446744073709551615,\
            \"c\":\"x\\\"\\\\\\u000a\\u001f\u{7f}\u{20ac}:\",\"d\":null,\
            \"e\":[\"[\",\"{\",\"\"],\"f\":[{},[]]}";
        assert_eq!(text, expected);
        crate::json::check(text.as_bytes()).unwrap();
    }
}
