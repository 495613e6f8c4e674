//! Resuming out of the bounded history: the same on every transport, honest about what is gone.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use support::{Ending, Subscriber, ask, server, wait_until};
use wire::Transport;

const RESUMABLE: [Transport; 5] = Transport::ALL;

/// A shared topic of 60 events that stays as it is once they were published.
fn shared(transport: Transport, more: &str) -> String {
    format!("sharing=shared&group=g&rate=5000&count=60&session={transport}{more}")
}

#[test]
fn every_transport_resumes_out_of_the_same_history_with_the_same_result() {
    let server = server();
    for transport in RESUMABLE {
        let mut first = Subscriber::open(&server, transport, &shared(transport, ""));
        if transport == RESUMABLE[0] {
            assert_eq!(first.seqs(5), [0, 1, 2, 3, 4]);
        }
    }
    wait_until(&server, |vitals| vitals.events_published == 60);
    for transport in RESUMABLE {
        let mut again = Subscriber::open(&server, transport, &shared(transport, "&after=19"));
        assert_eq!(again.seqs(40), (20..60).collect::<Vec<_>>(), "{transport}");
        assert_eq!(again.next(), None);
        assert_eq!(again.missed, None);
        let ending = Ending::Clean(if transport == Transport::LongPoll { 410 } else { clean(transport) });
        assert_eq!(again.ending, Some(ending), "{transport}");
    }
}

const fn clean(transport: Transport) -> u16 {
    match transport {
        Transport::Sse | Transport::HttpStream => 200,
        Transport::WebSocket => 1000,
        Transport::LongPoll => 410,
        Transport::RawTcp => 101,
    }
}

#[test]
fn what_the_history_lost_is_stated_and_counted() {
    let server = server();
    let query = |more: &str| format!("sharing=shared&group=g&rate=5000&count=60&queue=10{more}");
    drop(Subscriber::open(&server, Transport::Sse, &query("")));
    wait_until(&server, |vitals| vitals.events_published == 60);
    for (transport, dropped) in [(Transport::Sse, 31), (Transport::WebSocket, 62), (Transport::RawTcp, 93)] {
        let mut late = Subscriber::open(&server, transport, &query("&after=18"));
        assert_eq!(late.missed, Some(31), "{transport}: 19 to 49 are gone");
        assert_eq!(late.seqs(10), (50..60).collect::<Vec<_>>());
        assert_eq!(support::vitals(&server).events_dropped, dropped);
    }
    let mut poll = Subscriber::open(&server, Transport::LongPoll, &query("&after=18&session=p"));
    assert_eq!(poll.seqs(10), (50..60).collect::<Vec<_>>());
    assert_eq!(poll.missed, Some(31));
}

#[test]
fn last_event_id_wins_over_the_query() {
    let server = server();
    let query = "rate=5000&count=50&after=3";
    let mut stream = Subscriber::open_with(&server, Transport::Sse, query, "last-event-id: 9\r\n");
    assert_eq!(stream.seqs(40), (10..50).collect::<Vec<_>>());
    for nonsense in ["x", "-1", "1e3", "281474976710656", ""] {
        let (status, line) = ask(&server, "GET", "/sse", &format!("last-event-id: {nonsense}\r\n"), b"");
        assert_eq!((status, line.as_str()), (400, "Last-Event-ID is not a sequence number of this server\n"));
    }
}

#[test]
fn a_private_stream_without_a_name_goes_on_counting() {
    let server = server();
    for transport in [Transport::Sse, Transport::WebSocket, Transport::HttpStream, Transport::RawTcp] {
        let mut stream = Subscriber::open(&server, transport, "rate=5000&count=1005&after=999");
        assert_eq!(stream.seqs(5), [1000, 1001, 1002, 1003, 1004], "{transport}");
        assert_eq!((stream.next(), stream.ending), (None, Some(Ending::Clean(clean(transport)))));
    }
}

#[test]
fn a_session_continues_where_it_stopped_on_any_transport() {
    let server = server();
    let query = "rate=5000&count=30&session=s";
    assert_eq!(Subscriber::open(&server, Transport::LongPoll, query).seqs(1), [0]);
    wait_until(&server, |vitals| vitals.events_published == 30);
    let mut acknowledged = Subscriber::open(&server, Transport::LongPoll, &format!("{query}&after=4"));
    assert_eq!(acknowledged.seqs(1), [5], "a poll acknowledges what came before");
    let mut again = Subscriber::open(&server, Transport::LongPoll, &format!("{query}&after=4"));
    assert_eq!(again.seqs(1), [5], "an answer that was lost can be had again");
    let mut elsewhere = Subscriber::open(&server, Transport::WebSocket, &format!("{query}&after=9"));
    assert_eq!(elsewhere.seqs(20), (10..30).collect::<Vec<_>>());
}

#[test]
fn the_newer_connection_of_a_session_takes_over() {
    let server = server();
    for (transport, ending) in [(Transport::Sse, 200), (Transport::WebSocket, 1008), (Transport::RawTcp, 101)] {
        let query = format!("schedule=idle&session={transport}");
        let mut old = Subscriber::open(&server, transport, &query);
        let _new = Subscriber::open(&server, transport, &query);
        assert_eq!((old.next(), old.ending), (None, Some(Ending::Clean(ending))));
    }
}

#[test]
fn subscribers_of_one_group_agree_on_its_terms() {
    let server = server();
    let _one = Subscriber::open(&server, Transport::Sse, "sharing=shared&group=g&rate=7");
    for other in
        ["rate=8", "rate=7&payload=65", "rate=7&seed=2", "rate=7&count=1", "rate=7&queue=1", "rate=7&schedule=idle"]
    {
        let (status, line) = ask(&server, "GET", &format!("/sse?sharing=shared&group=g&{other}"), "", b"");
        assert_eq!(status, 409, "{other}");
        assert_eq!(
            line,
            "group 'g' is open with other terms ('rate=7&sharing=shared&group=g'): ask for the same or take another name\n"
        );
    }
    let _same =
        Subscriber::open(&server, Transport::WebSocket, "sharing=shared&group=g&rate=7&slow=disconnect&ids=off");
}
