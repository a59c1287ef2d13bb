//! The only place that reads and writes the host's memory.

use std::ffi::{c_char, c_void, CStr};
use std::time::Duration;

use crate::error::{Code, Error, Result};
use crate::headroom;

/// A text from the host is copied, parsed, and becomes part of other texts. Together these take at
/// most this many times its length.
const COPIES: usize = 8;

#[cold]
fn is_null(name: &str) -> Error {
    Error::ws(Code::Argument, format!("{name} is NULL"))
}

/// Reads a NUL-terminated UTF-8 string.
pub unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: the caller's promise.
    unsafe { optional_text(pointer, name) }?.ok_or_else(|| is_null(name))
}

/// The same, but NULL is allowed.
pub unsafe fn optional_text<'a>(pointer: *const c_char, name: &str) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the header asks for a NUL-terminated string that lives during the call.
    let bytes = unsafe { CStr::from_ptr(pointer) }.to_bytes();
    headroom::require(bytes.len().saturating_mul(COPIES), name)?;
    utf8(bytes, name).map(Some)
}

fn utf8<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str> {
    simdutf8::compat::from_utf8(bytes).map_err(|error| {
        let words = format!("{name} is not UTF-8: bad byte at offset {}", error.valid_up_to());
        Error::ws(Code::Utf8, words)
    })
}

/// Reads `length` bytes, or up to the NUL if `length` is -1.
#[inline]
pub unsafe fn bytes<'a>(pointer: *const c_void, length: i64, name: &str) -> Result<&'a [u8]> {
    if length < -1 {
        return Err(bad_length(length, name));
    }
    if pointer.is_null() {
        return if length == 0 { Ok(&[]) } else { Err(is_null(name)) };
    }
    if length == -1 {
        // SAFETY: the header asks for a NUL-terminated string here.
        return Ok(unsafe { CStr::from_ptr(pointer.cast()) }.to_bytes());
    }
    let length = usize::try_from(length).ok().filter(|&length| isize::try_from(length).is_ok());
    let Some(length) = length else { return Err(too_long(name)) };
    // SAFETY: the header asks for that many readable bytes.
    Ok(unsafe { std::slice::from_raw_parts(pointer.cast(), length) })
}

#[cold]
fn bad_length(length: i64, name: &str) -> Error {
    Error::ws(Code::Argument, format!("the length of {name} is {length}; it must be -1 or more"))
}

#[cold]
fn too_long(name: &str) -> Error {
    Error::ws(Code::Argument, format!("the length of {name} is more than memory can hold"))
}

/// The same for UTF-8.
pub unsafe fn text_of<'a>(pointer: *const c_char, length: i64, name: &str) -> Result<&'a str> {
    // SAFETY: the caller's promise.
    utf8(unsafe { bytes(pointer.cast(), length, name) }?, name)
}

/// Reads an array of `count` structs.
pub unsafe fn array<'a, T>(pointer: *const T, count: i32, name: &str) -> Result<&'a [T]> {
    let length = usize::try_from(count).map_err(|_| {
        Error::ws(Code::Argument, format!("the number of {name} is {count}; it must be 0 or more"))
    })?;
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: the header asks for that many readable structs.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// Copies text or bytes to the host like snprintf: truncated to `size`, with a NUL if there is room
/// for one. Returns the full length.
pub unsafe fn copy_out(source: &[u8], buffer: *mut c_char, size: i64) -> Result<i64> {
    // SAFETY: the caller's promise.
    unsafe { copy_out_to(["buffer", "size"], source, buffer, size) }
}

/// The same, with these names of the arguments for error messages.
pub unsafe fn copy_out_to(
    names: [&str; 2],
    source: &[u8],
    buffer: *mut c_char,
    size: i64,
) -> Result<i64> {
    // SAFETY: the caller's promise.
    unsafe { copy(names, source, buffer.cast(), size, 1) }
}

/// The same for error messages: truncates between two characters. The buffer was checked before.
pub unsafe fn copy_words_out(words: &[u8], buffer: *mut c_char, size: i64) {
    let room = usize::try_from(size).unwrap_or(0).saturating_sub(1);
    let whole = words.get(..room).map_or(words, |cut| match std::str::from_utf8(cut) {
        Ok(_) => cut,
        Err(error) => &cut[..error.valid_up_to()],
    });
    // SAFETY: the caller's promise.
    let _ = unsafe { copy_out(whole, buffer, size) };
}

/// Copies bytes that are not text: as many as fit, and a NUL if there is room for it, too. Returns
/// the full length.
pub unsafe fn copy_bytes_out(source: &[u8], buffer: *mut c_void, size: i64) -> Result<i64> {
    // SAFETY: the caller's promise.
    unsafe { copy(["buffer", "size"], source, buffer.cast(), size, 0) }
}

/// Copies what fits beside `kept` bytes for the NUL, and the NUL if there is room for it.
unsafe fn copy(
    [buffer_name, size_name]: [&str; 2],
    source: &[u8],
    buffer: *mut u8,
    size: i64,
    kept: usize,
) -> Result<i64> {
    let room = usize::try_from(size).map_err(|_| {
        Error::ws(Code::Argument, format!("{size_name} is {size}; it must be 0 or more"))
    })?;
    if room > 0 {
        if buffer.is_null() {
            return Err(is_null(buffer_name));
        }
        let copied = source.len().min(room - kept);
        // SAFETY: the header asks for `size` writable bytes; `copied` is at most that.
        unsafe {
            std::ptr::copy_nonoverlapping(source.as_ptr(), buffer, copied);
            if copied < room {
                *buffer.add(copied) = 0;
            }
        }
    }
    super::guard::length(source.len())
}

/// A buffer of the host to which text is written piece by piece. Bytes that do not fit are only
/// counted.
pub struct TextBuffer {
    buffer: *mut u8,
    size: usize,
    length: usize,
}

impl TextBuffer {
    /// # Safety
    /// `buffer` has `size` writable bytes for as long as this lives.
    pub unsafe fn new(buffer: *mut c_char, size: i64) -> Result<TextBuffer> {
        // SAFETY: the caller's promise.
        unsafe { copy_out(b"", buffer, size) }?;
        Ok(TextBuffer {
            buffer: buffer.cast(),
            size: usize::try_from(size).unwrap_or(0),
            length: 0,
        })
    }

    /// Ends the text with its NUL. Returns its length and whether it fits. If it does not fit, the
    /// buffer gets an empty text.
    pub fn finish(self) -> (usize, bool) {
        let fits = self.length < self.size;
        if self.size > 0 {
            let end = if fits { self.length } else { 0 };
            // SAFETY: `end` is below `size`.
            unsafe { *self.buffer.add(end) = 0 };
        }
        (self.length, fits)
    }
}

impl std::io::Write for TextBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.length + bytes.len() < self.size {
            // SAFETY: so many bytes have room, and one more for the NUL.
            unsafe {
                let end = self.buffer.add(self.length);
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), end, bytes.len());
            }
        }
        self.length += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An argument that is 0 or 1.
pub fn switch(value: i32, name: &str) -> Result<bool> {
    match value {
        0 | 1 => Ok(value == 1),
        _ => Err(Error::ws(Code::Argument, format!("{name} is {value}; it must be 0 or 1"))),
    }
}

/// Converts a timeout of C: -1 means none.
#[inline]
pub fn timeout(milliseconds: i32) -> Result<Option<Duration>> {
    match milliseconds {
        -1 => Ok(None),
        0.. => Ok(Some(Duration::from_millis(milliseconds.unsigned_abs().into()))),
        _ => Err(bad_timeout(milliseconds)),
    }
}

#[cold]
fn bad_timeout(milliseconds: i32) -> Error {
    let words = format!("timeout_ms is {milliseconds}; it must be -1 or more");
    Error::ws(Code::Argument, words)
}

/// The largest `struct_size` that is accepted.
const SANE_SIZE: u32 = 4096;

/// A struct that starts with its `struct_size` and only ever grows at the end.
///
/// # Safety
/// The implementor is plain old data, valid when all zero, and starts with a `u32`.
pub unsafe trait Versioned: Copy {
    /// The size of the struct in the first version that had it. This number never changes: programs
    /// built against that version pass it.
    const FIRST_SIZE: usize;

    /// Reads one from the host, which may have been built with another version.
    unsafe fn read(pointer: *const Self, name: &str) -> Result<Self> {
        // SAFETY: the caller's promise; it starts with its size.
        let theirs = unsafe { declared_size(pointer.cast(), Self::FIRST_SIZE, name) }?;
        let ours = size_of::<Self>();
        // SAFETY: the host says that so many bytes are there, and zero is a valid value.
        unsafe {
            if theirs > ours {
                let tail =
                    std::slice::from_raw_parts(pointer.cast::<u8>().add(ours), theirs - ours);
                if tail.iter().any(|&byte| byte != 0) {
                    return Err(Error::ws(
                        Code::Struct,
                        format!(
                            "{name} asks for something that this version of the library does not \
                             have: it is {theirs} bytes, {ours} are known, and the rest is not zero"
                        ),
                    ));
                }
            }
            let mut value = std::mem::zeroed::<Self>();
            std::ptr::copy_nonoverlapping(
                pointer.cast::<u8>(),
                (&raw mut value).cast::<u8>(),
                theirs.min(ours),
            );
            Ok(value)
        }
    }

    /// Writes one for the host, as much as fits. All bytes of its struct are set, and `struct_size`
    /// becomes the number of bytes that are known here.
    unsafe fn write(pointer: *mut Self, value: Self, name: &str) -> Result<()> {
        // SAFETY: the caller's promise; it starts with its size.
        let theirs = unsafe { declared_size(pointer.cast_const().cast(), Self::FIRST_SIZE, name) }?;
        // SAFETY: the host says that so many bytes are there.
        unsafe { fill(pointer.cast(), theirs, &value) };
        Ok(())
    }
}

/// Sets all `theirs` bytes at `place`: to the fields known here, followed by zeros. `struct_size`
/// becomes the number of bytes known to both.
///
/// # Safety
/// There are that many writable bytes at `place`.
unsafe fn fill<T: Versioned>(place: *mut u8, theirs: usize, value: &T) {
    let common = theirs.min(size_of::<T>());
    // SAFETY: both are at least so long; `struct_size` comes first.
    unsafe {
        std::ptr::copy_nonoverlapping(std::ptr::from_ref(value).cast::<u8>(), place, common);
        std::ptr::write_bytes(place.add(common), 0, theirs - common);
        place.cast::<u32>().write_unaligned(common as u32);
    }
}

/// An array of structs for the library to fill. Each is as large as the `struct_size` of the first.
pub struct Output<T> {
    first: *mut T,
    stride: usize,
    capacity: usize,
}

impl<T: Versioned> Output<T> {
    pub unsafe fn new(first: *mut T, capacity: i32, name: &str) -> Result<Output<T>> {
        let capacity = usize::try_from(capacity).ok().filter(|&capacity| capacity > 0);
        let capacity = capacity.ok_or_else(|| {
            Error::ws(Code::Argument, format!("there is no room for {name}: capacity is below 1"))
        })?;
        // SAFETY: the caller's promise.
        let stride = unsafe { declared_size(first.cast_const().cast(), T::FIRST_SIZE, name) }?;
        Ok(Output { first, stride, capacity })
    }

    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// # Safety
    /// `index` is below `capacity`, and the host's memory is still there.
    #[inline]
    pub unsafe fn write(&self, index: usize, value: &T) {
        // SAFETY: the host says that so many structs of that size are there.
        unsafe {
            let place = self.first.cast::<u8>().add(index * self.stride);
            if self.stride == size_of::<T>() {
                // The usual case, and faster than a copy of a size unknown at compile time.
                return copy_in_halves(value, place);
            }
            fill(place, self.stride, value);
        }
    }
}

/// Copies a value. A compiler that makes the code small would call a function to copy it as a whole.
///
/// # Safety
/// There are that many writable bytes at `place`.
#[inline(always)]
unsafe fn copy_in_halves<T: Versioned>(value: &T, place: *mut u8) {
    let (from, half) = (std::ptr::from_ref(value).cast::<u8>(), size_of::<T>() / 2);
    // SAFETY: both are that long.
    unsafe {
        std::ptr::copy_nonoverlapping(from, place, half);
        std::ptr::copy_nonoverlapping(from.add(half), place.add(half), size_of::<T>() - half);
    }
}

/// The size of a struct when `$last` was its last field. On 64-bit systems this is `$size`, a
/// number that never changes. Where pointers are shorter, it follows from the fields.
macro_rules! first_size {
    ($struct:ty, $last:ident: $type:ty, $size:literal) => {{
        const END: usize = std::mem::offset_of!($struct, $last) + size_of::<$type>();
        const SIZE: usize = END.next_multiple_of(align_of::<$struct>());
        const _: () = assert!(size_of::<usize>() != 8 || SIZE == $size);
        // Otherwise the next field would lie in padding, where old programs have arbitrary bytes.
        const _: () = assert!(END == SIZE || size_of::<usize>() != 8);
        SIZE
    }};
}

pub(super) use first_size;

unsafe fn declared_size(pointer: *const u32, least: usize, name: &str) -> Result<usize> {
    if pointer.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: every such struct starts with its size, so four bytes are readable.
    let size = unsafe { pointer.read_unaligned() };
    if (size as usize) < least || size > SANE_SIZE {
        return Err(Error::ws(
            Code::Struct,
            format!(
                "{name}->struct_size is {size}; it must be the struct's sizeof, from {least} to \
                 {SANE_SIZE}"
            ),
        ));
    }
    Ok(size as usize)
}
