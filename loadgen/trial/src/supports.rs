//! Which workload each arm can do: the one place that knows.

use crate::{Arm, ClientKind, NotSupported, Workload};
use wire::Carrier;
use wire::Transport::{self, HttpStream, LongPoll, RawTcp, Sse, WebSocket};

impl Workload {
    /// Whether an arm can do it.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn supports(&self, arm: Arm) -> Result<(), String> {
        self.has_parts(arm).map_err(|not_yet| not_yet.to_string())?;
        let by_client = match arm.client {
            ClientKind::Lean => None,
            ClientKind::Library => self.refuses_library(arm.protocol),
            ClientKind::Reconnecting | ClientKind::Incremental => {
                (!matches!(self, Self::ToolLoop(_))).then(|| format!("the {} client runs tool loops alone", arm.client))
            }
        };
        let by_carrier = || match arm.carrier {
            Carrier::H1 => None,
            Carrier::H1Tls => self.refuses_tls(arm.protocol),
            // Not supported at all: that was said above.
            Carrier::H2 | Carrier::H2Tls | Carrier::H3 => None,
        };
        by_client.or_else(|| self.refuses(arm.protocol)).or_else(by_carrier).map_or(Ok(()), Err)
    }

    /// Why it cannot be done over TLS.
    fn refuses_tls(&self, transport: Transport) -> Option<String> {
        let why = match (self, transport) {
            (Self::Codec, _) => "decoders are measured without a connection: they are the same over any carrier",
            (_, RawTcp) => "raw-tcp is the floor: bytes straight on the socket, with no TLS between",
            (Self::Browser, _) => "a browser trusts no certificate that a server made for itself",
            (Self::Exact { .. }, _) => "over TLS, exact counts are not supported yet",
            (Self::ToolLoop(_), _) => "tool loops over TLS are not supported yet",
            (Self::Push(_) | Self::Capacity { .. } | Self::Saturate { .. } | Self::Relay { .. }, _) => return None,
            (Self::Job(_) | Self::Echo { .. } | Self::Connect { .. }, _) => return None,
            (Self::Memory { .. } | Self::Handshake { .. }, _) => return None,
            (Self::Llm { .. } | Self::Endpoint { .. } | Self::Read { .. }, _) => return None,
        };
        Some(why.to_owned())
    }

    /// Whether every part of an arm can be run: whoever names endpoints names their servers.
    pub(crate) fn has_parts(&self, arm: Arm) -> Result<(), NotSupported> {
        let theirs = matches!(self, Self::Read { .. });
        if theirs { Arm { stack: None, ..arm } } else { arm }.supported()
    }

    /// Why the client of another author cannot do it.
    fn refuses_library(&self, transport: Transport) -> Option<String> {
        if matches!(transport, LongPoll | HttpStream | RawTcp) && !matches!(self, Self::Codec) {
            return Some(format!("no client library reads {transport}"));
        }
        let why = match self {
            Self::Push(_) | Self::Capacity { .. } | Self::Read { .. } => return None,
            Self::Saturate { .. } | Self::Memory { .. } | Self::Codec => return None,
            Self::Relay { .. } => "a library client reads to the end of a stream, and a relayed one has none",
            Self::Llm { .. } | Self::Endpoint { .. } => "answers of a language model are read by the lean client",
            Self::ToolLoop(_) => "tool loops are run by the lean client",
            Self::Job(_) => "events of a job are read by the lean client",
            Self::Echo { .. } | Self::Connect { .. } => "messages and first events are timed by the lean client",
            Self::Handshake { .. } => "no client library shows the heads of its handshake",
            Self::Browser => "a browser is a client of its own",
            Self::Exact { .. } => "what is counted is the server's: the lean client reads it",
        };
        Some(why.to_owned())
    }

    /// Why a protocol cannot do it.
    fn refuses(&self, transport: Transport) -> Option<String> {
        match (self, transport) {
            (Self::Relay { .. }, LongPoll) => Some(
                "a relay begins when every subscriber was answered, and a poll is not answered before its first event"
                    .to_owned(),
            ),
            (Self::Saturate { .. } | Self::Echo { .. }, LongPoll) => {
                Some("long-poll has no open stream to saturate or to answer on".to_owned())
            }
            (Self::Exact { .. }, LongPoll) => {
                Some("long-poll has no stream whose events could be counted alone".to_owned())
            }
            (Self::Echo { .. }, RawTcp | HttpStream) => {
                Some(format!("{transport} is a control for pushed events, it carries no messages up"))
            }
            (Self::Llm { .. } | Self::Endpoint { .. } | Self::ToolLoop(_), LongPoll | HttpStream | RawTcp) => {
                Some(format!("{transport} asks no language model"))
            }
            (Self::Read { .. }, LongPoll | RawTcp) => Some(format!("{transport} is spoken by our own servers alone")),
            (Self::Job(_), LongPoll | HttpStream | RawTcp) => Some(format!("{transport} watches no job")),
            (Self::Echo { .. } | Self::Llm { .. } | Self::Endpoint { .. }, Sse | WebSocket) => None,
            (Self::Job(_) | Self::ToolLoop(_), Sse | WebSocket) => None,
            (Self::Read { .. }, Sse | WebSocket | HttpStream) => None,
            (Self::Saturate { .. } | Self::Exact { .. } | Self::Relay { .. }, _) => None,
            (Self::Push(_) | Self::Capacity { .. } | Self::Connect { .. }, _) => None,
            (Self::Memory { .. } | Self::Handshake { .. }, _) => None,
            (Self::Codec | Self::Browser, _) => None,
        }
    }
}
