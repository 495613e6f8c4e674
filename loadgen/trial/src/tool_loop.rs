//! Tool loops of an agent against a language model: what is asked in a cell, what each turn came to. Refuses to subtract one arm
//! from another: `reports` does.

use crate::{Arm, Cell, ClientKind, Workload};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wire::{Carrier, Transport};

/// Most bytes of one request: below what our servers take.
const MOST_BYTES: usize = 1 << 20;
/// Longest round trip that is added.
const LONGEST_RTT: Duration = Duration::from_secs(2);
/// A turn of the model and its tool before `speed`: TTFT 200 ms, 130 tokens of 10 ms, a tool of 275 ms on average.
const TURN: Duration = Duration::from_millis(1_775);

/// Loops of requests, each with the answer to it and the tool that the answer calls for. What the arms of a cell differ in, their
/// clients do: whether one connection serves the loop, and whether a turn sends what is new or the whole history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolLoop {
    /// Turns of a loop.
    pub turns: u32,
    /// Round trip that a relay adds between client and server; zero adds nothing and needs no relay.
    #[serde(with = "crate::span::plain")]
    pub rtt: Duration,
    /// Bytes of history before the first turn.
    pub history_bytes: usize,
    /// Bytes that each turn adds to the history.
    pub growth_bytes: usize,
    /// Factor by which the model and the tools are faster than real ones.
    pub speed: f64,
    /// Nanoseconds of computing that the server spends on each byte of a request, as it states.
    pub cost_per_byte_ns: u64,
}

impl Default for ToolLoop {
    fn default() -> Self {
        let (turns, rtt, history_bytes, growth_bytes) = (20, Duration::ZERO, 32 << 10, 2 << 10);
        Self { turns, rtt, history_bytes, growth_bytes, speed: 40.0, cost_per_byte_ns: 0 }
    }
}

impl ToolLoop {
    /// Why loops are compared.
    pub const WHY: &str =
        "what of 'WebSocket is faster for agents' is connection reuse, incremental input, the transport";

    /// What is compared, the base first: increments over SSE, which the null arm repeats; the whole history over one connection,
    /// over a new one each turn, and over HTTP/2; both over WebSocket.
    pub fn arms() -> [Arm; 6] {
        let [sse, websocket] = [Transport::Sse, Transport::WebSocket].map(Arm::of);
        let [increments, of_socket] = [sse, websocket].map(|arm| arm.read_by(ClientKind::Incremental));
        let http2 = sse.over(Carrier::H2);
        [increments, sse, sse.read_by(ClientKind::Reconnecting), http2, websocket, of_socket]
    }

    /// A cell of its own with all of these arms.
    pub fn cell(self, blocks: u32) -> Cell {
        let name = format!("tool-loop/{}", humantime::format_duration(self.rtt));
        let arms = Self::arms().to_vec();
        Cell { null: true, blocks, ..Cell::alone(&name, Self::WHY.to_owned(), Workload::ToolLoop(self), arms) }
    }

    /// Expected length of a loop and the short one before it.
    pub(crate) fn expected(&self) -> Duration {
        let read = Duration::from_nanos(self.cost_per_byte_ns).saturating_mul(self.most_bytes() as u32);
        let turn = TURN.div_f64(self.speed.max(1.0)).saturating_add(self.rtt).saturating_add(read);
        turn.saturating_mul(self.turns.saturating_add(2))
    }

    const fn most_bytes(&self) -> usize {
        self.growth_bytes.saturating_mul(self.turns as usize).saturating_add(self.history_bytes)
    }

    /// What makes it impossible to run, with the remedy.
    pub fn problem(&self) -> Option<String> {
        let most = self.most_bytes();
        let checks = [
            (!(1..=200).contains(&self.turns), "turns: must be 1 to 200".to_owned()),
            (most > MOST_BYTES, format!("history and growth: {most} bytes at the end, at most {MOST_BYTES}")),
            (!(1.0..=10_000.0).contains(&self.speed), "speed takes a factor from 1 to 10000".to_owned()),
            (self.rtt > LONGEST_RTT, "rtt takes round trips of at most 2s".to_owned()),
            (self.cost_per_byte_ns > 1_000, "cost_per_byte_ns: at most 1000".to_owned()),
        ];
        checks.into_iter().find_map(|(wrong, problem)| wrong.then_some(problem))
    }
}

/// One turn: a request, the answer to it, the tool that the answer calls for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoopTurn {
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

impl LoopTurn {
    /// `answer - model`: what the client waited beyond the model's schedule, nanoseconds.
    pub fn overhead_ns(&self) -> f64 {
        self.answer_ns as f64 - self.model_ns as f64
    }
}

/// Mean over turns; `None` without any.
pub(crate) fn mean(turns: &[LoopTurn], of: impl Fn(&LoopTurn) -> f64) -> Option<f64> {
    let sum: f64 = turns.iter().map(of).sum();
    (!turns.is_empty()).then(|| sum / turns.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arm, Figure, Measurement, Plan, Workload};

    #[test]
    fn a_plan_declares_a_loop_and_keeps_it_in_its_record() {
        let head = "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'a'\nwhy = 'b'\n";
        let arms = "arms = ['sse!incremental', 'sse!reconnecting', 'websocket']";
        let text = format!("{head}scenario = 'tool-loop'\n{arms}\nloop = {{ turns = 3, rtt = '20ms' }}\n");
        let plan = Plan::from_toml(&text).unwrap();
        let asked = ToolLoop { turns: 3, rtt: Duration::from_millis(20), ..ToolLoop::default() };
        assert_eq!(plan.cells[0].workload, Workload::ToolLoop(asked));
        let written = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&written).unwrap(), plan);
        for (line, said) in [
            ("loop = { turns = 0 }", "cell 'a': turns: must be 1 to 200"),
            ("loop = { rtt = '3s' }", "cell 'a': rtt takes round trips of at most 2s"),
            ("loop = { growth_bytes = 524288 }", "at the end, at most 1048576"),
            ("window = '1s'", "cell 'a': window means nothing to its scenario: leave it out"),
        ] {
            let text = format!("{head}scenario = 'tool-loop'\n{arms}\n{line}\n");
            let problem = Plan::from_toml(&text).unwrap_err().to_string();
            assert!(problem.contains(said), "{problem}");
        }
    }

    #[test]
    fn only_tool_loops_have_clients_that_reconnect_or_send_increments() {
        let [of_loops, connect] = ["tool-loop", "connect"].map(|scenario| {
            let text =
                format!("name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='b'\nscenario='{scenario}'\ntransports=['sse']\n");
            Plan::from_toml(&text).unwrap().cells.remove(0).workload
        });
        for (arm, runs) in [("sse", true), ("websocket!incremental", true), ("sse!reconnecting", true)]
            .into_iter()
            .chain([("raw-tcp", false), ("sse!library", false), ("sse/h2", false)])
        {
            let arm: Arm = arm.parse().unwrap();
            assert_eq!(of_loops.supports(arm).is_ok(), runs, "{arm}");
        }
        assert_eq!(
            of_loops.supports("sse/h2".parse().unwrap()).unwrap_err(),
            "sse/h2: carrier h2 is not supported yet"
        );
        let said = connect.supports("sse!incremental".parse().unwrap()).unwrap_err();
        assert_eq!(said, "the incremental client runs tool loops alone");
    }

    #[test]
    fn figures_are_means_over_turns() {
        let turn = |answer_ns, up_bytes| LoopTurn { answer_ns, model_ns: 5, up_bytes, ..LoopTurn::default() };
        let turns = vec![turn(15, 100), turn(9, 110), turn(7, 120)];
        let loops = Measurement { turns, ..Measurement::default() };
        let of = |figure: Figure| figure.of(&loops);
        assert_eq!((of(Figure::TurnOverhead), of(Figure::LaterTurnOverhead)), (Some(16.0 / 3.0), Some(3.0)));
        assert_eq!((of(Figure::FirstTurnBytesUp), of(Figure::LastTurnBytesUp)), (Some(100.0), Some(120.0)));
        assert_eq!(Figure::TurnOverhead.of(&Measurement::default()), None);
    }
}
