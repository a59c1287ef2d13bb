//! Servers on a Unix socket: `ws+unix:///path/to.sock:/request/path`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mio::{Interest, Registry, Token};
use percent_encoding::percent_decode_str;

use crate::error::{Component, Error};
use crate::sys::{self, LocalStream};

/// How long to wait for room in the server's backlog, which nothing announces.
const BACKLOG_WAIT: Duration = Duration::from_millis(20);

/// Splits what follows the `://` into the socket's path, percent-decoded, and the resource.
pub fn split_socket(rest: &str) -> Result<(PathBuf, &str), String> {
    let (socket, resource) = rest.split_once(':').unwrap_or((rest, ""));
    let wrong = |words: &str| Err(words.to_owned());
    if !socket.starts_with(['/', '@']) || socket == "@" {
        return wrong(
            "the URL's socket is neither an absolute path (ws+unix:///path:/resource) nor an \
             abstract name (ws+unix://@name:/resource)",
        );
    }
    if socket.contains('?') {
        return wrong("the path of the URL's socket contains a ?; write it as %3F, or a : before");
    }
    if !resource.is_empty() && !resource.starts_with(['/', '?']) {
        return wrong("what follows the path of the URL's socket and a : does not begin with /");
    }
    let socket: Vec<u8> = percent_decode_str(socket).collect();
    if socket.contains(&0) {
        return wrong("the path of the URL's socket contains a NUL");
    }
    Ok((sys::local_path(socket)?, resource))
}

/// The path, escaped so that it fits on one line.
pub fn shown_socket(path: &Path) -> String {
    let path = path.to_string_lossy();
    let (mark, name) = path.strip_prefix('\0').map_or(("", &*path), |name| ("@", name));
    let keep = |c: &char| !c.is_control();
    mark.chars().chain(name.chars().filter(keep)).collect()
}

/// An attempt to connect. It is repeated while the server is too busy.
pub struct LocalAttempt {
    path: PathBuf,
    again_at: Option<Instant>,
}

impl LocalAttempt {
    pub fn new(path: PathBuf) -> LocalAttempt {
        LocalAttempt { path, again_at: None }
    }

    /// The connection; `None` if there is no room for it yet.
    pub fn advance(
        &mut self,
        registry: &Registry,
        token: Token,
        now: Instant,
    ) -> Result<Option<LocalStream>, Error> {
        if self.again_at.is_some_and(|at| now < at) {
            return Ok(None);
        }
        match connect(&self.path, registry, token) {
            Ok(stream) => Ok(Some(stream)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.again_at = Some(now + BACKLOG_WAIT);
                Ok(None)
            }
            Err(error) => {
                let words = format!("could not connect to {}: {error}", shown_socket(&self.path));
                let code = error.raw_os_error().unwrap_or_default();
                Err(Error::numbered(code, Component::Os, words))
            }
        }
    }

    pub fn wake_at(&self) -> Option<Instant> {
        self.again_at
    }
}

fn connect(path: &Path, registry: &Registry, token: Token) -> io::Result<LocalStream> {
    let mut stream = sys::above_standard(|| sys::connect_local(path))?;
    registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_socket_and_resource_apart() {
        for (rest, socket, resource) in [
            ("/run/x.sock:/chat?room=1", "/run/x.sock", "/chat?room=1"),
            ("/run/x.sock", "/run/x.sock", ""),
            ("/run/x.sock:", "/run/x.sock", ""),
            ("/run/x.sock:?a", "/run/x.sock", "?a"),
            ("/a%20b%3Ac%3F:/d:e", "/a b:c?", "/d:e"),
        ] {
            assert_eq!(split_socket(rest), Ok((PathBuf::from(socket), resource)), "{rest}");
        }
    }

    #[test]
    fn an_abstract_socket_has_a_name_and_no_path() {
        let split = split_socket("@my%20app:/chat");
        assert_eq!(split.is_ok(), sys::HAS_ABSTRACT_SOCKETS, "{split:?}");
        if let Ok((socket, resource)) = split {
            assert_eq!((socket.to_str().unwrap(), resource), ("\0my app", "/chat"));
            assert_eq!(shown_socket(&socket), "@my app");
        }
        assert!(split_socket("@").is_err() && split_socket("%40x").is_err());
    }

    #[test]
    fn says_what_is_wrong() {
        let long = format!("/{}", "x".repeat(107));
        for (rest, words) in [
            ("", "absolute path"),
            ("@:/x", "abstract name"),
            ("run/x.sock:/", "absolute path"),
            ("localhost/run/x.sock", "absolute path"),
            (":/chat", "absolute path"),
            ("/x.sock?a=b", "%3F"),
            ("/x.sock:chat", "does not begin with /"),
            ("/x%00y:/", "NUL"),
            (&long, "108 bytes"),
        ] {
            let error = split_socket(rest).expect_err(rest);
            assert!(error.contains(words), "{rest}: {error}");
        }
    }
}
