//! What only Windows has.

use std::convert::Infallible;
use std::ffi::c_void;
use std::io;

/// An event object, which is set or not set.
#[derive(Debug)]
pub struct EventObject(Infallible);

impl EventObject {
    pub fn new() -> io::Result<EventObject> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn handle(&self) -> *mut c_void {
        match self.0 {}
    }

    pub fn set(&self, _: bool) {
        match self.0 {}
    }
}

/// A function that posts a message to a window.
pub fn poster(_: *mut c_void, _: u32, _: i32) -> io::Result<Box<dyn Fn() -> bool + Send + Sync>> {
    Err(io::ErrorKind::Unsupported.into())
}
