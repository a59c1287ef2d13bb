//! The test servers as one program, for the tests in other languages. It prints its ports to
//! stdout, then `ready`, and ends when its stdin does. `--wine`: its clients run on wine.

#[path = "../support/servers/mod.rs"]
mod servers;

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openssl::pkey::PKey;
use openssl::symm::Cipher;
use servers::certificates::Certificates;
use servers::revoked::Lists;
use servers::{door, raw, websocket, BlackHole, ClosedPort};

/// The longest life of the program.
const LIFE: Duration = Duration::from_secs(300);

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Folder> {
        // With the time, too: one that was killed under this number may have left its own.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let name = format!("hostws-test-peer-{}-{now}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Blocks the signals that end the program, which then waits for them, so that it can remove its
/// folder. Call it before any thread starts, because threads inherit the mask.
fn block_ending_signals() -> libc::sigset_t {
    // SAFETY: the set is valid, and made empty before it is used.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
            libc::sigaddset(&mut set, signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
        set
    }
}

/// The password of the encrypted file with the client's key.
const PASSWORD: &[u8] = b"open sesame";

fn encrypted_key(certificates: &Certificates) -> io::Result<String> {
    let key = PKey::private_key_from_pem(certificates.client.key_pem.as_bytes())?;
    let pem = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), PASSWORD)?;
    String::from_utf8(pem).map_err(io::Error::other)
}

fn main() -> io::Result<()> {
    let signals = block_ending_signals();
    let lists = match std::env::args().nth(1).as_deref() {
        Some("--wine") => Some(Lists::start()?),
        _ => None,
    };
    let certificates = lists.as_ref().map_or_else(Certificates::new, Certificates::for_wine);
    let certificates = certificates.map_err(io::Error::other)?;
    let folder = Folder::new()?;
    let ca = folder.0.join("ca.pem");
    fs::write(&ca, &certificates.ca_pem)?;
    // Certificate, chain and key in one file, as some programs need them.
    let client = folder.0.join("client.pem");
    fs::write(&client, certificates.client.chain_pem.clone() + &certificates.client.key_pem)?;
    let encrypted = folder.0.join("client-encrypted.pem");
    fs::write(&encrypted, certificates.client.chain_pem.clone() + &encrypted_key(&certificates)?)?;

    let ws = websocket::plain()?;
    let wss = websocket::tls(&certificates.good)?;
    let self_signed = websocket::tls(&certificates.self_signed)?;
    let expired = websocket::tls(&certificates.expired)?;
    let other_name = websocket::tls(&certificates.other_name)?;
    let other_ca = websocket::tls(&certificates.other_ca)?;
    let mutual = websocket::mutual(&certificates.good, &certificates.client_ca_pem)?;
    let raw = raw::start()?;
    let socket = folder.0.join("ws.sock");
    door::open(&socket, ws.port)?;
    let closed = ClosedPort::new()?;
    let black_hole = BlackHole::new()?;

    let mut out = io::stdout().lock();
    writeln!(out, "ws {}", ws.port)?;
    writeln!(out, "unix {} {}", ws.port, socket.display())?;
    writeln!(out, "wss {} {}", wss.port, ca.display())?;
    writeln!(out, "wss-selfsigned {}", self_signed.port)?;
    writeln!(out, "wss-expired {}", expired.port)?;
    writeln!(out, "wss-othername {}", other_name.port)?;
    writeln!(out, "wss-otherca {}", other_ca.port)?;
    writeln!(out, "wss-mutual {} {}", mutual.port, client.display())?;
    writeln!(out, "wss-encrypted {} {}", mutual.port, encrypted.display())?;
    writeln!(out, "raw {}", raw.port)?;
    writeln!(out, "closed {}", closed.port)?;
    writeln!(out, "blackhole {}", black_hole.port)?;
    if let Some(lists) = &lists {
        for path in lists.paths() {
            writeln!(out, "list {} {path}", lists.port)?;
        }
    }
    writeln!(out, "ready")?;
    out.flush()?;
    drop(out);

    let (ended, end) = mpsc::channel();
    let signalled = ended.clone();
    thread::spawn(move || {
        let mut signal = 0;
        // SAFETY: the set was made above.
        unsafe { libc::sigwait(&signals, &mut signal) };
        let _ = signalled.send(());
    });
    thread::spawn(move || {
        let mut buffer = [0; 64];
        while matches!(io::stdin().read(&mut buffer), Ok(1..)) {}
        let _ = ended.send(());
    });
    let _ = end.recv_timeout(LIFE);
    // Removes the folder. The servers end with the process.
    drop(folder);
    std::process::exit(0)
}
