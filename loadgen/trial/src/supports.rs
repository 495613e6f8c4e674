//! Which workload each arm can do: the one place that knows.

use crate::{Arm, ClientKind, Workload};
use wire::Transport;

impl Workload {
    /// Whether an arm can do it.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn supports(&self, arm: Arm) -> Result<(), String> {
        use Transport::{HttpStream, LongPoll, RawTcp, Sse, WebSocket};
        let (transport, is_library) = (arm.protocol, arm.client == ClientKind::Library);
        let by_library = |why: &str| is_library.then(|| why.to_owned());
        let refused = match (self, transport) {
            (Self::Codec, _) => None,
            (_, LongPoll | HttpStream | RawTcp) if is_library => Some(format!("no client library reads {transport}")),
            (Self::Relay { .. }, Sse | WebSocket | HttpStream | RawTcp) => {
                by_library("a library client reads to the end of a stream, and a relayed one has none")
            }
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
            (Self::Llm { .. } | Self::Endpoint { .. }, LongPoll | HttpStream | RawTcp) => {
                Some(format!("{transport} asks no language model"))
            }
            (Self::Llm { .. } | Self::Endpoint { .. }, Sse | WebSocket) => {
                by_library("answers of a language model are read by the lean client")
            }
            (Self::Job(_), LongPoll | HttpStream | RawTcp) => Some(format!("{transport} watches no job")),
            (Self::Job(_), Sse | WebSocket) => by_library("events of a job are read by the lean client"),
            (Self::Echo { .. }, RawTcp | HttpStream) => {
                Some(format!("{transport} is a control for pushed events, it carries no messages up"))
            }
            (Self::Echo { .. }, Sse | WebSocket) => None,
            (Self::Saturate { .. } | Self::Exact { .. }, Sse | WebSocket | HttpStream | RawTcp) => None,
            (Self::Push(_) | Self::Connect { .. } | Self::Memory { .. } | Self::Handshake { .. }, _) => None,
            (Self::Browser, _) => None,
        };
        refused.map_or(Ok(()), Err)
    }
}
