//! Sends the requests of a campaign: in an open loop when they are due, in a closed one when there is room. Refuses to count.

use super::campaign::Turn;
use super::exchange::{Ask, Done, Way};
use crate::interrupt::Interrupt;
use crate::progress::Waits;
use servers::clock;
use servers::pacer::{Job, Pacer};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use wire::MonoTime;

/// Times that one request is repeated when the endpoint asks to come later.
pub const MAX_RETRIES: u32 = 2;
/// Longest wait before a repetition, whatever the endpoint asks for.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// What a campaign needs beside its turns.
pub struct Drive {
    /// Where to ask.
    pub way: Arc<Way>,
    /// Requests open at one time, in a closed loop.
    pub concurrency: usize,
    /// Output tokens after which nothing more is asked.
    pub token_cap: u64,
    /// Instant from which on nothing more is asked.
    pub until: Option<MonoTime>,
    /// The user wants it to end.
    pub interrupt: Interrupt,
    /// Where waits are announced that the endpoint asks for.
    pub waits: Arc<Waits>,
}

/// Starts the turns of an open loop from the pacer's thread: tokio's timers are too coarse.
struct Starter {
    start: MonoTime,
    dues: Vec<Duration>,
    next: AtomicUsize,
    started: UnboundedSender<usize>,
}

impl Job for Starter {
    fn fire(self: Arc<Self>, now: MonoTime) -> Option<MonoTime> {
        loop {
            let next = self.next.load(Relaxed);
            let due = due_at(self.start, *self.dues.get(next)?);
            if due > now {
                return Some(due);
            }
            self.started.send(next).ok()?;
            self.next.store(next + 1, Relaxed);
        }
    }
}

fn due_at(start: MonoTime, offset: Duration) -> MonoTime {
    start.plus_nanos(u64::try_from(offset.as_nanos()).unwrap_or(u64::MAX / 2))
}

/// Which turn may begin now.
enum Starts {
    Closed { next: usize, room: usize },
    Open(UnboundedReceiver<usize>),
}

impl Starts {
    async fn next(&mut self, running: usize) -> Option<usize> {
        match self {
            Self::Closed { next, room } if running < *room => {
                *next += 1;
                Some(*next - 1)
            }
            Self::Closed { .. } => std::future::pending().await,
            Self::Open(started) => started.recv().await,
        }
    }
}

impl Drive {
    /// Sends every turn with its body and hands over what came of it; whether all were sent.
    ///
    /// # Errors
    /// When the pacer's thread cannot be started.
    pub async fn run(
        mut self,
        turns: &[Turn],
        body: impl Fn(&Turn) -> Vec<u8>,
        mut done: impl FnMut(&Turn, Done),
    ) -> io::Result<bool> {
        let pacer = Pacer::spawn()?;
        let start = clock::now();
        let mut starts = self.starts(turns, start, &pacer);
        let (mut running, mut sent, mut tokens) = (JoinSet::new(), 0, 0);
        loop {
            let in_time = self.until.is_none_or(|until| clock::now() < until);
            let more = sent < turns.len() && tokens < self.token_cap && in_time;
            if !more && running.is_empty() {
                return Ok(sent == turns.len());
            }
            let open = running.len();
            tokio::select! {
                Some(ended) = running.join_next(), if !running.is_empty() => {
                    let (index, ended): (usize, Done) = ended.map_err(io::Error::other)?;
                    tokens += ended.answer.tokens() + ended.answer.hidden_tokens();
                    done(&turns[index], ended);
                }
                Some(index) = starts.next(open), if more => {
                    let (way, turn, body) = (Arc::clone(&self.way), turns[index], body(&turns[index]));
                    let due = turn.due.map(|offset| due_at(start, offset));
                    let waits = Arc::clone(&self.waits);
                    running.spawn(async move { (index, persist(&way, &turn, &body, due, &waits).await) });
                    sent += 1;
                }
                () = self.interrupt.wait() => return Ok(false),
            }
        }
    }

    fn starts(&self, turns: &[Turn], start: MonoTime, pacer: &Pacer) -> Starts {
        let dues: Option<Vec<Duration>> = turns.iter().map(|turn| turn.due).collect();
        let Some(dues) = dues else { return Starts::Closed { next: 0, room: self.concurrency } };
        let (started, heard) = unbounded_channel();
        pacer.handle().schedule(start, Arc::new(Starter { start, dues, next: AtomicUsize::new(0), started }));
        Starts::Open(heard)
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
