//! What a client asks for, as the bytes of one HTTP/1.1 request. Refuses anything that would end a header line early.

use super::MAX_EVENT_BYTES;
use crate::redact;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use wire::Transport;

/// One request for a stream, of any transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, such as `GET`.
    pub method: String,
    /// The `Host` header: `host` or `host:port`.
    pub authority: String,
    /// Path and query, from the first slash on.
    pub path_and_query: String,
    /// Headers, sent as they are; they replace the defaults of the same name.
    pub headers: Vec<(String, String)>,
    /// The body, sent with its `Content-Length`.
    pub body: Option<Vec<u8>>,
    /// The size of every payload in bytes, where the caller knows it: how `raw-tcp` and `http-stream` are cut.
    pub payload_bytes: Option<usize>,
}

/// Why a request cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A part that HTTP does not allow as it is.
    #[error("{part} {value:?} cannot be sent: {why}")]
    Invalid {
        /// Which part.
        part: &'static str,
        /// What it holds.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Records are to be cut, but nobody said where.
    #[error("{0} has no framing: its payload size must be given, 1 to {MAX_EVENT_BYTES} bytes")]
    PayloadBytes(Transport),
}

/// Headers that belong to the framing and the handshake.
const RESERVED: [&str; 8] = [
    "connection",
    "content-length",
    "host",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-version",
    "transfer-encoding",
    "upgrade",
];

impl Request {
    /// A `GET` without further headers.
    pub fn get(authority: impl Into<String>, path_and_query: impl Into<String>) -> Self {
        Self {
            method: "GET".to_owned(),
            authority: authority.into(),
            path_and_query: path_and_query.into(),
            headers: Vec::new(),
            body: None,
            payload_bytes: None,
        }
    }

    /// What the headers of this name say together, its case ignored.
    pub(super) fn all(&self, name: &str) -> String {
        let values = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",")
    }

    /// The bytes to send, and the `Sec-WebSocket-Accept` that answers them.
    pub(super) fn encode(&self, transport: Transport) -> Result<(Vec<u8>, String), RequestError> {
        self.check(transport)?;
        let key = generate_key();
        let defaults: &[(&str, &str)] = match transport {
            Transport::Sse => &[("Accept", "text/event-stream"), ("Cache-Control", "no-cache")],
            Transport::LongPoll | Transport::HttpStream => &[("Accept", "*/*"), ("Cache-Control", "no-cache")],
            Transport::RawTcp => &[("Connection", "Upgrade"), ("Upgrade", "raw-tcp")],
            Transport::WebSocket => &[
                ("Connection", "Upgrade"),
                ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", &key),
            ],
        };
        let mut text = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.path_and_query, self.authority);
        let mut write = |name: &str, value: &str| text.extend([name, ": ", value, "\r\n"]);
        let agent = concat!("pushbench/", env!("CARGO_PKG_VERSION"));
        for (name, value) in defaults.iter().chain(&[("Accept-Encoding", "identity"), ("User-Agent", agent)]) {
            if !self.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                write(name, value);
            }
        }
        self.headers.iter().for_each(|(name, value)| write(name, value));
        if let Some(body) = &self.body {
            write("Content-Length", &body.len().to_string());
        }
        text.push_str("\r\n");
        let bytes = [text.as_bytes(), self.body.as_deref().unwrap_or_default()].concat();
        Ok((bytes, derive_accept_key(key.as_bytes())))
    }

    fn check(&self, transport: Transport) -> Result<(), RequestError> {
        let control = |byte: u8| byte < 0x20 && byte != b'\t' || byte == 0x7F;
        let blank = |text: &str| text.is_empty() || text.bytes().any(|byte| byte <= 0x20 || byte == 0x7F);
        let invalid = |part, value: &str, why| Err(RequestError::Invalid { part, value: value.to_owned(), why });
        if !is_token(&self.method) {
            return invalid("method", &self.method, "not a token");
        }
        if blank(&self.authority) {
            return invalid("host", &self.authority, "empty, or with white space");
        }
        if blank(&self.path_and_query) || !self.path_and_query.starts_with('/') {
            return invalid("path", &redact::url(&self.path_and_query), "not from a slash on, or with white space");
        }
        match (transport, self.payload_bytes) {
            (Transport::RawTcp, None) => return Err(RequestError::PayloadBytes(transport)),
            (Transport::RawTcp | Transport::HttpStream, Some(size)) if !(1..=MAX_EVENT_BYTES).contains(&size) => {
                return Err(RequestError::PayloadBytes(transport));
            }
            (Transport::RawTcp | Transport::HttpStream, _) => {}
            (Transport::Sse | Transport::WebSocket | Transport::LongPoll, _) => {}
        }
        for (name, value) in &self.headers {
            if !is_token(name) {
                return invalid("header name", name, "not a token");
            }
            if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
                return invalid("header", name, "set by the client itself");
            }
            if value.bytes().any(control) {
                // The value may be a credential.
                return invalid("value of header", name, "with a control character");
            }
        }
        Ok(())
    }
}

/// A token of RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
