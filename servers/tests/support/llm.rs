//! A client of the language-model service, of raw bytes. Refuses to parse more than it must.

use super::{Ending, Wire, ask, opening};
use serde_json::{Value, json};
use servers::Server;
use wire::event_stamp;
use wire::{STAMP_BYTES, Stamp, Transport};

pub const CHAT: &str = "/v1/chat/completions";
pub const RESPONSES: &str = "/v1/responses";
pub const MESSAGES: &str = "/v1/messages";

/// A body that the API of `path` takes, with an order.
pub fn body(path: &str, model: &str, order: &str) -> Value {
    let mut body = json!({"model": model, "stream": true, "pushbench": order});
    match path {
        CHAT => body["messages"] = json!([{"role": "user", "content": "hello"}]),
        RESPONSES => body["input"] = json!("hello"),
        _ => {
            body["messages"] = json!([{"role": "user", "content": "hello"}]);
            body["max_tokens"] = json!(32_768);
        }
    }
    body
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    pub name: Option<String>,
    pub id: Option<u64>,
    pub data: String,
}

impl Event {
    fn of(block: &str) -> Self {
        let mut event = Self::default();
        for line in block.strip_suffix("\n\n").expect("a whole event").lines() {
            match line.split_once(": ").expect("a field") {
                ("event", name) => event.name = Some(name.to_owned()),
                ("id", id) => event.id = Some(id.parse().unwrap()),
                ("data", data) => event.data = data.to_owned(),
                (field, _) => panic!("field {field}"),
            }
        }
        event
    }

    pub fn stamp(&self) -> Stamp {
        event_stamp(self.data.as_bytes()).unwrap_or_else(|| panic!("no stamp in {}", self.data))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

/// An event stream that was asked for.
pub struct EventStream {
    pub wire: Wire,
    pub ending: Option<Ending>,
    /// Blocks that are no events: comments and pings without a stamp.
    pub heartbeats: Vec<String>,
}

impl EventStream {
    pub fn get(server: &Server, target: &str, fields: &str) -> Self {
        let (head, wire) = Wire::get(server, target, fields);
        assert_eq!((head.status, head.field("content-type")), (200, Some("text/event-stream")), "{head:?}");
        Self { wire, ending: None, heartbeats: Vec::new() }
    }

    pub fn post(server: &Server, path: &str, body: &Value) -> Self {
        let mut wire = Wire::connect(server);
        wire.request("POST", path, "", body.to_string().as_bytes());
        let head = wire.head();
        assert_eq!((head.status, head.field("content-type")), (200, Some("text/event-stream")), "{head:?}");
        Self { wire, ending: None, heartbeats: Vec::new() }
    }

    /// The next block of bytes; `None` when the stream has ended. A cut one leaves its torn block in `heartbeats`.
    pub fn block(&mut self) -> Option<String> {
        match self.wire.chunk() {
            None => self.ending = Some(Ending::Cut),
            Some(chunk) if chunk.is_empty() => self.ending = Some(Ending::Clean(200)),
            Some(chunk) => return Some(String::from_utf8(chunk).unwrap()),
        }
        None
    }

    /// The next event.
    pub fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block()?;
            let whole = block.ends_with("\n\n") && !block.starts_with(':') && block != PING;
            if whole {
                return Some(Event::of(&block));
            }
            self.heartbeats.push(block);
        }
    }

    pub fn all(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

/// What Anthropic's API says when it is quiet.
pub const PING: &str = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

/// The events of one answer.
pub fn stream(server: &Server, path: &str, model: &str, order: &str) -> Vec<Event> {
    EventStream::post(server, path, &body(path, model, order)).all()
}

/// A WebSocket on any path of the service.
pub fn socket(server: &Server, target: &str) -> Wire {
    let (head, wire) = Wire::get(server, target, opening(Transport::WebSocket));
    assert_eq!(head.status, 101, "{head:?}");
    wire
}

/// Sends a client event.
pub fn tell(socket: &mut Wire, event: &Value) {
    socket.send_frame(1, event.to_string().as_bytes());
}

/// A `response.create` with what `POST /v1/responses` would take.
pub fn create(model: &str, order: &str) -> Value {
    let mut event = body(RESPONSES, model, order);
    event["type"] = json!("response.create");
    event.as_object_mut().unwrap().remove("stream");
    event
}

/// The text of the next message.
pub fn hear(socket: &mut Wire) -> String {
    let (opcode, payload) = socket.frame();
    assert_eq!(opcode, 1, "{}", String::from_utf8_lossy(&payload));
    String::from_utf8(payload).unwrap()
}

/// Messages up to the one whose type is `last`.
pub fn hear_to(socket: &mut Wire, last: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let end = format!("{{\"type\":\"{last}\"");
    while !messages.last().is_some_and(|message: &String| message.starts_with(&end)) {
        messages.push(hear(socket));
    }
    messages
}

/// An event with its stamp zeroed: what must not differ between runs, readers and transports.
pub fn unstamped(data: &str) -> String {
    let Some(_) = event_stamp(data.as_bytes()) else { return data.to_owned() };
    let head = data.len() - STAMP_BYTES - 2;
    format!("{}{}\"}}", &data[..head], "0".repeat(STAMP_BYTES))
}

/// Status and JSON of a request that is refused, or answered whole.
pub fn answer(server: &Server, path: &str, fields: &str, body: &Value) -> (u16, Value) {
    let (status, text) = ask(server, "POST", path, fields, body.to_string().as_bytes());
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}
