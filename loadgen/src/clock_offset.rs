//! The relation of two clocks, from exchanges of readings. Pure arithmetic: `clock_probe` makes the exchanges. Refuses to
//! guess what path asymmetry hides: that is inside the bound.
//!
//! ```text
//!  server − client
//!      │  ·    ·        ·   ·     forward points (sent, server − sent): late on the way there, hence too high
//!      │    ‾‾‾‾────____·____     their lower hull
//!      │   - - - - - - - - - -    the truth is a line between the hulls
//!      │  __·____────‾‾‾‾‾‾‾‾     upper hull of
//!      │    ·   ·    ·    ·       reverse points (received, server − received): late on the way back, hence too low
//!      └─────────────────────── client clock
//! ```

use trial::ClockOffset;
use wire::MonoTime;

/// One exchange: sent and received on our clock, answered on theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// Before the question was sent, client clock.
    pub sent: MonoTime,
    /// What the server's clock said.
    pub server: MonoTime,
    /// After the answer was received, client clock.
    pub received: MonoTime,
}

/// The offset of a moment: the middle of the shortest exchange, give or take half of it. The best that a few
/// milliseconds can tell; skew is out of their reach.
pub fn at_once(exchanges: &[Exchange], same_clock: bool) -> ClockOffset {
    let shortest = exchanges.iter().min_by_key(|exchange| exchange.received.nanos_since(exchange.sent));
    let Some(best) = shortest else { return ClockOffset { same_clock, ..ClockOffset::default() } };
    let round_trip = best.received.nanos_since(best.sent);
    let middle = best.sent.plus_nanos(round_trip / 2);
    let estimate_ns = middle.signed_nanos_since(best.server);
    ClockOffset {
        offset_ns: if same_clock { 0 } else { estimate_ns },
        bound_ns: if same_clock { 0 } else { round_trip / 2 },
        estimate_ns,
        samples: count(exchanges),
        same_clock,
        ..ClockOffset::default()
    }
}

/// Offset and skew over `[from, to]` of the client's clock, from exchanges before, during and after it.
///
/// A line through the middle of the gap between the two hulls half way, with the mean of the slopes that the hulls have
/// there, weighted by the lengths of these edges. The bound holds over the whole stretch, not only half way: the error of a
/// line against a line is largest at an end, and there the hulls hold the truth too.
///
/// `None` without exchanges on both sides of a stretch that has a length.
pub fn over(exchanges: &[Exchange], from: MonoTime, to: MonoTime) -> Option<ClockOffset> {
    let origin = *exchanges.iter().min_by_key(|exchange| exchange.sent)?;
    let base_ns = origin.server.signed_nanos_since(origin.sent);
    let point = |client: MonoTime, server: MonoTime| {
        let ahead_ns = server.signed_nanos_since(client).wrapping_sub(base_ns);
        Point { x: client.signed_nanos_since(origin.sent) as f64, y: ahead_ns as f64 }
    };
    let upper = Hull::below(exchanges.iter().map(|one| point(one.sent, one.server)));
    let lower = Hull::above(exchanges.iter().map(|one| point(one.received, one.server)));
    let x = |instant: MonoTime| instant.signed_nanos_since(origin.sent) as f64;
    let (from, to) = (x(from).max(lower.first()?).max(upper.first()?), x(to).min(lower.last()?).min(upper.last()?));
    let middle = (from + to) / 2.0;
    let (above, below) = (upper.at(middle)?, lower.at(middle)?);
    let weight = above.length + below.length;
    let slope = (above.slope * above.length + below.slope * below.length) / weight;
    let height = (above.y + below.y) / 2.0;
    let gaps = [from, to].map(|end| {
        let line = height + slope * (end - middle);
        Some((upper.at(end)?.y - line).abs().max((line - lower.at(end)?.y).abs()))
    });
    let [Some(first), Some(last)] = gaps else { return None };
    // Rounding to whole nanoseconds and whole ppb is part of the error.
    let bound = first.max(last) * (1.0 + slope.abs()) + 1.0 + (to - from) * 0.5e-9;
    let offset_ns = -(base_ns + height.round() as i64);
    let reference = origin.sent.offset_by(middle as i64).offset_by(-offset_ns);
    Some(ClockOffset {
        offset_ns,
        bound_ns: bound.ceil() as u64,
        estimate_ns: offset_ns,
        samples: count(exchanges),
        same_clock: false,
        skew_ppb: (-slope / (1.0 + slope) * 1e9).round() as i64,
        reference_ns: reference.as_nanos(),
    })
    .filter(|_| from < to && weight > 0.0)
}

fn count(exchanges: &[Exchange]) -> u32 {
    u32::try_from(exchanges.len()).unwrap_or(u32::MAX)
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    x: f64,
    y: f64,
}

/// A chain of points whose slopes only rise, or only fall.
struct Hull(Vec<Point>);

/// What a hull says at one place: its height, and the edge that spans it.
struct Edge {
    y: f64,
    slope: f64,
    length: f64,
}

impl Hull {
    /// The lower hull: the largest convex chain that no point lies below.
    fn below(points: impl Iterator<Item = Point>) -> Self {
        Self(chain(points, |turn| turn <= 0.0))
    }

    /// The upper hull.
    fn above(points: impl Iterator<Item = Point>) -> Self {
        Self(chain(points, |turn| turn >= 0.0))
    }

    fn first(&self) -> Option<f64> {
        self.0.first().map(|point| point.x)
    }

    fn last(&self) -> Option<f64> {
        self.0.last().map(|point| point.x)
    }

    /// The edge over `x`; `None` outside of the hull.
    fn at(&self, x: f64) -> Option<Edge> {
        let right = self.0.partition_point(|point| point.x < x).clamp(1, self.0.len().max(2) - 1);
        let (a, b) = (self.0.get(right - 1)?, self.0.get(right)?);
        let slope = (b.y - a.y) / (b.x - a.x);
        (a.x <= x && x <= b.x).then_some(Edge { y: a.y + slope * (x - a.x), slope, length: b.x - a.x })
    }
}

/// Andrew's monotone chain: points in order of `x`, without those at which the chain `bends` the wrong way.
fn chain(points: impl Iterator<Item = Point>, bends: impl Fn(f64) -> bool) -> Vec<Point> {
    let mut sorted: Vec<Point> = points.collect();
    sorted.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    // Of points at one place, the chain may hold one: the one that it would not have to pass.
    let keeps_last = bends(1.0);
    let mut hull: Vec<Point> = Vec::new();
    for point in sorted {
        match hull.last() {
            Some(last) if last.x == point.x && keeps_last => _ = hull.pop(),
            Some(last) if last.x == point.x => continue,
            _ => {}
        }
        while let [.., a, b] = hull[..] {
            if !bends((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)) {
                break;
            }
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ns: u64) -> MonoTime {
        MonoTime::from_nanos(ns)
    }

    fn exchange(sent: u64, server: u64, received: u64) -> Exchange {
        Exchange { sent: at(sent), server: at(server), received: at(received) }
    }

    /// A clock that is ahead by `offset_ns` at second 1,000 of ours and runs fast by `skew_ppb`.
    #[derive(Debug, Clone, Copy)]
    struct Clock {
        offset_ns: i64,
        skew_ppb: i64,
    }

    const START_NS: u64 = 1_000_000_000_000;

    impl Clock {
        fn read(self, client_ns: u64) -> u64 {
            let run = i128::from(client_ns) - i128::from(START_NS);
            let ahead = i128::from(self.offset_ns) + run * i128::from(self.skew_ppb) / 1_000_000_000;
            (i128::from(client_ns) + ahead) as u64
        }

        /// Exchanges every 50 ms with these delays there and back.
        fn exchanges(self, delays: &[(u64, u64)]) -> Vec<Exchange> {
            let one = |(i, &(there, back)): (u64, &(u64, u64))| {
                let sent = START_NS + i * 50_000_000;
                exchange(sent, self.read(sent + there), sent + there + back)
            };
            (0..).zip(delays).map(one).collect()
        }

        /// How far a server instant converted to our clock is from the truth.
        fn error(self, offset: &ClockOffset, client_ns: u64) -> u64 {
            offset.local(at(self.read(client_ns))).signed_nanos_since(at(client_ns)).unsigned_abs()
        }
    }

    #[test]
    fn the_shortest_exchange_wins_and_bounds_itself() {
        let offset = at_once(&[exchange(1_000, 500, 9_000), exchange(10_000, 9_100, 10_200)], false);
        assert_eq!((offset.offset_ns, offset.bound_ns, offset.samples), (1_000, 100, 2));
    }

    #[test]
    fn one_boot_is_one_clock() {
        let offset = at_once(&[exchange(10_000, 9_100, 10_200)], true);
        assert_eq!((offset.offset_ns, offset.bound_ns, offset.estimate_ns), (0, 0, 1_000));
    }

    #[test]
    fn a_clock_that_is_off_and_runs_fast_is_found() {
        let clock = Clock { offset_ns: 3_700_000_000, skew_ppb: 50_000 };
        let mut random = fastrand::Rng::with_seed(9);
        // A path of 100 µs each way, with queues that are mostly short; the way back is 40 µs longer.
        let mut delay = |least: f64| (least - 150_000.0 * (1.0 - random.f64()).ln()) as u64;
        let delays: Vec<_> = (0..600).map(|_| (delay(100_000.0), delay(140_000.0))).collect();
        let (from, to) = (START_NS + 1_000_000_000, START_NS + 29_000_000_000);
        let offset = over(&clock.exchanges(&delays), at(from), at(to)).unwrap();
        assert!((offset.skew_ppb + 50_000).abs() < 5_000, "{offset:?}");
        for client_ns in [from, (from + to) / 2, to] {
            assert!(clock.error(&offset, client_ns) <= offset.bound_ns, "{offset:?} at {client_ns}");
        }
        assert!((120_000..200_000).contains(&offset.bound_ns), "half of the shortest round trip: {offset:?}");
    }

    #[test]
    fn what_has_no_length_has_no_line() {
        let clock = Clock { offset_ns: 5, skew_ppb: 0 };
        let exchanges = clock.exchanges(&[(10, 10), (10, 10)]);
        assert_eq!(over(&[], at(0), at(1)), None);
        assert_eq!(over(&exchanges[..1], at(START_NS), at(START_NS + 1)), None);
        assert_eq!(over(&exchanges, at(START_NS + 40_000_000), at(START_NS + 30_000_000)), None);
        assert!(over(&exchanges, at(START_NS), at(START_NS + 50_000_000)).is_some());
        let same = vec![exchange(START_NS, START_NS, START_NS); 3];
        assert_eq!(over(&same, at(START_NS), at(START_NS)), None);
    }

    proptest! {
        #[test]
        fn the_bound_holds_the_truth_whatever_the_delays(
            offset_ns in -100_000_000_000..100_000_000_000_i64, skew_ppb in -200_000..200_000_i64,
            delays in proptest::collection::vec((0..40_000_000_u64, 0..9_000_000_u64), 3..120),
            share in 0.0..1.0_f64,
        ) {
            let clock = Clock { offset_ns, skew_ppb };
            let exchanges = clock.exchanges(&delays);
            // The stretch lies between the first answer and the last question.
            let (first, last) = (exchanges[0].received.as_nanos(), exchanges[exchanges.len() - 1].sent.as_nanos());
            let offset = over(&exchanges, at(first), at(last)).unwrap();
            let inside = first + (share * (last - first) as f64) as u64;
            for client_ns in [first, inside, last] {
                // One nanosecond is the synthetic clock's own rounding.
                prop_assert!(clock.error(&offset, client_ns) <= offset.bound_ns + 1, "{offset:?} at {client_ns}");
            }
        }
    }
}
