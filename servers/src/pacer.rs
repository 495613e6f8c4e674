//! An OS thread that keeps schedules on time. Refuses to use tokio's timer: it has 1 ms resolution and fires in bursts.
//!
//! One thread holds every schedule in one heap and sleeps until the earliest is due, in a futex wait with an
//! absolute `CLOCK_MONOTONIC` deadline and 1 ns of timer slack. That is the same high-resolution timer that
//! `clock_nanosleep(TIMER_ABSTIME)` arms, and as punctual (tens of microseconds), but a new schedule
//! can interrupt it. On waking, the pacer fires all that is due: a late wake bunches events, it never loses or moves them.

use crate::clock::now;
use crate::lock::lock;
use std::cmp::{Ordering, Reverse};
use std::collections::binary_heap::{BinaryHeap, PeekMut};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, mem, thread};
use wire::MonoTime;

/// Work that a [`Pacer`] does when it is due.
pub trait Job: Send + Sync {
    /// Does everything that is due by `now`, quickly and without blocking: all other schedules wait meanwhile.
    ///
    /// Returns when to be called next (a time that is already past means "at once, but after the others"),
    /// or `None` when the schedule is over.
    fn fire(self: Arc<Self>, now: MonoTime) -> Option<MonoTime>;
}

/// The pacing thread; ends, without firing what is left, when this is dropped.
#[derive(Debug)]
pub struct Pacer {
    handle: PacerHandle,
    thread: Option<JoinHandle<()>>,
}

/// Gives jobs to a [`Pacer`], from any thread.
#[derive(Debug, Clone)]
pub struct PacerHandle {
    desk: Arc<Desk>,
}

/// Where other threads leave what the pacer is to take into its heap.
#[derive(Debug, Default)]
struct Desk {
    inbox: Mutex<Inbox>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct Inbox {
    fresh: Vec<Entry>,
    closed: bool,
}

struct Entry {
    at: Reverse<MonoTime>,
    job: Arc<dyn Job>,
}

impl Pacer {
    /// Starts the thread.
    ///
    /// # Errors
    /// What the operating system says when it cannot start one.
    pub fn spawn() -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let handle = PacerHandle { desk: Arc::clone(&desk) };
        let thread = thread::Builder::new().name("pacer".to_owned()).spawn(move || desk.run())?;
        Ok(Self { handle, thread: Some(thread) })
    }

    /// A handle for those who have jobs.
    pub fn handle(&self) -> PacerHandle {
        self.handle.clone()
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        lock(&self.handle.desk.inbox).closed = true;
        self.handle.desk.bell.notify_one();
        // A job that panicked has ended the thread and printed why; there is nobody left to tell.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl PacerHandle {
    /// Fires `job` at `at`, or at once when that is past. Ignored when the pacer has ended.
    pub fn schedule(&self, at: MonoTime, job: Arc<dyn Job>) {
        let mut inbox = lock(&self.desk.inbox);
        if !inbox.closed {
            inbox.fresh.push(Entry { at: Reverse(at), job });
            self.desk.bell.notify_one();
        }
    }
}

impl Desk {
    fn run(&self) {
        // Without this the kernel may add 50 µs to every sleep; refused only where prctl is filtered.
        let _ = nix::sys::prctl::set_timerslack(1);
        let (mut heap, mut round) = (BinaryHeap::new(), Vec::new());
        while let Some(fresh) = self.wait(heap.peek().map(|entry: &Entry| entry.at.0)) {
            heap.extend(fresh);
            fire_due(&mut heap, &mut round);
        }
    }

    /// Sleeps until `until` or until something new is in the inbox; `None` when the pacer is to end.
    fn wait(&self, until: Option<MonoTime>) -> Option<Vec<Entry>> {
        let mut inbox = lock(&self.inbox);
        while !inbox.closed {
            let pause = until.map(|at| at.nanos_since(now()));
            if pause == Some(0) || !inbox.fresh.is_empty() {
                return Some(mem::take(&mut inbox.fresh));
            }
            let pause = Duration::from_nanos(pause.unwrap_or(u64::MAX));
            inbox = self.bell.wait_timeout(inbox, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }
}

/// Fires each entry that is due when the round begins, once and in order; one that is still late has its next turn in the
/// next round, so that none can starve the others.
fn fire_due(heap: &mut BinaryHeap<Entry>, round: &mut Vec<Entry>) {
    let begun = now();
    while let Some(head) = heap.peek_mut().filter(|head| head.at.0 <= begun) {
        round.push(PeekMut::pop(head));
    }
    for Entry { job, .. } in round.drain(..) {
        if let Some(next) = Arc::clone(&job).fire(now()) {
            heap.push(Entry { at: Reverse(next), job });
        }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("at", &self.at.0).finish_non_exhaustive()
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The earliest entry is the greatest, for the heap gives out its greatest first.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

#[cfg(test)]
mod tests;
