//! Redirects: their targets, and the headers and secrets that may be sent there.

use std::sync::Arc;
use std::time::SystemTime;

use percent_encoding::{percent_encode, CONTROLS};
use url::Url;

use super::cookies::Cookies;
use super::refusal::spoken_status;
use crate::dial::config::DialConfig;
use crate::dial::target::Target;
use crate::error::{Code, Component, Error, Result};
use crate::protocol::Response;

/// The headers that are sent only to the origin that the host named.
const PRIVATE: [&str; 4] = ["authorization", "cookie", "host", "proxy-authorization"];

/// The most targets of a chain that an error names.
const MAX_PLACES: usize = 12;

/// The redirects that an opening has followed.
#[derive(Default)]
pub struct Redirects {
    /// The targets that redirected, with the cookies that were sent to them.
    visited: Vec<(Target, Option<String>)>,
    cookies: Cookies,
}

impl Redirects {
    /// The value of the Cookie header for `target`, including the cookies that the host gave, if a
    /// redirect has set a cookie for it.
    pub fn cookies(&self, target: &Target, given: Option<&str>) -> Option<String> {
        self.cookies.header(target, given)
    }

    /// The settings to continue with after `response`; `None` if it is not a redirect.
    pub fn follow(
        &mut self,
        config: &DialConfig,
        response: &Response,
    ) -> Result<Option<DialConfig>> {
        if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let Some(location) = response.header("location") else { return Ok(None) };
        let refused =
            |words: String| Err(Error::numbered(response.status.into(), Component::Http, words));
        let limit = config.max_redirects;
        let target = resolve(&config.target, location);
        if limit == 0 {
            let place = target.map(|target| format!(" to {target:?}")).unwrap_or_default();
            let status = spoken_status(response);
            return refused(format!(
                "the server refused the upgrade with {status}{place}; redirects are not followed, for \
                 max_redirects is 0"
            ));
        }
        let target = match target {
            Ok(target) => target,
            Err(words) => return refused(format!("the server redirects, but {words}")),
        };
        if config.target.secure && !target.secure {
            return refused(format!("a redirect from wss to ws is not followed: {target:?}"));
        }
        let here = (config.target.clone(), self.cookies.header(&config.target, None));
        self.cookies.keep(&config.target, response, SystemTime::now());
        // A server may redirect to the same URL to get back the cookie that it has set.
        let cookies = self.cookies.header(&target, None);
        let is_there = |(earlier, sent): &(Target, Option<String>)| {
            earlier.is_same_resource(&target) && *sent == cookies
        };
        if self.visited.iter().chain([&here]).any(is_there) {
            return refused(format!("the redirects go in a circle, back to {target:?}"));
        }
        if self.visited.len() as u64 >= u64::from(limit) {
            return refused(format!("there are more than {limit} redirects, on to {target:?}; max_redirects is the limit"));
        }
        let next = towards(config, target)?;
        self.visited.push(here);
        Ok(Some(next))
    }

    /// The redirects so far, for an error: ` (after 2 redirects: a, then b)`, or "".
    pub fn spoken(&self, target: &Target) -> String {
        let visited = self.visited.iter().map(|(visited, _)| visited);
        let mut way: Vec<&Target> = visited.chain([target]).collect();
        let redirects = match self.visited.len() {
            0 => return String::new(),
            1 => "1 redirect".to_owned(),
            count => format!("{count} redirects"),
        };
        way.dedup_by(|one, other| one.is_same_origin(other));
        let mut places: Vec<String> = way.iter().map(|target| format!("{target:?}")).collect();
        if places.len() > MAX_PLACES {
            let left_out = places.len() - MAX_PLACES;
            let half = MAX_PLACES / 2;
            places.splice(half..half + left_out, [format!("{left_out} more")]);
        }
        format!(" (after {redirects}: {})", places.join(", then "))
    }
}

/// The settings of the same opening for another target.
fn towards(config: &DialConfig, mut target: Target) -> Result<DialConfig> {
    let mut next = config.clone();
    if config.target.is_same_origin(&target) {
        if target.credentials.is_none() {
            target.credentials.clone_from(&config.target.credentials);
        }
    } else {
        // A subprotocol may contain a token.
        next.subprotocols.clear();
        next.headers.retain(|(name, _)| !PRIVATE.contains(&name.to_ascii_lowercase().as_str()));
        next.tls = Arc::new(config.tls.for_other_origin(config.target.host == target.host));
    }
    next.proxy = config.proxies.choose(&target).map_err(|error| {
        let words = "the proxy for a redirect cannot be told";
        Error::new(Code::Proxy, Component::Proxy, words).because(error)
    })?;
    next.target = target;
    Ok(next)
}

/// Resolves `location` against the target that sent it. The error never contains it.
fn resolve(from: &Target, location: &[u8]) -> std::result::Result<Target, String> {
    let scheme = if from.secure { "https" } else { "http" };
    let base = format!("{scheme}://{}{}", from.host_header, from.resource);
    let base = Url::parse(&base).map_err(|error| format!("its own URL cannot be read: {error}"))?;
    // Bytes that are not ASCII are passed on unchanged, whatever their encoding.
    let location = percent_encode(location, CONTROLS).to_string();
    let mut url =
        base.join(&location).map_err(|error| format!("its location is no URL: {error}"))?;
    let scheme = match url.scheme() {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        _ => return Err("its location is neither of http nor of ws".to_owned()),
    };
    url.set_fragment(None);
    let Some((_, rest)) = url.as_str().split_once("://") else {
        return Err("its location is no URL".to_owned());
    };
    let mut target = Target::parse(&format!("{scheme}://{rest}"))
        .map_err(|error| format!("where to is wrong: {}", error.message))?;
    // On the same server, the parts of the URL that HTTP does not know still apply: a zone, a Unix
    // socket.
    if (target.secure, &target.host_header) == (from.secure, &from.host_header) {
        target.host.clone_from(&from.host);
        target.socket.clone_from(&from.socket);
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url).unwrap()
    }

    #[test]
    fn locations_are_relative_to_where_they_are_said() {
        for (from, location, place, resource) in [
            ("ws://h/a/b?c", "/d?e", "ws://h:80", "/d?e"),
            ("ws://h/a/b?c", "d", "ws://h:80", "/a/d"),
            ("ws://h/a/b", "../d", "ws://h:80", "/d"),
            ("ws://h/a", "?x=1", "ws://h:80", "/a?x=1"),
            ("wss://h:8443/a", "//other/b", "wss://other:443", "/b"),
            ("ws://h/", "https://other/b#f", "wss://other:443", "/b"),
            ("ws://h/", "http://other:81", "ws://other:81", "/"),
            ("ws://h/", "WSS://other", "wss://other:443", "/"),
            ("ws://[fe80::1%253]/", "/b", "ws://[fe80::1%3]:80", "/b"),
            ("ws+unix:///s:/a", "/b", "ws+unix:///s", "/b"),
            ("ws+unix:///s:/a", "http://localhost/b", "ws+unix:///s", "/b"),
            ("ws+unix:///s:/a", "http://localhost:81/b", "ws://localhost:81", "/b"),
        ] {
            let to = resolve(&target(from), location.as_bytes()).unwrap();
            assert_eq!(format!("{to:?}"), place, "{location} from {from}");
            assert_eq!(to.resource, resource, "{location} from {from}");
        }
        for bad in ["ftp://h/", "http://", "mailto:hunter2@h", "http://u:hunter2@h:99999/"] {
            let words = resolve(&target("ws://h/"), bad.as_bytes()).expect_err(bad);
            assert!(!words.contains("hunter2"), "{words}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (one, other, same) in [
            ("ws://h/a", "ws://u:p@H:80/b", true),
            ("ws://h/", "wss://h/", false),
            ("ws://h/", "ws://h:81/", false),
            ("ws://h/", "ws://www.h/", false),
            ("ws+unix:///s:/", "ws+unix:///s:/b", true),
            ("ws+unix:///s:/", "ws+unix:///t:/", false),
            ("ws+unix:///s:/", "ws://localhost/", false),
        ] {
            assert_eq!(target(one).is_same_origin(&target(other)), same, "{one} and {other}");
        }
    }

    #[test]
    fn the_way_is_told_by_origins() {
        let spoken = |urls: &[&str], last: &str| {
            let visited = urls.iter().map(|url| (target(url), None)).collect();
            Redirects { visited, ..Redirects::default() }.spoken(&target(last))
        };
        assert_eq!(spoken(&[], "ws://h/"), "");
        assert_eq!(spoken(&["ws://h/"], "ws://h/"), " (after 1 redirect: ws://h:80)");
        assert_eq!(spoken(&["ws://h/token"], "ws://h/b"), " (after 1 redirect: ws://h:80)");
        assert_eq!(
            spoken(&["ws://u:p@h/a?x", "ws://h/b", "wss://g/c"], "ws://h/a?y"),
            " (after 3 redirects: ws://h:80, then wss://g:443, then ws://h:80)"
        );
        let long = spoken(&["ws://a", "ws://b"].repeat(20), "ws://c");
        assert!(long.starts_with(" (after 40 redirects: ws://a:80, then ws://b:80"), "{long}");
        assert!(long.contains(", then 29 more, then ws://b:80"), "{long}");
    }
}
