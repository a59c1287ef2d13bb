//! Where to connect instead of the address of a host: the option `connect_to`.

use std::net::{IpAddr, SocketAddr};

/// The most addresses that an entry may have.
const MAX_ADDRESSES: usize = 64;

/// The entries. The first that matches counts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Elsewhere(Vec<Entry>);

#[derive(Clone, PartialEq, Eq)]
struct Entry {
    /// In lower case; `None`: any host.
    host: Option<String>,
    /// `None`: any port.
    port: Option<u16>,
    /// An address without a port has the port of the connection.
    addresses: Vec<(IpAddr, Option<u16>)>,
}

impl Elsewhere {
    /// Parses a list such as `example.com:443=192.0.2.1,[2001:db8::1]:8443;*:80=192.0.2.2`. Fails
    /// with words that say what is wrong.
    pub fn parse(list: &str) -> Result<Elsewhere, String> {
        let entries = list.split(';').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(Entry::parse).collect::<Result<_, _>>().map(Elsewhere)
    }

    /// The addresses to connect to instead of those of `host` and `port`.
    pub fn addresses(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let entry = self.0.iter().find(|entry| entry.is_for(host, port))?;
        let address = |&(ip, own): &(IpAddr, Option<u16>)| SocketAddr::new(ip, own.unwrap_or(port));
        Some(entry.addresses.iter().map(address).collect())
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Entry, String> {
        let (place, addresses) = text
            .split_once('=')
            .ok_or_else(|| format!("{text:?} is not of the form host:port=address"))?;
        let (host, port) = split_port(place.trim())?;
        let host = match host {
            "*" => None,
            "" => return Err(format!("{text:?} names no host; * is any")),
            host => Some(plain(host)),
        };
        let addresses: Vec<_> =
            addresses.split(',').map(|text| address(text.trim())).collect::<Result<_, _>>()?;
        if addresses.len() > MAX_ADDRESSES {
            let count = addresses.len();
            return Err(format!("{place:?} has {count} addresses, more than {MAX_ADDRESSES}"));
        }
        Ok(Entry { host, port, addresses })
    }

    fn is_for(&self, host: &str, port: u16) -> bool {
        self.host.as_ref().is_none_or(|own| *own == plain(host))
            && self.port.is_none_or(|own| own == port)
    }
}

/// A host in its simplest form: in lower case, without the dot of the DNS root.
fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), String> {
    let number = |port: &str| match port.parse() {
        Ok(0) | Err(_) => Err(format!("{text:?} has no port from 1 to 65535 behind the colon")),
        Ok(port) => Ok(Some(port)),
    };
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, number(port)?)),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(format!("{text:?} is not a host and a port")),
        };
    }
    match text.split_once(':') {
        // IPv6 without brackets.
        Some((_, rest)) if rest.contains(':') => Ok((text, None)),
        Some((host, port)) => Ok((host, number(port)?)),
        None => Ok((text, None)),
    }
}

fn address(text: &str) -> Result<(IpAddr, Option<u16>), String> {
    let (ip, port) = split_port(text)?;
    match ip.parse() {
        Ok(ip) => Ok((ip, port)),
        Err(_) => Err(format!("{text:?} is not an IP address, with a port or without")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &str, host: &str, port: u16) -> Option<String> {
        let elsewhere = Elsewhere::parse(list).unwrap_or_else(|words| panic!("{list}: {words}"));
        let addresses = elsewhere.addresses(host, port)?;
        Some(addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn the_first_entry_that_fits_counts() {
        let list = "Example.com:443=192.0.2.1, [2001:db8::1]:8443; example.com=192.0.2.2:1;\
                    [::1]:80=192.0.2.3;::2=192.0.2.4;*:81=192.0.2.5";
        for (host, port, expected) in [
            ("example.com", 443, Some("192.0.2.1:443 [2001:db8::1]:8443")),
            ("EXAMPLE.com.", 443, Some("192.0.2.1:443 [2001:db8::1]:8443")),
            ("example.com", 80, Some("192.0.2.2:1")),
            ("::1", 80, Some("192.0.2.3:80")),
            ("::2", 7, Some("192.0.2.4:7")),
            ("elsewhere", 81, Some("192.0.2.5:81")),
            ("elsewhere", 82, None),
        ] {
            assert_eq!(found(list, host, port).as_deref(), expected, "{host}:{port}");
        }
        assert_eq!(found("*=::1", "h", 1).as_deref(), Some("[::1]:1"));
        assert_eq!(found("", "h", 1), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (bad, words) in [
            ("h:80", "host:port=address"),
            ("h:80=", "is not an IP address"),
            ("h:80=name", "\"name\" is not an IP address"),
            ("h:80=1.2.3.4:0", "no port"),
            ("h:x=1.2.3.4", "no port"),
            ("=1.2.3.4", "names no host"),
            ("[::1]80=1.2.3.4", "not a host and a port"),
            ("a=1.2.3.4;b", "\"b\""),
            ("h=1.2.3.4,", "is not an IP address"),
        ] {
            let said = Elsewhere::parse(bad).err().unwrap_or_else(|| panic!("{bad} is taken"));
            assert!(said.contains(words), "{bad}: {said}");
        }
    }
}
