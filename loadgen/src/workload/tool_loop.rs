//! One tool loop: ask, read the answer, wait for the tool, ask again; over a relay where a round trip is added. Refuses to keep a
//! connection beyond its loop.

mod script;

use super::session::{DIAL_LIMIT, Session};
use super::{Order, TrialError};
use crate::distance::Distance;
use client::Dialer;
use client::endpoint::Endpoint;
use llm::exchange::{Ask, Done, Way};
use llm::format::Format;
use script::{Script, Step};
use servers::clock;
use servers::pacer::{Pacer, PacerHandle};
use std::sync::PoisonError;
use std::time::Duration;
use trial::{Arm, ClientKind, Counters, LoopTurn, Measurement, ToolLoop};

/// Longest silence of an answer: a loop that is scaled down has none of seconds.
const SILENCE: Duration = Duration::from_secs(30);

/// Runs one trial of scenario `tool-loop`.
///
/// # Errors
/// [`TrialError`] when a turn fails: a loop with a hole in it is none.
pub(super) async fn run(order: &Order, session: &mut Session, asked: &ToolLoop) -> Result<Measurement, TrialError> {
    let (stated, wanted) = (session.facts.llm.cost_per_byte_ns, asked.cost_per_byte_ns);
    if stated != wanted {
        let why = format!("the server spends {stated} ns on each byte of a request; this cell asks for {wanted} ns");
        return Err(TrialError::Unsupported(why));
    }
    let (dialer, _relay) = dialer(order, session, asked.rtt).await?;
    let (pacer, fresh) = (Pacer::spawn()?, way(order, session, dialer.clone()));
    let warm = way(order, session, dialer);
    let [script, short] = [(asked.clone(), order.seed), (ToolLoop { turns: 2, ..asked.clone() }, 0)]
        .map(|(asked, seed)| Script::draw(asked, seed));
    // A short loop, thrown away: the first request of a process is slower than any other.
    turns(&warm, &pacer.handle(), order.arm, &short?).await?;
    drop(warm);
    let before = session.snapshot().await;
    let turns = turns(&fresh, &pacer.handle(), order.arm, &script?).await?;
    let (server, client) = session.snapshot().await.since(&before);
    let connections = turns.iter().map(|turn| u64::from(turn.connections)).sum();
    let counters = Counters { connections, requests: turns.len() as u64, ..Counters::default() };
    let (window_ns, client) = (client.elapsed_ns, Some(client));
    Ok(Measurement { window_ns, counters, turns, server, client, ..Measurement::default() })
}

/// What dials the server, and the relay that it dials instead where a round trip is added.
async fn dialer(order: &Order, session: &Session, rtt: Duration) -> Result<(Dialer, Option<Distance>), TrialError> {
    let broken = |error: client::DialError| TrialError::Broken(error.to_string());
    let address = session.dialer.addresses().first().copied();
    let Some(address) = address.filter(|_| !rtt.is_zero()) else { return Ok((session.dialer.clone(), None)) };
    if session.endpoint.tls {
        return Err(TrialError::Unsupported("a relay that adds a round trip would break TLS".to_owned()));
    }
    let relay = Distance::open(address, rtt.as_nanos() as u64)?;
    let at = relay.address();
    let near = Endpoint { host: at.ip().to_string(), port: at.port(), ..session.endpoint.clone() };
    let dialer = Dialer::resolve(&near, None, DIAL_LIMIT).await.map_err(broken)?;
    Ok((dialer.from_sources(&order.sources), Some(relay)))
}

/// A way without connections.
fn way(order: &Order, session: &Session, dialer: Dialer) -> Way {
    let headers = order.headers.clone();
    let way = Way::new(dialer, &session.endpoint.authority, "/", Format::OpenaiResponses, headers, SILENCE);
    Way { cancels: true, ..way }
}

/// Runs a loop over a way that has no connection yet.
async fn turns(way: &Way, pacer: &PacerHandle, arm: Arm, script: &Script) -> Result<Vec<LoopTurn>, TrialError> {
    let (mut turns, mut previous) = (Vec::new(), None);
    for (index, step) in script.steps().iter().enumerate() {
        let body = script.body(arm, index, previous.as_deref());
        let begin = clock::now();
        let ask = Ask { number: index as u64, arm, body: &body, due: Some(begin), cancel_after: None };
        let mut done = way.ask(&ask).await;
        let answer_ns = clock::now().nanos_since(begin);
        if let Some(failure) = done.failure {
            return Err(TrialError::Broken(failure.to_string()));
        }
        previous = done.answer.response_id.take();
        turns.push(turn(step, &done, answer_ns));
        if arm.client == ClientKind::Reconnecting {
            way.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        if !step.tool.is_zero() {
            // A pacer that has ended ends the pause too.
            let _ = pacer.ring(clock::now() + step.tool).await;
        }
    }
    Ok(turns)
}

fn turn(step: &Step, done: &Done, answer_ns: u64) -> LoopTurn {
    LoopTurn {
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
