use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};
use std::sync::{mpsc, Arc};
use std::thread::{self, JoinHandle};

use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslContextBuilder, SslMethod, SslStream, SslVersion};
use openssl::x509::X509;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;
use crate::tls::{Opening, Settings, Step, Verdict, Verify};

/// A certificate with its key.
struct Made {
    pem: String,
    key: String,
    issuer: Issuer<'static, KeyPair>,
}

fn make(name: &str, by: Option<&Made>) -> Made {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    if name != "localhost" {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().unwrap();
    let signed = match by {
        Some(by) => params.signed_by(&key, &by.issuer),
        None => params.self_signed(&key),
    };
    let (pem, key_pem) = (signed.unwrap().pem(), key.serialize_pem());
    Made { pem, key: key_pem, issuer: Issuer::new(params, key) }
}

/// The context of a server with that certificate.
fn context_of(own: &Made) -> SslContextBuilder {
    let mut context = SslContextBuilder::new(SslMethod::tls_server()).unwrap();
    context.set_certificate(&X509::from_pem(own.pem.as_bytes()).unwrap()).unwrap();
    context.set_private_key(&PKey::private_key_from_pem(own.key.as_bytes()).unwrap()).unwrap();
    context
}

/// A server for one connection, whose handshake has not begun.
fn let_in<T: Send + 'static>(
    context: SslContextBuilder,
    serve: impl FnOnce(SslStream<TcpStream>) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let context = context.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        serve(SslStream::new(Ssl::new(&context).unwrap(), stream).unwrap())
    });
    (port, server)
}

/// A server for one connection. What its handshake comes to: nothing, or the error.
fn serve(own: &Made, between: &[&Made], version: SslVersion) -> (u16, JoinHandle<String>) {
    let mut context = context_of(own);
    context.set_max_proto_version(Some(version)).unwrap();
    for made in between {
        context.add_extra_chain_cert(X509::from_pem(made.pem.as_bytes()).unwrap()).unwrap();
    }
    let_in(context, |mut stream| {
        let result = stream.accept().and_then(|()| stream.ssl_read(&mut [0]).map(drop));
        result.err().map(|error| error.to_string()).unwrap_or_default()
    })
}

fn connect(port: u16, settings: Settings, asks: bool) -> Result<Step<TcpStream>, TlsError> {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let opening = Opening { name: "localhost", origin: None, asks };
    Connector::build(settings)?.connect(opening, stream)
}

/// A connection to a server with that certificate.
fn open(port: u16, own: &Made) -> TlsStream<Measured> {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let stream = Measured { stream, reads: 0, allowed: usize::MAX };
    let opening = Opening { name: "localhost", origin: None, asks: false };
    let step = Connector::build(trusting(&[own])).unwrap().connect(opening, stream);
    let Ok(Step::Done(stream)) = step else { panic!("no handshake") };
    stream
}

/// Counts the reads, and gives as many bytes as it may.
struct Measured {
    stream: TcpStream,
    reads: usize,
    allowed: usize,
}

impl Read for Measured {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        let most = buffer.len().min(self.allowed);
        if most == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.stream.read(&mut buffer[..most])?;
        self.allowed -= count;
        Ok(count)
    }
}

impl Write for Measured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn trusting(pem: &[&Made]) -> Settings {
    let mut roots = Roots::default();
    for made in pem {
        roots.add_pem(made.pem.as_bytes()).unwrap();
    }
    Settings { roots: Some(roots), ..Settings::default() }
}

#[test]
fn of_many_roots_those_that_a_chain_needs_are_found() {
    let (root, other) = (make("root", None), make("other", None));
    let between = make("between", Some(&root));
    let lower = make("lower", Some(&between));
    let own = make("localhost", Some(&lower));
    let alone = make("localhost", None);
    let cases: [(&Made, &[&Made], &[&Made], bool); 8] = [
        (&own, &[&lower, &between], &[&other, &root], true),
        (&own, &[&lower, &between, &root], &[&other, &root], true),
        // What the server leaves out may be among the roots.
        (&own, &[&lower], &[&root, &between], true),
        (&own, &[], &[&lower, &root, &between], true),
        (&own, &[&lower], &[&root], false),
        (&own, &[&lower, &between], &[&other], false),
        (&own, &[&lower, &between, &root], &[&other], false),
        (&alone, &[], &[&root, &alone], true),
    ];
    for (number, (own, sent, roots, is_trusted)) in cases.into_iter().enumerate() {
        let (port, server) = serve(own, sent, SslVersion::TLS1_3);
        let step = connect(port, trusting(roots), false);
        assert_eq!(matches!(step, Ok(Step::Done(_))), is_trusted, "{number}");
        drop(step);
        server.join().unwrap();
    }
}

#[test]
fn a_bundle_is_read_or_damaged() {
    let mut roots = Roots::default();
    let pem = make("root", None).pem;
    roots.add_pem(format!("# words\r\n{}\n# words", pem.replace('\n', "\r\n")).as_bytes()).unwrap();
    assert_eq!(roots.len(), 1);
    let marked = pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
    roots.add_pem((marked + &pem).as_bytes()).unwrap();
    assert_eq!(roots.len(), 2);
    for bad in [
        "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----",
        &pem[..pem.len() / 2],
    ] {
        assert!(Roots::default().add_pem(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn a_handshake_stops_at_the_certificate_and_goes_on_as_told() {
    let root = make("root", None);
    let own = make("localhost", Some(&root));
    let der = X509::from_pem(own.pem.as_bytes()).unwrap().to_der().unwrap();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let stop = |settings| {
            let (port, server) = serve(&own, &[], version);
            let step = connect(port, settings, true).unwrap();
            let Step::Asked(asking, verdict) = step else { panic!("it does not stop") };
            assert_eq!(verdict.chain, std::slice::from_ref(&der));
            (asking, verdict, server)
        };
        let (mut asking, verdict, server) = stop(trusting(&[]));
        // The issuer is not known, and so the first certificate cannot be verified.
        let codes: Vec<_> = verdict.faults.iter().map(|fault| (fault.code, fault.depth)).collect();
        assert_eq!(codes, [(20, 0), (21, 0)]);
        asking.answer(true);
        assert!(matches!(asking.advance(), Ok(Step::Done(_))));
        assert!(!server.join().unwrap().contains("alert"));

        let (mut asking, _, server) = stop(trusting(&[]));
        asking.answer(false);
        let error = asking.advance().err().unwrap().to_string();
        assert!(error.contains("unable to get local issuer certificate"), "{error}");
        assert!(server.join().unwrap().contains("alert unknown ca"));

        // Nothing is wrong, and it may be refused all the same.
        let (mut asking, verdict, server) = stop(trusting(&[&root]));
        assert_eq!(verdict, Verdict { faults: Vec::new(), chain: vec![der.clone()] });
        asking.answer(false);
        assert!(asking.advance().is_err());
        assert!(server.join().unwrap().contains("alert"));

        // Without an answer it stays where it is.
        let (asking, _, server) = stop(trusting(&[&root]));
        let Ok(Step::Asked(mut asking, _)) = asking.advance() else { panic!("it went on") };
        asking.answer(true);
        assert!(matches!(asking.advance(), Ok(Step::Done(_))));
        server.join().unwrap();
    }
    // Who verifies nothing asks nothing.
    let (port, server) = serve(&own, &[], SslVersion::TLS1_3);
    let settings = Settings { verify: Verify::None, ..trusting(&[]) };
    assert!(matches!(connect(port, settings, true), Ok(Step::Done(_))));
    server.join().unwrap();
}

#[test]
fn sessions_go_with_the_context_that_they_came_to() {
    let own = make("localhost", None);
    let sessions = Arc::new(Sessions::default());
    let (port, server) = serve(&own, &[], SslVersion::TLS1_2);
    let settings = Settings { sessions: Arc::clone(&sessions), ..trusting(&[&own]) };
    let connector = Connector::build(settings).unwrap();
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let opening = Opening { name: "localhost", origin: Some("it".into()), asks: false };
    let step = connector.connect(opening, stream);
    assert!(matches!(step, Ok(Step::Done(_))));
    assert_eq!(sessions.len(), 1);
    drop(connector);
    assert_eq!(sessions.len(), 0);
    drop(step);
    server.join().unwrap();
}

#[test]
fn each_of_many_connections_that_open_at_once_finds_a_session() {
    let own = make("localhost", None);
    let (port, server) = serve(&own, &[], SslVersion::TLS1_2);
    let context = SslContextBuilder::new(SslMethod::tls_client()).unwrap().build();
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut stream = SslStream::new(Ssl::new(&context).unwrap(), stream).unwrap();
    stream.connect().unwrap();
    let session = stream.ssl().session().unwrap().to_owned();
    let certificate = stream.ssl().peer_certificate().unwrap();
    drop(stream);
    server.join().unwrap();

    let all = Arc::new(Sessions::default());
    let of_context = sessions::ContextSessions::new(Arc::clone(&all));
    let keep = |origin: String, count: usize| {
        for _ in 0..count {
            of_context.keep(origin.clone(), session.clone(), certificate.clone());
        }
    };
    keep("first".to_owned(), 300);
    assert_eq!(all.count(), 256);
    // Whatever is used least makes room.
    for number in 0..50 {
        assert!(of_context.take("first").is_some());
        keep(number.to_string(), 100);
    }
    assert!((3900..=4096).contains(&all.count()), "{}", all.count());
    assert!(of_context.take("first").is_some() && of_context.take("49").is_some());
    assert!(of_context.take("0").is_none());
}

#[test]
fn records_that_came_together_are_read_together() {
    const RECORDS: usize = 100;
    let own = make("localhost", None);
    let (port, server) = let_in(context_of(&own), |mut stream| {
        stream.accept().unwrap();
        for number in 0..RECORDS {
            stream.write_all(&[number as u8]).unwrap();
        }
        stream
    });
    let mut stream = open(port, &own);
    // It has sent them all, and is still there.
    let server = server.join().unwrap();
    let before = stream.below().reads;
    for number in 0..RECORDS {
        let mut byte = [MaybeUninit::new(0xff)];
        assert_eq!(stream.read(&mut byte).unwrap(), 1);
        // SAFETY: it was filled above.
        assert_eq!(unsafe { byte[0].assume_init() }, number as u8);
    }
    let reads = stream.below().reads - before;
    assert!(reads < RECORDS / 2, "{reads} reads");
    assert!(stream.is_empty());
    drop(server);
}

#[test]
fn a_record_may_halt_anywhere() {
    const TEXT: &[u8] = b"hello";
    /// Of TLS 1.2 with AES-GCM: the header, a number, the data, the tag.
    const RECORD: usize = 5 + 8 + TEXT.len() + 16;
    /// About as much as OpenSSL reads a record into.
    const BUFFER: usize = 16_712;
    let own = make("localhost", None);
    let mut context = context_of(&own);
    context.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
    context.set_cipher_list("AESGCM").unwrap();
    let (go, may_go) = mpsc::channel();
    let (port, server) = let_in(context, move |mut stream| {
        stream.accept().unwrap();
        // None of it is read together with the handshake.
        may_go.recv().unwrap();
        for _ in 0..RECORD {
            stream.write_all(TEXT).unwrap();
        }
        stream
    });
    let mut stream = open(port, &own);
    go.send(()).unwrap();
    let server = server.join().unwrap();
    let mut taken = Vec::new();
    let mut read = |allowed: usize, most: usize| {
        stream.below_mut().allowed = allowed;
        let mut room = [MaybeUninit::new(0); RECORD];
        let result = stream.read(&mut room[..most]);
        // SAFETY: it was filled above.
        let text = room.map(|byte| unsafe { byte.assume_init() });
        let result = result.map(|count| text[..count].to_vec());
        // Memory that was freed is somebody else's from here on.
        taken.push(vec![0xee_u8; BUFFER]);
        (result.map_err(|error| error.kind()), stream.is_between_records())
    };
    for halt in 0..RECORD {
        let is_between_records = halt == 0;
        let halted = (Err(io::ErrorKind::WouldBlock), is_between_records);
        assert_eq!(read(halt, RECORD), halted, "{halt}");
        assert_eq!(read(RECORD - halt, 2), (Ok(TEXT[..2].to_vec()), false), "{halt}");
        assert_eq!(read(0, RECORD), (Ok(TEXT[2..].to_vec()), true), "{halt}");
    }
    drop(server);
}
