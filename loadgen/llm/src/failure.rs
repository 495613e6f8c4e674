//! Why a request has no complete answer, each reason in one line, and whether to ask again. Refuses to ask.

use crate::answer::MAX_EVENTS;
use crate::event::EventError;
use client::{Conversation, DecodeError, DialError, Overdue, RequestError};
use std::io;
use std::time::Duration;

/// Why a request has no complete answer, in one line.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The request cannot be sent.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The endpoint refused.
    #[error("{status}: {meaning}{said}", meaning = meaning(*.status))]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the endpoint says, with a dash before it.
        said: String,
        /// Seconds to wait, as the endpoint asks.
        retry_after_s: Option<u64>,
    },
    /// There is no WebSocket at this path.
    #[error("no WebSocket at this endpoint ({0}): use --transport sse")]
    NoWebSocket(String),
    /// The peer broke the protocol or hung up.
    #[error(transparent)]
    Decode(DecodeError),
    /// The connection broke.
    #[error("connection lost: {0}")]
    Io(io::Error),
    /// An event is no JSON of this API.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The API sent an error event.
    #[error("the API reported an error in the stream: {0}")]
    Reported(String),
    /// The stream ended, but the answer had not.
    #[error("the stream ended before the answer's own end marker")]
    NoEnd,
    /// Nothing came.
    #[error("no event for {}: the server is silent (--timeout)", humantime::format_duration(*.0))]
    Silent(Duration),
    /// What is sent is not taken.
    #[error("the server does not read: a request waits for {} (--timeout)", humantime::format_duration(*.0))]
    Deaf(Duration),
    /// Events kept coming, but not the last.
    #[error("no end of the answer within {} (--max-time)", humantime::format_duration(*.0))]
    Endless(Duration),
    /// Too much came.
    #[error("more than {MAX_EVENTS} events in one answer")]
    TooMany,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match Overdue::of(&error) {
            Some(Overdue::Reading(limit)) => Self::Silent(limit),
            Some(Overdue::Writing(limit)) => Self::Deaf(limit),
            None => Self::Io(error),
        }
    }
}

impl Failure {
    /// How long to wait before the request may be repeated; `None` when it must not be.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { status: 429 | 503 | 529, retry_after_s, .. } => {
                Some(Duration::from_secs(retry_after_s.unwrap_or(1)))
            }
            _ => None,
        }
    }

    /// Whether the connection ended before an answer began, as a kept one may that its peer has closed.
    pub(crate) const fn is_hang_up(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Decode(DecodeError::NoAnswer | DecodeError::NoCloseFrame))
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        401 | 403 => "the key is missing or wrong (--api-key-env NAME, or --token-env NAME for one of our servers)",
        404 => "no such path or model at this endpoint",
        429 => "rate limit: fewer requests, or later",
        400..=499 => "the endpoint does not take this request",
        _ => "the endpoint failed",
    }
}

/// An error event: a refusal where it has a status, as on a WebSocket.
pub(crate) fn reported(status: Option<u16>, said: String) -> Failure {
    match status {
        Some(status) => Failure::Refused { status, said: format!(" - {said}"), retry_after_s: None },
        None => Failure::Reported(said),
    }
}

/// What a refused response means, with the wait that it asks for.
pub(crate) fn refused(error: DecodeError, conversation: &Conversation) -> Failure {
    let status = conversation.head().status();
    match error {
        DecodeError::Status { body, wants_upgrade: false, .. } | DecodeError::Token(body) => {
            let retry_after_s = conversation.head().header("retry-after").and_then(|seconds| seconds.parse().ok());
            let said = if body.is_empty() { body } else { format!(" - {}", body.escape_debug()) };
            Failure::Refused { status, said, retry_after_s }
        }
        other => Failure::Decode(other),
    }
}

/// A handshake that failed for want of a WebSocket, in those words; other failures stay what they are.
pub(crate) fn no_websocket(failure: Failure, conversation: &Conversation) -> Failure {
    let status = conversation.head().status();
    match failure {
        Failure::Decode(DecodeError::NotUpgraded { .. }) => Failure::NoWebSocket(format!("it answered {status}")),
        Failure::Refused { status: status @ (400 | 404 | 405 | 426 | 501), .. } => {
            Failure::NoWebSocket(format!("it answered {status}"))
        }
        other => other,
    }
}
