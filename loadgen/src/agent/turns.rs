//! One loop of one arm: ask, read the answer, wait for the tool, ask again. Refuses to keep a connection beyond its loop.

use super::script::{Script, Step, transport};
use llm::exchange::{Ask, Done, Way};
use llm::failure::Failure;
use servers::clock;
use servers::pacer::PacerHandle;
use std::sync::PoisonError;
use trial::{AgentArm, AgentTurn, Arm};

/// Runs the loop over a way that has no connection yet.
///
/// # Errors
/// The first [`Failure`] of a turn: a loop with a hole in it is none.
pub async fn run(way: &Way, pacer: &PacerHandle, arm: AgentArm, script: &Script) -> Result<Vec<AgentTurn>, Failure> {
    let over = Arm::of(transport(arm));
    let (mut turns, mut previous) = (Vec::new(), None);
    for (index, step) in script.steps().iter().enumerate() {
        let body = script.body(arm, index, previous.as_deref());
        let begin = clock::now();
        let ask = Ask { number: index as u64, arm: over, body: &body, due: Some(begin), cancel_after: None };
        let mut done = way.ask(&ask).await;
        let answer_ns = clock::now().nanos_since(begin);
        if let Some(failure) = done.failure {
            return Err(failure);
        }
        previous = done.answer.response_id.take();
        turns.push(turn(step, &done, answer_ns));
        if arm == AgentArm::A {
            way.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        if !step.tool.is_zero() {
            // A pacer that has ended ends the pause too.
            let _ = pacer.ring(clock::now() + step.tool).await;
        }
    }
    Ok(turns)
}

fn turn(step: &Step, done: &Done, answer_ns: u64) -> AgentTurn {
    AgentTurn {
        tokens: step.tokens,
        answer_ns,
        model_ns: step.model_ns,
        first_content_ns: done.answer.times().ttft_ns.unwrap_or(answer_ns),
        first_content_due_ns: step.first_content_due_ns,
        tool_ns: step.tool.as_nanos() as u64,
        up_bytes: done.bytes_out,
        down_bytes: done.bytes_in,
        connections: u32::from(done.dialled.is_some()),
    }
}
