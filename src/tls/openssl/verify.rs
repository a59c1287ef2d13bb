//! How a server's certificate is verified: by OpenSSL, with the authorities that its chain needs,
//! and with a stop where the host is asked.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, OnceLock};

use foreign_types::ForeignTypeRef as _;
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{SslContext, SslContextBuilder, SslRef, SslVerifyMode};
use openssl::x509::{X509Ref, X509StoreContext, X509StoreContextRef};
use openssl_sys::X509_STORE_CTX;

use super::ffi;
use super::notes::Notes;
use super::trust::Trust;
use crate::tls::{Fault, Verdict, Verify};

/// A chain with more faults has enough of them.
const MOST_FAULTS: usize = 16;

thread_local! {
    /// The faults of the current chain, which are collected and ignored for now.
    static COLLECTED: RefCell<Option<Vec<Fault>>> = const { RefCell::new(None) };
}

/// How the sessions of a context verify.
struct Rules {
    trust: Trust,
    verify: Verify,
}

/// Has the sessions of a context verify with that trust.
pub fn install(
    context: &mut SslContextBuilder,
    trust: Trust,
    verify: Verify,
) -> Result<(), ErrorStack> {
    context.set_ex_data(index()?, Arc::new(Rules { trust, verify }));
    match verify {
        Verify::None => context.set_verify(SslVerifyMode::NONE),
        Verify::Full | Verify::NoHostname => {
            context.set_verify_callback(SslVerifyMode::PEER, note_fault);
        }
    }
    ffi::set_verifier(context, verifier);
    Ok(())
}

fn index() -> Result<Index<SslContext, Arc<Rules>>, ErrorStack> {
    static INDEX: OnceLock<Index<SslContext, Arc<Rules>>> = OnceLock::new();
    match INDEX.get() {
        Some(index) => Ok(*index),
        None => SslContext::new_ex_index().map(|index| *INDEX.get_or_init(|| index)),
    }
}

/// Called for each certificate of a chain, and for each fault. Its answer decides whether the fault
/// ends the verification.
fn note_fault(is_good: bool, context: &mut X509StoreContextRef) -> bool {
    if is_good {
        return true;
    }
    let error = context.error();
    let fault =
        Fault { code: error.as_raw(), words: error.error_string(), depth: context.error_depth() };
    COLLECTED.with_borrow_mut(|collected| match collected {
        Some(faults) => {
            if faults.len() < MOST_FAULTS {
                faults.push(fault);
            }
            true
        }
        None => false,
    })
}

/// Called by OpenSSL with the chain that a server has sent. Whether the handshake may go on.
unsafe extern "C" fn verifier(context: *mut X509_STORE_CTX, _: *mut c_void) -> c_int {
    // SAFETY: OpenSSL calls with a context that lives, and nobody else has it.
    let context = unsafe { X509StoreContextRef::from_ptr_mut(context) };
    // OpenSSL could not unwind.
    let may = catch_unwind(AssertUnwindSafe(|| look(context).unwrap_or(false)));
    c_int::from(may.unwrap_or(false))
}

fn look(context: &mut X509StoreContextRef) -> Option<bool> {
    let session: &SslRef = context.ex_data(X509StoreContext::ssl_idx().ok()?)?;
    let rules: Arc<Rules> = Arc::clone(session.ssl_context().ex_data(index().ok()?)?);
    if rules.verify == Verify::None {
        return Some(true);
    }
    rules.trust.provide(session.ssl_context().cert_store(), &ffi::untrusted(context));
    let answer = Notes::of(session).and_then(Notes::question).map(|question| question.answer);
    match answer {
        None => context.verify_cert().ok(),
        Some(Some(true)) => Some(true),
        // The first fault ends it, with the right alert. If there is none, it is refused, too.
        Some(Some(false)) => context.verify_cert().ok().map(|_| false),
        Some(None) => {
            COLLECTED.set(Some(Vec::new()));
            let verified = context.verify_cert();
            let faults = COLLECTED.take().unwrap_or_default();
            let session: &SslRef = context.ex_data(X509StoreContext::ssl_idx().ok()?)?;
            Notes::of(session)?.question()?.faults = faults;
            ffi::set_retry_verify(session);
            verified.ok()
        }
    }
}

/// What the handshake stopped for.
pub fn verdict(session: &SslRef) -> Verdict {
    let question = Notes::of(session).and_then(Notes::question);
    let faults = question.map(|mut question| std::mem::take(&mut question.faults));
    Verdict { faults: faults.unwrap_or_default(), chain: chain(session) }
}

/// The chain as the server has sent it, in DER. The server's own certificate is the first.
pub fn chain(session: &SslRef) -> Vec<Vec<u8>> {
    let der = |certificate: &X509Ref| certificate.to_der().ok();
    session.peer_cert_chain().iter().flat_map(|chain| chain.iter()).filter_map(der).collect()
}
