//! The protocol beside tungstenite, and its compression beside bare zlib, on the
//! same bytes: `cargo bench --bench protocol`.
//!
//! Streams are read in memory, in pieces of the worker's size, and each
//! message's payload is looked at.

// criterion_group! makes a public function.
#![allow(missing_docs)]

mod compression;
mod cpu_time;
mod frames;
mod peer;

use std::time::Duration;

use criterion::{criterion_group, criterion_main, BenchmarkGroup, Criterion, Throughput};

use cpu_time::CpuTime;

/// A benchmark's rows, whose speed is in payload bytes.
fn group<'a>(
    c: &'a mut Criterion<CpuTime>,
    name: &str,
    bytes: usize,
) -> BenchmarkGroup<'a, CpuTime> {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes as u64));
    group
}

criterion_group! {
    name = protocol;
    config = Criterion::default()
        .with_measurement(CpuTime)
        .sample_size(40)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1200));
    targets = frames::decode, frames::encode, compression::inflate, compression::deflate
}
criterion_main!(protocol);
