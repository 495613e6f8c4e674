//! Jobs that are watched: one publisher, resumed and replayed, the same over both transports.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use support::llm::*;
use support::{Ending, Wire, ask, server, vitals, wait_until};
use wire::Stamp;
use wire::event_stamp;

fn watch(server: &servers::Server, target: &str) -> Vec<Event> {
    let mut stream = EventStream::get(server, target, "");
    let events = stream.all();
    assert_eq!(stream.ending, Some(Ending::Clean(200)));
    events
}

/// What two watchers of one run must agree on: everything but when it was sent to each.
fn facts(data: &str) -> (String, Stamp) {
    let stamp = event_stamp(data.as_bytes()).unwrap();
    (unstamped(data), Stamp { sent: stamp.due, ..stamp })
}

#[test]
fn a_prediction_goes_on_where_its_watcher_was_cut_off() {
    let server = server();
    let target = "/v1/jobs/predict?id=me&seed=9&speed=200";
    let mut first = EventStream::get(&server, target, "");
    let seen: Vec<_> = (0..4).map(|_| first.next().unwrap()).collect();
    drop(first);
    let mut second = EventStream::get(&server, target, "last-event-id: 3\r\n");
    let rest = second.all();
    assert_eq!(rest[0].id, Some(4));
    let names: Vec<_> = seen.iter().chain(&rest).map(|event| event.name.clone().unwrap()).collect();
    let parts = names.len() - 4;
    let expected = [vec!["queued", "started"], vec!["progress"; parts], vec!["output", "done"]].concat();
    assert_eq!(names, expected);
    let ids: Vec<_> = seen.iter().chain(&rest).map(|event| event.id.unwrap()).collect();
    assert!(ids.iter().copied().eq(0..ids.len() as u64));
    let again = watch(&server, target);
    let data = |events: &[Event]| events.iter().map(|event| facts(&event.data)).collect::<Vec<_>>();
    assert_eq!(data(&again), data(&[seen, rest].concat()), "who comes late sees the same run");
}

#[test]
fn a_training_run_has_one_publisher_and_replays_for_who_comes_late() {
    let server = server();
    let target = "/v1/jobs/train?id=run&rate=1000&steps=120&quorum=2";
    let mut early = EventStream::get(&server, target, "");
    let mut other = socket(&server, &format!("{target}&heartbeat=off"));
    let early: Vec<_> = early.all().iter().map(|event| facts(&event.data)).collect();
    let published = vitals(&server).events_published;
    assert_eq!(published, early.len() as u64, "one publisher, two watchers");
    let heard: Vec<_> = early.iter().map(|_| facts(&hear(&mut other))).collect();
    assert_eq!(heard, early, "the same events over both transports");
    assert_eq!(other.frame().0, 8, "and then a close frame");
    let late: Vec<_> = watch(&server, target).iter().map(|event| facts(&event.data)).collect();
    assert_eq!(late, early);
    let mut socket = socket(&server, &format!("{target}&after=99"));
    let (_, stamp) = facts(&hear(&mut socket));
    assert_eq!((stamp.seq, vitals(&server).events_published), (100, published));
}

#[test]
fn a_late_watcher_gets_history_and_then_the_present() {
    let server = server();
    let target = "/v1/jobs/train?id=live&rate=100&steps=60";
    let mut early = EventStream::get(&server, target, "");
    (0..10).for_each(|_| drop(early.next()));
    let late = watch(&server, target);
    assert!(late.iter().zip(0..).all(|(event, seq)| event.id == Some(seq)));
    let rest = early.all();
    assert_eq!(rest.last().map(|event| facts(&event.data)), late.last().map(|event| facts(&event.data)));
}

#[test]
fn jobs_refuse_what_they_cannot_do() {
    let server = server();
    let _running = EventStream::get(&server, "/v1/jobs/train?id=a&steps=9&rate=1", "");
    for (target, fields, status, line) in [
        ("/v1/jobs/predict", "", 400, "id=: 1 to 64 letters"),
        ("/v1/jobs/dream?id=a", "", 404, "Unknown kind of job (known: predict, train)"),
        (
            "/v1/jobs/train?id=a&steps=8&rate=1",
            "",
            409,
            "job 'train/a' runs with other terms ('quorum=1&rate=1&steps=9&seed=1&speed=1')",
        ),
        ("/v1/jobs/train?id=b&after=3", "", 404, "no job 'train/b' runs here"),
        ("/v1/jobs/train?id=b", "last-event-id: x\r\n", 400, "Last-Event-ID is not a sequence number"),
        (
            "/v1/jobs/train?id=b&mishaps=cut:3",
            "",
            400,
            "mishaps=cut:3: of a job, status, drop, duplicate and stall alone",
        ),
        ("/v1/jobs/train?id=b&mishaps=status:500", "", 500, "The client ordered status 500"),
    ] {
        let (got, text) = ask(&server, "GET", target, fields, b"");
        assert!(got == status && text.contains(line), "{target}: {got} {text}");
    }
}

#[test]
fn a_watcher_that_leaves_cancels_nothing() {
    let server = server();
    let target = "/v1/jobs/train?id=c&rate=200&steps=40";
    let mut first = EventStream::get(&server, target, "");
    first.next().unwrap();
    let steps_of =
        |stream: &mut EventStream| stream.all().iter().filter(|event| event.name.as_deref() == Some("step")).count();
    drop(first);
    let vitals = wait_until(&server, |vitals| vitals.events_published == 42);
    assert_eq!((vitals.answers_cancelled, vitals.events_in_vain), (0, 0));
    assert_eq!(steps_of(&mut EventStream::get(&server, target, "")), 40);
}

#[test]
fn a_watcher_s_messages_are_not_echoed() {
    let server = server();
    let mut socket: Wire = socket(&server, "/v1/jobs/predict?id=d&speed=1000");
    socket.send_frame(1, b"hello");
    let heard = hear_to(&mut socket, "done");
    assert!(heard.iter().all(|message| message.contains("\"job\":\"d\"")));
}
