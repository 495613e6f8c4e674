//! Faults that a subscriber ordered for its own stream. Refuses to be random: the same order gives the same damage.

use super::timeline::Event;
use std::time::Duration;
use wire::{Faults, MonoTime};

/// What is left of the ordered faults of one feed.
#[derive(Debug)]
pub(super) struct Damage {
    faults: Faults,
    /// Due time of the event that the stall stands before: paced events keep theirs, unpaced ones are due when first seen.
    stalled_from: Option<MonoTime>,
    alarmed: bool,
    /// The second copy of an event.
    again: Option<Event>,
}

impl Damage {
    pub(super) fn of(faults: Faults) -> Option<Box<Self>> {
        let ordered = !faults.is_empty();
        ordered.then(|| Box::new(Self { faults, stalled_from: None, alarmed: false, again: None }))
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

    /// Whether `event` is lost on purpose; remembers the second copy of one that is sent twice.
    pub(super) fn swallows(&mut self, event: Event) -> bool {
        self.again = self.faults.duplicate.contains(&event.seq).then_some(event);
        self.faults.drop.contains(&event.seq)
    }

    /// The second copy that is still owed.
    pub(super) fn again(&mut self) -> Option<Event> {
        self.again.take()
    }

    /// Whether a second copy is still owed.
    pub(super) const fn owes(&self) -> bool {
        self.again.is_some()
    }
}
