//! An OS thread that paces: for topics with several readers, and for a load generator's own messages.
//!
//! It sleeps in a futex wait with an absolute `CLOCK_MONOTONIC` deadline and 1 ns of timer slack. That is the same
//! high-resolution timer that `clock_nanosleep(TIMER_ABSTIME)` arms, and as punctual (tens of microseconds), but a new
//! schedule can interrupt it.

use super::{Agenda, Bell, Cadence, Entry, PacerHandle};
use crate::clock::now;
use crate::lock::lock;
use std::sync::{Condvar, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{hint, io, mem};
use wire::MonoTime;

/// The pacing thread; ends, without firing what is left, when this is dropped.
#[derive(Debug)]
pub struct Pacer {
    handle: PacerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Pacer {
    /// Starts the thread: no tick, no spinning.
    ///
    /// # Errors
    /// What the operating system says when it cannot start one.
    pub fn spawn() -> io::Result<Self> {
        Self::with_cadence(Cadence::default())
    }

    /// Starts a thread that keeps time as finely as `cadence` says.
    ///
    /// # Errors
    /// What the operating system says when it cannot start one.
    pub fn with_cadence(cadence: Cadence) -> io::Result<Self> {
        let handle = PacerHandle::new(Bell::Thread(Condvar::new()));
        let desk = handle.clone();
        let thread = thread::Builder::new().name("pacer".to_owned()).spawn(move || run(&desk, cadence))?;
        Ok(Self { handle, thread: Some(thread) })
    }

    /// A handle for those who have jobs.
    pub fn handle(&self) -> PacerHandle {
        self.handle.clone()
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        self.handle.close();
        // A job that panicked has ended the thread and printed why; there is nobody left to tell.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn run(desk: &PacerHandle, cadence: Cadence) {
    // Without this the kernel may add 50 µs to every sleep; refused only where prctl is filtered.
    let _ = nix::sys::prctl::set_timerslack(1);
    let mut agenda = Agenda::new(cadence);
    while let Some(fresh) = wait(desk, agenda.next_round(), cadence.spin) {
        agenda.add(fresh);
        if agenda.next_round().is_some_and(|at| at <= now()) {
            agenda.fire_due();
        }
    }
}

/// Sleeps until `spin` before `until` and stays awake for the rest, or until something new is in the inbox; `None` when
/// the pacer is to end.
fn wait(handle: &PacerHandle, until: Option<MonoTime>, spin: Duration) -> Option<Vec<Entry>> {
    let Bell::Thread(bell) = &handle.desk.bell else { return None };
    let mut inbox = lock(&handle.desk.inbox);
    while !inbox.closed {
        let left = until.map(|at| Duration::from_nanos(at.nanos_since(now())));
        if left == Some(Duration::ZERO) || !inbox.fresh.is_empty() {
            return Some(mem::take(&mut inbox.fresh));
        }
        let pause = left.unwrap_or(Duration::from_nanos(u64::MAX)).saturating_sub(spin);
        if pause.is_zero() {
            drop(inbox);
            hint::spin_loop();
            inbox = lock(&handle.desk.inbox);
        } else {
            inbox = bell.wait_timeout(inbox, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
    None
}
