//! Kernel receive stamps on the clock of every other stamp. Refuses a pair of clocks that moved against each other.
//!
//! ```text
//!   sent ──── server's write, network ────► krx ──── wake-up of the client ────► received
//!             Metric::SentToKernel               Metric::KernelToRead
//! ```

use nix::time::{ClockId, clock_gettime};
use servers::clock;
use std::time::Duration;
use trial::KernelStamps;
use wire::MonoTime;

/// Readings of the pair of which the tightest counts.
const READINGS: usize = 16;
/// Stamps are discarded so long behind the first: the kernel enables them with delay.
const SETTLE: Duration = Duration::from_millis(100);

/// Stamps that are asked for in a second, at most about: each costs a read some 0.3 µs more (reports/method/timing.md).
const STAMPS_PER_SECOND: f64 = 4_000.0;

/// One read in so many where no schedule says how many events come.
const UNPACED_ONE_IN: u32 = 64;

/// One read in so many asks for a stamp, at so many events a second; `None` without a schedule.
pub fn one_in(events_per_second: Option<f64>) -> u32 {
    events_per_second.map_or(UNPACED_ONE_IN, |rate| (rate / STAMPS_PER_SECOND).ceil().max(1.0) as u32)
}

/// `CLOCK_REALTIME` less `CLOCK_MONOTONIC`, constant unless somebody sets the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockPair {
    offset_ns: i64,
}

impl ClockPair {
    /// Reads both clocks; right to some tens of nanoseconds, half of the tightest of several readings.
    pub fn read() -> Self {
        let readings = (0..READINGS).map(|_| {
            let (before, realtime_ns, after) = (clock::now(), realtime_ns(), clock::now());
            let middle_ns = before.as_nanos() + after.nanos_since(before) / 2;
            (after.nanos_since(before), realtime_ns.wrapping_sub(middle_ns) as i64)
        });
        Self { offset_ns: readings.min().map_or(0, |(_, offset_ns)| offset_ns) }
    }

    /// An instant of the wall clock as a monotonic one.
    pub fn monotonic(self, realtime_ns: u64) -> MonoTime {
        MonoTime::from_nanos(realtime_ns).offset_by(self.offset_ns.saturating_neg())
    }

    /// How far the wall clock has moved since `earlier`, nanoseconds.
    pub const fn change_since(self, earlier: Self) -> i64 {
        self.offset_ns.saturating_sub(earlier.offset_ns)
    }
}

fn realtime_ns() -> u64 {
    clock_gettime(ClockId::CLOCK_REALTIME)
        .map_or(0, |time| Duration::from(time).as_nanos().try_into().unwrap_or(u64::MAX))
}

/// A read that asked for a stamp, and what came: `CLOCK_REALTIME` nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked(pub(crate) Option<u64>);

/// What one worker makes of its stamps.
#[derive(Debug, Clone)]
pub(crate) struct KernelClock {
    pair: ClockPair,
    /// Whether the server's instants are on this host's clock; else nothing is said of its way to the kernel.
    one_clock: bool,
    /// Stamps count from here on; set by the first one.
    from: Option<MonoTime>,
    /// When the server sent the last event of the present read that is in the window.
    sent: Option<MonoTime>,
    counts: KernelStamps,
}

/// The two parts of one read's way, nanoseconds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// `None` where the server has another clock.
    pub(crate) sent_to_kernel_ns: Option<u64>,
    pub(crate) kernel_to_read_ns: u64,
}

impl KernelClock {
    pub(crate) fn new(pair: ClockPair, one_clock: bool, one_in: u32) -> Self {
        let counts = KernelStamps { one_in, ..KernelStamps::default() };
        Self { pair, one_clock, from: None, sent: None, counts }
    }

    /// An event of the window was decoded; the stamp of a read is that of its last byte, hence of its last event.
    pub(crate) const fn event(&mut self, sent: MonoTime) {
        self.sent = Some(sent);
    }

    /// The read is decoded: what its stamp says, if it asked for one, held an event of the window and counts.
    pub(crate) fn read(&mut self, asked: Option<Asked>, received: MonoTime) -> Option<Split> {
        let sent = self.sent.take();
        let Asked(stamp_ns) = asked?;
        if stamp_ns.is_some() {
            self.from.get_or_insert(received + SETTLE);
        }
        let sent = sent?;
        if self.from.is_some_and(|from| received < from) {
            return None;
        }
        let Some(stamp_ns) = stamp_ns else {
            self.counts.unstamped += 1;
            return None;
        };
        let kernel = self.pair.monotonic(stamp_ns);
        let way = self.one_clock.then(|| u64::try_from(kernel.signed_nanos_since(sent))).transpose();
        self.counts.stamped += 1;
        match (way, u64::try_from(received.signed_nanos_since(kernel))) {
            (Ok(sent_to_kernel_ns), Ok(kernel_to_read_ns)) => Some(Split { sent_to_kernel_ns, kernel_to_read_ns }),
            _ => {
                self.counts.negative += 1;
                None
            }
        }
    }

    /// The counts, void if the clocks have moved against each other until `end`, or if no stamp came.
    pub(crate) fn finish(self, end: ClockPair) -> KernelStamps {
        let mut stamps = KernelStamps { clock_change_ns: end.change_since(self.pair), ..self.counts };
        stamps.judge();
        stamps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: ClockPair = ClockPair { offset_ns: 1_000_000_000 };

    fn at(ns: u64) -> MonoTime {
        MonoTime::from_nanos(ns)
    }

    /// A clock that has seen its first stamp long ago.
    fn settled() -> KernelClock {
        let mut clock = KernelClock::new(PAIR, true, 1);
        assert_eq!(clock.read(Some(Asked(Some(1_000_000_000))), at(0)), None);
        clock
    }

    #[test]
    fn a_stamp_splits_the_way_of_the_last_event_of_its_read() {
        let mut clock = settled();
        let begin = 200_000_000;
        clock.event(at(begin - 500));
        clock.event(at(begin));
        let split = clock.read(Some(Asked(Some(1_000_000_000 + begin + 2_400))), at(begin + 13_100));
        assert_eq!(split, Some(Split { sent_to_kernel_ns: Some(2_400), kernel_to_read_ns: 10_700 }));
        assert_eq!(clock.read(Some(Asked(Some(1))), at(begin + 99)), None, "no event, no split");
        assert_eq!(clock.finish(PAIR), KernelStamps { one_in: 1, stamped: 1, ..KernelStamps::default() });
    }

    #[test]
    fn early_missing_and_impossible_stamps_are_not_durations() {
        let mut clock = settled();
        for (sent, stamp, received) in [
            (99_000_000, Some(1_099_500_000), 99_999_999),
            (200_000_000, None, 200_009_000),
            (200_000_000, Some(1_200_010_000), 200_009_000),
            (200_000_000, Some(1_199_999_999), 200_009_000),
        ] {
            clock.event(at(sent));
            assert_eq!(clock.read(Some(Asked(stamp)), at(received)), None);
        }
        let counts = clock.finish(PAIR);
        assert_eq!((counts.stamped, counts.unstamped, counts.negative), (2, 1, 2));
    }

    #[test]
    fn a_wall_clock_that_was_set_voids_the_stamps() {
        let moved = |ns| KernelClock::new(PAIR, true, 1).finish(ClockPair { offset_ns: PAIR.offset_ns + ns }).void;
        assert_eq!((moved(1_000), moved(-1_000)), (None, None));
        assert!(moved(1_001).is_some_and(|why| why.contains("1001 ns")) && moved(-1_001).is_some());
    }

    #[test]
    fn of_another_clock_only_the_second_part_is_taken() {
        let mut clock = KernelClock { one_clock: false, ..settled() };
        // By that clock the event was sent behind the stamp.
        clock.event(at(900_000_000));
        let split = clock.read(Some(Asked(Some(1_200_000_000))), at(200_009_000));
        assert_eq!(split, Some(Split { sent_to_kernel_ns: None, kernel_to_read_ns: 9_000 }));
        assert_eq!(clock.finish(PAIR).negative, 0);
    }

    #[test]
    fn a_read_that_did_not_ask_is_neither_stamped_nor_unstamped() {
        let mut clock = settled();
        clock.event(at(200_000_000));
        assert_eq!(clock.read(None, at(200_009_000)), None);
        // Its event is not taken for that of the next read.
        assert_eq!(clock.read(Some(Asked(Some(1_200_010_000))), at(200_011_000)), None);
        let counts = clock.finish(PAIR);
        assert_eq!((counts.stamped, counts.unstamped, counts.negative), (0, 0, 0));
    }

    #[test]
    fn so_many_reads_ask_that_stamps_stay_cheap() {
        assert_eq!([0.0, 100.0, 4_000.0, 4_001.0, 50_000.0].map(|rate| one_in(Some(rate))), [1, 1, 1, 2, 13]);
        assert_eq!(one_in(None), 64);
    }

    #[test]
    fn a_kernel_that_gives_no_stamps_is_said() {
        let mut clock = KernelClock::new(PAIR, true, 1);
        clock.event(at(1));
        assert_eq!(clock.read(Some(Asked(None)), at(2)), None);
        assert!(clock.finish(PAIR).void.is_some_and(|why| why.contains("no receive stamps")));
        assert_eq!(KernelClock::new(PAIR, true, 1).finish(PAIR).void, None, "without events nothing was asked");
    }

    #[test]
    fn the_pair_of_this_host_is_steady() {
        let (earlier, later) = (ClockPair::read(), ClockPair::read());
        assert!(later.change_since(earlier).abs() < 1_000_000, "{earlier:?} {later:?}");
        assert!(later.monotonic(realtime_ns()) >= at(1));
    }
}
