//! tungstenite on a blocking socket, with the command line and the JSON lines of the C client (bench.h).

use std::error::Error;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use native_tls::TlsConnector;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{client_tls_with_config, Bytes, Connector, Message, WebSocket};

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;
type Outcome = Result<(), Box<dyn Error>>;

/// The exit status that says: not with this library.
const UNAVAILABLE: i32 = 77;

struct Bench {
    mode: String,
    url: String,
    n: usize,
    size: usize,
    connections: usize,
    in_flight: usize,
    is_text: bool,
    /// One for all connections.
    tls: Option<TlsConnector>,
}

impl Bench {
    fn from_arguments() -> Result<Self, Box<dyn Error>> {
        let mut words: Vec<String> = env::args().skip(1).collect();
        if words.iter().any(|word| word == "--busy" || word == "--pull") {
            process::exit(UNAVAILABLE);
        }
        let is_text = words.iter().any(|word| word == "--text");
        words.retain(|word| word != "--text");
        let [mode, url, numbers @ ..] = words.as_slice() else {
            return Err("usage: [--text] MODE URL N SIZE [CONNS] [INFLIGHT]".into());
        };
        let numbers = numbers.iter().map(|word| word.parse()).collect::<Result<Vec<usize>, _>>()?;
        let trusting = || {
            TlsConnector::builder()
                .danger_accept_invalid_certs(true)
                .danger_accept_invalid_hostnames(true)
                .build()
        };
        let tls = url.starts_with("wss:").then(trusting).transpose()?;
        let number = |at: usize| numbers.get(at).copied().unwrap_or(1);
        Ok(Self {
            mode: mode.clone(),
            url: url.clone(),
            n: number(0),
            size: number(1),
            connections: number(2),
            in_flight: number(3),
            is_text,
            tls,
        })
    }

    fn path(&self) -> String {
        match self.mode.as_str() {
            "flood" if self.is_text => format!("/flood-text/{}/{}", self.size, self.n),
            "flood" => format!("/flood/{}/{}", self.size, self.n),
            "sink" => format!("/sink/{}/{}", self.size, self.n),
            _ => "/echo".to_owned(),
        }
    }

    fn open(&self) -> Result<Socket, Box<dyn Error>> {
        let (_, address) = self.url.split_once("://").ok_or("not a URL")?;
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let connector = self.tls.clone().map_or(Connector::Plain, Connector::NativeTls);
        let url = format!("{}{}", self.url, self.path());
        Ok(client_tls_with_config(url, stream, None, Some(connector))?.0)
    }

    fn message(&self) -> Message {
        Message::Binary(Bytes::from(vec![b'a'; self.size]))
    }

    fn report_rate(&self, started: Instant) {
        let seconds = started.elapsed().as_secs_f64();
        let Self { mode, n, size, .. } = self;
        let per_second = *n as f64 / seconds;
        println!(
            r#"{{"mode": "{mode}", "n": {n}, "size": {size}, "seconds": {seconds:.6}, "per_second": {per_second:.1}}}"#
        );
    }
}

fn round_trips(bench: &Bench) -> Outcome {
    let mut socket = bench.open()?;
    let message = bench.message();
    let mut samples = Vec::with_capacity(bench.n);
    for _ in 0..bench.n {
        let sent = Instant::now();
        socket.send(message.clone())?;
        socket.read()?;
        samples.push(sent.elapsed());
    }
    samples.sort_unstable();
    let microseconds = |percent: usize| samples[bench.n * percent / 100].as_secs_f64() * 1e6;
    println!(
        r#"{{"mode": "rtt", "n": {}, "size": {}, "p50_us": {:.3}, "p99_us": {:.3}}}"#,
        bench.n,
        bench.size,
        microseconds(50),
        microseconds(99)
    );
    Ok(())
}

fn pipeline(bench: &Bench) -> Outcome {
    let mut socket = bench.open()?;
    let message = bench.message();
    let started = Instant::now();
    for _ in 0..bench.in_flight {
        socket.send(message.clone())?;
    }
    for received in 0..bench.n {
        socket.read()?;
        if received + bench.in_flight < bench.n {
            socket.send(message.clone())?;
        }
    }
    bench.report_rate(started);
    Ok(())
}

fn flood(bench: &Bench) -> Outcome {
    let mut socket = bench.open()?;
    let started = Instant::now();
    socket.send(Message::from("g"))?;
    for _ in 0..bench.n {
        socket.read()?;
    }
    bench.report_rate(started);
    Ok(())
}

fn sink(bench: &Bench) -> Outcome {
    let mut socket = bench.open()?;
    let message = bench.message();
    let started = Instant::now();
    for _ in 0..bench.n {
        socket.write(message.clone())?;
    }
    socket.flush()?;
    socket.read()?;
    bench.report_rate(started);
    Ok(())
}

fn number_in(file: &str, name: &str) -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.split_whitespace().next().ok_or("no number")?.parse()?)
}

fn resident_bytes() -> Result<f64, Box<dyn Error>> {
    thread::sleep(Duration::from_millis(300));
    Ok(number_in("/proc/self/smaps_rollup", "Rss:")? * 1024.0)
}

fn idle(bench: &Bench) -> Outcome {
    let mut sockets = vec![bench.open()?];
    let first = resident_bytes()?;
    for _ in 1..bench.connections {
        sockets.push(bench.open()?);
    }
    let all = resident_bytes()?;
    println!(
        r#"{{"mode": "idle", "connections": {}, "resident": {all}, "bytes_each": {:.1}, "threads": {}}}"#,
        sockets.len(),
        (all - first) / (bench.connections - 1) as f64,
        number_in("/proc/self/status", "Threads:")?
    );
    Ok(())
}

fn start(bench: &Bench) -> Outcome {
    let mut socket = bench.open()?;
    socket.close(None)?;
    while socket.read().is_ok() {}
    println!(r#"{{"mode": "start"}}"#);
    Ok(())
}

fn main() -> Outcome {
    let bench = Bench::from_arguments()?;
    match bench.mode.as_str() {
        "rtt" => round_trips(&bench),
        "pipeline" => pipeline(&bench),
        "flood" => flood(&bench),
        "sink" => sink(&bench),
        "idle" => idle(&bench),
        "start" => start(&bench),
        other => Err(format!("no such mode: {other}").into()),
    }
}
