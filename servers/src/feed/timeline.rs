//! What a topic knows: its schedule, its bounded history, its readers' places. Refuses to read a clock or to wake.
//!
//! ```text
//!   release(now) ──► [ first … end ) ◄── look(cursor)
//!                     └ at most `queue` events, due and fired only: payloads are rendered when they are sent
//! ```

use super::{End, Reader, Script};
use crate::budget::Charge;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use wire::{Dues, Marker, MonoTime, Payload, Rate, Schedule, SlowReader, Subscription};

/// Events of a history that come with its connection; for more of them memory must be left.
const FREE_SLOTS: usize = 64;

/// Most events that one call releases, so that other schedules get their turn.
const ROUND: usize = 4096;

/// An event as its topic holds it; its payload comes from `seq` and the clock when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) due: MonoTime,
    pub(crate) fired: MonoTime,
}

/// What a topic publishes.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) content: Content,
    /// First sequence number: behind `after` where nobody else knows the stream's past.
    pub(super) first: u64,
    /// One past the last sequence number.
    pub(super) count: Option<u64>,
    /// Bound of the history.
    pub(super) queue: usize,
    /// Whether events stay in the history after they were read, for those who resume.
    pub(super) retains: bool,
    /// Readers that start the schedule; `None` when a [`super::start_barrier::StartBarrier`] or `/start` does.
    pub(super) quorum: Option<u32>,
}

/// What events say, and when.
#[derive(Debug)]
pub(super) enum Content {
    /// Stamped filler on a schedule, with a mark in it or without.
    Payload { schedule: Schedule, rate: Rate, seed: u64, payload: Arc<Filler>, marker: Marker },
    /// A text with due times of its own, and the memory that it takes.
    Script { script: Arc<Script>, _charge: Charge },
}

/// Payloads of one size, and the memory that they take.
#[derive(Debug)]
pub(super) struct Filler {
    pub(super) payload: Payload,
    pub(super) _charge: Charge,
}

#[derive(Debug)]
pub(super) struct Timeline {
    source: Source,
    first: u64,
    slots: VecDeque<Slot>,
    readers: Vec<Arc<Reader>>,
    /// A reader of policy `wait` holds the publisher up; nothing is with the pacer meanwhile.
    blocked: bool,
    idle_since: Option<MonoTime>,
    /// What the history takes beyond its first [`FREE_SLOTS`].
    charge: Charge,
}

#[derive(Debug)]
struct Slot {
    due: MonoTime,
    fired: MonoTime,
}

#[derive(Debug)]
enum Source {
    /// Before the quorum.
    Waiting,
    Paced {
        epoch: MonoTime,
        dues: Offsets,
        upcoming: MonoTime,
    },
    /// Unpaced, its start is with the pacer.
    Opening,
    /// Unpaced and started: an event is due when it is taken.
    OnDemand,
    Silent,
}

/// Offsets of due times from the start.
#[derive(Debug)]
enum Offsets {
    Drawn(Dues),
    Written { script: Arc<Script>, next: usize },
}

impl Iterator for Offsets {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        match self {
            Self::Drawn(dues) => dues.next(),
            Self::Written { script, next } => {
                let offset_ns = script.offsets_ns.get(*next).copied();
                *next += 1;
                offset_ns
            }
        }
    }
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin {
    /// The next event to be released.
    Newest,
    /// The event behind this one, or the oldest that is left.
    Behind(u64),
    /// This event, or the oldest that is left.
    At(u64),
}

impl Plan {
    pub(super) fn new(asked: &Subscription, payload: Arc<Filler>, quorum: Option<u32>, retains: bool) -> Self {
        let &Subscription { schedule, rate, seed, count, marker, .. } = asked;
        let shared = asked.sharing == wire::Sharing::Shared;
        let first = asked.after.filter(|_| !shared).map_or(0, |after| after.saturating_add(1));
        let content = Content::Payload { schedule, rate, seed, payload, marker };
        Self { content, first, count, queue: asked.queue as usize, retains, quorum }
    }

    /// A script is as long as its history: no reader is ever waited for.
    pub(super) fn scripted(script: Arc<Script>, charge: Charge, quorum: u32, retains: bool) -> Self {
        let (count, queue) = (Some(script.count), script.offsets_ns.len().max(1));
        Self {
            content: Content::Script { script, _charge: charge },
            first: 0,
            count,
            queue,
            retains,
            quorum: Some(quorum),
        }
    }

    pub(super) const fn script(&self) -> Option<&Arc<Script>> {
        match &self.content {
            Content::Script { script, .. } => Some(script),
            Content::Payload { .. } => None,
        }
    }

    /// Whether events are due when they are taken.
    pub(super) const fn is_unpaced(&self) -> bool {
        matches!(self.content, Content::Payload { schedule: Schedule::Unpaced, .. })
    }

    /// How the stream ends when all events were given out.
    pub(super) fn end(&self) -> End {
        self.script().map_or(End::Complete, |script| script.end)
    }

    fn offsets(&self, index: u64) -> Option<Offsets> {
        match &self.content {
            Content::Payload { schedule, rate, seed, .. } => {
                schedule.dues(*rate, seed.wrapping_add(index)).map(Offsets::Drawn)
            }
            Content::Script { script, .. } => Some(Offsets::Written { script: Arc::clone(script), next: 0 }),
        }
    }

    pub(super) fn is_over(&self, seq: u64) -> bool {
        self.count.is_some_and(|count| seq >= count)
    }

    /// Nanoseconds by which stream `index` of `streams` starts later than the first.
    pub(super) fn phase_ns(&self, index: u32, streams: u32) -> u64 {
        match self.content {
            Content::Payload { schedule, rate, .. } => schedule.phase_ns(rate, index, streams),
            Content::Script { .. } => 0,
        }
    }
}

impl Timeline {
    pub(super) fn new(first: u64, now: MonoTime, charge: Charge) -> Self {
        let (slots, readers) = (VecDeque::new(), Vec::new());
        Self { source: Source::Waiting, first, slots, readers, blocked: false, idle_since: Some(now), charge }
    }

    /// Whether the publisher is held up by a reader, and not with the pacer.
    pub(super) const fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Since when nobody reads.
    pub(super) const fn idle_since(&self) -> Option<MonoTime> {
        self.idle_since
    }

    /// Starts the schedule at `epoch`; `index` sets apart the random schedules of a group. Returns when to release first.
    pub(super) fn start(&mut self, plan: &Plan, epoch: MonoTime, index: u64) -> Option<MonoTime> {
        self.source = match plan.offsets(index) {
            Some(mut dues) => {
                let upcoming = epoch.plus_nanos(dues.next()?);
                Source::Paced { epoch, dues, upcoming }
            }
            None if plan.is_unpaced() => Source::Opening,
            None => Source::Silent,
        };
        match self.source {
            Source::Paced { upcoming, .. } => Some(upcoming),
            Source::Opening => Some(epoch),
            Source::Waiting | Source::OnDemand | Source::Silent => None,
        }
    }

    /// One past the newest event.
    pub(super) fn end(&self) -> u64 {
        self.first + self.slots.len() as u64
    }

    /// Whether the schedule has not started though `quorum` readers are there.
    pub(super) fn awaits(&self, quorum: u32) -> bool {
        matches!(self.source, Source::Waiting) && self.readers.len() >= quorum as usize
    }

    /// Gives a reader its place; returns how many events it comes too late for. It cannot begin behind the newest event,
    /// except on an unpaced stream, which has none.
    pub(super) fn seat(&mut self, reader: &Arc<Reader>, begin: Begin, unpaced: bool) -> u64 {
        let wanted = match begin {
            Begin::Newest => self.end(),
            Begin::Behind(seq) => seq.saturating_add(1),
            Begin::At(seq) => seq,
        };
        let newest = if unpaced { u64::MAX } else { self.end() };
        reader.move_to(wanted.clamp(self.first, newest));
        self.readers.push(Arc::clone(reader));
        self.idle_since = None;
        self.first.saturating_sub(wanted)
    }

    pub(super) fn remove(&mut self, reader: &Arc<Reader>, now: MonoTime) {
        self.readers.retain(|other| !Arc::ptr_eq(other, reader));
        if self.readers.is_empty() {
            self.idle_since.get_or_insert(now);
        }
    }

    /// The reader, where there is exactly one.
    pub(super) fn only_reader(&self) -> Option<&Arc<Reader>> {
        self.readers.first().filter(|_| self.readers.len() == 1)
    }

    /// The readers that wait for an event; whoever asks has to wake them.
    pub(super) fn take_idle(&self) -> impl Iterator<Item = &Arc<Reader>> {
        self.readers.iter().filter(|reader| reader.take_idle())
    }

    /// Releases what is due by `now`; says when to come again, `None` when over or held up.
    pub(super) fn release(&mut self, plan: &Plan, now: MonoTime) -> Option<MonoTime> {
        self.blocked = false;
        if matches!(self.source, Source::Opening) {
            self.source = Source::OnDemand;
        }
        for _ in 0..ROUND {
            let Source::Paced { upcoming: due, .. } = self.source else { return None };
            if plan.is_over(self.end()) {
                return None;
            }
            if due > now {
                return Some(due);
            }
            self.blocked = !self.make_room(plan);
            if self.blocked {
                return None;
            }
            self.slots.push_back(Slot { due, fired: now });
            self.step()?;
        }
        Some(now)
    }

    /// Ends the schedule, whatever is left of it.
    pub(super) fn silence(&mut self) {
        self.source = Source::Silent;
    }

    fn step(&mut self) -> Option<()> {
        if let Source::Paced { epoch, dues, upcoming } = &mut self.source {
            *upcoming = epoch.plus_nanos(dues.next()?);
        }
        Some(())
    }

    /// Makes room for one more event, by the policies of those who have not read the oldest; `false` when one waits.
    fn make_room(&mut self, plan: &Plan) -> bool {
        if self.slots.len() < plan.queue && self.has_memory(plan) {
            return true;
        }
        let oldest = self.first;
        if self.readers.iter().any(|reader| reader.cursor() <= oldest) && !self.press(oldest) {
            return false;
        }
        for reader in self.readers.iter().filter(|reader| reader.cursor() <= oldest) {
            reader.lose();
        }
        self.slots.pop_front();
        self.first += 1;
        true
    }

    /// Whether the history may grow by one event; a script has taken all its memory before it began.
    fn has_memory(&mut self, plan: &Plan) -> bool {
        let room = self.slots.capacity();
        let grows = self.slots.len() == room && room >= FREE_SLOTS && plan.script().is_none();
        !grows || self.charge.grow(room * size_of::<Slot>()).is_ok()
    }

    /// Asks each reader that has not read `oldest` for its policy; `false` when one says to wait.
    fn press(&mut self, oldest: u64) -> bool {
        let behind = |reader: &Reader, slow| reader.cursor() <= oldest && reader.slow == slow;
        if self.readers.iter().any(|reader| behind(reader, SlowReader::Wait)) {
            return false;
        }
        for out in self.readers.extract_if(.., |reader| behind(reader, SlowReader::Disconnect)) {
            out.end(End::ThrownOut);
        }
        true
    }

    /// Moves a reader that fell out of the history to the oldest event; what it lost was counted when it was thrown away.
    pub(super) fn catch_up(&self, reader: &Reader) -> u64 {
        if reader.cursor() < self.first {
            reader.move_to(self.first);
        }
        reader.cursor()
    }

    /// The event of that number, if it was released: on demand it is due, and fired, `now`.
    pub(super) fn look(&self, seq: u64, now: impl FnOnce() -> MonoTime) -> Option<Event> {
        if matches!(self.source, Source::OnDemand) {
            let now = now();
            return Some(Event { seq, due: now, fired: now });
        }
        let slot = self.slots.get(usize::try_from(seq.checked_sub(self.first)?).ok()?)?;
        Some(Event { seq, due: slot.due, fired: slot.fired })
    }

    /// Moves a reader past the event that it was given, which is forgotten unless the stream `retains` it.
    pub(super) fn advance(&mut self, reader: &Reader, retains: bool) {
        reader.move_to(reader.cursor() + 1);
        if matches!(self.source, Source::OnDemand) {
            reader.worker.counters().published.fetch_add(1, Relaxed);
        } else if !retains {
            self.slots.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests;
