//! What the language-model service refuses, as the real APIs do it, and what a client may have it do wrong.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use serde_json::{Value, json};
use servers::{LlmOptions, ServeOptions, Server};
use support::llm::*;
use support::{Ending, Wire, ask, opening, server, server_with, wait_until};
use wire::Transport;

fn server_llm(llm: LlmOptions) -> Server {
    Server::start(ServeOptions { threads: 2, llm, ..ServeOptions::default() }).unwrap()
}

fn without(mut body: Value, member: &str) -> Value {
    body.as_object_mut().unwrap().remove(member);
    body
}

#[test]
fn refusals_are_the_api_s_own_and_name_the_remedy() {
    let server = server();
    let plain = |path| body(path, "chat", "");
    for (path, body, status, pointer, value) in [
        (CHAT, body(CHAT, "gpt-4", ""), 404, "/error/code", "model_not_found"),
        (RESPONSES, body(RESPONSES, "gpt-4", ""), 404, "/error/param", "model"),
        (MESSAGES, body(MESSAGES, "claude", ""), 404, "/error/type", "not_found_error"),
        (CHAT, without(plain(CHAT), "messages"), 400, "/error/param", "messages"),
        (RESPONSES, without(plain(RESPONSES), "input"), 400, "/error/message", "Missing required parameter: 'input'."),
        (MESSAGES, without(plain(MESSAGES), "max_tokens"), 400, "/error/type", "invalid_request_error"),
        (CHAT, without(plain(CHAT), "model"), 400, "/error/param", "model"),
        (CHAT, body(CHAT, "chat", "speed=0"), 400, "/error/message", "speed=0: a factor, 0.001 to 1000000"),
        (CHAT, body(CHAT, "chat", "mishaps=status:429"), 429, "/error/type", "requests"),
        (MESSAGES, body(MESSAGES, "chat", "mishaps=status:429"), 429, "/error/type", "rate_limit_error"),
        (MESSAGES, body(MESSAGES, "chat", "mishaps=status:529"), 529, "/error/type", "overloaded_error"),
        (RESPONSES, body(RESPONSES, "chat", "mishaps=status:500"), 500, "/error/type", "server_error"),
        (MESSAGES, body(MESSAGES, "chat", "mishaps=status:500"), 500, "/error/type", "api_error"),
    ] {
        let (got, answer) = answer(&server, path, "", &body);
        let found = answer.pointer(pointer).and_then(Value::as_str);
        assert_eq!((got, found), (status, Some(value)), "{path} {body}: {answer}");
    }
    let (status, text) = ask(&server, "POST", CHAT, "", b"{\"model\": chat}");
    assert!(status == 400 && text.contains("could not parse the JSON body"), "{text}");
    let unknown = ask(&server, "POST", &format!("{CHAT}?sped=1"), "", b"{}");
    assert!(unknown.0 == 400 && unknown.1.contains("unknown parameter 'sped' (known: seed, speed"), "{unknown:?}");
    assert_eq!(ask(&server, "GET", RESPONSES, "", b"").0, 426);
    assert_eq!(ask(&server, "GET", CHAT, "", b""), (405, "GET is not for /v1/chat/completions: use POST\n".to_owned()));
}

#[test]
fn no_body_and_no_event_takes_the_server_down() {
    let server = server();
    let deep = format!("{{\"model\":\"chat\",\"input\":{}", "[".repeat(100_000));
    let bodies = [
        "",
        "null",
        "[]",
        "\"chat\"",
        "{}",
        "{\"model\":7}",
        &deep,
        "\u{0}",
        "{\"model\":\"chat\",\"input\":1,\"max_output_tokens\":-1}",
    ];
    let mut socket = socket(&server, RESPONSES);
    for body in bodies {
        let (status, text) = ask(&server, "POST", RESPONSES, "", body.as_bytes());
        assert!(status == 400 && text.starts_with("{\"error\""), "{status} {text}");
        socket.send_frame(1, body.as_bytes());
        assert!(hear(&mut socket).contains("\"status\":400"));
    }
    socket.send_frame(2, b"binary");
    assert!(hear(&mut socket).contains("Events are text messages"));
    tell(&mut socket, &create("chat", "speed=1000&tokens=1"));
    assert_eq!(hear_to(&mut socket, "response.completed").len(), 9, "both go on");
}

#[test]
fn a_body_over_the_limit_is_refused_as_json() {
    let server = server_with(|_, limits| limits.max_request_bytes = 1000);
    let mut large = body(MESSAGES, "chat", "");
    large["system"] = json!("x".repeat(1000));
    let (status, answer) = answer(&server, MESSAGES, "", &large);
    assert_eq!((status, answer["error"]["type"].as_str()), (413, Some("request_too_large")));
}

#[test]
fn a_server_with_a_key_demands_it_everywhere() {
    let server = server_llm(LlmOptions { key: Some("secret".parse().unwrap()), ..LlmOptions::default() });
    let quick = |path| body(path, "chat", "speed=10000&tokens=1");
    for fields in ["", "authorization: Bearer wrong\r\n", "x-api-key: wrong\r\n", "authorization: secret\r\n"] {
        let (status, openai) = answer(&server, CHAT, fields, &quick(CHAT));
        assert_eq!((status, openai["error"]["code"].as_str()), (401, Some("invalid_api_key")), "{fields}");
        let (status, anthropic) = answer(&server, MESSAGES, fields, &quick(MESSAGES));
        assert_eq!((status, anthropic["error"]["type"].as_str()), (401, Some("authentication_error")), "{fields}");
        let (head, _) = Wire::get(&server, RESPONSES, &(fields.to_owned() + opening(Transport::WebSocket)));
        assert_eq!(head.status, 401);
        assert_eq!(ask(&server, "GET", "/v1/jobs/predict?id=a", fields, b"").0, 401);
    }
    for fields in ["authorization: Bearer secret\r\n", "x-api-key: secret\r\n"] {
        let whole = without(quick(CHAT), "stream");
        assert_eq!(answer(&server, CHAT, fields, &whole).0, 200);
    }
    let (_, facts) = ask(&server, "GET", "/facts", "", b"");
    assert!(facts.contains("\"demands_key\":true") && !facts.contains("secret"), "{facts}");
}

#[test]
fn one_answer_too_many_is_told_when_to_come_again() {
    let server = server_llm(LlmOptions { max_answers: 1, cost_per_byte_ns: 1, ..LlmOptions::default() });
    let first = EventStream::post(&server, CHAT, &body(CHAT, "idle", ""));
    let mut wire = Wire::connect(&server);
    wire.request("POST", CHAT, "", body(CHAT, "chat", "").to_string().as_bytes());
    let head = wire.head();
    assert_eq!((head.status, head.field("retry-after")), (429, Some("1")));
    assert!(wire.body(&head).contains("rate_limit_exceeded"));
    drop(first);
    wait_until(&server, |vitals| vitals.answers_cancelled == 1);
    assert_eq!(stream(&server, CHAT, "chat", "speed=1000&tokens=2").len(), 5, "there is room again");
    let (_, facts) = ask(&server, "GET", "/facts", "", b"");
    assert!(facts.contains("\"cost_per_byte_ns\":1") && facts.contains("\"max_answers\":1"), "{facts}");
}

#[test]
fn a_failure_within_a_stream_is_its_last_event() {
    let server = server();
    for (path, name, pointer, value) in [
        (CHAT, None, "/error/type", "server_error"),
        (RESPONSES, Some("error"), "/code", "server_error"),
        (MESSAGES, Some("error"), "/error/type", "overloaded_error"),
    ] {
        let mut stream = EventStream::post(&server, path, &body(path, "chat", "speed=1000&tokens=9&mishaps=error:5"));
        let events = stream.all();
        let last = events.last().unwrap();
        assert_eq!((events.len(), last.name.as_deref(), &stream.ending), (6, name, &Some(Ending::Clean(200))));
        assert_eq!(last.json().pointer(pointer).and_then(Value::as_str), Some(value));
        assert_eq!(last.stamp().seq, 5);
    }
    let mut socket = socket(&server, RESPONSES);
    tell(&mut socket, &create("chat", "speed=1000&tokens=9&mishaps=error:5"));
    assert_eq!(hear_to(&mut socket, "error").len(), 6);
    tell(&mut socket, &create("chat", "speed=1000&tokens=1"));
    assert_eq!(hear_to(&mut socket, "response.completed").len(), 9, "the connection goes on");
}

#[test]
fn a_stream_is_cut_in_the_middle_of_an_event() {
    let server = server();
    let order = "speed=1000&tokens=9&mishaps=cut:5";
    let mut stream = EventStream::post(&server, CHAT, &body(CHAT, "chat", order));
    assert_eq!((stream.all().len(), &stream.ending), (5, &Some(Ending::Cut)));
    let [torn] = &stream.heartbeats[..] else { panic!("{:?}", stream.heartbeats) };
    assert!(torn.starts_with("data: {\"id\":") && !torn.ends_with('\n'), "{torn}");
    let mut socket = socket(&server, RESPONSES);
    tell(&mut socket, &create("chat", order));
    let heard: Vec<_> = (0..5).map(|_| hear(&mut socket)).collect();
    assert!(heard[4].starts_with("{\"type\":\"response.output_text.delta\""));
    assert!(socket.rest().is_empty(), "no close frame, as when a network fails");
}

#[test]
fn damaged_events_are_damaged_and_the_rest_is_whole() {
    let server = server();
    let order = "speed=1000&tokens=9&mishaps=invalid:3,large:4:5000000,drop:6,duplicate:7";
    let events = stream(&server, RESPONSES, "chat", order);
    let broken: Vec<_> =
        (0..events.len()).filter(|i| serde_json::from_str::<Value>(&events[*i].data).is_err()).collect();
    assert_eq!((broken, events[4].data.len()), (vec![3], 5_000_000));
    let seqs: Vec<_> = events.iter().enumerate().filter(|(i, _)| *i != 3).map(|(_, event)| event.stamp().seq).collect();
    assert_eq!(seqs[..7], [0, 1, 2, 4, 5, 7, 7]);
    let mut socket = socket(&server, RESPONSES);
    tell(&mut socket, &create("chat", order));
    let heard = hear_to(&mut socket, "response.completed");
    assert_eq!((heard[4].len(), heard.len()), (5_000_000, events.len()));
}

#[test]
fn a_silent_answer_never_goes_on_but_its_heart_beats() {
    let server = server();
    let quiet = "speed=1000&tokens=9&heartbeat=20ms&mishaps=silent:3";
    for (path, beat) in [(CHAT, ":\n\n"), (MESSAGES, PING)] {
        let mut stream = EventStream::post(&server, path, &body(path, "chat", quiet));
        assert!((0..3).all(|seq| stream.next().unwrap().stamp().seq == seq));
        assert!((0..3).all(|_| stream.block().as_deref() == Some(beat)), "{path}");
    }
    let mut socket = socket(&server, RESPONSES);
    tell(&mut socket, &create("chat", quiet));
    (0..3).for_each(|_| drop(hear(&mut socket)));
    assert!((0..3).all(|_| socket.frame() == (9, Vec::new())));
    wait_until(&server, |vitals| vitals.answers_cancelled == 2 && vitals.events_in_vain == 0);
}
