//! The address family of an opening: the option `ip_family`.

use std::net::SocketAddr;

use super::lookup::unresolved;
use crate::error::Error;

/// The addresses that an opening may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Any,
    V4,
    V6,
}

impl Family {
    /// Keeps the addresses of this family. Fails if there are none.
    pub fn only(self, addresses: Vec<SocketAddr>, host: &str) -> Result<Vec<SocketAddr>, Error> {
        let (belongs, name): (fn(&SocketAddr) -> bool, _) = match self {
            Family::Any => return Ok(addresses),
            Family::V4 => (SocketAddr::is_ipv4, "IPv4"),
            Family::V6 => (SocketAddr::is_ipv6, "IPv6"),
        };
        let found: Vec<_> = addresses.into_iter().filter(belongs).collect();
        if found.is_empty() {
            let words = format!("it has no {name} address, and ip_family wants one");
            return Err(unresolved(host, &words));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Component;

    fn addresses(text: &str) -> Vec<SocketAddr> {
        text.split_whitespace().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn one_family_alone_may_be_wanted() {
        let both = addresses("[::1]:1 1.1.1.1:1 [::2]:1");
        assert_eq!(Family::Any.only(both.clone(), "h"), Ok(both.clone()));
        assert_eq!(Family::V4.only(both.clone(), "h"), Ok(addresses("1.1.1.1:1")));
        assert_eq!(Family::V6.only(both, "h"), Ok(addresses("[::1]:1 [::2]:1")));
        let error = Family::V6.only(addresses("1.1.1.1:1"), "h").expect_err("there is none");
        assert_eq!(error.component, Component::Dns);
        assert!(error.message.contains("could not resolve h: it has no IPv6 address"), "{error}");
    }
}
