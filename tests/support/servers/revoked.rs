//! A web server for lists of revoked certificates, which revoke none.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    date_time_ymd, CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, SerialNumber,
};

/// How long it waits for a client.
const PATIENCE: Duration = Duration::from_secs(5);

/// It stays open until the process ends.
pub struct Lists {
    pub port: u16,
    /// By path.
    lists: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Lists {
    pub fn start() -> io::Result<Lists> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let lists = Arc::new(Mutex::new(BTreeMap::new()));
        let served = Arc::clone(&lists);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Whoever asks for what is not there, or not at all, gets no answer.
                let _ = answer(client, &served);
            }
        });
        Ok(Lists { port, lists })
    }

    /// Makes the list of that authority, and returns its URL.
    pub fn add(
        &self,
        name: &str,
        issuer: &Issuer<'static, KeyPair>,
    ) -> Result<String, rcgen::Error> {
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2001, 1, 1),
            next_update: date_time_ymd(2100, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(issuer)?.der().to_vec();
        // Clients keep a list by its address, and another process may get the same port.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let path = format!("/{now}/{}.crl", name.replace(' ', "-"));
        self.lists.lock().unwrap().insert(path.clone(), list);
        Ok(format!("http://127.0.0.1:{}{path}", self.port))
    }

    pub fn paths(&self) -> Vec<String> {
        self.lists.lock().unwrap().keys().cloned().collect()
    }
}

fn answer(client: TcpStream, lists: &Mutex<BTreeMap<String, Vec<u8>>>) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(&client);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = request.clone();
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let Some(list) = lists.lock().unwrap().get(path).cloned() else { return Ok(()) };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        list.len()
    );
    (&client).write_all(head.as_bytes())?;
    (&client).write_all(&list)
}
