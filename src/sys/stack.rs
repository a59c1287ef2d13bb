//! Whether a call is still on the stack, or was left by an exception or `longjmp`.
//!
//! A destructor would tell, but `longjmp` must not jump over frames with destructors. So the stack
//! is examined when it matters: the unwinder walks it as for a backtrace.

use std::ffi::{c_int, c_void};

/// The position of the calling function on the stack. The address of a local variable would do too,
/// but AddressSanitizer keeps local variables elsewhere.
#[inline(always)]
pub fn here() -> usize {
    let pointer: usize;
    // SAFETY: it reads a register.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!("mov {}, rsp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    // SAFETY: it reads a register.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        let local = 0u8;
        pointer = std::hint::black_box(&raw const local) as usize;
    }
    pointer
}

#[repr(C)]
struct Context {
    _private: [u8; 0],
}

// The unwinder that the standard library is linked with (Itanium C++ ABI, level 1).
extern "C-unwind" {
    fn _Unwind_Backtrace(
        visit: extern "C-unwind" fn(*mut Context, *mut c_void) -> c_int,
        argument: *mut c_void,
    ) -> c_int;
    #[cfg(not(target_arch = "arm"))]
    fn _Unwind_GetCFA(context: *mut Context) -> usize;
    #[cfg(target_arch = "arm")]
    fn _Unwind_VRS_Get(
        context: *mut Context,
        class: c_int,
        register: u32,
        representation: c_int,
        value: *mut usize,
    ) -> c_int;
    #[cfg(not(windows))]
    fn _Unwind_GetRegionStart(context: *mut Context) -> usize;
    #[cfg(windows)]
    fn _Unwind_GetIP(context: *mut Context) -> usize;
    #[cfg(windows)]
    fn _Unwind_FindEnclosingFunction(address: *mut c_void) -> *mut c_void;
}

/// The lower end of a frame.
///
/// # Safety
/// The context is valid.
#[cfg(not(target_arch = "arm"))]
unsafe fn end_of(context: *mut Context) -> usize {
    // SAFETY: the caller vouches for it.
    unsafe { _Unwind_GetCFA(context) }
}

/// The same by ARM's exception ABI, in which a CFA is known only when a stack is unwound by force.
///
/// # Safety
/// The context is valid.
#[cfg(target_arch = "arm")]
unsafe fn end_of(context: *mut Context) -> usize {
    // SAFETY: the caller vouches for it.
    unsafe { register(context, 13) }
}

/// A register of the core.
///
/// # Safety
/// The context is valid, and there are 16 registers.
#[cfg(target_arch = "arm")]
unsafe fn register(context: *mut Context, number: u32) -> usize {
    const CORE: c_int = 0;
    const UINT32: c_int = 0;
    let mut value = 0;
    // SAFETY: the caller vouches for the rest, and the value is valid during the call.
    unsafe { _Unwind_VRS_Get(context, CORE, number, UINT32, &raw mut value) };
    value
}

/// Whether a frame is one of the function that starts there.
///
/// # Safety
/// The context is valid.
#[cfg(not(target_arch = "arm"))]
unsafe fn is_of(context: *mut Context, function: usize) -> bool {
    // SAFETY: the caller vouches for it.
    unsafe { function_of(context) == function }
}

/// The same on ARM, where neighbours that are unwound alike are one region.
///
/// # Safety
/// The context is valid.
#[cfg(target_arch = "arm")]
unsafe fn is_of(context: *mut Context, function: usize) -> bool {
    // SAFETY: the caller vouches for it.
    let (region, at) = unsafe { (function_of(context), register(context, 15)) };
    // The last bit of a pointer to a function is its instruction set.
    (region..=at).contains(&(function & !1))
}

/// Where the function of a frame starts.
///
/// # Safety
/// The context is valid.
#[cfg(not(windows))]
unsafe fn function_of(context: *mut Context) -> usize {
    // SAFETY: the caller vouches for it.
    unsafe { _Unwind_GetRegionStart(context) }
}

/// The same where the unwinder has already left the function that it calls the region of.
///
/// # Safety
/// The context is valid.
#[cfg(windows)]
unsafe fn function_of(context: *mut Context) -> usize {
    // SAFETY: the caller vouches for it.
    let address = unsafe { _Unwind_GetIP(context) };
    // It is the address of the next instruction, which may belong to the next function.
    // SAFETY: any address may be asked about.
    unsafe { _Unwind_FindEnclosingFunction(address.wrapping_sub(1) as *mut c_void) as usize }
}

const GO_ON: c_int = 0;
const STOP: c_int = 4;

struct Search {
    mark: usize,
    function: usize,
    /// Whether the last frame that begins below the mark is one of the function.
    is_of_function: bool,
    passed: bool,
}

/// Whether the call of `function` in which `here` returned `mark` is still on the stack. If the
/// walk does not get that far, the answer is yes.
pub fn is_live(mark: usize, function: usize) -> bool {
    let mut search = Search { mark, function, is_of_function: false, passed: false };
    // SAFETY: the argument outlives the call, and `visit` gets it back as it is.
    unsafe { _Unwind_Backtrace(visit, (&raw mut search).cast()) };
    !search.passed || search.is_of_function
}

extern "C-unwind" fn visit(context: *mut Context, argument: *mut c_void) -> c_int {
    // SAFETY: it is the `search` of `is_live`, and nobody else uses it meanwhile.
    let search = unsafe { &mut *argument.cast::<Search>() };
    // The stack grows downwards.
    // SAFETY: the context is valid during this call.
    if unsafe { end_of(context) } > search.mark {
        search.passed = true;
        return STOP;
    }
    // SAFETY: as above.
    search.is_of_function = unsafe { is_of(context, search.function) };
    GO_ON
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    extern "C-unwind" fn holder(inner: extern "C-unwind" fn(usize) -> bool) -> bool {
        let verdict = inner(here());
        std::hint::black_box(verdict)
    }

    extern "C-unwind" fn look(mark: usize) -> bool {
        is_live(mark, holder as *const () as usize)
    }

    #[test]
    fn a_call_on_the_stack_is_live() {
        assert!(holder(look));
    }

    #[test]
    fn a_frame_of_another_function_is_not_it() {
        assert!(!is_live(here(), holder as *const () as usize));
    }
}
