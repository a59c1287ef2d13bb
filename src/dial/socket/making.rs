//! A socket, from its creation to the start of its connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{Domain, Socket, TcpKeepalive, Type};

use super::config::SocketConfig;
use super::local::Local;
use crate::error::{Code, Component, Error};
use crate::sys;

/// Makes a socket for a connection from `local` to `address`.
pub fn make(
    config: &SocketConfig,
    address: SocketAddr,
    local: Option<&Local>,
) -> Result<Socket, Error> {
    let socket = sys::above_standard(|| {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    })?;
    sys::search_ports_evenly(&socket);
    set_options(&socket, config)?;
    if let Some(local) = local {
        bind(&socket, local).map_err(|error| {
            let words = format!("the connection cannot come from {local}, see local_address");
            Error::new(Code::Tcp, Component::Tcp, words).because(error)
        })?;
    }
    Ok(socket)
}

fn set_options(socket: &Socket, config: &SocketConfig) -> Result<(), Error> {
    let refused = |option: &'static str| {
        move |error: io::Error| {
            let words = format!("the system does not take option {option}");
            Error::new(Code::Tcp, Component::Tcp, words).because(error)
        }
    };
    if let Some(time) = config.keepalive {
        // The system counts seconds.
        let time = Duration::from_secs(time.as_millis().div_ceil(1000) as u64);
        let keepalive = TcpKeepalive::new().with_time(time).with_interval(time);
        socket.set_tcp_keepalive(&keepalive).map_err(refused("tcp_keepalive_ms"))?;
    }
    if let Some(time) = config.user_timeout {
        sys::set_user_timeout(socket, time).map_err(refused("tcp_user_timeout_ms"))?;
    }
    if let Some(bytes) = config.send_buffer {
        socket.set_send_buffer_size(bytes).map_err(refused("tcp_send_buffer"))?;
    }
    if let Some(bytes) = config.receive_buffer {
        socket.set_recv_buffer_size(bytes).map_err(refused("tcp_receive_buffer"))?;
    }
    Ok(())
}

fn bind(socket: &Socket, local: &Local) -> io::Result<()> {
    match local {
        Local::Interface(name) => sys::bind_to_interface(socket, name),
        Local::Address(address) => {
            match address.port() {
                0 => sys::choose_port_late(socket),
                // An earlier connection may just have used this port.
                _ => socket.set_reuse_address(true)?,
            }
            socket.bind(&(*address).into())
        }
    }
}

/// Begins to connect.
pub fn connect(socket: Socket, address: SocketAddr) -> io::Result<TcpStream> {
    match socket.connect(&address.into()) {
        Err(error) if !sys::is_under_way(&error) => Err(error),
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}

/// The error if the system has no free local address and port.
pub fn no_local_port(address: SocketAddr, config: &SocketConfig) -> Error {
    let local = if config.locals.is_empty() { "" } else { " and these local addresses" };
    let used = match sys::local_ports() {
        Some(ports) => {
            let (first, last) = (*ports.start(), *ports.end());
            format!("all {} ports from {first} to {last} are in use for it", ports.len())
        }
        None => "all ports are in use for it".to_owned(),
    };
    let more = if local.is_empty() { "several" } else { "more" };
    let words = format!(
        "no local port is left for {address}{local}: {used}, or were less than a minute ago. Use \
         local_address with {more} addresses, connect to several addresses of the server, or allow \
         more ports (on Linux net.ipv4.ip_local_port_range)"
    );
    match address {
        SocketAddr::V4(_) => Error::ws(Code::Resources, words),
        SocketAddr::V6(_) => {
            let words = format!("this machine has no IPv6 address for it, or {words}");
            Error::new(Code::Tcp, Component::Tcp, words)
        }
    }
}
