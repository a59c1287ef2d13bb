//! Repairs heads that break HTTP's rules for header lines, which some servers and devices send.

use crate::error::Error;
use crate::protocol::request::is_token;

/// The longest name that a header may have.
pub const MAX_NAME: usize = 255;

/// A repaired head.
pub struct Tidy {
    pub head: Vec<u8>,
    /// The fault of each line that was left out. It quotes no value.
    pub dropped: Vec<String>,
}

/// Repairs a head, including its blank line (RFC 9112 2.2, 5.1 and 5.2): a header over several
/// lines becomes one line, white space before a colon is removed, and a line that is not a header
/// is left out. It fails if the handshake depends on that line.
pub fn tidy(head: &[u8]) -> Result<Tidy, Error> {
    let lines = head.split(|&byte| byte == b'\n');
    let mut lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut tidy = Tidy { head: Vec::with_capacity(head.len()), dropped: Vec::new() };
    tidy.push(&[lines.next().unwrap_or_default()]);
    let mut lines = (2..).zip(lines.take_while(|line| !line.is_empty())).peekable();
    while let Some((number, line)) = lines.next() {
        let mut line = line.to_vec();
        while let Some((_, fold)) =
            lines.next_if(|(_, next)| matches!(next.first(), Some(b' ' | b'\t')))
        {
            line.truncate(without_space_behind(&line).len());
            line.push(b' ');
            line.extend_from_slice(without_space(fold));
        }
        let field = Field::new(&line);
        match field.fault() {
            None => tidy.push(&[field.name, b": ", field.value.unwrap_or_default()]),
            Some(fault) if field.belongs_to_handshake() => {
                let name = field.shown();
                return Err(Error::http(format!(
                    "the server's response is not HTTP: {name} {fault}"
                )));
            }
            Some(fault) => tidy.dropped.push(format!("line {number}, {}, {fault}", field.shown())),
        }
    }
    tidy.push(&[]);
    Ok(tidy)
}

impl Tidy {
    fn push(&mut self, parts: &[&[u8]]) {
        parts.iter().for_each(|part| self.head.extend_from_slice(part));
        self.head.extend_from_slice(b"\r\n");
    }
}

/// Whether it is white space of HTTP. A CR in a line counts as a space (RFC 9112 2.2).
fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

fn without_space_behind(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(0, |last| last + 1);
    &text[..end]
}

fn without_space(text: &[u8]) -> &[u8] {
    let text = without_space_behind(text);
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or_default();
    &text[start..]
}

/// A header line.
struct Field<'a> {
    name: &'a [u8],
    has_space_behind: bool,
    /// What follows the colon, if there is one.
    value: Option<&'a [u8]>,
}

impl Field<'_> {
    fn new(line: &[u8]) -> Field<'_> {
        let colon = line.iter().position(|&byte| byte == b':');
        let before = &line[..colon.unwrap_or(line.len())];
        let name = without_space_behind(before);
        Field {
            name,
            has_space_behind: name.len() < before.len(),
            value: colon.map(|at| without_space(&line[at + 1..])),
        }
    }

    /// Why it is not a header, or not a header that the handshake may depend on.
    fn fault(&self) -> Option<&'static str> {
        let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
        match self.value {
            None => Some("has no colon"),
            Some(_) if self.name.is_empty() => Some("has no name"),
            Some(_) if self.name.len() > MAX_NAME => Some("has a name that is too long"),
            Some(_) if !self.name.iter().copied().all(is_token) => Some("has a malformed name"),
            Some(value) if value.iter().any(is_control) => Some("has a control character in it"),
            Some(_) if self.has_space_behind && self.belongs_to_handshake() => {
                Some("has white space before its colon")
            }
            Some(_) => None,
        }
    }

    /// The part of the name that could be a name.
    fn first_word(&self) -> &[u8] {
        let end = self.name.iter().position(|&byte| !is_token(byte));
        &self.name[..end.unwrap_or(self.name.len())]
    }

    /// Decided by its first word, because the colon may be missing.
    fn belongs_to_handshake(&self) -> bool {
        let word = self.first_word().to_ascii_lowercase();
        word == b"upgrade" || word == b"connection" || word.starts_with(b"sec-websocket-")
    }

    /// Its first word, escaped, because the rest may be a value. Without a colon, the first word
    /// may be a value, too.
    fn shown(&self) -> String {
        match self.value {
            None if self.belongs_to_handshake() => "a header of the handshake".to_owned(),
            None => "which is no header".to_owned(),
            Some(_) => {
                let word = self.first_word();
                format!("\"{}\"", word[..word.len().min(40)].escape_ascii())
            }
        }
    }
}
