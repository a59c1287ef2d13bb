//! What the libraries on tokio share: its runtime with one thread, and a stream that is plain or TLS.

use std::future::Future;

use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tokio_rustls::client::TlsStream;
use tokio_rustls::TlsConnector;
use tokio_util::either::Either;

use crate::bench::{Bench, Result};
use crate::tls;

pub type Stream = Either<TcpStream, TlsStream<TcpStream>>;

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

pub async fn join_all<T: 'static>(futures: Vec<impl Future<Output = T> + 'static>) -> Vec<T> {
    let tasks = LocalSet::new();
    tasks
        .run_until(async {
            let spawned: Vec<_> = futures.into_iter().map(tokio::task::spawn_local).collect();
            let mut results = Vec::new();
            for task in spawned {
                results.push(task.await.expect("it does not panic"));
            }
            results
        })
        .await
}

pub async fn connect(bench: &Bench) -> Result<Stream> {
    let stream = TcpStream::connect(bench.address()?).await?;
    stream.set_nodelay(true)?;
    if !bench.is_tls() {
        return Ok(Either::Left(stream));
    }
    let connector = TlsConnector::from(tls::config());
    Ok(Either::Right(connector.connect("127.0.0.1".try_into()?, stream).await?))
}

/// The methods of [`Client`](crate::client::Client) that are alike for all of them.
macro_rules! run_on_tokio {
    () => {
        fn block_on<T>(future: impl Future<Output = T>) -> T {
            $crate::on_tokio::block_on(future)
        }

        async fn join_all<T: 'static>(futures: Vec<impl Future<Output = T> + 'static>) -> Vec<T> {
            $crate::on_tokio::join_all(futures).await
        }
    };
}
pub(crate) use run_on_tokio;
