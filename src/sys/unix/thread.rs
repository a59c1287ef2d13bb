//! The library's own threads.

use std::any::Any;
use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use std::thread::{Builder, JoinHandle};

/// The size of a stack. The host's functions are called on it too.
const STACK: usize = 2 << 20;

/// The asynchronous signals. The system may give them to any thread that does not block them, and
/// the host's handlers must not run on our threads. All other signals stay as on the host's thread:
/// some runtimes stop threads by a signal of their choice, and a signal that the host blocks
/// everywhere, for sigwait() or a signalfd, would end the process here.
const ASYNCHRONOUS: [libc::c_int; 15] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGPIPE,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGCHLD,
    libc::SIGTSTP,
    libc::SIGWINCH,
    libc::SIGIO,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGURG,
];

/// The signals of faults, which the faulting thread gets.
const FAULTS: [libc::c_int; 6] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];

/// Keeps `value` until the calling thread has ended and other libraries have freed what they keep
/// for it: the destructors of thread-specific data run in the order in which the keys were made.
pub fn keep_until_thread_is_gone(value: Box<dyn Any + Send>) {
    static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();
    unsafe extern "C" fn release(kept: *mut c_void) {
        // SAFETY: it was made of a box below, and each is given here once.
        drop(unsafe { Box::from_raw(kept.cast::<Box<dyn Any + Send>>()) });
    }
    let key = KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: the pointer is valid during the call, and the function is never unloaded.
        (unsafe { libc::pthread_key_create(&mut key, Some(release)) } == 0).then_some(key)
    });
    let Some(key) = *key else { return };
    let kept = Box::into_raw(Box::new(value));
    // SAFETY: the key exists and is never deleted.
    if unsafe { libc::pthread_setspecific(key, kept.cast()) } != 0 {
        // SAFETY: it was made above and given to nobody.
        drop(unsafe { Box::from_raw(kept) });
    }
}

/// Starts a thread. The host's signal handlers never run on it, except for faults.
pub fn spawn<F>(name: &str, f: F) -> io::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    // Set here, because RUST_MIN_STACK in the environment is not meant for us.
    let builder = Builder::new().name(name.to_owned()).stack_size(STACK);
    with_signals_blocked(|| {
        builder.spawn(|| {
            let _ = change_mask(libc::SIG_UNBLOCK, &FAULTS);
            schedule_as_usual();
            f();
        })
    })
}

/// Whether the calling thread is the one that `main` runs on.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn is_main_thread() -> bool {
    // SAFETY: they have no arguments and cannot fail.
    unsafe { libc::gettid() == libc::getpid() }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn is_main_thread() -> bool {
    // SAFETY: it has no arguments and cannot fail.
    unsafe { libc::pthread_main_np() != 0 }
}

/// Undoes the scheduling that a new thread inherits from its creator. The priority of an audio
/// thread, for example, is not meant for the network. The thread is scheduled like any other, on
/// the processors of the main thread. It keeps its creator's niceness.
fn schedule_as_usual() {
    // SAFETY: all zeros are valid values of both types, and the pointers are valid during the
    // calls. Where a call fails, all stays as it is.
    unsafe {
        let mut parameters: libc::sched_param = std::mem::zeroed();
        let mut policy = libc::SCHED_OTHER;
        let me = libc::pthread_self();
        libc::pthread_getschedparam(me, &mut policy, &mut parameters);
        if policy != libc::SCHED_OTHER {
            parameters = std::mem::zeroed();
            libc::pthread_setschedparam(me, libc::SCHED_OTHER, &parameters);
        }
    }
    use_processors_of_main_thread();
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn use_processors_of_main_thread() {
    const SIZE: usize = size_of::<libc::cpu_set_t>();
    // SAFETY: as above.
    unsafe {
        let (mut mine, mut main): (libc::cpu_set_t, libc::cpu_set_t) = std::mem::zeroed();
        let are_known = libc::sched_getaffinity(0, SIZE, &mut mine) == 0
            && libc::sched_getaffinity(libc::getpid(), SIZE, &mut main) == 0;
        if are_known && !libc::CPU_EQUAL(&mine, &main) {
            libc::sched_setaffinity(0, SIZE, &main);
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn use_processors_of_main_thread() {}

/// Calls `f` with the signals blocked, because a new thread inherits the mask of its creator.
fn with_signals_blocked<T>(f: impl FnOnce() -> T) -> T {
    let old = change_mask(libc::SIG_BLOCK, &ASYNCHRONOUS);
    let result = f();
    if let Some(old) = old {
        // SAFETY: it is a mask that this thread had.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut()) };
    }
    result
}

/// Blocks or unblocks signals of the calling thread. Returns the former mask.
fn change_mask(how: libc::c_int, signals: &[libc::c_int]) -> Option<libc::sigset_t> {
    let mut set = MaybeUninit::uninit();
    let mut old = MaybeUninit::uninit();
    // SAFETY: both sets are live for the calls; sigemptyset initialises `set` before it is used,
    // and pthread_sigmask `old` if it succeeds.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for &signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        (libc::pthread_sigmask(how, set.as_ptr(), old.as_mut_ptr()) == 0).then(|| old.assume_init())
    }
}
