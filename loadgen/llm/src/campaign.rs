//! Sends the requests of a campaign: in an open loop when they are due, in a closed one when there is room. Refuses to count.

use crate::exchange::{Ask, Done, Way};
use crate::format::message;
use crate::questions::Question;
use crate::score::Score;
use crate::turns::Turn;
use crate::waits::Waits;
use servers::clock;
use servers::pacer::{Pacer, PacerHandle};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::sync::oneshot::Receiver;
use tokio::task::JoinSet;
use trial::{AnswerSlo, LlmCounts};
use wire::MonoTime;

/// Times that one request is repeated when the endpoint asks to come later.
pub const MAX_RETRIES: u32 = 2;
/// Longest wait before a repetition, whatever the endpoint asks for.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Requests to send, and how.
pub struct Campaign {
    /// Where to ask.
    pub way: Arc<Way>,
    /// Which model.
    pub model: String,
    /// What is asked.
    pub questions: Vec<Question>,
    /// Which arm is asked which of the questions, in the order in which they are sent.
    pub turns: Vec<Turn>,
    /// Requests open at one time, in a closed loop.
    pub concurrency: usize,
    /// Output tokens after which nothing more is asked.
    pub token_cap: u64,
    /// How long from the start anything is asked; `None` until all is.
    pub length: Option<Duration>,
    /// Where waits are announced that the endpoint asks for.
    pub waits: Arc<Waits>,
}

/// A request that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Which it was.
    pub turn: Turn,
    /// What came of it.
    pub done: Done,
    /// When it ended.
    pub at: MonoTime,
}

/// Waits until a turn may begin: when it is due, or in a closed loop when there is room.
async fn begins(due: Option<MonoTime>, room: bool, bell: &mut Option<Receiver<()>>, pacer: &PacerHandle) {
    match due {
        Some(due) if due > clock::now() => _ = bell.get_or_insert_with(|| pacer.ring(due)).await,
        None if !room => std::future::pending().await,
        _ => {}
    }
}

impl Campaign {
    /// A campaign that has nothing to ask yet, and no cap.
    pub fn over(way: Arc<Way>, model: &str, concurrency: u32, say: fn(&str)) -> Self {
        let (questions, turns, waits) = (Vec::new(), Vec::new(), Arc::new(Waits::new(say)));
        let (model, concurrency) = (model.to_owned(), concurrency as usize);
        Self { way, model, questions, turns, concurrency, token_cap: u64::MAX, length: None, waits }
    }

    /// The score of its requests before the first of them; `clock_offset_ns` is added to the server's instants, where its
    /// clock is known.
    pub fn score(&self, slo: Option<AnswerSlo>, clock_offset_ns: Option<i64>) -> Score {
        let (format, model, good) = (self.way.format.to_string(), self.model.clone(), slo.map(|_| 0));
        let counts = LlmCounts { format, model, slo, good, ..LlmCounts::default() };
        Score::of(counts, clock_offset_ns, self.way.secrets.clone())
    }

    /// Sends every turn until `stop`, and hands over what has ended; whether all were sent.
    ///
    /// # Errors
    /// When the pacer's thread cannot be started.
    pub async fn run(&self, stop: impl Future<Output = ()>, ended: Sender<Ended>) -> io::Result<bool> {
        let (pacer, start) = (Pacer::spawn()?, clock::now());
        let until = self.length.map(|length| start + length);
        let (mut stop, handle, mut bell) = (pin!(stop), pacer.handle(), None);
        let (mut running, mut sent, mut tokens) = (JoinSet::new(), 0, 0);
        loop {
            let in_time = until.is_none_or(|until| clock::now() < until);
            let next = self.turns.get(sent).filter(|_| tokens < self.token_cap && in_time);
            if next.is_none() && running.is_empty() {
                return Ok(sent == self.turns.len());
            }
            let due = next.and_then(|turn| turn.due).map(|offset| start + offset);
            let room = running.len() < self.concurrency;
            tokio::select! {
                Some(one) = running.join_next(), if !running.is_empty() => {
                    let (turn, done): (Turn, Done) = one.map_err(io::Error::other)?;
                    tokens += done.answer.tokens() + done.answer.hidden_tokens();
                    // Whoever does not wait for it does not want it.
                    let _ = ended.send(Ended { turn, done, at: clock::now() });
                }
                () = begins(due, room, &mut bell, &handle), if next.is_some() => {
                    let turn = self.turns[sent];
                    let (way, waits, body) = (Arc::clone(&self.way), Arc::clone(&self.waits), self.body(&turn));
                    running.spawn(async move { (turn, persist(&way, &turn, &body, due, &waits).await) });
                    (sent, bell) = (sent + 1, None);
                }
                () = &mut stop => return Ok(false),
            }
        }
    }

    /// The request of one turn: a WebSocket wraps it into an event.
    fn body(&self, turn: &Turn) -> Vec<u8> {
        let Question { prompt, max_tokens, order } = &self.questions[turn.question as usize];
        let order = order.as_ref().map(script::Order::to_query);
        message(turn.arm.protocol, self.way.format.body(&self.model, &prompt.text(), *max_tokens, order.as_deref()))
    }
}

/// Asks, and asks again when the endpoint wants that. The request began when it first began: the user waited since.
async fn persist(way: &Way, turn: &Turn, body: &[u8], due: Option<MonoTime>, waits: &Waits) -> Done {
    let lag_ns = due.map(|due| clock::now().nanos_since(due));
    let Turn { index, arm, cancel_after, .. } = *turn;
    let ask = Ask { number: u64::from(index), arm, body, due, cancel_after };
    let mut done = way.ask(&ask).await;
    let begin = done.answer.begin;
    for retry in 1..=MAX_RETRIES {
        let asked = done.failure.as_ref().and_then(|failure| Some((failure, failure.retry_after()?.min(MAX_WAIT))));
        let Some((failure, wait)) = asked else { break };
        waits.begin(&way.secrets.hide(&failure.to_string()), wait);
        tokio::time::sleep(wait).await;
        waits.end();
        let again = way.ask(&Ask { due: Some(begin), ..ask }).await;
        done = Done {
            retries: retry,
            dialled: done.dialled.or(again.dialled),
            bytes_in: done.bytes_in + again.bytes_in,
            bytes_out: done.bytes_out + again.bytes_out,
            ..again
        };
    }
    done.dispatch_lag_ns = lag_ns;
    done
}
