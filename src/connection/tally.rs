//! Counters of all connections since the process began. Frequent things are counted in each
//! connection (see `Stats`) and added up on demand.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::dial::Timings;
use crate::error::{Code, Error};

/// The results of openings. All but the first are components that failed.
pub const OPENINGS: [&str; 9] = ["open", "ws", "http", "proxy", "tls", "tcp", "dns", "json", "os"];
/// Whether the TLS session of an open connection was resumed.
pub const HANDSHAKES: [&str; 2] = ["false", "true"];
/// The causes of reconnects: the server closed the connection, something took too long, or a
/// component failed.
pub const CAUSES: [&str; 10] =
    ["closed", "timeout", "ws", "http", "proxy", "tls", "tcp", "dns", "json", "os"];
/// The close codes of TERMINATE. The last three are ranges of codes, and all others.
pub const CODES: [&str; 19] = [
    "1000", "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008", "1009", "1010", "1011",
    "1012", "1013", "1014", "1015", "3xxx", "4xxx", "other",
];
/// The upper bounds of the histogram of opening times, in microseconds and in seconds.
pub const TIMES: [(u64, &str); 12] = [
    (1_000, "0.001"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1.0"),
    (2_500_000, "2.5"),
    (10_000_000, "10.0"),
    (30_000_000, "30.0"),
];

#[derive(Default)]
pub struct Tally {
    pub openings: [AtomicU64; OPENINGS.len()],
    /// Handshakes with servers: full ones, and resumed ones.
    pub handshakes: [AtomicU64; HANDSHAKES.len()],
    pub reconnects: [AtomicU64; CAUSES.len()],
    pub ends: [AtomicU64; CODES.len()],
    /// The histogram of opening times. The last bucket has no limit.
    pub times: [AtomicU64; TIMES.len() + 1],
    /// The sum of all opening times.
    pub time_us: AtomicU64,
}

impl Tally {
    pub fn opened(&self, timings: &Timings, is_resumed: Option<bool>) {
        if let Some(is_resumed) = is_resumed {
            count(&self.handshakes, is_resumed.into());
        }
        let Timings { dns_us, tcp_us, proxy_us, tls_us, upgrade_us } = *timings;
        let us = [dns_us, tcp_us, proxy_us, tls_us, upgrade_us].into_iter().map(u64::from).sum();
        let class = TIMES.iter().position(|(limit, _)| us <= *limit).unwrap_or(TIMES.len());
        count(&self.openings, 0);
        count(&self.times, class);
        self.time_us.fetch_add(us, Relaxed);
    }

    pub fn refused(&self, error: &Error) {
        let component = deciding(error).unwrap_or(error).component.name();
        count(&self.openings, place(&OPENINGS, component));
    }

    pub fn lost(&self, error: &Error) {
        let cause = match deciding(error) {
            None => "closed",
            Some(cause) if cause.code == Code::Timeout as i32 => "timeout",
            Some(cause) => cause.component.name(),
        };
        count(&self.reconnects, place(&CAUSES, cause));
    }

    pub fn ended(&self, code: u16) {
        let class = match code {
            1000..=1015 => usize::from(code - 1000),
            3000..=3999 => 16,
            4000..=4999 => 17,
            _ => 18,
        };
        count(&self.ends, class);
    }
}

fn count(counters: &[AtomicU64], place: usize) {
    if let Some(counter) = counters.get(place) {
        counter.fetch_add(1, Relaxed);
    }
}

fn place(names: &[&str], name: &str) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_default()
}

/// The first error that says more than that the connection failed.
fn deciding(error: &Error) -> Option<&Error> {
    let is_general = |code: i32| code == Code::Open as i32 || code == Code::Lost as i32;
    error.chain().find(|error| !is_general(error.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Component;

    #[test]
    fn every_event_has_its_class() {
        let tally = Tally::default();
        let timings = |tcp_us, tls_us| Timings { tcp_us, tls_us, ..Timings::default() };
        tally.opened(&timings(500, 500), None);
        tally.opened(&timings(500, 501), Some(true));
        tally.opened(&timings(u32::MAX, 0), Some(true));
        let loads = |counters: &[AtomicU64]| -> Vec<(usize, u64)> {
            let counts = counters.iter().map(|counter| counter.load(Relaxed)).enumerate();
            counts.filter(|(_, count)| *count > 0).collect()
        };
        assert_eq!(loads(&tally.times), [(0, 1), (1, 1), (12, 1)]);
        assert_eq!(loads(&tally.handshakes), [(1, 2)]);

        let general = Error::ws(Code::Open, "could not open");
        let refused = general.clone().because(Error::new(Code::Tcp, Component::Tcp, "x"));
        tally.refused(&refused);
        tally.refused(&general.because(Error::numbered(401, Component::Http, "x")));
        let names = |counters: &[AtomicU64], names: &[&'static str]| -> Vec<&'static str> {
            loads(counters).into_iter().map(|(place, _)| names[place]).collect()
        };
        assert_eq!(names(&tally.openings, &OPENINGS), ["open", "http", "tcp"]);

        tally.lost(&Error::ws(Code::Lost, "the server closed the connection with 1001"));
        let lost = Error::ws(Code::Lost, "no answer");
        tally.lost(&lost.because(Error::ws(Code::Timeout, "silent")));
        tally.lost(&refused);
        assert_eq!(names(&tally.reconnects, &CAUSES), ["closed", "timeout", "tcp"]);

        for code in [1000, 1015, 3000, 4999, 1016] {
            tally.ended(code);
        }
        assert_eq!(names(&tally.ends, &CODES), ["1000", "1015", "3xxx", "4xxx", "other"]);
    }
}
