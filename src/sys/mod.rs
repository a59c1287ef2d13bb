//! Everything that differs between operating systems, and nothing else. There is a file for each
//! kind of system. No other module depends on the system, except TLS: native-tls uses a different
//! library on each.

mod stack;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod portable;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(any(target_os = "linux", target_os = "android"))]
use self::linux as clocks;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use self::portable as clocks;
#[cfg(unix)]
use self::unix as os;
#[cfg(windows)]
use self::windows as os;

#[cfg(unix)]
pub use self::clocks::Notifier;
pub use self::clocks::{
    bind_to_interface, choose_port_late, local_ports, search_ports_evenly, set_user_timeout, slept,
    tick, Alarm, HAS_INTERFACES, HAS_USER_TIMEOUT,
};
/// Whether the environment is to be believed when it names OpenSSL's files.
#[cfg(tls_openssl)]
pub use self::os::is_privileged;
#[cfg(windows)]
pub use self::os::Notifier;
pub use self::os::{
    above_standard, at_exit, at_fork, environment, is_main_thread, is_under_way,
    keep_until_thread_is_gone, local_path, open, receive, receive_local, send_local, shortage,
    socket_pair, spawn, test_cancel, uncancelled, LocalStream, PairEnd, Roused, Sleep, WakePipe,
    TELLS_DRAINED,
};
pub use self::stack::{here, is_live};
