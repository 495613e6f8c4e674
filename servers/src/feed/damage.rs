//! Faults that a subscriber ordered for its own stream. Refuses to be random: the same order gives the same damage.

use super::timeline::Event;
use crate::clock;
use nix::time::ClockId;
use nix::unistd::getppid;
use std::time::Duration;
use wire::{Faults, MonoTime};

/// A burden below this is spent by the clock that no system call reads.
const SHORT_BURN_NS: u64 = 100_000;

/// What is left of the ordered faults of one feed.
#[derive(Debug)]
pub(super) struct Damage {
    faults: Faults,
    /// Due time of the event that the stall stands before: paced events keep theirs, unpaced ones are due when first seen.
    stalled_from: Option<MonoTime>,
    alarmed: bool,
    /// What comes behind the event that was taken last: its second copy, or the neighbour that it has overtaken.
    again: Option<Event>,
    /// An event that the next one is to overtake.
    overtaken: Option<Event>,
    /// Memory that the stream keeps for nothing.
    _touched: Vec<u8>,
}

impl Damage {
    pub(super) fn of(faults: Faults) -> Option<Box<Self>> {
        let ordered = !faults.is_empty();
        // Ones, since pages of zeros need not exist.
        let touched = vec![1; faults.touch_bytes];
        ordered.then(|| {
            Box::new(Self {
                faults,
                stalled_from: None,
                alarmed: false,
                again: None,
                overtaken: None,
                _touched: touched,
            })
        })
    }

    /// Spends what was ordered for each event: system calls, then CPU time of this thread.
    pub(super) fn spend(&self) {
        for _ in 0..self.faults.syscalls {
            let _ = getppid();
        }
        let burn_ns = self.faults.burn.as_nanos() as u64;
        if burn_ns > 0 {
            // The thread's own clock takes a system call, which a short burden would be lost in; in that short a time hardly any
            // thread loses its CPU.
            let clock =
                if burn_ns < SHORT_BURN_NS { ClockId::CLOCK_MONOTONIC } else { ClockId::CLOCK_THREAD_CPUTIME_ID };
            let begin = clock::nanos(clock);
            while clock::nanos(clock) - begin < burn_ns {}
        }
    }

    /// Until when `event` must be held, if the stall stands before it.
    pub(super) fn hold(&mut self, event: &Event, now: MonoTime) -> Option<MonoTime> {
        let (_, pause) = self.faults.stall.filter(|(seq, _)| *seq == event.seq)?;
        let until = *self.stalled_from.get_or_insert(event.due) + pause.max(Duration::ZERO);
        (now < until).then_some(until)
    }

    /// Whether the alarm for the end of the stall is still to be set; asked once.
    pub(super) fn needs_alarm(&mut self) -> bool {
        !std::mem::replace(&mut self.alarmed, true)
    }

    /// Whether `event` does not come now, if ever; remembers the second copy of one that is sent twice, and one that its
    /// neighbour is to overtake.
    pub(super) fn swallows(&mut self, event: Event) -> bool {
        let copy = self.faults.duplicate.contains(&event.seq).then_some(event);
        self.again = copy.or_else(|| self.overtaken.take());
        if self.faults.swap.contains(&event.seq) {
            self.overtaken = Some(event);
            return true;
        }
        self.faults.drop.contains(&event.seq)
    }

    /// What is still owed.
    pub(super) fn again(&mut self) -> Option<Event> {
        self.again.take()
    }

    /// Whether anything is still owed.
    pub(super) const fn owes(&self) -> bool {
        self.again.is_some()
    }
}
