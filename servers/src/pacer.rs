//! Keeps schedules on time. Refuses to use tokio's timer: it has 1 ms resolution and fires in bursts.
//!
//! An `Agenda` holds every schedule of one pacer in one heap. A [`Pacer`] is an OS thread that sleeps until the earliest
//! is due (`thread`); a runtime thread paces what only it reads by itself (`task`), since handing an event from one
//! thread to another costs more than the event. Both fire, on waking, all that is due: a late wake bunches events, it
//! never loses or moves them.

pub(crate) mod task;
mod thread;

pub use thread::Pacer;

use crate::clock::now;
use crate::lock::lock;
use futures_util::task::AtomicWaker;
use std::cmp::{Ordering, Reverse};
use std::collections::binary_heap::{BinaryHeap, PeekMut};
use std::mem;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use wire::{MonoTime, Tuning};

/// Work that a pacer does when it is due.
pub trait Job: Send + Sync {
    /// Does everything that is due by `now`, quickly and without blocking: all other schedules wait meanwhile.
    ///
    /// Returns when to be called next (a time that is already past means "at once, but after the others"),
    /// or `None` when the schedule is over.
    fn fire(self: Arc<Self>, now: MonoTime) -> Option<MonoTime>;
}

impl Job for Mutex<Option<oneshot::Sender<()>>> {
    fn fire(self: Arc<Self>, _: MonoTime) -> Option<MonoTime> {
        // Nobody may be waiting any more.
        let _ = lock(&self).take().map(|bell| bell.send(()));
        None
    }
}

/// How finely a pacer keeps time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cadence {
    /// From the begin of one round of releases to the next it takes at least so long.
    pub tick: Duration,
    /// So long before something is due the pacer stays awake, instead of having a timer wake it.
    pub spin: Duration,
}

impl Cadence {
    pub(crate) const fn of(tuning: &Tuning) -> Self {
        Self { tick: Duration::from_nanos(tuning.tick_ns), spin: Duration::from_nanos(tuning.spin_ns) }
    }
}

/// Gives jobs to a pacer, from any thread.
#[derive(Debug, Clone)]
pub struct PacerHandle {
    desk: Arc<Desk>,
}

/// Where other threads leave what the pacer is to take into its heap.
#[derive(Debug)]
struct Desk {
    inbox: Mutex<Inbox>,
    bell: Bell,
}

#[derive(Debug, Default)]
struct Inbox {
    fresh: Vec<Entry>,
    closed: bool,
}

/// What wakes the pacer before its time.
#[derive(Debug)]
enum Bell {
    Thread(Condvar),
    Task(AtomicWaker),
}

struct Entry {
    at: Reverse<MonoTime>,
    job: Arc<dyn Job>,
}

impl PacerHandle {
    fn new(bell: Bell) -> Self {
        Self { desk: Arc::new(Desk { inbox: Mutex::default(), bell }) }
    }

    /// Fires `job` at `at`, or at once when that is past. Ignored when the pacer has ended.
    pub fn schedule(&self, at: MonoTime, job: Arc<dyn Job>) {
        let mut inbox = lock(&self.desk.inbox);
        if inbox.closed {
            return;
        }
        inbox.fresh.push(Entry { at: Reverse(at), job });
        let first = inbox.fresh.len() == 1;
        drop(inbox);
        if first {
            self.desk.bell.ring();
        }
    }

    /// Rings at `at`, or at once when that is past: tokio's timers are too coarse. Where the pacer ends first, an error comes.
    pub fn ring(&self, at: MonoTime) -> oneshot::Receiver<()> {
        let (bell, rung) = oneshot::channel();
        self.schedule(at, Arc::new(Mutex::new(Some(bell))));
        rung
    }

    /// Whether both give to the same pacer.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.desk, &other.desk)
    }

    /// Whether the pacer is a task of a runtime thread, so that its jobs run on that thread.
    pub(crate) fn is_task(&self) -> bool {
        matches!(self.desk.bell, Bell::Task(_))
    }

    /// What was left and not yet taken.
    #[cfg(test)]
    pub(crate) fn take_left(&self) -> Vec<Arc<dyn Job>> {
        mem::take(&mut lock(&self.desk.inbox).fresh).into_iter().map(|entry| entry.job).collect()
    }

    /// Ends the pacer, without firing what is left.
    fn close(&self) {
        let left = {
            let mut inbox = lock(&self.desk.inbox);
            inbox.closed = true;
            mem::take(&mut inbox.fresh)
        };
        // Outside of the lock: what a job drops may have something to schedule.
        drop(left);
        self.desk.bell.ring();
    }
}

impl Bell {
    fn ring(&self) {
        match self {
            Self::Thread(bell) => bell.notify_one(),
            Self::Task(bell) => bell.wake(),
        }
    }
}

/// The schedules of one pacer, by when they are due.
#[derive(Debug)]
struct Agenda {
    heap: BinaryHeap<Entry>,
    round: Vec<Entry>,
    cadence: Cadence,
    begun: MonoTime,
}

impl Agenda {
    fn new(cadence: Cadence) -> Self {
        Self { heap: BinaryHeap::new(), round: Vec::new(), cadence, begun: MonoTime::default() }
    }

    fn add(&mut self, fresh: impl IntoIterator<Item = Entry>) {
        self.heap.extend(fresh);
    }

    /// When the next round begins; `None` when nothing is left.
    fn next_round(&self) -> Option<MonoTime> {
        self.heap.peek().map(|head| head.at.0.max(self.begun + self.cadence.tick))
    }

    /// Fires each entry that is due when the round begins, once and in order; one that is still late has its next turn in
    /// the next round, so that none can starve the others.
    fn fire_due(&mut self) {
        self.begun = now();
        while let Some(head) = self.heap.peek_mut().filter(|head| head.at.0 <= self.begun) {
            self.round.push(PeekMut::pop(head));
        }
        for Entry { job, .. } in self.round.drain(..) {
            if let Some(next) = Arc::clone(&job).fire(now()) {
                self.heap.push(Entry { at: Reverse(next), job });
            }
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
