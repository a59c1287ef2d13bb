//! Unix: Linux, macOS and their kin.

mod cancel;
mod descriptor;
mod process;
mod sleep;
mod socket;
mod thread;

pub use self::cancel::{test_cancel, uncancelled};
pub use self::descriptor::{above_standard, open};
#[cfg(tls_openssl)]
pub use self::process::is_privileged;
pub use self::process::{at_exit, at_fork, environment, shortage};
pub use self::sleep::{Roused, Sleep, WakePipe};
pub use self::socket::{
    is_under_way, local_path, receive, receive_local, send_local, socket_pair, LocalStream,
    PairEnd, TELLS_DRAINED,
};
pub use self::thread::{is_main_thread, keep_until_thread_is_gone, spawn};
