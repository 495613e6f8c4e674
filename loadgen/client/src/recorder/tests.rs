//! Stalls, losses and damage, event by event, without a socket.

use super::*;
use std::time::Duration;

const MS: u64 = 1_000_000;

fn recorder(reading: Reading) -> Recorder {
    let window = Window::new(Basis::Due, Duration::ZERO, Duration::from_secs(3));
    Recorder::new(reading, Arc::new(window), 0, None)
}

fn at(ms: u64) -> MonoTime {
    MonoTime::from_nanos(1_000 * MS + ms * MS)
}

fn stamped(payload: &Payload, seq: u64, due: MonoTime) -> Vec<u8> {
    let mut bytes = Vec::new();
    payload.render(&Stamp { seq, due, fired: due, sent: due.plus_nanos(MS) }, &mut bytes);
    bytes
}

fn event(data: &[u8]) -> EventRef<'_> {
    EventRef { data, id: None, kind: None, binary: false }
}

#[test]
fn a_stall_is_charged_to_every_event_that_it_delayed() {
    let payload = Arc::new(Payload::new(64));
    let mut recorder = recorder(Reading::Push(Arc::clone(&payload)));
    let mut stream = StreamState::new(Track::from(0));
    // One event each 10 ms for 2 s; nothing is received between 500 and 700 ms.
    for seq in 0..200 {
        let due = at(seq * 10);
        let received = if (500..700).contains(&(seq * 10)) { at(700) } else { due.plus_nanos(2 * MS) };
        recorder.event(&mut stream, event(&stamped(&payload, seq, due)), received);
    }
    let (measurement, failure) = recorder.finish();
    assert_eq!(failure, None);
    assert_eq!(measurement.counters.in_window, 200);
    let response = &measurement.distributions[&Metric::ResponseTime];
    // 20 of 200 events waited, evenly from 10 to 200 ms: the 95th percentile is half way.
    let p95 = response.quantile(0.95).unwrap();
    assert!((99 * MS..=111 * MS).contains(&p95), "p95 {p95}");
    assert!(response.max().unwrap() >= 199 * MS);
    // Ten slices of a window of 3 s; the events are due in its first 2 s.
    assert_eq!(measurement.timeline.len(), 7);
    assert_eq!(measurement.timeline[0].received, 30);
    assert!(measurement.dependence.is_some_and(|found| found.events == 200 && found.rank_lag1 > 0.8));
    assert_eq!(measurement.distributions[&Metric::DeliveryTime].max(), response.max(), "the pacer was on time");
}

#[test]
fn losses_duplicates_and_damage_are_counted_exactly() {
    let payload = Arc::new(Payload::new(64));
    let mut recorder = recorder(Reading::Push(Arc::clone(&payload)));
    let mut stream = StreamState::new(Track::from(0));
    for seq in [0, 1, 1, 4, 3] {
        recorder.event(&mut stream, event(&stamped(&payload, seq, at(seq))), at(9));
    }
    let mut damaged = stamped(&payload, 5, at(5));
    damaged[60] ^= 1;
    recorder.event(&mut stream, event(&damaged), at(9));
    recorder.event(&mut stream, event(b"not ours"), at(9));
    let counters = &recorder.counters;
    // Each is fired when it is due and sent 1 ms later: only sequence 1 comes when its predecessor has been sent.
    assert_eq!(counters.together, 2);
    assert_eq!((counters.received, counters.lost, counters.duplicates), (7, 1, 1));
    assert_eq!((counters.reordered, counters.corrupt), (1, 2));
}

#[test]
fn events_of_jobs_are_known_by_the_stamp_at_their_end() {
    let mut recorder = recorder(Reading::Job);
    let mut stream = StreamState::new(Track::from(0));
    for seq in [0, 2] {
        let (due, mut json) = (at(seq), br#"{"type":"step","step":1"#.to_vec());
        wire::close_event(wire::StampKey::Stamp, &Stamp { seq, due, fired: due, sent: due }, &mut json);
        recorder.event(&mut stream, event(&json), at(9));
    }
    recorder.event(&mut stream, event(br#"{"type":"step","step":1}"#), at(9));
    assert_eq!((recorder.counters.lost, recorder.counters.corrupt), (1, 1));
    let (measurement, _) = recorder.finish();
    assert_eq!(measurement.distributions[&Metric::ResponseTime].len(), 2);
}

#[test]
fn foreign_events_are_timed_by_their_gaps() {
    let mut recorder = recorder(Reading::Foreign);
    let mut stream = StreamState::new(Track::anywhere());
    for ms in [0, 10, 30] {
        recorder.event(&mut stream, event(b"hello"), at(ms));
    }
    let (measurement, _) = recorder.finish();
    assert_eq!(measurement.counters.window_payload_bytes, 15);
    let gaps: Vec<_> = measurement.distributions[&Metric::InterEvent].counts().map(|(_, count)| count).collect();
    assert_eq!(gaps, [1, 1]);
    assert!(!measurement.distributions.contains_key(&Metric::ResponseTime));
}
