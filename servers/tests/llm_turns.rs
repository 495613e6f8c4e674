//! Turns of a conversation, and what happens to an answer that nobody wants any more.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use serde_json::{Value, json};
use std::thread;
use std::time::Duration;
use support::llm::*;
use support::{Wire, server, vitals, wait_until};

fn id_of(event: &str) -> String {
    let event: Value = serde_json::from_str(event).unwrap();
    event["response"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn turns_continue_from_each_other_on_either_transport() {
    let server = server();
    let mut socket = socket(&server, RESPONSES);
    let mut previous = None;
    for _ in 0..3 {
        let mut turn = create("agent", "speed=1000&tokens=3");
        turn["previous_response_id"] = json!(previous);
        tell(&mut socket, &turn);
        let heard = hear_to(&mut socket, "response.completed");
        let last: Value = serde_json::from_str(heard.last().unwrap()).unwrap();
        assert_eq!(last["response"]["previous_response_id"], json!(previous));
        assert_ne!(previous, Some(id_of(&heard[0])), "each turn has an id of its own");
        previous = Some(id_of(&heard[0]));
    }
    let mut turn = body(RESPONSES, "agent", "speed=1000&tokens=3");
    turn["previous_response_id"] = json!(previous);
    let events = EventStream::post(&server, RESPONSES, &turn).all();
    let usage = |event: &Event| event.json()["response"]["usage"]["input_tokens"].as_u64().unwrap();
    let alone = stream(&server, RESPONSES, "agent", "speed=1000&tokens=3");
    assert!(usage(events.last().unwrap()) > 3 * usage(alone.last().unwrap()), "the history counts as input");
}

#[test]
fn what_a_turn_does_wrong_is_an_event_and_the_connection_goes_on() {
    let server = server();
    let mut socket = socket(&server, &format!("{RESPONSES}?speed=1000"));
    let unknown = json!({"type": "response.create", "model": "chat", "input": "x", "previous_response_id": "resp_0"});
    let busy = json!({"type": "response.create", "model": "idle", "input": "x"});
    for (event, code, status) in [
        (unknown, json!("previous_response_not_found"), 400),
        (json!({"type": "response.create", "model": "gpt", "input": "x"}), json!("model_not_found"), 404),
        (json!({"type": "response.create", "model": "chat"}), json!(null), 400),
        (
            json!({"type": "response.create", "model": "chat", "input": "x", "pushbench": "mishaps=status:429"}),
            json!("rate_limit_exceeded"),
            429,
        ),
        (json!({"type": "response.steer"}), json!(null), 400),
        (json!({"type": "response.cancel"}), json!(null), 400),
        (json!("nonsense"), json!(null), 400),
        (json!({"model": "chat", "input": "x"}), json!(null), 400),
    ] {
        tell(&mut socket, &event);
        let answer: Value = serde_json::from_str(&hear(&mut socket)).unwrap();
        assert_eq!(
            (&answer["type"], &answer["error"]["code"], &answer["status"]),
            (&json!("error"), &code, &json!(status))
        );
    }
    tell(&mut socket, &busy);
    hear_to(&mut socket, "response.in_progress");
    tell(&mut socket, &create("chat", ""));
    assert!(hear(&mut socket).contains("response_in_progress"));
    tell(&mut socket, &json!({"type": "response.cancel"}));
    hear_to(&mut socket, "response.cancelled");
    tell(&mut socket, &create("chat", "tokens=1"));
    assert_eq!(hear_to(&mut socket, "response.completed").len(), 9);
}

/// Hundred tokens that are due at once, of which the client gets the first five events: then the stream stalls.
const STALLED: &str = "speed=1000000&tokens=100&mishaps=stall:5:60s";

#[test]
fn what_was_produced_in_vain_is_counted_exactly() {
    let server = server();
    let all = 1 + 100 + 2;
    let mut stream = EventStream::post(&server, CHAT, &body(CHAT, "chat", STALLED));
    assert!((0..5).all(|seq| stream.next().unwrap().stamp().seq == seq));
    wait_until(&server, |vitals| vitals.events_published == all);
    drop(stream);
    let vitals = wait_until(&server, |vitals| vitals.answers_cancelled == 1);
    assert_eq!((vitals.events_sent, vitals.events_in_vain), (5, all - 5));
    assert_eq!((vitals.tokens_sent, vitals.tokens_in_vain), (4, 96), "the first event has no token");
}

#[test]
fn a_cancelled_turn_is_counted_in_the_same_way() {
    let server = server();
    let all = 4 + 100 + 4;
    let mut socket = socket(&server, RESPONSES);
    tell(&mut socket, &create("chat", STALLED));
    (0..5).for_each(|_| drop(hear(&mut socket)));
    wait_until(&server, |vitals| vitals.events_published == all);
    tell(&mut socket, &json!({"type": "response.cancel"}));
    let cancelled: Value = serde_json::from_str(&hear(&mut socket)).unwrap();
    assert_eq!((&cancelled["type"], &cancelled["sequence_number"]), (&json!("response.cancelled"), &json!(5)));
    let vitals = vitals(&server);
    assert_eq!((vitals.answers_cancelled, vitals.events_in_vain, vitals.tokens_in_vain), (1, all - 5, 99));
}

/// Cancels a slow answer in the middle, one way or another; nothing is produced after that.
fn stops_producing(begin: impl Fn(&servers::Server) -> Wire, cancel: impl Fn(Wire) -> Option<Wire>) {
    let server = server();
    let wire = begin(&server);
    wait_until(&server, |vitals| vitals.tokens_sent >= 2);
    let _still_open = cancel(wire);
    wait_until(&server, |vitals| vitals.answers_cancelled == 1);
    let at_end = vitals(&server);
    // Time for ten events and more, if the schedule went on.
    thread::sleep(Duration::from_millis(200));
    let later = vitals(&server);
    assert_eq!(later.events_published, at_end.events_published);
    assert!(later.events_published < 2_000, "the answer was far from its end");
    assert_eq!(later.events_sent + later.events_in_vain, later.events_published);
}

const SLOW: &str = "speed=1&tokens=3000&load=light&seed=3";

#[test]
fn production_stops_when_the_client_hangs_up_or_cancels() {
    stops_producing(
        |server| EventStream::post(server, CHAT, &body(CHAT, "agent", SLOW)).wire,
        |mut wire| {
            wire.hang_up();
            None
        },
    );
    stops_producing(
        |server| {
            let mut socket = socket(server, RESPONSES);
            tell(&mut socket, &create("agent", SLOW));
            socket
        },
        |mut socket| {
            tell(&mut socket, &json!({"type": "response.cancel"}));
            Some(socket)
        },
    );
    stops_producing(
        |server| {
            let whole = json!({"model": "agent", "messages": [], "pushbench": SLOW});
            let mut wire = Wire::connect(server);
            wire.request("POST", CHAT, "", whole.to_string().as_bytes());
            wire
        },
        |mut wire| {
            wire.hang_up();
            None
        },
    );
}

#[test]
fn a_server_that_ends_says_so_within_a_turn_and_between_two() {
    for model in [None, Some("idle")] {
        let server = server();
        let mut socket = socket(&server, RESPONSES);
        if let Some(model) = model {
            tell(&mut socket, &create(model, ""));
            hear_to(&mut socket, "response.in_progress");
        }
        let reader = thread::spawn(move || socket.frame());
        server.shutdown();
        let (opcode, reason) = reader.join().unwrap();
        assert_eq!((opcode, u16::from_be_bytes([reason[0], reason[1]])), (8, 1001), "{model:?}");
    }
}
