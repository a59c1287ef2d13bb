//! Notices changes of the network, which the kernel announces by rtnetlink(7).

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::iter;
use std::os::fd::AsRawFd;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};

use crate::sys::above_standard;

const GROUPS: libc::c_int = libc::RTMGRP_LINK
    | libc::RTMGRP_IPV4_IFADDR
    | libc::RTMGRP_IPV4_ROUTE
    | libc::RTMGRP_IPV6_IFADDR
    | libc::RTMGRP_IPV6_ROUTE;
/// More than the socket's buffer holds.
const READS_AT_ONCE: usize = 1000;
/// The most interfaces, and the most routes, that are remembered.
const MOST: usize = 4096;
/// In each network namespace.
const LOOPBACK: u32 = 1;
/// The longest prefix of a route that changes the way of most traffic. A VPN often adds two halves
/// instead of a default route.
const LONGEST_PREFIX: u8 = 1;

const HEADER: usize = 16;
/// The message belongs to the answer to a question of ours.
const MULTI: u16 = 2;
/// The last message of an answer.
const DONE: u16 = libc::NLMSG_DONE as u16;
/// A request for a list.
const LIST: u16 = 0x301;
const TENTATIVE: u8 = 0x40;
const OPTIMISTIC: u8 = 0x04;
/// Attributes of addresses and routes.
const ADDRESS_TIMES: u16 = 6;
const ROUTE_INTERFACE: u16 = 4;
const ROUTE_PRIORITY: u16 = 6;
const ROUTE_TIMES: u16 = 12;
const ROUTE_TABLE: u16 = 15;
const ROUTE_EXPIRES: u16 = 23;

/// A socket to which the kernel announces changes.
pub struct NetworkMonitor {
    socket: Socket,
    known: Known,
}

impl NetworkMonitor {
    /// An event with that token comes when there may have been a change.
    pub fn new(registry: &Registry, token: Token) -> io::Result<NetworkMonitor> {
        let kind = Type::RAW.nonblocking();
        let protocol = Protocol::from(libc::NETLINK_ROUTE);
        let socket =
            above_standard(|| Socket::new(Domain::from(libc::AF_NETLINK), kind, Some(protocol)))?;
        bind(&socket)?;
        registry.register(&mut SourceFd(&socket.as_raw_fd()), token, Interest::READABLE)?;
        Ok(NetworkMonitor { socket, known: Known::default() })
    }

    /// What it can do without for a while: learns which interfaces are running, and keeps away what
    /// it would ignore.
    pub fn complete(&self) {
        let _ = self.socket.attach_filter(&without_routes_to_networks());
        self.ask_for_links();
    }

    /// Reads what has been announced. Returns true if that is a change that may concern
    /// connections.
    #[inline(never)] // The buffer would lie on the stack of each turn.
    pub fn has_changed(&mut self) -> bool {
        let mut buffer = [0; 8192];
        let mut has_changed = false;
        for _ in 0..READS_AT_ONCE {
            match (&self.socket).read(&mut buffer) {
                Ok(length) => has_changed |= self.known.learn(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // There were more messages than the socket holds.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    self.known = Known::default();
                    self.ask_for_links();
                    has_changed = true;
                }
                Err(_) => break,
            }
        }
        has_changed
    }

    /// The answer says which interfaces are running.
    fn ask_for_links(&self) {
        let mut request = [0; 2 * HEADER];
        let length = request.len() as u32;
        request[..4].copy_from_slice(&length.to_ne_bytes());
        request[4..6].copy_from_slice(&libc::RTM_GETLINK.to_ne_bytes());
        request[6..8].copy_from_slice(&LIST.to_ne_bytes());
        let _ = self.socket.send(&request);
    }
}

fn bind(socket: &Socket) -> io::Result<()> {
    // SAFETY: all zeros are a valid address.
    let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
    address.nl_family = libc::AF_NETLINK as libc::sa_family_t;
    address.nl_groups = GROUPS as u32;
    let length = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
    // SAFETY: the address is as large as it says, and valid during the call.
    match unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Keeps messages about other routes than default routes away. A router has a million of them, and
/// they change all the time.
fn without_routes_to_networks() -> [SockFilter; 7] {
    let step = |code, to_true, to_false, value| SockFilter::new(code, to_true, to_false, value);
    let equals = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    let exceeds = (libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K) as u16;
    let half = (libc::BPF_LD | libc::BPF_H | libc::BPF_ABS) as u16;
    let byte = (libc::BPF_LD | libc::BPF_B | libc::BPF_ABS) as u16;
    let end = (libc::BPF_RET | libc::BPF_K) as u16;
    // The filter reads numbers in the order of the network.
    let [new, gone] = [libc::RTM_NEWROUTE, libc::RTM_DELROUTE].map(|kind| u32::from(kind.to_be()));
    [
        step(half, 0, 0, 4),
        step(equals, 1, 0, new),
        step(equals, 0, 2, gone),
        step(byte, 0, 0, HEADER as u32 + 1),
        step(exceeds, 1, 0, u32::from(LONGEST_PREFIX)),
        step(end, 0, 0, u32::MAX),
        step(end, 0, 0, 0),
    ]
}

/// What has been announced, as far as it is needed to tell changes from repetitions.
#[derive(Default)]
struct Known {
    /// The interfaces that are up and have a carrier.
    running: BTreeSet<u32>,
    /// These are all. Before that, an interface that is running may have been so all the time; when
    /// it begins to run, an address comes into use, too.
    has_all_links: bool,
    /// Hashes of the default routes that came up, by what they are replaced by.
    routes: BTreeMap<RouteKey, u64>,
}

/// Family, prefix length, type of service, table and priority.
type RouteKey = (u8, u8, u8, u32, u32);

impl Known {
    /// Takes what was read at once. Returns true if there is a change in it.
    fn learn(&mut self, mut bytes: &[u8]) -> bool {
        let mut has_changed = false;
        while let (Some(length), Some(kind), Some(flags)) =
            (u32_at(bytes, 0), u16_at(bytes, 4), u16_at(bytes, 6))
        {
            // What was cut off are attributes.
            let length = bytes.len().min(length as usize);
            let Some(body) = bytes.get(HEADER..length) else { break };
            let is_change = match kind {
                libc::RTM_NEWLINK => self.link(body, true),
                libc::RTM_DELLINK => self.link(body, false),
                libc::RTM_NEWADDR => address(body, true),
                libc::RTM_DELADDR => address(body, false),
                libc::RTM_NEWROUTE => self.route(body, true),
                libc::RTM_DELROUTE => self.route(body, false),
                DONE => {
                    self.has_all_links = true;
                    None
                }
                _ => None,
            };
            has_changed |= flags & MULTI == 0 && is_change == Some(true);
            bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        has_changed
    }

    /// A link changes if it begins or ceases to run. Wireless links often say that they have
    /// scanned, for example.
    fn link(&mut self, body: &[u8], is_there: bool) -> Option<bool> {
        let (family, index, flags) = (*body.first()?, u32_at(body, 4)?, u32_at(body, 8)?);
        // As part of a bridge, for example.
        if libc::c_int::from(family) != libc::AF_UNSPEC || flags & libc::IFF_LOOPBACK as u32 != 0 {
            return None;
        }
        let is_running = is_there && flags & libc::IFF_RUNNING as u32 != 0;
        let is_change = match is_running {
            true => {
                let is_new = self.running.len() < MOST && self.running.insert(index);
                is_new && self.has_all_links
            }
            false => self.running.remove(&index) || !self.has_all_links,
        };
        if is_change {
            // A link that goes down takes its routes with it, unannounced.
            self.routes.clear();
        }
        Some(is_change)
    }

    fn route(&mut self, body: &[u8], is_there: bool) -> Option<bool> {
        let [family, prefix, _, service, table, ..] = *body else { return None };
        let (flags, listed) = (u32_at(body, 8)?, body.get(12..)?);
        let number = |wanted| {
            attributes(listed).find_map(|(kind, value)| (kind == wanted).then(|| u32_at(value, 0)))
        };
        let is_elsewhere = prefix > LONGEST_PREFIX
            || table == libc::RT_TABLE_LOCAL
            || flags & libc::RTM_F_CLONED != 0
            || number(ROUTE_INTERFACE).flatten() == Some(LOOPBACK);
        if is_elsewhere {
            return None;
        }
        let table = number(ROUTE_TABLE).flatten().unwrap_or(table.into());
        let priority = number(ROUTE_PRIORITY).flatten().unwrap_or(0);
        let key = (family, prefix, service, table, priority);
        if !is_there {
            self.routes.remove(&key);
            return Some(true);
        }
        let mut hasher = DefaultHasher::new();
        for (kind, value) in attributes(listed) {
            if kind != ROUTE_TIMES && kind != ROUTE_EXPIRES {
                (kind, value).hash(&mut hasher);
            }
        }
        if self.routes.len() >= MOST {
            self.routes.clear();
        }
        let hash = hasher.finish();
        Some(self.routes.insert(key, hash) != Some(hash))
    }
}

/// An address changes when it comes into use or goes. It is announced again whenever its lifetime
/// is extended.
fn address(body: &[u8], is_there: bool) -> Option<bool> {
    /// In hundredths of a second.
    const SOON: u32 = 100;
    let [_, _, flags, scope, ..] = *body else { return None };
    let index = u32_at(body, 4)?;
    if index == LOOPBACK || scope >= libc::RT_SCOPE_LINK {
        return None;
    }
    if !is_there {
        return Some(true);
    }
    if flags & (TENTATIVE | OPTIMISTIC) == TENTATIVE {
        return None;
    }
    let times = attributes(body.get(8..)?).find(|&(kind, _)| kind == ADDRESS_TIMES);
    let Some((_, times)) = times else { return Some(true) };
    let (created, updated) = (u32_at(times, 8)?, u32_at(times, 12)?);
    Some(updated.wrapping_sub(created) < SOON)
}

/// The kinds and values of the attributes that follow a message's fixed part.
fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    /// What else is in the number of a kind.
    const MARKS: u16 = 0xC000;
    iter::from_fn(move || {
        let (length, kind) = (usize::from(u16_at(bytes, 0)?), u16_at(bytes, 2)?);
        let value = bytes.get(4..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind & !MARKS, value))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests;
