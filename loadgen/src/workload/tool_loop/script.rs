//! What every arm of a block asks, drawn from its seed: histories, answers, tools. Refuses to know an arm's connections.

use super::TrialError;
use llm::format::{Format, message};
use rand::{RngExt as _, SeedableRng as _};
use script::{Generation, Order, Random, Spread, TokenWorkload};
use std::time::Duration;
use trial::{Arm, ClientKind, ToolLoop};

/// The model: TTFT 200 ms, 10 ms a token, 60 to 200 tokens, before `speed`.
const MODEL: &str = "agent";
/// Milliseconds that a tool takes, before `speed`.
const TOOL_MS: Spread = Spread::Uniform(50.0, 500.0);
/// Seeds of answers all have ten digits, so that requests of one kind have one length.
const SEEDS: std::ops::Range<u64> = 1_000_000_000..10_000_000_000;

/// The turns of one block's loops.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Script {
    /// The whole history as it is at the end.
    history: String,
    asked: ToolLoop,
    steps: Vec<Step>,
}

/// One turn as it is planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// Seed of the answer.
    seed: u64,
    /// Output tokens.
    pub(super) tokens: u32,
    /// When the last content is due after the request, nanoseconds.
    pub(super) model_ns: u64,
    /// When the first content is due after the request, nanoseconds.
    pub(super) first_content_due_ns: u64,
    /// How long the tool behind the answer takes; nothing behind the last.
    pub(super) tool: Duration,
}

impl Script {
    /// Draws the loop of all arms of a block.
    ///
    /// # Errors
    /// [`TrialError::Unsupported`] only where the model does not exist.
    pub(super) fn draw(asked: ToolLoop, seed: u64) -> Result<Self, TrialError> {
        let model = TokenWorkload::named(MODEL).ok_or_else(|| TrialError::Unsupported(format!("no model {MODEL}")))?;
        let (mut random, turns) = (Random::seed_from_u64(seed), asked.turns);
        let steps = (1..=turns).map(|turn| step(model, asked.speed, turn == turns, &mut random)).collect();
        let bytes = asked.history_bytes + asked.growth_bytes * (turns.max(1) as usize - 1);
        Ok(Self { history: text(bytes, &mut random), asked, steps })
    }

    /// Its turns, in order.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The request of turn `turn` (from 0): the history so far, or what the turn before added to it.
    pub(super) fn body(&self, arm: Arm, turn: usize, previous: Option<&str>) -> Vec<u8> {
        let ToolLoop { history_bytes, growth_bytes, speed, .. } = self.asked;
        let end = history_bytes + growth_bytes * turn;
        // Without an id to continue from, the whole history is sent: the bytes would show it.
        let previous = previous.filter(|_| arm.client == ClientKind::Incremental);
        let begin = if previous.is_some() { end - growth_bytes } else { 0 };
        let order = self.steps.get(turn).map(|step| order(step.seed, speed).to_query());
        let input = self.history.get(begin..end).unwrap_or_default();
        let mut body = Format::OpenaiResponses.body(MODEL, input, script::MAX_TOKENS, order.as_deref());
        if let Some(previous) = previous {
            body["previous_response_id"] = previous.into();
        }
        message(arm.protocol, body)
    }
}

fn order(seed: u64, speed: f64) -> Order {
    Order { seed, speed, ..Order::default() }
}

fn step(model: &TokenWorkload, speed: f64, last: bool, random: &mut Random) -> Step {
    let seed = random.random_range(SEEDS);
    let answer = Generation::draw(model, &order(seed, speed), None);
    let tool_ms = TOOL_MS.draw(random);
    Step {
        seed,
        tokens: answer.tokens(),
        model_ns: answer.last_content_ns(),
        first_content_due_ns: answer.first_content_ns(),
        tool: if last { Duration::ZERO } else { Duration::from_secs_f64(tool_ms / 1e3 / speed) },
    }
}

/// Words of random letters: as many bytes in JSON as here.
fn text(bytes: usize, random: &mut Random) -> String {
    (0..bytes).map(|at| if at % 6 == 5 { ' ' } else { char::from(random.random_range(b'a'..=b'z')) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn draw(seed: u64) -> Script {
        Script::draw(ToolLoop { turns: 4, ..ToolLoop::default() }, seed).unwrap()
    }

    fn arms(client: ClientKind) -> impl Iterator<Item = Arm> {
        ToolLoop::arms().into_iter().filter(move |arm| arm.client == client)
    }

    #[test]
    fn increments_do_not_grow_and_histories_grow_by_what_is_new() {
        let script = draw(1);
        let bytes = |arm, turn| script.body(arm, turn, Some("resp_1").filter(|_| turn > 0)).len();
        for arm in arms(ClientKind::Lean).chain(arms(ClientKind::Reconnecting)) {
            assert!((1..4).all(|turn| bytes(arm, turn) == bytes(arm, 0) + 2_048 * turn), "{arm:?}");
        }
        for arm in arms(ClientKind::Incremental) {
            assert!(bytes(arm, 1) < 2_300 && bytes(arm, 0) > 32_768, "{arm:?}");
            assert!((2..4).all(|turn| bytes(arm, turn) == bytes(arm, 1)), "{arm:?}");
        }
    }

    #[test]
    fn one_seed_is_one_script() {
        assert_eq!(draw(1), draw(1));
        assert!(draw(1) != draw(2));
        let steps = draw(1).steps;
        assert!(steps.iter().all(|step| (60..=200).contains(&step.tokens)));
        assert!(steps.iter().all(|step| step.first_content_due_ns == 5_000_000), "200 ms, 40 times as fast");
        assert!(steps[3].tool.is_zero() && steps[0].tool >= Duration::from_micros(1_250));
    }

    #[test]
    fn a_websocket_gets_the_same_question_as_an_event() {
        let script = draw(1);
        let asked = |arm| serde_json::from_slice::<Value>(&script.body(arm, 2, Some("resp_1"))).unwrap();
        let [sse, socket] = [0, 5].map(|arm| asked(ToolLoop::arms()[arm]));
        assert_eq!((&sse["stream"], &socket["type"]), (&Value::from(true), &Value::from("response.create")));
        for member in ["input", "pushbench", "previous_response_id", "model"] {
            assert_eq!(sse[member], socket[member]);
        }
    }
}
