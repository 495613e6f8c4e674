//! Lateness inside response times: how much of it is not charged, and who was late. Refuses to read a clock.
//!
//! ```text
//!   judged time = received − due − min(fired − due, cap)        cap: p99 of an idle timer in the same trial, ≤ 200 µs
//! ```
//!
//! The cap is known when the trial is over: until then each paced event is kept as one word.

use std::collections::{BTreeMap, BTreeSet};
use trial::{LATE_NS, Late, Recording, SLOT_NS, Stalls, Witness};
use wire::{MonoTime, Witnessed};

/// Bits of a kept event that hold its lateness; the rest hold its response time, up to 19 hours.
const LATE_BITS: u32 = 18;
/// Most lateness that is kept, nanoseconds: above every cap.
const MOST_KEPT_NS: u64 = (1 << LATE_BITS) - 1;
/// Most events that one worker keeps: 32 MiB.
const MOST_EVENTS: usize = 1 << 22;

/// What one worker knows of lateness in its window.
#[derive(Debug, Clone, Default)]
pub struct Lateness {
    /// Response time and lateness of each paced event, packed.
    events: Vec<u64>,
    /// Whether there were more events than are kept.
    overflown: bool,
    late_events: Slots,
    late_probes: Slots,
}

/// Late ones, by the slot of 10 ms in which they were due and whether the next slot ended their lateness.
type Slots = BTreeMap<(u64, bool), Late>;

impl Lateness {
    /// Takes a paced event: when it was due on this host's clock, its response time and how late it was released.
    #[inline]
    pub fn event(&mut self, due: MonoTime, response_ns: u64, late_ns: u64) {
        if self.events.len() < MOST_EVENTS {
            self.events.push(response_ns << LATE_BITS | late_ns.min(MOST_KEPT_NS));
        } else {
            self.overflown = true;
        }
        count(&mut self.late_events, due, late_ns);
    }

    /// Takes a probe of this generator's event loop.
    pub fn probe(&mut self, due: MonoTime, late_ns: u64) {
        count(&mut self.late_probes, due, late_ns);
    }

    /// Who was late, and the judged times where a witness caps what is not charged; `offset_ns` is added to the witness's
    /// instants to get this host's.
    pub fn settle(self, seen: Option<&Witnessed>, offset_ns: i64) -> (Stalls, Option<Recording>) {
        let witness = seen.map(Witness::from).filter(|witness| witness.samples > 0);
        let late = seen.map(|seen| late_slots(seen, offset_ns)).unwrap_or_default();
        let mut stalls = Stalls { witness, ..Stalls::default() };
        for (slot, found) in &self.late_events {
            let who = if is_in(&late, *slot) { &mut stalls.host } else { &mut stalls.schedule };
            who.add(found);
        }
        for (_, found) in self.late_probes.iter().filter(|(slot, _)| !is_in(&late, **slot)) {
            stalls.generator.add(found);
        }
        let judged = witness.filter(|_| !self.overflown && !self.events.is_empty());
        let judged = judged.map(|witness| self.judged(witness.cap_ns()));
        (stalls, judged)
    }

    fn judged(&self, cap_ns: u64) -> Recording {
        let mut judged = Recording::new();
        for event in &self.events {
            let (response_ns, late_ns) = (event >> LATE_BITS, event & MOST_KEPT_NS);
            judged.record(response_ns.saturating_sub(late_ns.min(cap_ns)));
        }
        judged
    }
}

fn count(slots: &mut Slots, due: MonoTime, late_ns: u64) {
    if late_ns <= LATE_NS {
        return;
    }
    let (slot, end) = (due.as_nanos() / SLOT_NS, due.plus_nanos(late_ns).as_nanos() / SLOT_NS);
    slots.entry((slot, end == slot + 1)).or_default().count(late_ns);
}

/// Slots of this host's clock in which the witness was late.
fn late_slots(seen: &Witnessed, offset_ns: i64) -> BTreeSet<u64> {
    let slot = |at: MonoTime| at.offset_by(offset_ns).as_nanos() / SLOT_NS;
    seen.late.iter().flat_map(|&(due, awake)| slot(due)..=slot(awake)).collect()
}

/// Whether the witness was late in the slot in which something was due, or in the next where its lateness ended there.
fn is_in(late: &BTreeSet<u64>, (slot, spills): (u64, bool)) -> bool {
    late.contains(&slot) || spills && late.contains(&(slot + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn at(ms: u64) -> MonoTime {
        MonoTime::from_nanos(ms * MS)
    }

    fn seen(p99_ns: u64, late: Vec<(MonoTime, MonoTime)>) -> Witnessed {
        Witnessed { realtime: true, samples: 500, p99_ns, late, ..Witnessed::default() }
    }

    /// A schedule of one event a millisecond; from 100 to 150 ms nobody releases.
    fn stalled() -> Lateness {
        let mut lateness = Lateness::default();
        for due in 0..1_000 {
            let late_ns = if (100..150).contains(&due) { (150 - due) * MS } else { 30_000 };
            lateness.event(at(due), late_ns + 20_000, late_ns);
        }
        lateness
    }

    #[test]
    fn a_stall_is_charged_but_for_the_cap() {
        let (stalls, judged) = stalled().settle(Some(&seen(100_000, Vec::new())), 0);
        assert_eq!((stalls.schedule.events, stalls.schedule.long, stalls.schedule.longest_ns), (49, 45, 50 * MS));
        assert_eq!(stalls.host, Late::default());
        let judged = judged.unwrap().finish();
        // Calm events keep what is not the timer's; the first of the stall loses the cap, not the stall.
        assert_eq!(judged.quantile(0.5).map(|ns| ns / 1_000), Some(20));
        assert!(judged.max().unwrap() >= 50 * MS - 100_000);
    }

    #[test]
    fn what_the_host_did_to_both_is_the_hosts() {
        let (stalls, _) = stalled().settle(Some(&seen(100_000, vec![(at(98), at(152))])), 0);
        assert_eq!((stalls.schedule, stalls.host.events, stalls.host.longest_ns), (Late::default(), 49, 50 * MS));
        // A hiccup of the host inside a stall of the server excuses its own 10 ms, no more.
        let (stalls, _) = stalled().settle(Some(&seen(100_000, vec![(at(121), at(123))])), 0);
        assert_eq!((stalls.schedule.events, stalls.host.events), (39, 10));
    }

    #[test]
    fn a_witness_on_another_clock_is_heard_on_ours() {
        let seen = seen(100_000, vec![(at(1_098), at(1_152))]);
        assert_eq!(stalled().settle(Some(&seen), -(1_000 * MS as i64)).0.schedule, Late::default());
    }

    #[test]
    fn without_a_witness_arrivals_are_judged_and_the_stall_is_the_servers() {
        let (stalls, judged) = stalled().settle(None, 0);
        assert_eq!((stalls.witness, judged.is_none(), stalls.schedule.events), (None, true, 49));
    }

    #[test]
    fn lateness_that_ends_in_the_next_slot_may_be_the_next_slots() {
        let mut lateness = Lateness::default();
        lateness.event(at(109), 3 * MS, 3 * MS);
        let (stalls, _) = lateness.settle(Some(&seen(0, vec![(at(110), at(112))])), 0);
        assert_eq!((stalls.schedule.events, stalls.host.events), (0, 1));
    }
}
