//! The registration line of every transport. What a transport *does* lives with each side's endpoint or client.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A way to carry events from a server to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// Server-Sent Events over HTTP/1.1 (WHATWG HTML, section 9.2).
    Sse,
    /// WebSocket over HTTP/1.1 (RFC 6455), text messages.
    #[serde(rename = "websocket")]
    WebSocket,
    /// HTTP long polling: each answer ends, the client asks again.
    LongPoll,
    /// One endless chunked HTTP/1.1 response of bare payloads: the control.
    HttpStream,
    /// Bare payloads on the socket after an HTTP upgrade: the floor.
    RawTcp,
}

/// Why a transport is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// One of the transports that are compared.
    Contestant,
    /// The same bytes in the same HTTP response without event framing.
    Control,
    /// The least that any transport over TCP can cost.
    Floor,
}

impl Transport {
    /// Every transport; tests, plans and benches iterate this list.
    pub const ALL: [Self; 5] = [Self::Sse, Self::WebSocket, Self::LongPoll, Self::HttpStream, Self::RawTcp];

    /// The name in URLs, flags, plans and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::WebSocket => "websocket",
            Self::LongPoll => "long-poll",
            Self::HttpStream => "http-stream",
            Self::RawTcp => "raw-tcp",
        }
    }

    /// The name in prose, as the specifications write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sse => "SSE",
            Self::WebSocket => "WebSocket",
            Self::LongPoll => "long polling",
            Self::HttpStream => "HTTP stream",
            Self::RawTcp => "raw TCP",
        }
    }

    /// The route on our servers.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Sse => "/sse",
            Self::WebSocket => "/websocket",
            Self::LongPoll => "/long-poll",
            Self::HttpStream => "/http-stream",
            Self::RawTcp => "/raw-tcp",
        }
    }

    /// Why this transport is measured.
    pub const fn role(self) -> Role {
        match self {
            Self::Sse | Self::WebSocket | Self::LongPoll => Role::Contestant,
            Self::HttpStream => Role::Control,
            Self::RawTcp => Role::Floor,
        }
    }

    /// Whether a client message travels on the connection that carries the events.
    pub const fn is_bidirectional(self) -> bool {
        match self {
            Self::WebSocket => true,
            Self::Sse | Self::LongPoll | Self::HttpStream | Self::RawTcp => false,
        }
    }

    /// One line for `loadgen list`.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Sse => "Server-Sent Events: a text/event-stream response that stays open",
            Self::WebSocket => "RFC 6455 text messages after an HTTP/1.1 upgrade",
            Self::LongPoll => "HTTP long polling: what the article takes SSE for; every answer ends",
            Self::HttpStream => "control: the same payload in a chunked response, no event framing",
            Self::RawTcp => "floor: bare payloads on the upgraded socket, no framing at all",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no transport.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown transport '{0}' (known: sse, websocket, long-poll, http-stream, raw-tcp)")]
pub struct ParseTransportError(String);

impl FromStr for Transport {
    type Err = ParseTransportError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|transport| transport.name() == word)
            .or(match word {
                "ws" => Some(Self::WebSocket),
                _ => None,
            })
            .ok_or_else(|| ParseTransportError(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_in_flags_and_in_json() {
        for transport in Transport::ALL {
            assert_eq!(transport.name().parse(), Ok(transport));
            let json = serde_json::to_string(&transport).unwrap();
            assert_eq!(json, format!("\"{}\"", transport.name()));
            assert_eq!(transport.path(), format!("/{}", transport.name()));
        }
        assert!("grpc".parse::<Transport>().is_err());
    }
}
