//! The cookies that redirects set, for the requests that follow in the same opening (RFC 6265).
//! Each goes back to the origin that set it and to no other, whatever its Domain says.

use std::time::SystemTime;

use crate::dial::target::Target;
use crate::protocol::Response;

/// The limits of RFC 6265 6.1. Cookies beyond them are dropped.
const MAX_COOKIES: usize = 50;
const MAX_LENGTH: usize = 4096;

#[derive(Default)]
pub struct Cookies {
    kept: Vec<Cookie>,
}

struct Cookie {
    origin: Target,
    name: String,
    value: String,
    path: String,
    is_secure: bool,
}

impl Cookies {
    /// Keeps the cookies that `origin` sets with its answer. An expired cookie removes an earlier
    /// one.
    pub fn keep(&mut self, origin: &Target, response: &Response, now: SystemTime) {
        for line in response.header_all("set-cookie") {
            let Some((cookie, has_expired)) = parse(origin, line, now) else { continue };
            self.kept.retain(|other| !other.is_replaced_by(&cookie));
            if !has_expired && self.kept.len() < MAX_COOKIES {
                self.kept.push(cookie);
            }
        }
    }

    /// The value of the Cookie header for `target`, if a server has set any cookies: the host's
    /// cookies, except those that a server has replaced, then the servers'.
    pub fn header(&self, target: &Target, given: Option<&str>) -> Option<String> {
        let set: Vec<&Cookie> = self.kept.iter().filter(|cookie| cookie.goes_to(target)).collect();
        if set.is_empty() {
            return None;
        }
        let is_old = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default().trim();
            pair.trim().is_empty() || set.iter().any(|cookie| cookie.name == name)
        };
        let given = given.unwrap_or_default().split(';').filter(|pair| !is_old(pair));
        let mut pairs: Vec<String> = given.map(|pair| pair.trim().to_owned()).collect();
        pairs.extend(set.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)));
        Some(pairs.join("; "))
    }
}

impl Cookie {
    fn is_replaced_by(&self, newer: &Cookie) -> bool {
        self.origin.is_same_origin(&newer.origin)
            && (&self.name, &self.path) == (&newer.name, &newer.path)
    }

    /// RFC 6265 5.1.4 and 5.4.
    fn goes_to(&self, target: &Target) -> bool {
        let is_below = path(target).strip_prefix(self.path.as_str()).is_some_and(|rest| {
            rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/')
        });
        self.origin.is_same_origin(target) && is_below && (target.secure || !self.is_secure)
    }
}

/// Parses a Set-Cookie header (RFC 6265 5.2). Also returns whether the cookie has expired. `None`
/// if it is not valid.
fn parse(origin: &Target, line: &[u8], now: SystemTime) -> Option<(Cookie, bool)> {
    let mut parts = std::str::from_utf8(line).ok()?.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
    if name.is_empty() || name.len() + value.len() > MAX_LENGTH {
        return None;
    }
    let mut cookie = Cookie {
        name,
        value,
        path: folder(path(origin)).to_owned(),
        is_secure: false,
        origin: origin.clone(),
    };
    let (mut max_age, mut expires) = (None, None);
    for attribute in parts {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        match key.as_str() {
            "path" if value.starts_with('/') => cookie.path = value.to_owned(),
            "secure" => cookie.is_secure = true,
            "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
            "expires" => expires = httpdate::parse_http_date(value).ok().or(expires),
            _ => {}
        }
    }
    let has_expired = match max_age {
        Some(seconds) => seconds <= 0,
        None => expires.is_some_and(|at| at <= now),
    };
    Some((cookie, has_expired))
}

fn path(target: &Target) -> &str {
    target.resource.split('?').next().unwrap_or_default()
}

/// The path up to its last slash, without the slash, except for the root.
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url).unwrap()
    }

    /// The Cookie header sent to `to`, if the host gave `given` and `from` has set these cookies.
    fn sent(from: &str, set: &[&str], to: &str, given: Option<&str>) -> Option<String> {
        let mut cookies = Cookies::default();
        let response = Response::new(302, "", set.iter().map(|line| ("Set-Cookie", line)));
        cookies.keep(&target(from), &response, SystemTime::now());
        cookies.header(&target(to), given)
    }

    #[test]
    fn a_cookie_goes_back_to_its_origin_and_path() {
        for (from, set, to, expected) in [
            ("ws://h/a", &["s=1"][..], "ws://h/b?c", Some("s=1")),
            ("ws://h/a", &["s=1; HttpOnly; SameSite=Lax", "t = 2 "], "ws://h/", Some("s=1; t=2")),
            ("ws://h/a", &["s=1", "s=2"], "ws://h/", Some("s=2")),
            ("ws://h/a", &["s=1; Path=/b", "s=2"], "ws://h/b/c", Some("s=1; s=2")),
            ("ws://h/a", &["s=1; Path=/b"], "ws://h/bc", None),
            ("ws://h/a/b", &["s=1"], "ws://h/a/c", Some("s=1")),
            ("ws://h/a/b", &["s=1"], "ws://h/c", None),
            ("ws://h/a/b", &["s=1; path=/"], "ws://h/c", Some("s=1")),
            ("ws://h/", &["s=1; Domain=g"], "ws://g/", None),
            ("ws://h/", &["s=1"], "ws://h:81/", None),
            ("wss://h/", &["s=1"], "ws://h/", None),
            ("wss://h/", &["s=1; Secure"], "wss://h/", Some("s=1")),
            ("ws://h/", &["s=1; Secure"], "ws://h/", None),
            ("ws://h/", &["s=1", "s=; Max-Age=0"], "ws://h/", None),
            ("ws://h/", &["s=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT"], "ws://h/", None),
            (
                "ws://h/",
                &["s=1; Max-Age=9; Expires=Sun, 06 Nov 1994 08:49:37 GMT"],
                "ws://h/",
                Some("s=1"),
            ),
            ("ws://h/", &["nothing", "=x", ""], "ws://h/", None),
            ("ws://h/", &["s=\"a=b\""], "ws://h/", Some("s=\"a=b\"")),
        ] {
            assert_eq!(sent(from, set, to, None).as_deref(), expected, "{set:?} to {to}");
        }
        let many: Vec<String> = (0..100).map(|n| format!("c{n}=x")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let all = sent("ws://h/", &many, "ws://h/", None).unwrap();
        assert_eq!(all.split("; ").count(), MAX_COOKIES);
        assert_eq!(sent("ws://h/", &[&format!("s={}", "x".repeat(4096))], "ws://h/", None), None);
    }

    #[test]
    fn what_the_host_gave_is_sent_with_it() {
        for (given, expected) in
            [(None, "s=1"), (Some("a=b; c=d"), "a=b; c=d; s=1"), (Some("s=old;a=b;"), "a=b; s=1")]
        {
            let sent = sent("ws://h/", &["s=1"], "ws://h/", given);
            assert_eq!(sent.as_deref(), Some(expected));
        }
        assert_eq!(sent("ws://h/", &["s=1"], "ws://g/", Some("a=b;")), None);
    }
}
