//! What systems other than Linux have instead of its clocks, epoll, timers and options of sockets.

mod sockets;

use std::convert::Infallible;
use std::io;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

pub use self::sockets::*;

/// How long the library has been in use.
pub fn running() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A clock with steps of a few milliseconds. Two readings can only be compared for equality.
pub fn tick() -> u32 {
    (running().as_millis() / 4) as u32
}

/// There is none here. A sleep is noticed in the next turn, at the latest for the next ping.
pub struct Alarm;

impl Alarm {
    pub fn new(_: &Registry, _: Token) -> io::Result<Alarm> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn rearm(&self) {}
}

/// There is none here.
#[derive(Debug)]
pub struct DescriptorSet(Infallible);

impl DescriptorSet {
    pub fn new() -> io::Result<DescriptorSet> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn number(&self) -> isize {
        match self.0 {}
    }

    pub fn add(&self, _: isize) -> io::Result<()> {
        match self.0 {}
    }

    pub fn remove(&self, _: isize) -> io::Result<()> {
        match self.0 {}
    }
}

/// A loop has no descriptor here.
pub fn number_of_loop(_: &mio::Poll) -> Option<isize> {
    None
}

/// There is none here: the host says when the network has changed.
pub struct NetworkMonitor;

impl NetworkMonitor {
    pub fn new(_: &Registry, _: Token) -> io::Result<NetworkMonitor> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn complete(&self) {}

    pub fn has_changed(&mut self) -> bool {
        false
    }
}
