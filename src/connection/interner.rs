//! Equal values, such as the limits of most connections, are stored once and shared.

use std::borrow::Borrow;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Remembers the last value that it returned, and returns it again for an equal value while it is
/// in use.
pub struct Interner<T: ?Sized>(Mutex<Option<Weak<T>>>);

impl<T: ?Sized> Default for Interner<T> {
    fn default() -> Interner<T> {
        Interner(Mutex::default())
    }
}

impl<T: ?Sized + PartialEq> Interner<T> {
    pub fn share(&self, value: impl Borrow<T> + Into<Arc<T>>) -> Arc<T> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match last.as_ref().and_then(Weak::upgrade) {
            Some(shared) if *shared == *value.borrow() => shared,
            _ => {
                let shared = value.into();
                *last = Some(Arc::downgrade(&shared));
                shared
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one_while_in_use() {
        let interner = Interner::<str>::default();
        let first = interner.share("a".to_owned());
        assert!(Arc::ptr_eq(&first, &interner.share("a".to_owned())));
        let other = interner.share("b".to_owned());
        assert_eq!((&*first, &*other), ("a", "b"));
        drop(other);
        assert_eq!(&*interner.share("b".to_owned()), "b");
    }
}
