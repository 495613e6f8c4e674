//! What a peer did that ends a conversation, each in one line that a user can act on. Refuses to print raw peer bytes.

use super::{Head, MAX_EVENT_BYTES, MAX_HEAD_BYTES};
use crate::redact;

/// What the peer did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The first byte is that of a TLS record.
    #[error("the peer speaks TLS on this port: use https:// or wss://")]
    Tls,
    /// The first bytes are not `HTTP/`.
    #[error("the peer does not speak HTTP/1.1: its answer begins with {0:?}")]
    NotHttp(String),
    /// `httparse` refused the head.
    #[error("malformed response head: {0}")]
    Head(httparse::Error),
    /// A head, chunk extension or trailer section without end.
    #[error("a response head, chunk extension or trailer longer than {MAX_HEAD_BYTES} bytes")]
    HeadTooLong,
    /// A redirect, which a measurement must not follow silently.
    #[error("status {status} redirects to {location:?}: redirects are not followed, give that URL")]
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: u16,
        /// The `Location` header.
        location: String,
    },
    /// Any other status than the one that the transport needs.
    #[error("{}", refusal(*status, reason, body, *wants_upgrade))]
    Status {
        /// Status code.
        status: u16,
        /// Reason phrase.
        reason: String,
        /// The body's first bytes, where they came with the head.
        body: String,
        /// Whether an HTTP stream was asked of an endpoint that wants an upgrade, as far as the body's first bytes tell: how
        /// they were cut changes the advice, never the kind of the error.
        wants_upgrade: bool,
    },
    /// 401 with `WWW-Authenticate: Bearer`, as one of our servers asks for its token.
    #[error("the peer answered 401 and wants a token{}: give it with --token-env NAME", quoted(.0))]
    Token(String),
    /// An upgrade was asked of an endpoint that answers with a plain response.
    #[error(
        "status {status} with content-type {content_type:?} instead of 101: \
         is this an SSE endpoint? use http:// or https://"
    )]
    NotUpgraded {
        /// Status code.
        status: u16,
        /// The `Content-Type` header.
        content_type: String,
    },
    /// 101, but to something else.
    #[error("status 101 upgrades to {got:?}, not to {wanted}")]
    UpgradedToOther {
        /// What was asked.
        wanted: &'static str,
        /// The `Upgrade` header.
        got: String,
    },
    /// `Sec-WebSocket-Accept` does not answer our key (RFC 6455, 4.1).
    #[error("Sec-WebSocket-Accept is {0:?}, which does not answer the key: no WebSocket server, or a cached answer")]
    AcceptKey(String),
    /// An extension that nobody asked for.
    #[error("the peer switched on the WebSocket extension {0:?}, which was not offered")]
    Extension(String),
    /// A subprotocol that nobody asked for, or several (RFC 6455, 4.1).
    #[error("the peer chose the WebSocket subprotocol {0:?}, which was not offered")]
    Subprotocol(String),
    /// An event stream of another media type.
    #[error("content-type {0:?} instead of text/event-stream: not an SSE endpoint")]
    ContentType(String),
    /// A compressed body.
    #[error("content-encoding {0:?}, though only identity was asked for")]
    ContentEncoding(String),
    /// A transfer coding other than `chunked`.
    #[error("transfer-encoding {0:?}: only chunked is understood")]
    TransferEncoding(String),
    /// A `Content-Length` that is no number, or two that differ.
    #[error("content-length {0:?} is not one number")]
    ContentLength(String),
    /// A length beside a transfer coding: parsers disagree on which of them counts (RFC 9112, 6.3).
    #[error("content-length {0:?} beside transfer-encoding: a body has one length")]
    LengthAndCoding(String),
    /// A byte that chunked coding does not allow (RFC 9112, 7.1).
    #[error("malformed chunked body: {found:?} where {wanted} belongs")]
    Chunk {
        /// What belongs there.
        wanted: &'static str,
        /// What came.
        found: char,
    },
    /// An event above [`MAX_EVENT_BYTES`].
    #[error("an event longer than {MAX_EVENT_BYTES} bytes")]
    EventTooLong,
    /// RFC 6455 was broken.
    #[error("WebSocket violation: {0}")]
    Violation(#[from] Violation),
    /// End of the connection where an answer was due.
    #[error("the peer closed the connection before it answered")]
    NoAnswer,
    /// End of the connection inside something.
    #[error("the peer closed the connection in the middle of {0}")]
    Truncated(&'static str),
    /// End of a WebSocket connection without a close frame (code 1006).
    #[error("the peer closed the connection without a WebSocket close frame")]
    NoCloseFrame,
}

/// A breach of RFC 6455 by the server; the section is in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Reserved bits without an extension.
    #[error("a reserved bit is set [5.2]")]
    ReservedBits,
    /// An opcode that means nothing.
    #[error("opcode {0:#x} is not defined [5.2]")]
    Opcode(u8),
    /// A masked frame from a server.
    #[error("the server masked a frame [5.1]")]
    Masked,
    /// A length that a shorter form holds.
    #[error("a length of {0} is not in its shortest form [5.2]")]
    LongLength(u64),
    /// The top bit of a 64-bit length.
    #[error("the top bit of a 64-bit length is set [5.2]")]
    HugeLength,
    /// A control frame in fragments.
    #[error("a control frame is fragmented [5.5]")]
    FragmentedControl,
    /// A control frame above 125 bytes.
    #[error("a control frame is longer than 125 bytes [5.5]")]
    LongControl,
    /// A continuation of nothing.
    #[error("a continuation frame continues nothing [5.4]")]
    StrayContinuation,
    /// A new message inside a fragmented one.
    #[error("a message begins inside a fragmented one [5.4]")]
    Interleaved,
    /// Text that is not UTF-8.
    #[error("a text message or close reason is not UTF-8 [8.1]")]
    Utf8,
    /// A close frame of one byte.
    #[error("a close frame holds half a status code [5.5.1]")]
    HalfCloseCode,
    /// A close code that must not be sent.
    #[error("close code {0} must not be sent [7.4]")]
    CloseCode(u16),
}

/// The error for a head whose status is not `wanted`; `rest` is what has arrived behind it.
pub(super) fn refuse(head: &Head, wanted: u16, rest: &[u8]) -> DecodeError {
    let (status, body) = (head.status(), excerpt(head.skip_chunk_size(rest)));
    let header = |name| excerpt(head.header(name).unwrap_or_default().as_bytes());
    let names_upgrade = || {
        let body = body.to_ascii_lowercase();
        ["upgrade", "websocket"].iter().any(|word| body.contains(word))
    };
    let wants_upgrade = wanted != 101 && (status == 426 || status == 400 && names_upgrade());
    match status {
        301 | 302 | 303 | 307 | 308 => {
            let location = redact::url(head.header("location").unwrap_or_default());
            DecodeError::Redirect { status, location: excerpt(location.as_bytes()) }
        }
        401 if head.lists_scheme("www-authenticate", "bearer") => DecodeError::Token(body),
        200..=299 if wanted == 101 => DecodeError::NotUpgraded { status, content_type: header("content-type") },
        _ => DecodeError::Status { status, reason: excerpt(head.reason().as_bytes()), body, wants_upgrade },
    }
}

/// What a status says, and what to try where the peer wants an upgrade.
fn refusal(status: u16, reason: &str, body: &str, wants_upgrade: bool) -> String {
    let body = quoted(body);
    match wants_upgrade {
        true => {
            format!("the peer answered {status} and wants an upgrade{body}: a WebSocket endpoint? use ws:// or wss://")
        }
        false => format!("the peer answered {status} {}{body}", reason.escape_debug()),
    }
}

/// The first 200 bytes as text, for quoting.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).trim().to_owned()
}

/// `: "text"`, with control characters escaped, or nothing.
fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text:?}") }
}
