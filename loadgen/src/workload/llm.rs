//! Ask our own language-model service the questions of a cell, and read its answers over connections that stand. Refuses
//! to count an answer whose text is not the one that was drawn.

use super::session::Session;
use super::{Observer, Order, TrialError};
use crate::interrupt::Interrupt;
use crate::{host, print};
use llm::answer::digest;
use llm::campaign::{Campaign, Ended};
use llm::exchange::Way;
use llm::format::Format;
use llm::questions::{Prompt, Question, questions};
use llm::score::Score;
use llm::turns::{Pace, turns};
use script::{MAX_TOKENS, TokenWorkload};
use servers::clock;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;
use trial::{LlmLoad, Measurement, Timing};

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
    host::admit(u64::from(streams), 1, session.dialer.route())
        .map_err(|error| TrialError::Broken(error.to_string()))?;
    let campaign = campaign(order, session, workload, &observer, (streams, llm, timing));
    warm_up(order, llm, (streams, timing.warmup), &campaign.way, &observer.interrupt).await?;
    let before = session.snapshot().await;
    let ended = ask(&campaign, &observer.interrupt).await?;
    let after = session.snapshot().await;
    let mut score = scored(&campaign, ended, workload, session.clock.offset_ns)?;
    score.witnessed(session.witnessed(score.stretch()).await.as_ref());
    let (mut measurement, _) = score.finish();
    // Each answer is whole, or it would have another text.
    measurement.counters.expected = Some(measurement.counters.received);
    let (server, client) = after.since(&before);
    (measurement.server, measurement.client) = (server, Some(client));
    Ok(measurement)
}

/// What this server is asked, and how.
fn campaign(
    order: &Order,
    session: &Session,
    workload: &TokenWorkload,
    observer: &Observer,
    (streams, llm, timing): (u32, &LlmLoad, Timing),
) -> Campaign {
    let (questions, pace) = questions(&order.cell.workload, order.seed);
    let answers = questions.iter().take(1_000).filter_map(|question| question.answer(workload));
    let silence = SILENCE + Duration::from_nanos(answers.map(|answer| answer.last_content_ns()).max().unwrap_or(0));
    let (dialer, endpoint) = (session.dialer.clone(), &session.endpoint);
    let way = Way::new(dialer, &endpoint.authority, endpoint.path(), FORMAT, order.headers.clone(), silence);
    let way = Arc::new(Way { log: observer.log.clone(), ..way });
    Campaign {
        turns: turns(questions.len() as u32, &[order.arm], pace, order.seed),
        questions,
        length: (!llm.is_paced()).then_some(timing.window),
        ..Campaign::over(way, &llm.workload, streams, print::waits)
    }
}

/// Opens every connection by asking something short over each, all at once, until the warm-up is over.
async fn warm_up(
    order: &Order,
    llm: &LlmLoad,
    (streams, length): (u32, Duration),
    way: &Arc<Way>,
    interrupt: &Interrupt,
) -> Result<(), TrialError> {
    let short = LlmLoad { tokens: Some(WARM_UP.0), speed: (llm.speed * WARM_UP.1).max(WARM_UP.1), ..llm.clone() };
    let question = Question { prompt: Prompt::Words(1), max_tokens: MAX_TOKENS, order: Some(short.order(order.seed)) };
    let campaign = Campaign {
        questions: vec![question; streams as usize],
        turns: turns(streams, &[order.arm], Pace::Closed, order.seed),
        ..Campaign::over(Arc::clone(way), &llm.workload, streams, print::waits)
    };
    let until = clock::now() + length;
    loop {
        let ended = ask(&campaign, interrupt).await?;
        if let Some(failure) = ended.into_iter().find_map(|ended| ended.done.failure) {
            return Err(TrialError::Broken(format!("warm-up: {failure}")));
        }
        if clock::now() >= until || interrupt.came() {
            return Ok(());
        }
    }
}

/// Asks everything; answers are only kept, since scoring one would delay the events of the others.
async fn ask(campaign: &Campaign, interrupt: &Interrupt) -> Result<Vec<Ended>, TrialError> {
    let (hand_over, ended) = channel();
    campaign.run(interrupt.clone().wait(), hand_over).await?;
    Ok(ended.into_iter().collect())
}

/// Every answer, held against the one that was drawn.
fn scored(
    campaign: &Campaign,
    ended: Vec<Ended>,
    workload: &TokenWorkload,
    clock_offset_ns: i64,
) -> Result<Score, TrialError> {
    if let Some(failure) = ended.iter().find_map(|ended| ended.done.failure.as_ref()) {
        return Err(TrialError::Broken(failure.to_string()));
    }
    let mut score = campaign.score(None, Some(clock_offset_ns));
    for Ended { turn, done, at } in &ended {
        let drawn = campaign.questions[turn.question as usize].answer(workload);
        if drawn.is_none_or(|answer| digest(&answer.text()) != done.answer.text) {
            return Err(TrialError::Broken(format!("answer {} has another text than was drawn", turn.index)));
        }
        score.add(done, *at);
    }
    Ok(score)
}
