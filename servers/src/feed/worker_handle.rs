//! One runtime thread, as publishers see it. Refuses to wake tasks one by one from outside.
//!
//! Waking a task of a `current_thread` runtime from another thread writes to its eventfd. A publisher therefore leaves
//! the readers of a tick in the worker's list and rings once; the worker's own dispatcher wakes them locally.

use super::Reader;
use crate::lock::lock;
use crate::pacer::PacerHandle;
use crate::state::{Counters, ServerState};
use futures_util::task::AtomicWaker;
use std::convert::Infallible;
use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex};
use std::task::Poll;

/// A runtime thread: its dispatcher's list, and its share of the counters.
#[derive(Debug)]
pub(crate) struct WorkerHandle {
    pub(crate) state: Arc<ServerState>,
    index: usize,
    /// Who paces what only this thread reads.
    pub(crate) pacer: PacerHandle,
    ready: Mutex<Vec<Arc<Reader>>>,
    bell: AtomicWaker,
}

impl WorkerHandle {
    /// A runtime thread of the server, which runs the pacer of that index.
    pub(crate) fn new(state: Arc<ServerState>, index: usize) -> Self {
        let pacer = state.worker_pacers()[index].clone();
        Self { state, index, pacer, ready: Mutex::default(), bell: AtomicWaker::new() }
    }

    /// Somebody else's runtime, which runs no pacer: its streams are paced by the thread for all.
    pub(crate) fn detached(state: Arc<ServerState>) -> Self {
        let pacer = state.pacer.clone();
        Self { state, index: 0, pacer, ready: Mutex::default(), bell: AtomicWaker::new() }
    }

    #[inline]
    pub(crate) fn counters(&self) -> &Counters {
        self.state.counters(self.index)
    }

    /// Leaves readers, each with its own worker's dispatcher, and rings once where that found nothing to do.
    ///
    /// To be called without a topic's lock: a ring is a system call, and who it wakes wants that lock.
    pub(super) fn post(readers: impl IntoIterator<Item = Arc<Reader>>) {
        let mut readers: Vec<_> = readers.into_iter().collect();
        let mut idle = Vec::new();
        while let Some(worker) = readers.first().map(|reader| Arc::clone(&reader.worker)) {
            let mut ready = lock(&worker.ready);
            let was_empty = ready.is_empty();
            ready.extend(readers.extract_if(.., |reader| Arc::ptr_eq(&reader.worker, &worker)));
            drop(ready);
            if was_empty {
                idle.push(worker);
            }
        }
        idle.iter().for_each(|worker| worker.bell.wake());
    }

    /// Wakes whom publishers have posted; runs as a task of this worker's runtime until that ends.
    pub(crate) async fn dispatch(&self) {
        let mut batch = Vec::new();
        let never: Infallible = poll_fn(|cx| {
            self.bell.register(cx.waker());
            mem::swap(&mut batch, &mut *lock(&self.ready));
            batch.drain(..).for_each(|reader| reader.waker.wake());
            Poll::Pending
        })
        .await;
        match never {}
    }
}
