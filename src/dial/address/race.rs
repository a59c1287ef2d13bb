//! From the addresses of a host to a TCP connection: a race between them.
//!
//! It follows RFC 8305: the addresses come in the resolver's order, but alternate between the
//! families. A new attempt begins every 250 ms, or as soon as one fails. The first connection wins.
//! Connections take turns in which of several equally good addresses they try first.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::Socket;

use super::turns::Turns;
use crate::dial::prepare::Shown;
use crate::dial::socket::{self, SocketConfig};
use crate::dial::trail::Notes;
use crate::error::{Code, Component, Error};
use crate::log;

const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// The most addresses that are tried. A name has more only to balance load.
const MAX_ADDRESSES: usize = 64;
/// The most attempts at the same time.
const MAX_ATTEMPTS: usize = 10;
/// The most failed attempts that an error names.
const MAX_TOLD: usize = 10;
/// The most local addresses that are tried for one address when they have no free port.
const MAX_LOCALS_TRIED: usize = 8;

/// Removes duplicates and alternates between the families, beginning with the resolver's first
/// choice. In each family, `turn` rotates the addresses that are as good as the first.
fn interleave(mut addresses: Vec<SocketAddr>, turn: usize) -> VecDeque<SocketAddr> {
    let mut seen = HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    rotate(&mut one, turn);
    rotate(&mut other, turn);
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

/// Rotates the leading addresses of the same scope. The resolver puts other scopes later, because
/// they may not be reachable.
fn rotate(addresses: &mut [SocketAddr], turn: usize) {
    let Some(first) = addresses.first().map(|address| scope(address.ip())) else { return };
    let equal = addresses.iter().take_while(|address| scope(address.ip()) == first).count();
    addresses[..equal].rotate_left(turn % equal);
}

/// How far an address reaches: this machine, this link, this site, everywhere.
fn scope(ip: IpAddr) -> u8 {
    match ip {
        _ if ip.is_loopback() => 0,
        IpAddr::V4(v4) if v4.is_link_local() => 1,
        IpAddr::V4(v4) if v4.is_private() => 2,
        IpAddr::V6(v6) if v6.is_unicast_link_local() => 1,
        IpAddr::V6(v6) if v6.is_unique_local() => 2,
        _ => 3,
    }
}

/// An address that has not been tried yet.
#[derive(Clone, Copy)]
struct Candidate {
    address: SocketAddr,
    /// The index of the next local address, and how many were tried before.
    turn: usize,
    tried: usize,
}

/// The socket that is shown to the host, one at a time.
enum Showing {
    None,
    Due(Candidate, Socket),
    Away(Candidate),
    Back(Candidate, Result<Socket, Error>),
}

/// Attempts to connect to one host, several at a time.
pub struct Race {
    notes: Notes,
    sockets: Arc<SocketConfig>,
    waiting: VecDeque<Candidate>,
    showing: Showing,
    attempts: Vec<(SocketAddr, TcpStream)>,
    failed: Vec<(SocketAddr, Error)>,
    next_at: Option<Instant>,
}

pub enum Progress {
    Pending,
    Won(TcpStream),
}

impl Race {
    /// `host` names the choice that the addresses belong to.
    pub fn new(
        addresses: Vec<SocketAddr>,
        host: &str,
        sockets: &Arc<SocketConfig>,
        turns: &Turns,
        notes: Notes,
    ) -> Race {
        let turn = if addresses.len() > 1 { turns.take(host.to_owned()) } else { 0 };
        let waiting = interleave(addresses, turn).into_iter().map(|address| {
            // Counted for each address, so that all pairs of local and remote addresses are used.
            let turn = match sockets.locals.count_for(address) {
                0 | 1 => 0,
                _ => turns.take(format!("{} to {address}", sockets.locals)),
            };
            Candidate { address, turn, tried: 0 }
        });
        Race {
            notes,
            waiting: waiting.collect(),
            sockets: Arc::clone(sockets),
            showing: Showing::None,
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
                    // Dropping the other attempts closes them.
                    self.attempts.clear();
                    let local = stream.local_addr().ok();
                    self.notes.connected(address, local);
                    let from = local.map(|local| format!(" from {local}")).unwrap_or_default();
                    log::line!(Debug, "connection {}: connected to {address}{from}", self.notes.id);
                    let _ = stream.set_nodelay(true);
                    return Ok(Progress::Won(stream));
                }
                Ok(false) => self.attempts.push((address, stream)),
                Err(error) => self.fail(address, self.cause(address, error)),
            }
        }
        match std::mem::replace(&mut self.showing, Showing::None) {
            Showing::Back(candidate, answer) => {
                let made = answer.map_err(Missed::ever);
                if self.begin(candidate, made, registry, token) {
                    self.next_at = Some(now + ATTEMPT_DELAY);
                }
            }
            other => self.showing = other,
        }
        let is_due = self.failed.len() > failed_before
            || self.attempts.is_empty()
            || self.next_at.is_some_and(|at| now >= at);
        let mut start = is_due && matches!(self.showing, Showing::None);
        while start && self.attempts.len() < MAX_ATTEMPTS {
            let Some(candidate) = self.waiting.pop_front() else { break };
            log::line!(Debug, "connection {}: connecting to {}", self.notes.id, candidate.address);
            self.notes.connecting(candidate.address);
            let made = match (self.make(candidate), &self.sockets.hook) {
                (Ok(socket), Some(_)) => {
                    self.showing = Showing::Due(candidate, socket);
                    break;
                }
                (made, _) => made,
            };
            if self.begin(candidate, made, registry, token) {
                self.next_at = Some(now + ATTEMPT_DELAY);
                start = false;
            }
        }
        if self.waiting.is_empty() || self.attempts.len() == MAX_ATTEMPTS {
            self.next_at = None;
        }
        let is_showing = !matches!(self.showing, Showing::None);
        if is_showing {
            // The next attempt begins after the host's answer.
            self.next_at = None;
        }
        if self.attempts.is_empty() && !is_showing {
            return Err(self.lost());
        }
        Ok(Progress::Pending)
    }

    /// The socket that must be shown to the host now, if there is one.
    pub fn take_shown(&mut self) -> Option<Shown> {
        let hook = self.sockets.hook.clone()?;
        match std::mem::replace(&mut self.showing, Showing::None) {
            Showing::Due(candidate, socket) => {
                self.showing = Showing::Away(candidate);
                let address = candidate.address;
                Some(Shown { id: self.notes.id, hook, socket, address })
            }
            other => {
                self.showing = other;
                None
            }
        }
    }

    /// Takes the host's answer. The next `advance` uses it.
    pub fn answered(&mut self, address: SocketAddr, consent: Result<Socket, Error>) {
        match self.showing {
            Showing::Away(candidate) if candidate.address == address => {
                self.showing = Showing::Back(candidate, consent);
            }
            _ => {}
        }
    }

    /// Makes the socket of an attempt.
    fn make(&self, candidate: Candidate) -> Result<Socket, Missed> {
        let Candidate { address, turn, tried } = candidate;
        let locals = &self.sockets.locals;
        let local = locals.pick(address, turn.wrapping_add(tried));
        if local.is_none() && !locals.is_empty() {
            let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
            let words = format!("local_address has no {family} address");
            return Err(Missed::ever(Error::new(Code::Tcp, Component::Tcp, words)));
        }
        socket::make(&self.sockets, address, local).map_err(|error| match local {
            Some(_) => Missed::from_there(error),
            None => Missed::ever(error),
        })
    }

    /// Begins an attempt with that socket. Returns false if it failed at once.
    fn begin(
        &mut self,
        candidate: Candidate,
        made: Result<Socket, Missed>,
        registry: &Registry,
        token: Token,
    ) -> bool {
        let address = candidate.address;
        let begun = made.and_then(|made| {
            let stream = socket::connect(made, address);
            let mut stream = stream.map_err(|error| match error.kind() {
                io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => {
                    Missed::from_there(self.cause(address, error))
                }
                _ => Missed::ever(self.cause(address, error)),
            })?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            let registered = registry.register(&mut stream, token, interest);
            registered.map_err(|error| Missed::ever(error.into()))?;
            Ok(stream)
        });
        match begun {
            Ok(stream) => {
                self.attempts.push((address, stream));
                return true;
            }
            Err(missed) => {
                let tried = candidate.tried + 1;
                let count = self.sockets.locals.count_for(address).min(MAX_LOCALS_TRIED);
                if missed.is_of_local && tried < count {
                    log::line!(Debug, "connection {}: {address}: {}", self.notes.id, missed.error);
                    self.notes.unreachable(address, &missed.error);
                    self.waiting.push_front(Candidate { tried, ..candidate });
                } else {
                    self.fail(address, missed.error);
                }
            }
        }
        false
    }

    /// When the next attempt is due.
    pub fn wake_at(&self) -> Option<Instant> {
        self.next_at
    }

    /// Describes the attempts so far: `10.0.0.2:80 (10.0.0.1:80: refused)`.
    pub fn tried(&self) -> String {
        let mut pending: Vec<_> =
            self.attempts.iter().map(|(address, _)| address.to_string()).collect();
        if let Showing::Away(Candidate { address, .. }) = self.showing {
            pending.push(format!("{address}, which on_socket has not returned for"));
        }
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

    fn fail(&mut self, address: SocketAddr, error: Error) {
        log::line!(Debug, "connection {}: {address}: {error}", self.notes.id);
        self.notes.unreachable(address, &error);
        self.failed.push((address, error));
    }

    /// The error of a failed attempt: our words, then the system's.
    fn cause(&self, address: SocketAddr, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::AddrNotAvailable => {
                socket::no_local_port(address, &self.sockets).because(error)
            }
            _ => error.into(),
        }
    }

    fn lost(&mut self) -> Error {
        let tcp = |words: String| Error::new(Code::Tcp, Component::Tcp, words);
        let mut failed = std::mem::take(&mut self.failed);
        // A resource that has run out is missing for all addresses.
        let is_shortage = |(_, error): &(_, Error)| error.code == Code::Resources as i32;
        if failed.len() == 1 || failed.iter().all(is_shortage) {
            let (address, error) = failed.remove(0);
            return tcp(format!("could not connect to {address}{}", advice(address)))
                .because(error);
        }
        let mut words = format!("none of the {} addresses could be connected to", failed.len());
        if failed.len() > MAX_TOLD {
            words += &format!("; the first {MAX_TOLD} were");
        }
        let general = tcp(words);
        failed.into_iter().take(MAX_TOLD).fold(general, |chain, (address, error)| {
            let code = error.chain().last().map_or(error.code, |last| last.code);
            let words = format!("{address}: {error}{}", advice(address));
            chain.because(Error::numbered(code, Component::Tcp, words))
        })
    }
}

/// An attempt that failed before it began.
struct Missed {
    error: Error,
    /// It may succeed from another local address.
    is_of_local: bool,
}

impl Missed {
    fn ever(error: Error) -> Missed {
        Missed { error, is_of_local: false }
    }

    fn from_there(error: Error) -> Missed {
        Missed { error, is_of_local: true }
    }
}

/// Advice about an address that cannot work, or "".
fn advice(address: SocketAddr) -> &'static str {
    match address {
        SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0 => {
            ", a link-local address with no zone: the URL must name the interface, as in \
             [fe80::1%25eth0]"
        }
        _ => "",
    }
}

/// Whether a non-blocking connect has finished, or its error.
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
mod tests;
