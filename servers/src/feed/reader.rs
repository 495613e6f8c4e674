//! One subscriber's place in a topic. Refuses to hold events: it is a cursor, a waker and a fate.

use super::{End, WorkerHandle};
use crate::connection_guard::ConnectionGuard;
use crate::pacer::Job;
use futures_util::task::AtomicWaker;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, Weak};
use std::task::Waker;
use wire::{MonoTime, SlowReader};

/// Shared between a topic, which moves it along and wakes it, and the feed that reads through it.
///
/// The cursor and the idle mark change only under the topic's lock; they are atomics because both sides hold the reader.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(super) worker: Arc<WorkerHandle>,
    pub(super) slow: SlowReader,
    pub(super) waker: AtomicWaker,
    cursor: AtomicU64,
    /// Events behind the cursor that were thrown away, and counted.
    lost: AtomicU64,
    idle: AtomicBool,
    fate: OnceLock<End>,
    /// The connection, if one carries this reader; a session's reader outlives it.
    guard: Weak<ConnectionGuard>,
}

impl Reader {
    pub(super) fn new(worker: &Arc<WorkerHandle>, slow: SlowReader, guard: Option<Arc<ConnectionGuard>>) -> Arc<Self> {
        let guard = guard.as_ref().map(Arc::downgrade).unwrap_or_default();
        let (waker, cursor, lost) = <(AtomicWaker, AtomicU64, AtomicU64)>::default();
        let (idle, fate) = <(AtomicBool, OnceLock<End>)>::default();
        Arc::new(Self { worker: Arc::clone(worker), slow, waker, cursor, lost, idle, fate, guard })
    }

    /// Sequence number of the next event to read.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor.load(Relaxed)
    }

    pub(super) fn move_to(&self, seq: u64) {
        self.cursor.store(seq, Relaxed);
        self.lost.store(0, Relaxed);
    }

    /// Counts an event that is thrown away before it was read.
    pub(super) fn lose(&self) {
        self.lost.fetch_add(1, Relaxed);
        self.worker.counters().dropped.fetch_add(1, Relaxed);
    }

    /// Events that were lost, and counted, since the cursor last moved.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Has the next event wake `waker`.
    pub(super) fn wait(&self, waker: &Waker) {
        self.waker.register(waker);
        self.idle.store(true, Relaxed);
    }

    /// Whether the feed waits; whoever asks has to wake it.
    pub(super) fn take_idle(&self) -> bool {
        self.idle.swap(false, Relaxed)
    }

    /// How this reader was made to end, if it was.
    pub(super) fn fate(&self) -> Option<End> {
        self.fate.get().copied()
    }

    /// Ends this reader from outside. A connection that is stuck in a write is cut after a moment's grace.
    pub(super) fn end(self: &Arc<Self>, fate: End) {
        if self.fate.set(fate).is_err() {
            return;
        }
        if fate == End::ThrownOut {
            self.worker.counters().slow_disconnects.fetch_add(1, Relaxed);
            if let Some(guard) = self.guard.upgrade() {
                guard.cut_soon();
            }
        }
        self.waker.wake();
    }
}

/// A one-shot alarm: wakes the feed, which then looks for itself.
impl Job for Reader {
    fn fire(self: Arc<Self>, _: MonoTime) -> Option<MonoTime> {
        WorkerHandle::post([self]);
        None
    }
}
