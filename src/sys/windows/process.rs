//! The process as a whole.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use windows_sys::Win32::Networking::WinSock::{WSAEMFILE, WSAENOBUFS};
use windows_sys::Win32::System::LibraryLoader::{
    GetModuleHandleExW, GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN,
};
use windows_sys::Win32::System::SystemInformation::GetTickCount64;
use windows_sys::Win32::System::WindowsProgramming::QueryUnbiasedInterruptTime;

/// Keeps the library in memory until the process ends, whatever FreeLibrary() is called for:
/// threads of ours run its code.
pub fn stay_loaded() {
    static PIN: Once = Once::new();
    PIN.call_once(|| {
        let how = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
        let mut module = std::ptr::null_mut();
        // SAFETY: with that flag, the second argument is an address in the module. If it fails,
        // unloading the library is what it would be without the call.
        unsafe { GetModuleHandleExW(how, stay_loaded as *const () as *const u16, &mut module) };
    });
}

#[link(name = "ntdll")]
extern "system" {
    fn RtlDllShutdownInProgress() -> u8;
}

/// Whether the system is ending the process and has ended all other threads, wherever they were.
/// They may have held any lock. What thread-local values leave behind, the system frees.
pub fn is_ending() -> bool {
    // SAFETY: it has no arguments and cannot fail.
    unsafe { RtlDllShutdownInProgress() != 0 }
}

/// There is no fork.
pub fn at_fork(_: extern "C" fn()) {}

/// Not needed: Schannel needs no threads of ours to have ended.
pub fn at_exit(_: extern "C" fn()) {}

/// How long the machine has slept since its start: the difference between a clock that counts the
/// sleep and one that does not.
pub fn slept() -> Duration {
    let mut awake = 0;
    // SAFETY: the pointer is valid during the call.
    unsafe { QueryUnbiasedInterruptTime(&mut awake) };
    // SAFETY: it has no arguments and cannot fail.
    let all = Duration::from_millis(unsafe { GetTickCount64() });
    all.saturating_sub(Duration::from_nanos(awake.saturating_mul(100)))
}

/// Calls `make`: there are no standard descriptors to avoid.
pub fn above_standard<T>(make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    make()
}

/// Opens a file for reading.
pub fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Opens a file to append to.
pub fn append_secretly(path: &Path) -> io::Result<File> {
    File::options().append(true).create(true).open(path)
}

/// The resource that has run out, if that is why a call failed.
pub fn shortage(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error()? {
        WSAEMFILE => Some("no socket is free in this process"),
        WSAENOBUFS => Some("the system has no memory left for it"),
        _ => None,
    }
}

/// A variable of the environment. No program has more rights here than the user who started it.
pub fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
