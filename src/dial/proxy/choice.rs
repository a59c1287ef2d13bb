//! The choice of a proxy for a target: from the options, or from the environment by curl's rules.

use std::net::IpAddr;

use super::server::Proxy;
use crate::dial::target::Target;
use crate::error::{Code, Error};
use crate::sys;

#[derive(Clone, PartialEq, Eq)]
pub enum Proxies {
    /// No proxy, or the same one for every target.
    Fixed(Option<Proxy>),
    Environment(Environment),
}

/// The variables that name proxies, as they were when the connection was
/// created.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// The names and values, in the order in which they are consulted.
    ws: Vec<(&'static str, String)>,
    wss: Vec<(&'static str, String)>,
    direct: Vec<Exception>,
}

/// The variables for ws. The first that is not empty counts. HTTP_PROXY is not among them, because
/// a CGI program has it from the Proxy header of a request.
const WS: [&str; 5] = ["ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"];
const WSS: [&str; 6] =
    ["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const DIRECT: [&str; 2] = ["no_proxy", "NO_PROXY"];

impl Proxies {
    /// The choice that the option makes: `None` means the environment, "" means no proxy.
    pub fn new(option: Option<&str>) -> Result<Proxies, Error> {
        match option {
            None => Ok(Proxies::Environment(Environment::read(|name| {
                sys::environment(name).map(|value| value.to_string_lossy().into_owned())
            }))),
            Some("") => Ok(Proxies::Fixed(None)),
            Some(url) => match Proxy::parse(url) {
                Ok(proxy) => Ok(Proxies::Fixed(Some(proxy))),
                Err(words) => Err(Error::ws(Code::Option, format!("option proxy: {words}"))),
            },
        }
    }

    /// The choice that these variables make.
    #[cfg(any(test, fuzzing))]
    pub fn of(variables: &[(&str, &str)]) -> Proxies {
        Proxies::Environment(Environment::read(|name| {
            let named = variables.iter().find(|(key, _)| *key == name);
            named.map(|(_, value)| (*value).to_owned())
        }))
    }

    /// The proxy for `target`. Fails if the environment names an invalid proxy.
    pub fn choose(&self, target: &Target) -> Result<Option<Proxy>, Error> {
        if target.is_local_socket() {
            return Ok(None);
        }
        match self {
            Proxies::Fixed(proxy) => Ok(proxy.clone()),
            Proxies::Environment(environment) => environment.choose(target),
        }
    }
}

impl Environment {
    fn read(variable: impl Fn(&str) -> Option<String>) -> Environment {
        let set = |name: &'static str| {
            variable(name).filter(|value| !value.is_empty()).map(|value| (name, value))
        };
        let direct = DIRECT.into_iter().find_map(set).map(|(_, list)| list);
        Environment {
            ws: WS.into_iter().filter_map(set).collect(),
            wss: WSS.into_iter().filter_map(set).collect(),
            direct: Exception::parse_list(direct.as_deref().unwrap_or_default()),
        }
    }

    fn choose(&self, target: &Target) -> Result<Option<Proxy>, Error> {
        let named = if target.secure { &self.wss } else { &self.ws };
        let Some((name, url)) = named.first() else { return Ok(None) };
        if self.direct.iter().any(|exception| exception.covers(&target.host, target.port)) {
            return Ok(None);
        }
        match Proxy::parse(url) {
            Ok(proxy) => Ok(Some(proxy)),
            Err(words) => {
                let words = format!("the environment variable {name} names no proxy: {words}");
                Err(Error::ws(Code::Option, words))
            }
        }
    }
}

/// An entry of no_proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exception {
    place: Place,
    /// Only this port.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Anywhere,
    /// A domain and all its subdomains, in lower case.
    Domain(String),
    /// The addresses that share this many leading bits with this address.
    Network(IpAddr, u32),
}

impl Exception {
    /// Parses a list separated by commas or blanks. Entries that are not valid are skipped, as curl
    /// does.
    fn parse_list(list: &str) -> Vec<Exception> {
        list.split([',', ' ', '\t']).filter_map(Exception::parse).collect()
    }

    fn parse(entry: &str) -> Option<Exception> {
        if entry == "*" {
            return Some(Exception { place: Place::Anywhere, port: None });
        }
        if let Some(place) = network(entry) {
            return Some(Exception { place, port: None });
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        let place = network(host).or_else(|| {
            let name = host.strip_prefix('.').unwrap_or(host);
            let name = name.strip_suffix('.').unwrap_or(name);
            (!name.is_empty()).then(|| Place::Domain(name.to_ascii_lowercase()))
        })?;
        Some(Exception { place, port })
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        if self.port.is_some_and(|only| only != port) {
            return false;
        }
        // Only this machine knows the zone; it is not part of the address.
        let host = host.split('%').next().unwrap_or(host);
        match &self.place {
            Place::Anywhere => true,
            Place::Network(network, bits) => {
                host.parse().is_ok_and(|address| is_within(address, *network, *bits))
            }
            // The end of an address is not a domain.
            Place::Domain(_) if host.parse::<IpAddr>().is_ok() => false,
            Place::Domain(domain) => {
                let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
                host.strip_suffix(domain.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
        }
    }
}

/// Parses `10.0.0.0/8`, `fd00::/8`, or a single address, also in brackets.
fn network(text: &str) -> Option<Place> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address: IpAddr = bare.unwrap_or(address).parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => all,
        Some(bits) => bits.parse().ok().filter(|&bits| bits <= all)?,
    };
    Some(Place::Network(address, bits))
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let differs = match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        _ => return false,
    };
    differs >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The choice for the URL with these `NAME=value` variables.
    fn choose(variables: &[&str], url: &str) -> Result<Option<String>, String> {
        let pairs: Vec<_> = variables.iter().filter_map(|pair| pair.split_once('=')).collect();
        let proxies = Proxies::of(&pairs);
        match proxies.choose(&Target::parse(url).unwrap()) {
            Ok(proxy) => Ok(proxy.map(|proxy| proxy.host)),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn the_scheme_chooses_the_variable() {
        for (variables, ws, wss) in [
            (&[][..], None, None),
            (&["http_proxy=a"], Some("a"), None),
            (&["HTTP_PROXY=a"], None, None),
            (&["https_proxy=a"], None, Some("a")),
            (&["HTTPS_PROXY=a"], None, Some("a")),
            (&["HTTPS_PROXY=a", "https_proxy=b"], None, Some("b")),
            (&["HTTPS_PROXY=a", "https_proxy="], None, Some("a")),
            (&["ALL_PROXY=a"], Some("a"), Some("a")),
            (&["ALL_PROXY=a", "all_proxy=b"], Some("b"), Some("b")),
            (&["all_proxy=a", "http_proxy=b"], Some("b"), Some("a")),
            (&["http_proxy=a", "ws_proxy=b"], Some("b"), None),
            (&["https_proxy=a", "WSS_PROXY=b"], None, Some("b")),
        ] {
            let owned = |name: Option<&str>| Ok(name.map(str::to_owned));
            assert_eq!(choose(variables, "ws://h"), owned(ws), "{variables:?}");
            assert_eq!(choose(variables, "wss://h"), owned(wss), "{variables:?}");
        }
    }

    #[test]
    fn what_needs_no_proxy() {
        for (list, url, is_direct) in [
            ("*", "ws://h", true),
            ("a,*", "ws://h", true),
            ("example.com", "ws://example.com", true),
            ("example.com", "ws://Example.COM.", true),
            ("example.com", "ws://www.example.com", true),
            (".example.com", "ws://www.example.com", true),
            (".example.com", "ws://example.com", true),
            ("example.com.", "ws://www.example.com", true),
            ("example.com", "ws://notexample.com", false),
            ("www.example.com", "ws://example.com", false),
            ("a, example.com", "ws://example.com", true),
            ("a example.com\tb", "ws://example.com", true),
            ("EXAMPLE.com", "ws://example.com", true),
            ("", "ws://localhost", false),
            ("localhost", "ws://localhost:81", true),
            ("localhost:81", "ws://localhost:81", true),
            ("localhost:81", "ws://localhost:82", false),
            ("h:80", "ws://h", true),
            ("h:443", "wss://h", true),
            ("h:x", "ws://h", false),
            ("10.0.0.1", "ws://10.0.0.1", true),
            ("10.0.0.1", "ws://10.0.0.12", false),
            ("10.0.0.1:80", "ws://10.0.0.1", true),
            ("10.0.0.1:81", "ws://10.0.0.1", false),
            ("10.0.0.0/8", "ws://10.200.3.4", true),
            ("10.0.0.0/8", "ws://11.0.0.1", false),
            ("10.0.0.0/33", "ws://10.0.0.0", false),
            ("0.0.0.0/0", "ws://1.2.3.4", true),
            ("0.0.0.0/0", "ws://[::1]", false),
            ("::1", "ws://[::1]", true),
            ("[::1]", "ws://[::1]", true),
            ("[::1]:81", "ws://[::1]:81", true),
            ("[::1]:81", "ws://[::1]", false),
            ("fd00::/8", "ws://[fd12::3]", true),
            ("fe80::/10", "ws://[fe80::1%25eth0]", true),
            ("fd00::/8", "ws://[fe80::1]", false),
            ("0.1", "ws://10.0.0.1", false),
            (".", "ws://h", false),
        ] {
            let variables = ["all_proxy=p", &format!("no_proxy={list}")];
            let chosen = choose(&variables, url).unwrap();
            assert_eq!(chosen.is_none(), is_direct, "{list} for {url}");
        }
        assert_eq!(choose(&["all_proxy=p", "NO_PROXY=h"], "ws://h"), Ok(None));
        let both = ["all_proxy=p", "NO_PROXY=h", "no_proxy=x"];
        assert_eq!(choose(&both, "ws://h"), Ok(Some("p".to_owned())));
    }

    #[test]
    fn a_bad_variable_is_named_without_its_value() {
        let bad = ["https_proxy=ftp://me:hunter2@h"];
        let error = choose(&bad, "wss://h").expect_err("it is bad");
        assert!(error.contains("https_proxy") && !error.contains("hunter2"), "{error}");
        assert_eq!(choose(&bad, "ws://h"), Ok(None), "it is not asked");
        let direct = ["https_proxy=ftp://me:hunter2@h", "no_proxy=h"];
        assert_eq!(choose(&direct, "wss://h"), Ok(None), "it is not used");
    }

    #[test]
    fn the_option_goes_before_the_environment() {
        let target = Target::parse("ws://h").unwrap();
        let chosen = |option| Proxies::new(Some(option)).map(|p| p.choose(&target).unwrap());
        assert_eq!(chosen(""), Ok(None));
        assert_eq!(chosen("http://p").unwrap().unwrap().host, "p");
        let error = chosen("ftp://me:hunter2@p").expect_err("bad");
        assert!(error.message.contains("option proxy") && !error.message.contains("hunter2"));
    }
}
