//! From the addresses of a host to a TCP connection: a race between them.
//!
//! It follows RFC 8305: the addresses come in the resolver's order, but alternate between the
//! families. A new attempt begins every 250 ms, or as soon as one fails. The first connection wins.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use crate::error::{Code, Component, Error};
use crate::log;
use crate::sys;

const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// The most addresses that are tried. A name with more has them to balance load.
const MAX_ADDRESSES: usize = 64;
/// The most attempts at the same time.
const MAX_ATTEMPTS: usize = 10;
/// The most failed attempts that an error names.
const MAX_TOLD: usize = 10;

/// Each address once, the families alternating, the resolver's first choice
/// first.
fn interleave(mut addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let mut seen = HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut mixed = VecDeque::new();
    while mixed.len() < MAX_ADDRESSES {
        let before = mixed.len();
        mixed.extend(one.next());
        mixed.extend(other.next());
        if mixed.len() == before {
            break;
        }
    }
    mixed.truncate(MAX_ADDRESSES);
    mixed
}

/// Attempts to connect to one host, several at a time.
pub struct Race {
    /// The connection's, for log lines.
    id: i32,
    waiting: VecDeque<SocketAddr>,
    attempts: Vec<(SocketAddr, TcpStream)>,
    failed: Vec<(SocketAddr, io::Error)>,
    next_at: Option<Instant>,
}

pub enum Progress {
    Pending,
    Won(TcpStream),
}

impl Race {
    pub fn new(addresses: Vec<SocketAddr>, id: i32) -> Race {
        Race {
            id,
            waiting: interleave(addresses),
            attempts: Vec::new(),
            failed: Vec::new(),
            next_at: None,
        }
    }

    /// Fails when no address is left.
    pub fn advance(
        &mut self,
        registry: &Registry,
        token: Token,
        now: Instant,
    ) -> Result<Progress, Error> {
        let failed_before = self.failed.len();
        for (address, stream) in std::mem::take(&mut self.attempts) {
            match connected(&stream) {
                Ok(true) => {
                    // The others close as they are dropped.
                    self.attempts.clear();
                    let local = stream.local_addr();
                    let from = local.map(|local| format!(" from {local}")).unwrap_or_default();
                    log::line!(Debug, "connection {}: connected to {address}{from}", self.id);
                    let _ = stream.set_nodelay(true);
                    return Ok(Progress::Won(stream));
                }
                Ok(false) => self.attempts.push((address, stream)),
                Err(error) => self.fail(address, error),
            }
        }
        let mut start = self.failed.len() > failed_before
            || self.attempts.is_empty()
            || self.next_at.is_some_and(|at| now >= at);
        while start && self.attempts.len() < MAX_ATTEMPTS {
            let Some(address) = self.waiting.pop_front() else { break };
            log::line!(Debug, "connection {}: connecting to {address}", self.id);
            match attempt(address, registry, token) {
                Ok(stream) => {
                    self.attempts.push((address, stream));
                    self.next_at = Some(now + ATTEMPT_DELAY);
                    start = false;
                }
                Err(error) => self.fail(address, error),
            }
        }
        if self.waiting.is_empty() || self.attempts.len() == MAX_ATTEMPTS {
            self.next_at = None;
        }
        if self.attempts.is_empty() {
            return Err(self.lost());
        }
        Ok(Progress::Pending)
    }

    /// When the next address is due.
    pub fn wake_at(&self) -> Option<Instant> {
        self.next_at
    }

    /// The attempts so far: `10.0.0.2:80 (10.0.0.1:80: refused)`.
    pub fn tried(&self) -> String {
        let pending: Vec<_> =
            self.attempts.iter().map(|(address, _)| address.to_string()).collect();
        let told = self.failed.iter().take(MAX_TOLD);
        let mut failed: Vec<_> =
            told.map(|(address, error)| format!("{address}: {error}")).collect();
        if self.failed.len() > MAX_TOLD {
            failed.push(format!("{} others", self.failed.len() - MAX_TOLD));
        }
        match (pending.is_empty(), failed.is_empty()) {
            (_, true) => pending.join(", "),
            (true, false) => failed.join("; "),
            (false, false) => format!("{} ({})", pending.join(", "), failed.join("; ")),
        }
    }

    fn fail(&mut self, address: SocketAddr, error: io::Error) {
        log::line!(Debug, "connection {}: {address}: {error}", self.id);
        self.failed.push((address, error));
    }

    fn lost(&mut self) -> Error {
        let tcp = |words: String| Error::new(Code::Tcp, Component::Tcp, words);
        let mut failed = std::mem::take(&mut self.failed);
        // If a resource has run out, that is the same for all addresses.
        if failed.len() == 1 || failed.iter().all(|(_, error)| sys::shortage(error).is_some()) {
            let (address, error) = failed.remove(0);
            let general = tcp(format!("could not connect to {address}{}", advice(address)));
            return match error.kind() == io::ErrorKind::AddrNotAvailable {
                true => general.because(no_local_address(address)).because(error),
                false => general.because(error),
            };
        }
        let mut words = format!("none of the {} addresses could be connected to", failed.len());
        if failed.len() > MAX_TOLD {
            words += &format!("; the first {MAX_TOLD} were");
        }
        let general = tcp(words);
        failed.into_iter().take(MAX_TOLD).fold(general, |chain, (address, error)| {
            let code = error.raw_os_error().unwrap_or(Code::Tcp as i32);
            let words = format!("{address}: {error}{}", advice(address));
            chain.because(Error::numbered(code, Component::Tcp, words))
        })
    }
}

/// What an address lacks, if anything.
fn advice(address: SocketAddr) -> &'static str {
    match address {
        SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0 => {
            ", a link-local address with no zone: the URL must name the interface, as in \
             [fe80::1%25eth0]"
        }
        _ => "",
    }
}

/// Why the system found no address for the near end.
fn no_local_address(address: SocketAddr) -> Error {
    let ports = "no local port is free for it: many connections to that address are open or were \
                 closed less than a minute ago; wait, use fewer, or allow more ports (on Linux \
                 net.ipv4.ip_local_port_range)";
    match address {
        SocketAddr::V4(_) => Error::ws(Code::Resources, ports),
        SocketAddr::V6(_) => {
            let words = format!("this machine has no IPv6 address for it, or {ports}");
            Error::new(Code::Tcp, Component::Tcp, words)
        }
    }
}

fn attempt(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<TcpStream> {
    let mut stream = sys::above_standard(|| TcpStream::connect(address))?;
    registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
    Ok(stream)
}

/// Whether a non-blocking connect has finished, and how.
fn connected(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        // If nobody listens on a port in the ephemeral range, the connecting socket may get that
        // port and connect to itself.
        Ok(peer) if stream.local_addr().is_ok_and(|local| local == peer) => {
            Err(io::Error::new(io::ErrorKind::ConnectionRefused, "nobody listens there"))
        }
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<SocketAddr> {
        text.split_whitespace().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn families_alternate() {
        for (resolved, mixed) in [
            ("", ""),
            ("1.1.1.1:1", "1.1.1.1:1"),
            ("[::1]:1 [::2]:1 1.1.1.1:1", "[::1]:1 1.1.1.1:1 [::2]:1"),
            ("1.1.1.1:1 1.1.1.2:1 [::1]:1", "1.1.1.1:1 [::1]:1 1.1.1.2:1"),
            ("[::1]:1 [::1]:1 1.1.1.1:1 [::1]:1", "[::1]:1 1.1.1.1:1"),
            ("[::1]:1 [::2]:1 [::3]:1", "[::1]:1 [::2]:1 [::3]:1"),
        ] {
            let got: Vec<_> = interleave(addresses(resolved)).into();
            assert_eq!(got, addresses(mixed));
        }
    }

    #[test]
    fn of_very_many_addresses_some_are_enough() {
        let many = (0..100).map(|n| SocketAddr::from(([10, 0, 0, n], 80)));
        let six = (0..3).map(|n| SocketAddr::from(([0xfd00, 0, 0, 0, 0, 0, 0, n], 80)));
        let mixed = interleave(many.chain(six).collect());
        assert_eq!(mixed.len(), MAX_ADDRESSES);
        assert_eq!(mixed.iter().filter(|address| address.is_ipv6()).count(), 3);
    }

    #[test]
    fn a_lost_race_names_every_address() {
        let refused = || io::Error::from_raw_os_error(libc::ECONNREFUSED);
        let mut race = Race::new(Vec::new(), 1);
        race.failed = vec![("1.1.1.1:1".parse().unwrap(), refused())];
        let error = race.lost();
        let codes: Vec<_> = error.chain().map(|e| (e.component, e.code)).collect();
        let os = (Component::Os, libc::ECONNREFUSED);
        assert_eq!(codes, [(Component::Tcp, Code::Tcp as i32), os]);
        assert!(error.to_string().starts_with("could not connect to 1.1.1.1:1: Connection"));

        race.failed = vec![
            ("[::1]:1".parse().unwrap(), refused()),
            ("1.1.1.1:1".parse().unwrap(), io::Error::from_raw_os_error(libc::EHOSTUNREACH)),
        ];
        let error = race.lost();
        let codes: Vec<_> = error.chain().map(|e| e.code).collect();
        assert_eq!(codes, [Code::Tcp as i32, libc::ECONNREFUSED, libc::EHOSTUNREACH]);
        assert!(error.to_string().contains("[::1]:1: Connection refused"));
        assert!(error.to_string().contains("1.1.1.1:1: No route to host"));

        for (address, lacks_zone) in [("[fe80::1]:80", true), ("[fe80::1%3]:80", false)] {
            let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
            race.failed = vec![(address.parse().unwrap(), invalid())];
            assert_eq!(race.lost().to_string().contains("with no zone"), lacks_zone);
            race.failed = vec![
                (address.parse().unwrap(), invalid()),
                ("1.1.1.1:1".parse().unwrap(), refused()),
            ];
            assert_eq!(race.lost().to_string().contains("with no zone"), lacks_zone);
        }

        let address = |n: u8| SocketAddr::from(([10, 0, 0, n], 80));
        race.failed = (0..64).map(|n| (address(n), refused())).collect();
        assert!(race.tried().ends_with("; 54 others"), "{}", race.tried());
        let error = race.lost();
        assert_eq!(error.chain().count(), 1 + MAX_TOLD);
        let words = error.to_string();
        assert!(words.contains("none of the 64 addresses"), "{words}");
        assert!(words.contains("the first 10 were"), "{words}");
        for n in 0..10 {
            assert!(words.contains(&format!("10.0.0.{n}:80: Connection refused")), "{words}");
        }
    }
}
