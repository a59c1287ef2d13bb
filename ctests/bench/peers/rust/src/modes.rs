//! What each mode does, for any library.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::bench::{monotonic, resident_bytes, unavailable, Bench, Deflate, Outcome};
use crate::client::Client;

pub async fn run<C: Client>(bench: Bench) -> Outcome {
    if bench.deflate != Deflate::Off && !C::DEFLATES {
        unavailable();
    }
    match bench.mode.as_str() {
        "rtt" => round_trips::<C>(&bench).await,
        "pipeline" => pipeline::<C>(&bench).await,
        "flood" | "inflate" => flood::<C>(&bench).await,
        "sink" => sink::<C>(&bench).await,
        "deflate" => deflate::<C>(&bench).await,
        "idle" => idle::<C>(&bench).await,
        "start" => start::<C>(&bench).await,
        "latency" => latency::<C>(bench).await,
        "call-send" => call_send::<C>(&bench).await,
        _ => unavailable(),
    }
}

fn payload(bench: &Bench) -> Bytes {
    Bytes::from(vec![b'a'; bench.size])
}

async fn round_trips<C: Client>(bench: &Bench) -> Outcome {
    let mut client = C::open(bench).await?;
    let message = payload(bench);
    let mut samples = Vec::with_capacity(bench.n);
    for _ in 0..bench.n {
        let sent = Instant::now();
        client.send(&message, bench.is_text).await?;
        client.flush().await?;
        let length = client.receive(<[u8]>::len).await?;
        samples.push(sent.elapsed());
        assert_eq!(length, bench.size, "a message of another length");
    }
    bench.report_times(samples);
    Ok(())
}

/// What came together is answered together, where the library tells.
async fn pipeline<C: Client>(bench: &Bench) -> Outcome {
    let mut client = C::open(bench).await?;
    let message = payload(bench);
    let started = Instant::now();
    for _ in 0..bench.in_flight {
        client.send(&message, bench.is_text).await?;
    }
    client.flush().await?;
    let mut is_flushed = true;
    for received in 0..bench.n {
        client.receive(<[u8]>::len).await?;
        if received + bench.in_flight < bench.n {
            client.send(&message, bench.is_text).await?;
            is_flushed = false;
        }
        if !is_flushed && !client.has_more() {
            client.flush().await?;
            is_flushed = true;
        }
    }
    bench.report_rate(started, None);
    Ok(())
}

async fn flood<C: Client>(bench: &Bench) -> Outcome {
    let mut client = C::open(bench).await?;
    let started = Instant::now();
    client.send(&Bytes::from_static(b"g"), false).await?;
    client.flush().await?;
    for at in 0..bench.n {
        let length = client.receive(<[u8]>::len).await?;
        let expected =
            bench.corpus.get(at % bench.corpus.len().max(1)).map_or(bench.size, Bytes::len);
        assert_eq!(length, expected, "a message of another length");
    }
    bench.report_rate(started, None);
    Ok(())
}

async fn sink<C: Client>(bench: &Bench) -> Outcome {
    let mut client = C::open(bench).await?;
    let message = payload(bench);
    let started = Instant::now();
    for _ in 0..bench.n {
        client.send(&message, bench.is_text).await?;
    }
    client.flush().await?;
    client.receive(<[u8]>::len).await?;
    bench.report_rate(started, None);
    Ok(())
}

/// The server answers with the number of bytes that came.
async fn deflate<C: Client>(bench: &Bench) -> Outcome {
    let mut client = C::open(bench).await?;
    let started = Instant::now();
    for at in 0..bench.n {
        client.send(&bench.corpus[at % bench.corpus.len()], true).await?;
    }
    client.flush().await?;
    let answer = client.receive(|data| String::from_utf8_lossy(data).parse()).await?;
    bench.report_rate(started, Some(answer?));
    Ok(())
}

async fn idle<C: Client>(bench: &Bench) -> Outcome {
    let mut clients = vec![open_and_use::<C>(bench).await?];
    let first = resident_bytes()?;
    for _ in 1..bench.connections {
        clients.push(open_and_use::<C>(bench).await?);
    }
    bench.report_memory(first)
}

/// With compression on, after a message in each direction.
async fn open_and_use<C: Client>(bench: &Bench) -> crate::bench::Result<C> {
    let mut client = C::open(bench).await?;
    if bench.deflate != Deflate::Off {
        client.send(&bench.corpus[0], true).await?;
        client.flush().await?;
        client.receive(<[u8]>::len).await?;
    }
    Ok(client)
}

async fn start<C: Client>(bench: &Bench) -> Outcome {
    C::open(bench).await?.close().await?;
    println!(r#"{{"mode": "start"}}"#);
    Ok(())
}

/// The delay of messages that the server stamps as it sends them, one after the other to each connection.
async fn latency<C: Client>(bench: Bench) -> Outcome {
    let bench = Rc::new(bench);
    let mut clients = Vec::new();
    for _ in 0..bench.connections {
        clients.push(C::open(&bench).await?);
    }
    let receivers = clients.into_iter().map(|client| delays(client, bench.clone())).collect();
    let mut all = Vec::new();
    for samples in C::join_all(receivers).await {
        all.extend(samples.map_err(|error| error.to_string())?);
    }
    bench.report_times(all);
    Ok(())
}

async fn delays<C: Client>(mut client: C, bench: Rc<Bench>) -> crate::bench::Result<Vec<Duration>> {
    let count = bench.n / bench.connections;
    let mut samples = Vec::with_capacity(count);
    client.send(&Bytes::from_static(b"g"), false).await?;
    client.flush().await?;
    for _ in 0..count {
        let delay = client
            .receive(|data| {
                Some(monotonic().saturating_sub(u64::from_ne_bytes(*data.first_chunk()?)))
            })
            .await?;
        samples.push(Duration::from_nanos(delay.ok_or("no stamp")?));
    }
    Ok(samples.split_off(count / 10)) // not while all begin
}

/// One send on a connection where nothing else happens.
async fn call_send<C: Client>(bench: &Bench) -> Outcome {
    let mut client = C::open(bench).await?;
    let message = payload(bench);
    let mut samples = Vec::with_capacity(bench.n);
    for _ in 0..bench.n {
        let sent = Instant::now();
        client.send(&message, bench.is_text).await?;
        client.flush().await?;
        samples.push(sent.elapsed());
        client.receive(<[u8]>::len).await?;
    }
    bench.report_times(samples);
    Ok(())
}
