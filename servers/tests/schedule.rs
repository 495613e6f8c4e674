//! What a schedule costs with nobody subscribed: all of it is released, and nothing absurd is.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use support::{ask, server, server_with};
use wire::ScheduleCost;

#[test]
fn a_schedule_runs_to_its_end_for_nobody() {
    let server = server();
    for (query, released) in [
        ("group=g&quorum=10&rate=500&count=50", 500),
        ("group=g&quorum=10&rate=500&count=50&sharing=shared", 50),
        ("schedule=poisson&rate=500&count=50", 50),
        ("schedule=burst:10&rate=500&count=50", 50),
    ] {
        let (status, body) = ask(&server, "GET", &format!("/schedule?{query}"), "", b"");
        assert_eq!(status, 200, "{query}: {body}");
        let cost: ScheduleCost = serde_json::from_str(&body).unwrap();
        assert_eq!(cost.released, released, "{query}");
        assert!(cost.cpu_ns > 0 && cost.elapsed_ns > 50_000_000, "{query}: {cost:?}");
    }
    assert_eq!(support::vitals(&server).events_sent, 0);
}

#[test]
fn what_no_trial_asks_for_is_refused() {
    let server = server_with(|_, limits| limits.max_connections = 20);
    for (query, status, line) in [
        ("rate=500", 400, "a schedule with nobody subscribed needs due times and count=N of at most 10 s"),
        ("rate=500&count=5001", 400, "a schedule with nobody subscribed needs"),
        ("rate=500&count=0", 400, "a schedule with nobody subscribed needs"),
        ("schedule=idle&count=5", 400, "a schedule with nobody subscribed needs"),
        ("rate=1e7&count=5", 400, "rate=10000000: the limit of this server"),
        ("rate=5&count=5&group=g&quorum=21", 503, "20 streams are open, the limit of this server"),
    ] {
        let (got, text) = ask(&server, "GET", &format!("/schedule?{query}"), "", b"");
        assert_eq!(got, status, "{query}: {text}");
        assert!(text.starts_with(line), "{query}: {text}");
    }
}

#[test]
fn one_schedule_at_a_time_runs_for_nobody() {
    let server = server();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| ask(&server, "GET", "/schedule?rate=10&count=10", "", b"").0);
        std::thread::sleep(std::time::Duration::from_millis(300));
        let (status, text) = ask(&server, "GET", "/schedule?rate=10&count=1", "", b"");
        assert_eq!(status, 409, "{text}");
        assert_eq!(first.join().unwrap(), 200);
    });
}
