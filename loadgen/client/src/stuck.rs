//! After so many polls no socket of this thread is ready any more, nor wakes anybody: for tests of what waits, in debug builds.

use std::cell::Cell;

thread_local! {
    static POLLS_LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// From now on so many polls of this thread's sockets are answered.
pub fn after(polls: usize) {
    POLLS_LEFT.set(Some(polls));
}

/// Sockets are what they are again; whether a poll was left unanswered.
pub fn release() -> bool {
    POLLS_LEFT.take() == Some(0)
}

/// Takes one poll; whether it is not answered.
pub fn next() -> bool {
    match POLLS_LEFT.get() {
        Some(0) => true,
        left => {
            POLLS_LEFT.set(left.map(|left| left - 1));
            false
        }
    }
}
