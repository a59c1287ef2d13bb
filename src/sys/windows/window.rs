//! Messages to windows. user32.dll is loaded when it is needed: a service or a console program may
//! have no use for it.

use std::ffi::c_void;
use std::io;
use std::mem::transmute;

use windows_sys::core::{s, w};
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_WINDOW_HANDLE, ERROR_NOT_ENOUGH_QUOTA, FARPROC, HWND, LPARAM, WPARAM,
};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LoadLibraryExW, LOAD_LIBRARY_SEARCH_SYSTEM32,
};

type IsWindow = unsafe extern "system" fn(HWND) -> i32;
type PostMessage = unsafe extern "system" fn(HWND, u32, WPARAM, LPARAM) -> i32;

/// A function that posts a message to a window, with a number as the message's wParam. It returns
/// false if the window's thread has no room for messages.
pub fn poster(
    window: *mut c_void,
    message: u32,
    number: i32,
) -> io::Result<Box<dyn Fn() -> bool + Send + Sync>> {
    // SAFETY: the name is valid. The module is never freed.
    let user32 = unsafe {
        LoadLibraryExW(w!("user32.dll"), std::ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32)
    };
    if user32.is_null() {
        return Err(io::Error::last_os_error());
    }
    let found = |function: FARPROC| function.ok_or_else(io::Error::last_os_error);
    // SAFETY: the names are valid, and the functions have these types.
    let (is_window, post): (IsWindow, PostMessage) =
        unsafe {
            (
                transmute::<unsafe extern "system" fn() -> isize, IsWindow>(found(
                    GetProcAddress(user32, s!("IsWindow")),
                )?),
                transmute::<unsafe extern "system" fn() -> isize, PostMessage>(found(
                    GetProcAddress(user32, s!("PostMessageW")),
                )?),
            )
        };
    // SAFETY: any value may be asked about.
    if unsafe { is_window(window) } == 0 {
        return Err(io::Error::from_raw_os_error(ERROR_INVALID_WINDOW_HANDLE as i32));
    }
    let window = window as usize;
    Ok(Box::new(move || {
        // SAFETY: a window that is gone is an error, as is a full queue.
        let is_posted = unsafe { post(window as HWND, message, number as WPARAM, 0) } != 0;
        is_posted
            || io::Error::last_os_error().raw_os_error() != Some(ERROR_NOT_ENOUGH_QUOTA as i32)
    }))
}
