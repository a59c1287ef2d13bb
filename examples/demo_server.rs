//! A WebSocket server for the other examples to talk to.
//!
//!     cargo run --example demo-server -- [--port N] [--tls-port N] [--seconds N]
//!
//! It listens on 127.0.0.1 alone, on a port for ws and on one for wss; 0, the
//! default, is any that is free. Its output begins with two lines:
//!
//!     ws PORT
//!     wss PORT CAFILE
//!
//! CAFILE is the certificate that a client has to trust, made anew at each start.
//! The server ends after so many seconds, or on Ctrl-C, and then deletes the file.
//!
//! What it serves, each to any number of clients:
//!
//! * `/echo` sends every message back.
//! * `/ticker` sends invented quotes, five a second:
//!   `{"symbol":"ACME","price":101.25,"change":-0.15,"time":1767225600000}`.
//!   A client chooses with `{"subscribe":["ACME","GLOBEX"]}`, at any time; one
//!   that has not within a second gets all there are.
//! * `/chat` takes a client's first message as its name, and passes on every
//!   other one to all who are there.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, mem, process, ptr};

use native_tls::{Identity, TlsAcceptor};
use rand::rngs::{StdRng, SysRng};
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::StatusCode;
use tungstenite::protocol::{frame::coding::CloseCode, CloseFrame};
use tungstenite::Message;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How long a connection waits for its client before it looks after the rest.
const TICK: Duration = Duration::from_millis(20);
const QUOTE_INTERVAL: Duration = Duration::from_millis(200);
const SYMBOLS: [&str; 4] = ["ACME", "GLOBEX", "INITECH", "HOOLI"];

fn main() -> Result {
    let (mut port, mut tls_port, mut seconds) = (0, 0, 0);
    let mut words = env::args().skip(1);
    while let Some(option) = words.next() {
        let number = words.next().ok_or_else(|| format!("a number must follow {option}"))?;
        match option.as_str() {
            "--port" => port = number.parse()?,
            "--tls-port" => tls_port = number.parse()?,
            "--seconds" => seconds = number.parse()?,
            _ => return Err(format!("there is no option {option}").into()),
        }
    }

    let wait_for_end = prepare_end(seconds);
    let server = Arc::new(Server::default());
    let (acceptor, certificate) = make_certificate()?;
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let secure = TcpListener::bind((Ipv4Addr::LOCALHOST, tls_port))?;
    let folder = env::temp_dir().join(format!("hostws-demo-{}", process::id()));
    fs::create_dir(&folder)?;
    fs::write(folder.join("ca.pem"), certificate)?;
    println!("ws {}", plain.local_addr()?.port());
    println!("wss {} {}", secure.local_addr()?.port(), folder.join("ca.pem").display());

    listen(plain, None, &server);
    listen(secure, Some(acceptor), &server);
    wait_for_end();
    fs::remove_dir_all(folder)?;
    server.ending.store(true, Ordering::Relaxed);
    // For the connections to be closed.
    thread::sleep(10 * TICK);
    Ok(())
}

/// Makes Ctrl-C, kill and the end of the time, if it is not 0, something to wait for:
/// what is returned does that. To be called before any thread starts.
fn prepare_end(seconds: u32) -> impl FnOnce() {
    // SAFETY: sigemptyset makes a set out of any bytes; the set outlives the calls.
    let set = unsafe {
        let mut set = mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGALRM] {
            libc::sigaddset(&mut set, signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, ptr::null_mut());
        libc::alarm(seconds);
        set
    };
    move || {
        let mut signal = 0;
        // SAFETY: both live until the call returns.
        unsafe { libc::sigwait(&set, &mut signal) };
    }
}

/// A certificate for this machine: what it takes to show it, and to trust it.
fn make_certificate() -> Result<(TlsAcceptor, String)> {
    let names = ["localhost", "127.0.0.1", "::1"].map(String::from);
    let made = rcgen::generate_simple_self_signed(names)?;
    let (public, secret) = (made.cert.pem(), made.signing_key.serialize_pem());
    let identity = Identity::from_pkcs8(public.as_bytes(), secret.as_bytes())?;
    Ok((TlsAcceptor::new(identity)?, public))
}

/// What all connections share.
#[derive(Default)]
struct Server {
    ending: AtomicBool,
    chat: Mutex<Vec<Sender<String>>>,
}

/// Accepts connections for as long as the process lives, each on a thread of its own.
fn listen(listener: TcpListener, tls: Option<TlsAcceptor>, server: &Arc<Server>) {
    let server = Arc::clone(server);
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let (server, tls) = (Arc::clone(&server), tls.clone());
            // An error is a client that has gone: there is nobody to tell.
            thread::spawn(move || open(socket, tls, &server));
        }
    });
}

fn open(socket: TcpStream, tls: Option<TlsAcceptor>, server: &Server) -> Result {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let control = socket.try_clone()?;
    match tls {
        None => serve(socket, &control, server),
        Some(tls) => serve(tls.accept(socket)?, &control, server),
    }
}

fn serve<S: Read + Write>(stream: S, control: &TcpStream, server: &Server) -> Result {
    let mut path = String::new();
    // The size of a refusal is tungstenite's choice.
    #[allow(clippy::result_large_err)]
    let check = |request: &Request, response: Response| {
        path = request.uri().path().to_owned();
        if ["/echo", "/ticker", "/chat"].contains(&path.as_str()) {
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(Some("There are /echo, /ticker and /chat.\n".into()));
        *refusal.status_mut() = StatusCode::NOT_FOUND;
        Err(refusal)
    };
    let handshake = tungstenite::accept_hdr(stream, check);
    let mut client = handshake.map_err(|error| error.to_string())?;
    let mut room: Box<dyn Room> = match path.as_str() {
        "/ticker" => Box::new(Ticker::new()?),
        "/chat" => Box::new(Chat::new(server)),
        _ => Box::new(Echo),
    };

    control.set_read_timeout(Some(TICK))?;
    loop {
        if server.ending.load(Ordering::Relaxed) && client.can_write() {
            let reason = "the demo is over".into();
            client.close(Some(CloseFrame { code: CloseCode::Away, reason }))?;
        }
        // The error that ends the loop is also how a connection ends that was closed.
        let answer = match client.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => room.hear(message),
            Ok(_) => None,
            Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => return Err(error.into()),
        };
        // Once it is being closed, nothing more may be sent.
        if client.can_write() {
            for message in answer.into_iter().chain(room.say()) {
                client.send(message)?;
            }
        }
    }
}

/// What a path leads to, for one client.
trait Room {
    /// A text or a blob from the client, and the answer to it.
    fn hear(&mut self, message: Message) -> Option<Message>;

    /// What there is to send without being asked.
    fn say(&mut self) -> Vec<Message> {
        Vec::new()
    }
}

struct Echo;

impl Room for Echo {
    fn hear(&mut self, message: Message) -> Option<Message> {
        Some(message)
    }
}

struct Ticker {
    random: StdRng,
    /// Symbols and their prices in cents.
    quotes: Vec<(String, i64)>,
    due: Instant,
}

impl Ticker {
    fn new() -> Result<Ticker> {
        let random = StdRng::try_from_rng(&mut SysRng)?;
        let quotes = SYMBOLS.map(|symbol| (symbol.to_owned(), 10_000)).to_vec();
        Ok(Ticker { random, quotes, due: Instant::now() + Duration::from_secs(1) })
    }
}

impl Room for Ticker {
    fn hear(&mut self, message: Message) -> Option<Message> {
        let wish: Option<Value> = serde_json::from_slice(&message.into_data()).ok();
        let Some(symbols) = wish.as_ref().and_then(|wish| wish.get("subscribe")?.as_array()) else {
            return Some(r#"{"error":"say {\"subscribe\":[\"ACME\"]}"}"#.into());
        };
        let names = symbols.iter().filter_map(Value::as_str);
        self.quotes = names.map(|name| (name.to_owned(), 10_000)).collect();
        self.due = Instant::now();
        None
    }

    fn say(&mut self) -> Vec<Message> {
        if self.quotes.is_empty() || Instant::now() < self.due {
            return Vec::new();
        }
        self.due = Instant::now() + QUOTE_INTERVAL;
        let index = self.random.random_range(0..self.quotes.len());
        let (symbol, price) = &mut self.quotes[index];
        let change = self.random.random_range(-50..=50).max(1 - *price);
        *price += change;
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
        let quote = format!(
            r#"{{"symbol":{},"price":{:.2},"change":{:.2},"time":{time}}}"#,
            Value::from(symbol.as_str()),
            *price as f64 / 100.0,
            change as f64 / 100.0,
        );
        vec![quote.into()]
    }
}

struct Chat<'a> {
    server: &'a Server,
    name: Option<String>,
    lines: Receiver<String>,
}

impl Chat<'_> {
    fn new(server: &Server) -> Chat<'_> {
        let (sender, lines) = channel();
        server.chat.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        Chat { server, name: None, lines }
    }

    fn tell_all(&self, line: &str) {
        let mut members = self.server.chat.lock().unwrap_or_else(PoisonError::into_inner);
        // Who cannot be told has gone.
        members.retain(|member| member.send(line.to_owned()).is_ok());
    }
}

impl Room for Chat<'_> {
    fn hear(&mut self, message: Message) -> Option<Message> {
        let Ok(text) = message.to_text() else {
            return Some("This is a chat: say it in words.".into());
        };
        if let Some(name) = &self.name {
            self.tell_all(&format!("{name}: {text}"));
        } else {
            self.name = Some(text.to_owned());
            self.tell_all(&format!("* {text} joins"));
        }
        None
    }

    fn say(&mut self) -> Vec<Message> {
        self.lines.try_iter().map(Message::from).collect()
    }
}

impl Drop for Chat<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            self.tell_all(&format!("* {name} leaves"));
        }
    }
}
