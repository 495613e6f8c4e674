//! Ask our own language-model service the questions of a cell, and read its answers over connections that stand. Refuses
//! to count an answer whose text is not the one that was drawn.

use super::session::Session;
use super::{Observer, Order, TrialError};
use crate::client::Request;
use crate::host;
use crate::interrupt::Interrupt;
use crate::llm::answer::digest;
use crate::llm::campaign::Turn;
use crate::llm::drive::Drive;
use crate::llm::exchange::{Done, LONGEST, Way};
use crate::llm::format::{Format, message};
use crate::llm::schedule::{Question, questions};
use crate::llm::score::Score;
use crate::redact::Secrets;
use servers::clock;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use trial::{Arm, LlmCounts, LlmLoad, Measurement, Timing};
use wire::llm::{MAX_TOKENS, Workload};
use wire::{MonoTime, Transport};

/// The one API that both transports have.
const FORMAT: Format = Format::OpenaiResponses;
/// Longest wait for an event that is due.
const SILENCE: Duration = Duration::from_secs(10);
/// Warm-up answers: so many tokens, so much faster than those that count.
const WARM_UP: (u32, f64) = (16, 10.0);

/// Runs one trial of scenario `llm`.
///
/// # Errors
/// [`TrialError`] when any request fails.
pub(super) async fn run(
    order: &Order,
    session: &mut Session,
    observer: Observer,
    (streams, llm, timing): (u32, &LlmLoad, Timing),
) -> Result<Measurement, TrialError> {
    let Some(workload) = llm.parameters() else {
        return Err(TrialError::Unsupported("the cell has no workload of a language model".to_owned()));
    };
    host::admit(u64::from(streams), session.dialer.addresses().first().copied())
        .map_err(|error| TrialError::Broken(error.to_string()))?;
    let asked = questions(&order.cell.workload, order.seed);
    let way = Arc::new(way(order, session, &asked, workload, &observer));
    let interrupt = observer.interrupt.clone();
    warm_up((streams, timing.warmup), llm, order, &way, &interrupt).await?;
    let before = session.snapshot().await;
    let ended = ask((streams, timing.window), llm, &asked, order.arm, &way, &interrupt).await?;
    let after = session.snapshot().await;
    let mut score = scored(&asked, ended, llm, workload, session.clock.offset_ns)?;
    score.witnessed(session.witnessed(score.stretch()).await.as_ref());
    let (mut measurement, _) = score.finish();
    // Each answer is whole, or it would have another text.
    measurement.counters.expected = Some(measurement.counters.received);
    let (server, client) = after.since(&before);
    (measurement.server, measurement.client) = (server, Some(client));
    Ok(measurement)
}

/// How to ask this server.
fn way(order: &Order, session: &Session, asked: &[Question], workload: &Workload, observer: &Observer) -> Way {
    let longest_ns = asked.iter().take(1_000).map(|question| question.answer(workload).last_content_ns()).max();
    let json = ("Content-Type".to_owned(), "application/json".to_owned());
    let request = session.request(order, FORMAT.path(session.endpoint.path()));
    let headers: Vec<_> = std::iter::once(json).chain(request.headers.clone()).collect();
    Way {
        secrets: Secrets::of(&headers, &request.path_and_query),
        cancels: false,
        dialer: session.dialer.clone(),
        request: Request { method: "POST".to_owned(), headers, ..request },
        format: FORMAT,
        silence: SILENCE + Duration::from_nanos(longest_ns.unwrap_or(0)),
        longest: LONGEST,
        log: observer.log.clone(),
        idle: Mutex::default(),
    }
}

/// Opens every connection by asking something short over each, all at once, until the warm-up is over.
async fn warm_up(
    (streams, length): (u32, Duration),
    llm: &LlmLoad,
    order: &Order,
    way: &Arc<Way>,
    interrupt: &Interrupt,
) -> Result<(), TrialError> {
    let short = LlmLoad { tokens: Some(WARM_UP.0), speed: (llm.speed * WARM_UP.1).max(WARM_UP.1), ..llm.clone() };
    let question = Question { due: None, order: short.order(order.seed), input_tokens: 1 };
    let turn = |index| Turn { index, question: index, arm: order.arm, block: 0, due: None, cancel_after: None };
    let turns: Vec<_> = (0..streams).map(turn).collect();
    let until = clock::now() + length;
    loop {
        let mut failed = None;
        let body = |turn: &Turn| body(llm, &question, turn.arm.protocol);
        drive(streams, None, way, interrupt)
            .run(&turns, body, |_, done| failed = failed.take().or(done.failure))
            .await?;
        if let Some(failure) = failed {
            return Err(TrialError::Broken(format!("warm-up: {failure}")));
        }
        if clock::now() >= until || interrupt.came() {
            return Ok(());
        }
    }
}

fn drive(streams: u32, until: Option<MonoTime>, way: &Arc<Way>, interrupt: &Interrupt) -> Drive {
    Drive {
        way: Arc::clone(way),
        concurrency: streams as usize,
        token_cap: u64::MAX,
        until,
        interrupt: interrupt.clone(),
        waits: Arc::default(),
    }
}

/// A request that has ended: its number, what came, when.
type Ended = (usize, Done, MonoTime);

/// Asks everything; answers are only kept, since scoring one would delay the events of the others.
async fn ask(
    (streams, length): (u32, Duration),
    llm: &LlmLoad,
    asked: &[Question],
    arm: Arm,
    way: &Arc<Way>,
    interrupt: &Interrupt,
) -> Result<Vec<Ended>, TrialError> {
    let turn = |(question, index): (&Question, u32)| {
        let due = question.due;
        Turn { index, question: index, arm, block: 0, due, cancel_after: None }
    };
    let turns: Vec<_> = asked.iter().zip(0..).map(turn).collect();
    let until = (!llm.is_paced()).then(|| clock::now() + length);
    let mut ended = Vec::new();
    let body = |turn: &Turn| body(llm, &asked[turn.index as usize], arm.protocol);
    let keep = |turn: &Turn, done| ended.push((turn.index as usize, done, clock::now()));
    drive(streams, until, way, interrupt).run(&turns, body, keep).await?;
    Ok(ended)
}

/// The request of one question: both transports are asked the same.
fn body(llm: &LlmLoad, question: &Question, transport: Transport) -> Vec<u8> {
    let prompt = " word".repeat(question.input_tokens as usize);
    message(transport, FORMAT.body(&llm.workload, &prompt, MAX_TOKENS, Some(&question.order.to_query())))
}

/// Every answer, held against the one that was drawn.
fn scored(
    asked: &[Question],
    ended: Vec<Ended>,
    llm: &LlmLoad,
    workload: &Workload,
    clock_offset_ns: i64,
) -> Result<Score, TrialError> {
    if let Some(failure) = ended.iter().find_map(|(_, done, _)| done.failure.as_ref()) {
        return Err(TrialError::Broken(failure.to_string()));
    }
    let counts = LlmCounts { format: FORMAT.to_string(), model: llm.workload.clone(), ..LlmCounts::default() };
    let mut score = Score::of(counts, Some(clock_offset_ns), Secrets::default());
    for (index, done, end) in &ended {
        if digest(&asked[*index].answer(workload).text()) != done.answer.text {
            return Err(TrialError::Broken(format!("answer {index} has another text than was drawn")));
        }
        score.add(done, *end);
    }
    Ok(score)
}
