//! Windows.

mod event;
mod given;
mod local;
mod process;
mod socket;
mod thread;
mod window;

pub use self::event::{wait_for_any, EventObject, Notifier, PipeAlert};
pub use self::given::{adopt, check_given, number_of, take_given, Adopted};
pub use self::local::{connect_local, local_path, receive_local, send_local, LocalStream};
pub use self::process::{
    above_standard, append_secretly, at_exit, at_fork, environment, is_ending, open, shortage,
    slept,
};
pub use self::socket::{
    connected_pair, is_under_way, number, receive, send, PairSocket, TELLS_DRAINED,
};
pub use self::thread::{
    is_main_thread, keep_until_thread_is_gone, spawn, test_cancel, uncancelled,
};
pub use self::window::poster;
