//! The metrics of the process, as OpenMetrics text.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::LIBRARY;
use crate::connection::tally::{CAUSES, CODES, HANDSHAKES, OPENINGS, TIMES};
use crate::connection::{Status, Totals};

const STATUSES: [(Status, &str); 4] = [
    (Status::Connecting, "connecting"),
    (Status::Connected, "connected"),
    (Status::Closing, "closing"),
    (Status::Closed, "closed"),
];

/// The text, which ends in `# EOF`.
pub fn metrics() -> String {
    let registry = &LIBRARY.get().registry;
    let (connections, past) = registry.census();
    let mut totals: Totals = past;
    let mut statuses = [0; STATUSES.len()];
    let mut waiting = [0; 2];
    for connection in &connections {
        totals.add(&connection.counters);
        statuses[connection.status() as usize] += 1;
        waiting[0] += connection.buffered_amount() as u64;
        waiting[1] += connection.unread_bytes() as u64;
    }
    drop(connections);

    let mut out = Text(String::with_capacity(6 * 1024));
    out.family("hostws_build", "info", "", "The library in use.");
    out.sample("hostws_build_info", "version", env!("CARGO_PKG_VERSION"), 1);
    out.family("hostws_connections", "gauge", "", "Connections, by status.");
    for ((_, name), count) in STATUSES.iter().zip(statuses) {
        out.sample("hostws_connections", "status", name, count);
    }
    let tally = registry.tally();
    let help = "Attempts to open a connection, by result: open, or the component that failed.";
    out.family("hostws_openings", "counter", "", help);
    out.counters("hostws_openings_total", "result", &OPENINGS, &tally.openings);
    out.times(&tally.times, &tally.time_us);
    let help = "TLS handshakes of connections that opened, by whether a session was resumed.";
    out.family("hostws_tls_handshakes", "counter", "", help);
    out.counters("hostws_tls_handshakes_total", "resumed", &HANDSHAKES, &tally.handshakes);
    let help = "Connections that were lost and are reopened, by cause.";
    out.family("hostws_reconnects", "counter", "", help);
    out.counters("hostws_reconnects_total", "cause", &CAUSES, &tally.reconnects);
    out.family("hostws_ends", "counter", "", "Connections that have ended, by close code.");
    out.counters("hostws_ends_total", "code", &CODES, &tally.ends);
    let directions = |sent, received| [("sent", sent), ("received", received)];
    for (name, unit, help, values) in [
        ("messages", "", "Messages.", directions(totals.messages_sent, totals.messages_received)),
        (
            "payload_bytes",
            "bytes",
            "Bytes of the payloads of messages.",
            directions(totals.payload_sent, totals.payload_received),
        ),
        (
            "wire_bytes",
            "bytes",
            "Bytes of frames.",
            directions(totals.wire_sent, totals.wire_received),
        ),
        (
            "pings",
            "",
            "Pings that were sent, and their answers.",
            directions(totals.pings_sent, totals.pongs_received),
        ),
    ] {
        out.family(&format!("hostws_{name}"), "counter", unit, help);
        for (direction, value) in values {
            out.sample(&format!("hostws_{name}_total"), "direction", direction, value);
        }
    }
    let help = "Bytes of messages that wait to be sent, or for the program to take them.";
    out.family("hostws_waiting_bytes", "gauge", "bytes", help);
    for (direction, value) in directions(waiting[0], waiting[1]) {
        out.sample("hostws_waiting_bytes", "direction", direction, value);
    }
    out.0.push_str("# EOF\n");
    out.0
}

/// The text so far. Writing to it does not fail.
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        let _ = writeln!(self.0, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(self.0, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.0, "# HELP {name} {help}");
    }

    fn sample(&mut self, name: &str, label: &str, value: &str, number: u64) {
        let _ = writeln!(self.0, "{name}{{{label}=\"{value}\"}} {number}");
    }

    fn counters(&mut self, name: &str, label: &str, values: &[&str], counters: &[AtomicU64]) {
        for (value, counter) in values.iter().zip(counters) {
            self.sample(name, label, value, counter.load(Relaxed));
        }
    }

    /// The histogram of opening times. Each of its classes includes the smaller ones.
    fn times(&mut self, counters: &[AtomicU64], sum_us: &AtomicU64) {
        let name = "hostws_opening_seconds";
        let help = "The time from the look-up of the name to the server's answer.";
        self.family(name, "histogram", "seconds", help);
        let limits = TIMES.iter().map(|(_, limit)| *limit).chain(["+Inf"]);
        let mut count = 0;
        for (limit, counter) in limits.zip(counters) {
            count += counter.load(Relaxed);
            self.sample("hostws_opening_seconds_bucket", "le", limit, count);
        }
        let seconds = sum_us.load(Relaxed) as f64 / 1e6;
        let _ = writeln!(self.0, "{name}_count {count}\n{name}_sum {seconds:?}");
    }
}
