//! Unix: Linux, macOS and their kin.

mod absent;
mod cancel;
mod descriptor;
mod given;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod other;
mod process;
mod sleep;
mod socket;
mod thread;

pub use self::absent::{poster, EventObject};
pub use self::cancel::{test_cancel, uncancelled};
pub use self::descriptor::{above_standard, append_secretly, open};
pub use self::given::{adopt, check_given, number_of, take_given, Adopted};
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub use self::other::{slept, Notifier};
#[cfg(tls_openssl)]
pub use self::process::is_privileged;
pub use self::process::{at_exit, at_fork, environment, is_ending, shortage};
pub use self::sleep::{wait_for_any, PipeAlert};
pub use self::socket::{
    connect_local, connected_pair, is_under_way, local_path, number, receive, receive_local, send,
    send_local, LocalStream, PairSocket, TELLS_DRAINED,
};
pub use self::thread::{is_main_thread, keep_until_thread_is_gone, spawn};
