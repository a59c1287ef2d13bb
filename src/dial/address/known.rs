//! Hosts that need no resolver.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// The addresses of a host that needs no resolver: a literal or `localhost`.
pub fn known_addresses(host: &str, port: u16) -> Option<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(vec![SocketAddr::new(address, port)]);
    }
    if let Some((address, zone)) = host.split_once('%') {
        // Only the resolver can turn the name of a zone into an interface.
        let (address, scope) = (address.parse().ok()?, zone.parse().ok()?);
        return Some(vec![SocketAddrV6::new(address, port, 0, scope).into()]);
    }
    // RFC 6761: these names never leave the machine.
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        let v6 = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port);
        let v4 = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
        return Some(vec![v6, v4]);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<SocketAddr> {
        text.split_whitespace().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn some_hosts_need_no_resolver() {
        for (host, expected) in [
            ("127.0.0.1", "127.0.0.1:7"),
            ("::1", "[::1]:7"),
            ("localhost", "[::1]:7 127.0.0.1:7"),
            ("LocalHost.", "[::1]:7 127.0.0.1:7"),
            ("app.localhost", "[::1]:7 127.0.0.1:7"),
        ] {
            assert_eq!(known_addresses(host, 7), Some(addresses(expected)), "{host}");
        }
        let scoped = known_addresses("fe80::1%3", 7).unwrap();
        assert_eq!(scoped, [SocketAddrV6::new("fe80::1".parse().unwrap(), 7, 0, 3).into()]);
        for host in ["example.com", "notlocalhost", "localhost.example", "fe80::1%eth0"] {
            assert_eq!(known_addresses(host, 7), None, "{host}");
        }
    }
}
