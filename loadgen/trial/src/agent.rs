//! Tool loops of an agent against a language model: what was asked, and what each loop came to, turn by turn. Refuses to
//! subtract one arm from another: `reports` does.

use serde::{Deserialize, Serialize};

/// A way to run a tool loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AgentArm {
    /// SSE, a new connection for each turn, the full history each time.
    A,
    /// SSE, one connection, the full history each time.
    B,
    /// SSE over HTTP/2, the full history each time.
    C,
    /// SSE, one connection, only what is new (`previous_response_id`).
    D,
    /// WebSocket, the full history each time.
    E,
    /// WebSocket, only what is new.
    F,
    /// The null arm: `D` a second time.
    #[serde(rename = "D'")]
    DAgain,
}

impl AgentArm {
    /// Every arm, the null arm last.
    pub const ALL: [Self; 7] = [Self::A, Self::B, Self::C, Self::D, Self::E, Self::F, Self::DAgain];

    /// The letter in records and reports.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
            Self::F => "F",
            Self::DAgain => "D′",
        }
    }

    /// Whether a turn sends what is new instead of the whole history.
    pub const fn increments(self) -> bool {
        matches!(self, Self::D | Self::F | Self::DAgain)
    }

    /// Whether it speaks WebSocket.
    pub const fn is_websocket(self) -> bool {
        matches!(self, Self::E | Self::F)
    }
}

/// What was asked of every arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentPlan {
    /// Turns of a loop.
    pub turns: u32,
    /// Blocks: each holds every arm once at each round trip.
    pub blocks: u32,
    /// Round trips that were added between client and server, nanoseconds; 0 adds nothing and needs no relay.
    pub rtts_ns: Vec<u64>,
    /// Bytes of history before the first turn.
    pub history_bytes: usize,
    /// Bytes that each turn adds to the history.
    pub growth_bytes: usize,
    /// Factor by which the model and the tools were faster than real ones.
    pub speed: f64,
    /// Nanoseconds of computing that the server spends on each byte of a request, as it states.
    pub cost_per_byte_ns: u64,
}

/// One loop of one arm. A failure is a line like any other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentLoop {
    /// The arm.
    pub arm: AgentArm,
    /// Its block.
    pub block: u32,
    /// Where in the block it stood: 0 is first.
    pub position: u32,
    /// The round trip that was added, nanoseconds.
    pub rtt_ns: u64,
    /// What came of it.
    pub outcome: AgentOutcome,
}

/// What came of a loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentOutcome {
    /// Its turns, in order.
    Measured(Vec<AgentTurn>),
    /// The arm cannot be, and why.
    Unsupported(String),
    /// It broke, and how.
    Failed(String),
}

/// One turn: a request, the answer to it, the tool that the answer calls for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentTurn {
    /// Output tokens.
    pub tokens: u32,
    /// From the request (or the dial before it) until the answer is over and the connection free, nanoseconds.
    pub answer_ns: u64,
    /// How long the model takes by its schedule: until its last content is due, nanoseconds.
    pub model_ns: u64,
    /// From the request (or the dial before it) to the first content, nanoseconds.
    pub first_content_ns: u64,
    /// When the schedule has the first content due, nanoseconds after the request.
    pub first_content_due_ns: u64,
    /// How long the tool behind the answer takes by its schedule, nanoseconds; none behind the last.
    pub tool_ns: u64,
    /// Bytes written for the request: head or frame, and body. The handshake of a WebSocket is not in it.
    pub up_bytes: u64,
    /// Bytes read for the answer, likewise.
    pub down_bytes: u64,
    /// Connections opened.
    pub connections: u32,
}

impl AgentTurn {
    /// `answer - model`: what the client waited beyond the model's schedule, nanoseconds.
    pub fn overhead_ns(&self) -> f64 {
        self.answer_ns as f64 - self.model_ns as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_keeps_its_text() {
        let turn = AgentTurn { answer_ns: 7, model_ns: 5, ..AgentTurn::default() };
        for outcome in [AgentOutcome::Measured(vec![turn]), AgentOutcome::Unsupported("why".to_owned())] {
            let one = AgentLoop { arm: AgentArm::DAgain, block: 1, position: 2, rtt_ns: 3, outcome };
            let text = serde_json::to_string(&one).unwrap();
            assert!(text.starts_with(r#"{"arm":"D'","block":1"#), "{text}");
            assert_eq!(serde_json::from_str::<AgentLoop>(&text).unwrap(), one);
        }
        assert_eq!(turn.overhead_ns(), 2.0);
    }

    #[test]
    fn the_arms_that_send_increments_and_those_on_a_websocket() {
        let letters = |of: fn(AgentArm) -> bool| {
            AgentArm::ALL.into_iter().filter(|arm| of(*arm)).map(AgentArm::letter).collect::<String>()
        };
        assert_eq!(letters(AgentArm::increments), "DFD′");
        assert_eq!(letters(AgentArm::is_websocket), "EF");
    }
}
