//! However the streams of a run are shared out over recorders, and in whatever order these are merged, the record is the same.

use super::*;
use proptest::prelude::*;
use std::time::Duration;
use trial::Layers;
use wire::Witnessed;

const MS: u64 = 1_000_000;
const STREAMS: usize = 6;

/// One event of a run: on which stream, how far its number is from the one before, how late it was sent and came, whether it
/// came damaged.
type Event = (usize, i64, u64, u64, bool);

/// Events across two clocks are timed when the relation of these is known.
const CLOCKS: ClockOffset = ClockOffset {
    offset_ns: 3 * MS as i64,
    bound_ns: 0,
    estimate_ns: 0,
    samples: 1,
    same_clock: false,
    skew_ppb: 20,
    reference_ns: 0,
};

fn at(ms: u64) -> MonoTime {
    MonoTime::from_nanos((1_000 + ms) * MS)
}

/// Recorders of a run in which stream `n` is read by recorder `owners[n]`.
fn recorders(events: &[Event], owners: &[usize], count: usize, defers: bool) -> Vec<Recorder> {
    let window = Arc::new(Window::new(Basis::Due, Duration::from_millis(50), Duration::from_secs(1)));
    let payload = Arc::new(Payload::new(64));
    let empty = || {
        let recorder = Recorder::new(Reading::Push(Arc::clone(&payload)), Arc::clone(&window), 0, None);
        if defers { recorder.deferring() } else { recorder }
    };
    let mut recorders: Vec<_> = (0..count).map(|_| empty()).collect();
    let mut streams: Vec<_> = (0..STREAMS).map(|_| (StreamState::new(Track::from(0)), 0_i64)).collect();
    for (n, &(stream, step, late, way, damaged)) in (0..).zip(events) {
        let recorder = &mut recorders[owners[stream]];
        let (state, seq) = &mut streams[stream];
        *seq = (*seq + step).max(0);
        let (due, fired) = (at(9 * n), at(9 * n + late));
        let stamp = Stamp { seq: *seq as u64, due, fired, sent: fired.plus_nanos(way * 1_000) };
        let mut data = Vec::new();
        payload.render(&stamp, &mut data);
        data[63] ^= u8::from(damaged);
        let event = EventRef { data: &data, id: None, kind: None, binary: false };
        recorder.signal(state, Signal::Event(event), fired.plus_nanos(way * 9_000));
        if way % 3 == 0 {
            recorder.signal(state, Signal::Comment, fired);
            recorder.lagged(due, due.plus_nanos(way * MS));
        }
    }
    // What a stream folds into its recorder when it ends.
    for (n, owner) in (1..).zip(owners) {
        let recorder = &mut recorders[*owner];
        *recorder.counters.expected.get_or_insert(0) += 100 * n;
        recorder.counters.reads += n;
        recorder.bytes.stream_in += 1_000 * n;
        recorder.layers.add(&Layers { sockets: 1, mss_bytes: n as u32, loopback: n == 2, ..Layers::default() });
        recorder.duration(Metric::ConnectTcp, n * MS);
    }
    recorders
}

/// The record, its recorders merged pair by pair in an order drawn from the seed.
fn record(mut recorders: Vec<Recorder>, defers: bool, seed: u64) -> Measurement {
    let late = vec![(at(90), at(130)), (at(300), at(301))];
    let seen = Witnessed { samples: 100, p99_ns: MS / 10, late, ..Witnessed::default() };
    for recorder in &mut recorders {
        if defers {
            recorder.settle(&CLOCKS);
        }
        recorder.witnessed(Some(&seen), 0);
    }
    let mut parts: Vec<_> = recorders.into_iter().map(|recorder| recorder.finish().0).collect();
    let mut random = fastrand::Rng::with_seed(seed);
    while parts.len() > 1 {
        let part = parts.swap_remove(random.usize(..parts.len()));
        let into = random.usize(..parts.len());
        parts[into].merge(part);
    }
    parts.remove(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn streams_split_over_recorders_make_the_same_record(
        events in proptest::collection::vec((0..STREAMS, -1..4_i64, 0..40_u64, 0..900_u64, proptest::bool::weighted(0.05)), 1..160),
        owners in proptest::collection::vec(0..5_usize, STREAMS),
        defers: bool,
        seed: u64,
    ) {
        let whole = record(recorders(&events, &[0; STREAMS], 1, defers), defers, seed);
        for count in 1..=5 {
            let owners: Vec<_> = owners.iter().map(|owner| owner % count).collect();
            let split = record(recorders(&events, &owners, count, defers), defers, seed);
            // The series of one recorder: its events in the order in which they came.
            let dependence = whole.dependence;
            prop_assert_eq!(&Measurement { dependence, ..split }, &whole, "{} recorders", count);
        }
    }
}

#[test]
fn a_run_that_is_split_holds_all_there_is_to_merge() {
    let events: Vec<_> =
        (0..160).map(|n| (n % STREAMS, 1 + (n % 5) as i64 - 1, n as u64 * 17 % 97, n as u64, n == 7)).collect();
    for defers in [false, true] {
        let whole = record(recorders(&events, &[0, 1, 2, 0, 1, 2], 3, defers), defers, 1);
        let has = |metric| whole.distributions.contains_key(&metric);
        assert!([Metric::ResponseTime, Metric::JudgedTime, Metric::GeneratorLag].into_iter().all(has));
        let stalls = whole.stalls.unwrap();
        assert!([stalls.schedule, stalls.host, stalls.generator].iter().all(|late| late.events > 0), "{stalls:?}");
        assert!(whole.timeline.len() > 5 && whole.timeline.iter().all(|slice| slice.p99_ns.is_some()));
        let Counters { lost, duplicates, corrupt, together, heartbeats, .. } = whole.counters;
        assert!(
            [lost, duplicates, corrupt, together, heartbeats].iter().all(|&count| count > 0),
            "{:?}",
            whole.counters
        );
        assert_eq!((whole.bytes.stream_in, whole.layers.unwrap().sockets), (21_000, STREAMS as u64));
    }
}

#[test]
fn a_merged_run_fails_if_any_of_its_recorders_saw_a_failure() {
    let events: Vec<_> = (0..300).map(|n| (n % STREAMS, i64::from(n >= STREAMS), n as u64 % 7, 5, false)).collect();
    let mut recorders = recorders(&events, &[0, 1, 2, 0, 1, 2], 3, false);
    recorders[1].cut("the connection broke".to_owned());
    recorders[2].cut("so did this one".to_owned());
    let (measurement, failure) = merged(recorders);
    assert_eq!(failure.as_deref(), Some("the connection broke"));
    assert_eq!((measurement.counters.disconnects, measurement.counters.received), (2, 300));
    assert_eq!(measurement.counters.expected, Some(2_100), "of the streams of all recorders");
    assert!(merged([]).0 == Measurement::default());
}
