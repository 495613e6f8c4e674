//! Where the streams of a run stand, over all of its workers: counts that grow, read while they do.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Streams that were answered, that failed, that are over.
#[derive(Debug, Default)]
pub struct Standing {
    answered: AtomicU64,
    failed: AtomicU64,
    ended: AtomicU64,
}

impl Standing {
    /// Streams whose response head has come.
    pub fn answered(&self) -> u64 {
        self.answered.load(Relaxed)
    }

    /// Streams that have ended as they should.
    pub fn over(&self) -> u64 {
        self.ended.load(Relaxed)
    }

    /// Whether so many streams have been answered or have failed; one that did both counts twice.
    pub fn is_settled(&self, streams: u64) -> bool {
        self.answered() + self.failed.load(Relaxed) >= streams
    }

    pub(super) fn head(&self) {
        self.answered.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(super) fn ended(&self) {
        self.ended.fetch_add(1, Relaxed);
    }
}
