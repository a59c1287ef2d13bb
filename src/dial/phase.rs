//! The phases of an opening.

use super::address::{LocalAttempt, Race};
use super::config::DialConfig;
use super::http::{Refusal, Upgrade};
use super::openings::Queued;
use super::outcome::{Established, Timings};
use super::prepare::{Job, Prepared};
use super::proxy::Tunnel;
use super::question::{Question, Verdict};
use crate::error::Component;
use crate::exit::Guarded;
use crate::tls::{self, Handshaking};
use crate::transport::Stream;

/// The purpose of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The addresses to connect to: the target's, or those of the proxy before it.
    Addresses,
    /// The target's own addresses, for a proxy that needs one.
    TargetAddresses,
    ProxyContext,
    Context,
}

/// The phase of an opening.
pub enum Phase {
    /// The opening waits in line for its turn.
    InLine(Queued),
    /// The opening collects what it needs, at first without blocking.
    Preparing,
    /// The opening lacks something. The job that provides it has not been taken yet.
    Lacking(Purpose, Box<Job>),
    Awaiting(Purpose),
    Prepared(Purpose, Prepared),
    Connecting(Race),
    ConnectingLocally(LocalAttempt),
    /// The host supplied a connected socket.
    Given(socket2::Socket),
    SecuringProxy(Guarded<Handshaking<Stream>>),
    Tunnelling(Tunnel),
    Securing(Guarded<Handshaking<Stream>>),
    Upgrading(Box<Upgrade>),
    Refused(Box<Refusal>),
    /// The host decides. The question is there until `take_question` takes it.
    Asking(Option<Box<Question>>, Asked),
    Answered(Verdict, Asked),
    Over,
}

/// A handshake that has stopped at the server's certificate.
pub struct Stopped {
    pub asking: Guarded<Handshaking<Stream>>,
    pub verdict: tls::Verdict,
}

/// What the host decides about.
pub enum Asked {
    Refusal(Box<Refusal>),
    Certificate(Box<Stopped>),
}

/// The result of a step of a phase.
pub enum Step {
    /// Go on with this phase at once.
    Next(Phase),
    /// Stay in this phase until something happens.
    Wait(Phase),
    Open(Box<Established>),
}

impl Phase {
    /// The counter for the time of this phase.
    pub fn time<'a>(&self, timings: &'a mut Timings) -> Option<&'a mut u32> {
        match self {
            Phase::Connecting(_) | Phase::ConnectingLocally(_) => Some(&mut timings.tcp_us),
            Phase::SecuringProxy(_) | Phase::Tunnelling(_) => Some(&mut timings.proxy_us),
            Phase::Securing(_) => Some(&mut timings.tls_us),
            Phase::Upgrading(_) => Some(&mut timings.upgrade_us),
            _ => None,
        }
    }

    /// The phase's name in the trail; "" if it belongs to the phase before.
    pub fn name(&self) -> &'static str {
        match self {
            // What happens after an answer belongs to the phase that received it.
            Phase::Preparing | Phase::Prepared(..) | Phase::Refused(_) | Phase::Over => "",
            Phase::Lacking(Purpose::Addresses | Purpose::TargetAddresses, _)
            | Phase::Awaiting(Purpose::Addresses | Purpose::TargetAddresses) => "dns",
            Phase::Lacking(..) | Phase::Awaiting(_) => "trust",
            Phase::InLine(_) => "line",
            Phase::Connecting(_) | Phase::ConnectingLocally(_) | Phase::Given(_) => "tcp",
            Phase::SecuringProxy(_) | Phase::Tunnelling(_) => "proxy",
            Phase::Securing(_) => "tls",
            Phase::Upgrading(_) => "upgrade",
            Phase::Asking(..) | Phase::Answered(..) => "ask",
        }
    }

    /// What the phase is doing, for the error of a timeout.
    pub fn doing(&self, config: &DialConfig) -> (Component, String) {
        let target = &config.target;
        let server = target.authority();
        let proxy = config.proxy.as_ref();
        match (self, proxy) {
            (Phase::InLine(queued), _) => {
                let most = queued.most();
                let words =
                    format!("waiting in line behind {most} other openings, see HOSTWS_MAX_OPENING");
                (Component::Ws, words)
            }
            (
                Phase::Lacking(Purpose::Addresses, _) | Phase::Awaiting(Purpose::Addresses),
                Some(proxy),
            ) => (Component::Proxy, format!("resolving the name of the proxy {proxy}")),
            (
                Phase::Lacking(Purpose::Addresses | Purpose::TargetAddresses, _)
                | Phase::Awaiting(Purpose::Addresses | Purpose::TargetAddresses),
                _,
            ) => (Component::Dns, format!("resolving {}", target.host)),
            (Phase::Lacking(..) | Phase::Awaiting(_), _) => {
                (Component::Tls, "loading certificates".to_owned())
            }
            (Phase::Connecting(race), Some(proxy)) => {
                let words = format!("connecting to the proxy {proxy}: {}", race.tried());
                (Component::Proxy, words)
            }
            (Phase::Connecting(race), None) => {
                (Component::Tcp, format!("connecting to {}", race.tried()))
            }
            (Phase::ConnectingLocally(_), _) => {
                (Component::Os, format!("waiting for room in the backlog of {server}"))
            }
            (Phase::SecuringProxy(_), Some(proxy)) => {
                let words = format!("waiting for the TLS handshake with the proxy {proxy}");
                (Component::Proxy, words)
            }
            (Phase::Tunnelling(_), Some(proxy)) => {
                let words = format!("waiting for the proxy {proxy} to connect to {server}");
                (Component::Proxy, words)
            }
            (Phase::Securing(_), _) => {
                (Component::Tls, format!("waiting for the TLS handshake with {server}"))
            }
            (Phase::Upgrading(_), _) => {
                (Component::Http, "waiting for the answer to the upgrade request".to_owned())
            }
            _ => (Component::Ws, format!("about to connect to {server}")),
        }
    }
}
