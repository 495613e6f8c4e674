//! Locks that a dead thread does not take with it. Refuses to be anything more.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex whether or not a thread died holding it: what the mutexes here guard is valid between any two statements.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
