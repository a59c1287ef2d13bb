//! Everything that differs between operating systems or processors, and nothing else. There is a
//! file or a folder for each kind of system. No other module depends on the system, except TLS: a
//! different library does it on each.

mod pair;
mod sleep;
mod stack;
mod vector;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod portable;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(any(target_os = "linux", target_os = "android"))]
use self::linux as particular;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use self::portable as particular;
#[cfg(unix)]
use self::unix as os;
#[cfg(windows)]
use self::windows as os;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub use self::linux::{slept, Notifier};
/// Whether the environment is to be believed when it names OpenSSL's files.
#[cfg(tls_openssl)]
pub use self::os::is_privileged;
pub use self::os::{
    above_standard, adopt, append_secretly, at_exit, at_fork, check_given, connect_local,
    environment, is_ending, is_main_thread, is_under_way, keep_until_thread_is_gone, local_path,
    number_of, open, poster, receive, receive_local, send_local, shortage, spawn, take_given,
    test_cancel, uncancelled, Adopted, EventObject, LocalStream, TELLS_DRAINED,
};
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub use self::os::{slept, Notifier};
pub use self::pair::{socket_pair, PairEnd};
#[cfg(test)]
pub use self::particular::HAS_ABSTRACT_SOCKETS;
pub use self::particular::{
    bind_to_interface, choose_port_late, local_ports, number_of_loop, search_ports_evenly,
    set_user_timeout, tick, unacknowledged, Alarm, DescriptorSet, NetworkMonitor, HAS_INTERFACES,
    HAS_USER_TIMEOUT,
};
pub use self::sleep::{Roused, Sleep, WakePipe};
pub use self::stack::{here, is_live};
pub use self::vector::{xor, Vector};
