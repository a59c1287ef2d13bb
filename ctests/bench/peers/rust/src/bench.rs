//! The command line, the clock, and the line with the result.

use std::error::Error;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use bytes::Bytes;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;
pub type Outcome = Result<()>;

/// Ends the program with the status that says: not with this library.
pub fn unavailable() -> ! {
    process::exit(77)
}

/// What is kept from one compressed message to the next.
#[derive(Clone, Copy, PartialEq)]
pub enum Deflate {
    Off,
    Takeover,
    Fresh,
}

pub struct Bench {
    pub mode: String,
    pub url: String,
    pub n: usize,
    pub size: usize,
    pub connections: usize,
    pub in_flight: usize,
    pub rate: usize,
    pub is_text: bool,
    pub deflate: Deflate,
    pub corpus: Vec<Bytes>,
}

impl Bench {
    pub fn from_arguments() -> Result<Self> {
        let mut bench = Self {
            mode: String::new(),
            url: String::new(),
            n: 1,
            size: 1,
            connections: 1,
            in_flight: 1,
            rate: 1,
            is_text: false,
            deflate: Deflate::Off,
            corpus: Vec::new(),
        };
        let mut words = Vec::new();
        let mut arguments = env::args().skip(1);
        while let Some(word) = arguments.next() {
            let mut value = || arguments.next().ok_or("a flag has no value");
            match word.as_str() {
                "--text" => bench.is_text = true,
                "--rate" => bench.rate = value()?.parse()?,
                "--deflate" if value()? == "fresh" => bench.deflate = Deflate::Fresh,
                "--deflate" => bench.deflate = Deflate::Takeover,
                "--corpus" => bench.corpus = lines(&value()?)?,
                flag if flag.starts_with("--") => unavailable(),
                _ => words.push(word),
            }
        }
        let [mode, url, numbers @ ..] = words.as_slice() else {
            return Err("usage: [--text] [--rate R] [--deflate KIND] [--corpus FILE] MODE URL N SIZE [CONNS] [INFLIGHT]".into());
        };
        bench.mode.clone_from(mode);
        bench.url.clone_from(url);
        let places = [&mut bench.n, &mut bench.size, &mut bench.connections, &mut bench.in_flight];
        for (place, number) in places.into_iter().zip(numbers) {
            *place = number.parse()?;
        }
        Ok(bench)
    }

    /// The host and port.
    pub fn address(&self) -> Result<&str> {
        Ok(self.url.split_once("://").ok_or("not a URL")?.1)
    }

    pub fn is_tls(&self) -> bool {
        self.url.starts_with("wss:")
    }

    pub fn path(&self) -> String {
        let Self { n, size, connections, rate, .. } = self;
        match self.mode.as_str() {
            "flood" if self.is_text => format!("/flood-text/{size}/{n}"),
            "flood" => format!("/flood/{size}/{n}"),
            "sink" => format!("/sink/{size}/{n}"),
            "latency" => {
                format!("/ticks/{size}/{}/{}", n / connections, connections * 1_000_000_000 / rate)
            }
            "inflate" => format!("/json/{n}"),
            "deflate" => format!("/weigh/{n}"),
            _ => "/echo".to_owned(),
        }
    }

    pub fn report_rate(&self, started: Instant, wire_bytes: Option<usize>) {
        let seconds = started.elapsed().as_secs_f64();
        let Self { mode, n, size, .. } = self;
        let per_second = *n as f64 / seconds;
        print!(
            r#"{{"mode": "{mode}", "n": {n}, "size": {size}, "seconds": {seconds:.6}, "per_second": {per_second:.1}"#
        );
        if !self.corpus.is_empty() {
            let bytes: usize = (0..*n).map(|at| self.corpus[at % self.corpus.len()].len()).sum();
            print!(r#", "mb_per_second": {:.3}"#, bytes as f64 / seconds / 1e6);
            if let Some(wire_bytes) = wire_bytes {
                print!(r#", "ratio": {:.3}"#, bytes as f64 / wire_bytes as f64);
            }
        }
        println!("}}");
    }

    pub fn report_times(&self, mut samples: Vec<Duration>) {
        samples.sort_unstable();
        let microseconds =
            |permille: usize| samples[samples.len() * permille / 1000].as_secs_f64() * 1e6;
        println!(
            r#"{{"mode": "{}", "n": {}, "size": {}, "p50_us": {:.4}, "p99_us": {:.4}, "p999_us": {:.4}}}"#,
            self.mode,
            samples.len(),
            self.size,
            microseconds(500),
            microseconds(990),
            microseconds(999)
        );
    }

    /// `first` bytes were resident with the first connection open.
    pub fn report_memory(&self, first: f64) -> Outcome {
        let all = resident_bytes()?;
        println!(
            r#"{{"mode": "idle", "connections": {}, "resident": {all}, "bytes_each": {:.1}, "threads": {}}}"#,
            self.connections,
            (all - first) / (self.connections - 1) as f64,
            number_in("/proc/self/status", "Threads:")?
        );
        Ok(())
    }
}

/// The time that a server's stamp names: nanoseconds of CLOCK_MONOTONIC.
pub fn monotonic() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a place for one timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

fn lines(file: &str) -> Result<Vec<Bytes>> {
    Ok(fs::read_to_string(file)?.lines().map(|line| Bytes::from(line.to_owned())).collect())
}

fn number_in(file: &str, name: &str) -> Result<f64> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.split_whitespace().next().ok_or("no number")?.parse()?)
}

pub fn resident_bytes() -> Result<f64> {
    thread::sleep(Duration::from_millis(300));
    Ok(number_in("/proc/self/smaps_rollup", "Rss:")? * 1024.0)
}
