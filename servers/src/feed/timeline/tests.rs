//! The bounded history as tables of numbers: time is an argument, so nothing here waits.

use super::*;
use crate::budget::Budget;
use crate::pacer::Pacer;
use crate::rig;

const MS: u64 = 1_000_000;

/// A stream of one event a millisecond, from 1,000 ms on, with room for `queue` events.
struct Rig {
    _pacer: Pacer,
    worker: Arc<crate::feed::WorkerHandle>,
    plan: Plan,
    line: Timeline,
}

fn ms(at: u64) -> MonoTime {
    MonoTime::from_nanos((1000 + at) * MS)
}

impl Rig {
    fn new(query: &str, retains: bool) -> Self {
        let (pacer, worker) = rig::worker();
        let asked = Subscription::from_query(&format!("rate=1000&{query}")).unwrap();
        let budget = &worker.state.budget();
        let filler = Filler { payload: Payload::new(64), _charge: budget.open() };
        let plan = Plan::new(&asked, Arc::new(filler), Some(1), retains);
        let mut line = Timeline::new(plan.first, ms(0), budget.open());
        assert_eq!(line.start(&plan, ms(0), 0), Some(ms(0)));
        Self { _pacer: pacer, worker, plan, line }
    }

    fn seat(&mut self, slow: SlowReader, begin: Begin) -> (Arc<Reader>, u64) {
        let reader = Reader::new(&self.worker, slow, None);
        let missed = self.line.seat(&reader, begin, false);
        (reader, missed)
    }

    fn release(&mut self, at: u64) -> Option<MonoTime> {
        self.line.release(&self.plan, ms(at))
    }

    /// Sequence number, due and fired (in ms) of all that a reader finds.
    fn read(&mut self, reader: &Reader) -> Vec<(u64, u64, u64)> {
        let since = |time: MonoTime| time.nanos_since(ms(0)) / MS;
        let mut events = Vec::new();
        while let Some(event) = self.line.look(self.line.catch_up(reader), || ms(0)) {
            events.push((event.seq, since(event.due), since(event.fired)));
            self.line.advance(reader, self.plan.retains);
        }
        events
    }

    fn dropped(&self) -> u64 {
        self.worker.counters().dropped.load(Relaxed)
    }
}

#[test]
fn what_is_due_is_released_with_its_own_due_time() {
    let mut rig = Rig::new("count=5", true);
    let (reader, _) = rig.seat(SlowReader::Wait, Begin::Newest);
    assert_eq!(rig.release(2), Some(ms(3)));
    assert_eq!(rig.read(&reader), [(0, 0, 2), (1, 1, 2), (2, 2, 2)]);
    assert_eq!(rig.release(9), None, "the stream is over");
    assert_eq!(rig.read(&reader), [(3, 3, 9), (4, 4, 9)]);
    assert!(rig.plan.is_over(reader.cursor()));
}

#[test]
fn bursts_share_a_due_time() {
    let mut rig = Rig::new("schedule=burst:3&count=6", true);
    let (reader, _) = rig.seat(SlowReader::Wait, Begin::Newest);
    rig.release(3);
    assert_eq!(rig.read(&reader).iter().map(|event| event.1).collect::<Vec<_>>(), [0, 0, 0, 3, 3, 3]);
}

#[test]
fn a_waiting_publisher_loses_nothing_and_moves_no_due_time() {
    for retains in [true, false] {
        let mut rig = Rig::new("queue=2", retains);
        let (reader, _) = rig.seat(SlowReader::Wait, Begin::Newest);
        assert_eq!(rig.release(5), None);
        assert!(rig.line.is_blocked());
        assert_eq!(rig.read(&reader), [(0, 0, 5), (1, 1, 5)]);
        assert_eq!(rig.release(7), None);
        assert_eq!(rig.read(&reader), [(2, 2, 7), (3, 3, 7)], "late, but due when they were due");
        assert_eq!((rig.dropped(), rig.line.is_blocked()), (0, true));
    }
}

#[test]
fn dropping_the_oldest_is_counted() {
    let mut rig = Rig::new("queue=2", true);
    let (reader, _) = rig.seat(SlowReader::DropOldest, Begin::Newest);
    assert_eq!(rig.release(5), Some(ms(6)));
    assert_eq!((rig.dropped(), reader.lost()), (4, 4), "when it happens, not when somebody reads again");
    assert_eq!(rig.read(&reader), [(4, 4, 5), (5, 5, 5)]);
    assert_eq!((rig.dropped(), reader.lost()), (4, 0));
}

#[test]
fn a_history_without_memory_is_as_long_as_it_came_to_be() {
    let mut rig = Rig::new("queue=1000", true);
    rig.line.charge = Budget::new(FREE_SLOTS * size_of::<Slot>()).open();
    let (reader, _) = rig.seat(SlowReader::DropOldest, Begin::Newest);
    rig.release(499);
    assert_eq!((rig.line.slots.len(), rig.dropped()), (2 * FREE_SLOTS, 500 - 2 * FREE_SLOTS as u64));
    assert_eq!(rig.read(&reader).len(), 2 * FREE_SLOTS);
}

#[test]
fn disconnecting_throws_out_only_who_is_behind() {
    let mut rig = Rig::new("queue=2", true);
    let (slow, _) = rig.seat(SlowReader::Disconnect, Begin::Newest);
    rig.release(1);
    let (quick, _) = rig.seat(SlowReader::Wait, Begin::Newest);
    assert_eq!(rig.release(3), Some(ms(4)));
    assert_eq!((slow.fate(), quick.fate()), (Some(End::ThrownOut), None));
    assert_eq!(rig.worker.counters().slow_disconnects.load(Relaxed), 1);
    assert_eq!(rig.read(&quick), [(2, 2, 3), (3, 3, 3)]);
}

#[test]
fn readers_begin_where_they_ask_or_at_the_oldest_that_is_left() {
    let mut rig = Rig::new("queue=4", true);
    rig.release(9);
    for (begin, cursor, missed) in [
        (Begin::Newest, 10, 0),
        (Begin::Behind(7), 8, 0),
        (Begin::At(7), 7, 0),
        (Begin::Behind(1), 6, 4),
        (Begin::Behind(u64::MAX), 10, 0),
    ] {
        let (reader, late) = rig.seat(SlowReader::Wait, begin);
        assert_eq!((reader.cursor(), late), (cursor, missed), "{begin:?}");
    }
}

#[test]
fn an_unread_history_goes_on_and_stays_bounded() {
    let mut rig = Rig::new("queue=3", true);
    assert_eq!(rig.release(999), Some(ms(1000)));
    assert_eq!((rig.line.slots.len(), rig.line.end()), (3, 1000));
    assert_eq!(rig.line.idle_since(), Some(ms(0)));
}

#[test]
fn one_call_releases_a_bounded_number() {
    let mut rig = Rig::new("queue=65536", true);
    assert_eq!(rig.release(1_000_000), Some(ms(1_000_000)), "come again at once");
    assert_eq!(rig.line.end(), ROUND as u64);
}
