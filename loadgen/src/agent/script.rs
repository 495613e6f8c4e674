//! What every arm of a block asks, drawn from a seed: histories, answers, tools. Refuses to know an arm's connections.

use llm::format::{Format, message};
use rand::{RngExt as _, SeedableRng as _};
use script::{Generation, Order, Random, Spread, TokenWorkload};
use std::time::Duration;
use trial::{AgentArm, AgentPlan};
use wire::Transport;

/// The model: TTFT 200 ms, 10 ms a token, 60 to 200 tokens, before `speed`.
pub const MODEL: &str = "agent";
/// Milliseconds that a tool takes, before `speed`.
const TOOL_MS: Spread = Spread::Uniform(50.0, 500.0);
/// Seeds of answers all have ten digits, so that requests of one kind have one length.
const SEEDS: std::ops::Range<u64> = 1_000_000_000..10_000_000_000;

/// The turns of one block's loops.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The whole history as it is at the end.
    history: String,
    plan: AgentPlan,
    steps: Vec<Step>,
}

/// One turn as it is planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Seed of the answer.
    seed: u64,
    /// Output tokens.
    pub tokens: u32,
    /// When the last content is due after the request, nanoseconds.
    pub model_ns: u64,
    /// When the first content is due after the request, nanoseconds.
    pub first_content_due_ns: u64,
    /// How long the tool behind the answer takes; nothing behind the last.
    pub tool: Duration,
}

impl Script {
    /// Draws the loops of block `block` of a run; `None` only where the model does not exist.
    pub fn draw(plan: &AgentPlan, seed: u64, block: u32) -> Option<Self> {
        let model = TokenWorkload::named(MODEL)?;
        let mut random = Random::seed_from_u64(seed.wrapping_add(u64::from(block) << 32));
        let steps = (1..=plan.turns).map(|turn| step(model, plan, turn == plan.turns, &mut random)).collect();
        let bytes = plan.history_bytes + plan.growth_bytes * (plan.turns.max(1) as usize - 1);
        Some(Self { history: text(bytes, &mut random), plan: plan.clone(), steps })
    }

    /// Its turns, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The request of turn `turn` (from 0): the history so far, or what the turn before added to it.
    pub fn body(&self, arm: AgentArm, turn: usize, previous: Option<&str>) -> Vec<u8> {
        let end = self.plan.history_bytes + self.plan.growth_bytes * turn;
        // Without an id to continue from, the whole history is sent: the bytes would show it.
        let previous = previous.filter(|_| arm.increments());
        let begin = if previous.is_some() { end - self.plan.growth_bytes } else { 0 };
        let order = self.steps.get(turn).map(|step| order(step.seed, self.plan.speed).to_query());
        let input = self.history.get(begin..end).unwrap_or_default();
        let mut body = Format::OpenaiResponses.body(MODEL, input, script::MAX_TOKENS, order.as_deref());
        if let Some(previous) = previous {
            body["previous_response_id"] = previous.into();
        }
        message(transport(arm), body)
    }
}

/// What an arm's turns go over.
pub(super) fn transport(arm: AgentArm) -> Transport {
    if arm.is_websocket() { Transport::WebSocket } else { Transport::Sse }
}

fn order(seed: u64, speed: f64) -> Order {
    Order { seed, speed, ..Order::default() }
}

fn step(model: &TokenWorkload, plan: &AgentPlan, last: bool, random: &mut Random) -> Step {
    let seed = random.random_range(SEEDS);
    let answer = Generation::draw(model, &order(seed, plan.speed), None);
    let tool_ms = TOOL_MS.draw(random);
    Step {
        seed,
        tokens: answer.tokens(),
        model_ns: answer.last_content_ns(),
        first_content_due_ns: answer.first_content_ns(),
        tool: if last { Duration::ZERO } else { Duration::from_secs_f64(tool_ms / 1e3 / plan.speed) },
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

    fn plan() -> AgentPlan {
        AgentPlan {
            turns: 4,
            blocks: 1,
            rtts_ns: vec![0],
            history_bytes: 32_768,
            growth_bytes: 2_048,
            speed: 40.0,
            cost_per_byte_ns: 0,
        }
    }

    #[test]
    fn increments_do_not_grow_and_histories_grow_by_what_is_new() {
        let script = Script::draw(&plan(), 1, 0).unwrap();
        let bytes = |arm, turn| script.body(arm, turn, Some("resp_1").filter(|_| turn > 0)).len();
        for arm in [AgentArm::A, AgentArm::B, AgentArm::E] {
            assert!((1..4).all(|turn| bytes(arm, turn) == bytes(arm, 0) + 2_048 * turn), "{arm:?}");
        }
        for arm in [AgentArm::D, AgentArm::F, AgentArm::DAgain] {
            assert!(bytes(arm, 1) < 2_300 && bytes(arm, 0) > 32_768, "{arm:?}");
            assert!((2..4).all(|turn| bytes(arm, turn) == bytes(arm, 1)), "{arm:?}");
        }
    }

    #[test]
    fn one_seed_is_one_script_and_blocks_differ() {
        let draw = |seed, block| Script::draw(&plan(), seed, block).unwrap();
        assert_eq!(draw(1, 0), draw(1, 0));
        assert!(draw(1, 0) != draw(1, 1) && draw(1, 0) != draw(2, 0));
        let steps = draw(1, 0).steps;
        assert!(steps.iter().all(|step| (60..=200).contains(&step.tokens)));
        assert!(steps.iter().all(|step| step.first_content_due_ns == 5_000_000), "200 ms, 40 times as fast");
        assert!(steps[3].tool.is_zero() && steps[0].tool >= Duration::from_micros(1_250));
    }

    #[test]
    fn a_websocket_gets_the_same_question_as_an_event() {
        let script = Script::draw(&plan(), 1, 0).unwrap();
        let [sse, socket] = [AgentArm::D, AgentArm::F]
            .map(|arm| serde_json::from_slice::<Value>(&script.body(arm, 2, Some("resp_1"))).unwrap());
        assert_eq!((&sse["stream"], &socket["type"]), (&Value::from(true), &Value::from("response.create")));
        for member in ["input", "pushbench", "previous_response_id", "model"] {
            assert_eq!(sse[member], socket[member]);
        }
    }
}
