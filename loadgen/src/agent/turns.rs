//! One loop of one arm: ask, read the answer, wait for the tool, ask again. Refuses to keep a connection beyond its loop.

use super::script::{Script, Step};
use crate::llm::exchange::{Done, Failure, Way};
use servers::clock;
use servers::pacer::{Job, PacerHandle};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use trial::{AgentArm, AgentTurn};
use wire::{MonoTime, Transport};

/// Rings once, from the pacer's thread: tokio's timers are too coarse.
struct Bell(Mutex<Option<oneshot::Sender<()>>>);

impl Job for Bell {
    fn fire(self: Arc<Self>, _: MonoTime) -> Option<MonoTime> {
        // Nobody may be waiting any more: an interrupt ends a loop.
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).take().map(|bell| bell.send(()));
        None
    }
}

/// Runs the loop over a way that has no connection yet.
///
/// # Errors
/// The first [`Failure`] of a turn: a loop with a hole in it is none.
pub async fn run(way: &Way, pacer: &PacerHandle, arm: AgentArm, script: &Script) -> Result<Vec<AgentTurn>, Failure> {
    let transport = if arm.is_websocket() { Transport::WebSocket } else { Transport::Sse };
    let (mut turns, mut previous) = (Vec::new(), None);
    for (index, step) in script.steps().iter().enumerate() {
        let body = script.body(arm, index, previous.as_deref());
        let begin = clock::now();
        let mut done = way.ask(index as u64, transport, &body, Some(begin)).await;
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
            pause(pacer, step.tool).await;
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

async fn pause(pacer: &PacerHandle, length: Duration) {
    let (bell, rung) = oneshot::channel();
    let at = clock::now().plus_nanos(length.as_nanos() as u64);
    pacer.schedule(at, Arc::new(Bell(Mutex::new(Some(bell)))));
    // A pacer that has ended drops the bell, which ends the pause too.
    let _ = rung.await;
}
