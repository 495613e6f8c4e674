//! A message up and its answer down, on the client's open-loop schedule; timed from when the message was due.
//!
//! WebSocket sends a frame on the connection of its events. SSE sends a POST on a keep-alive connection of its own and
//! receives the answer as an event. Only the client's clock is involved.

use super::message::{DueMessage, sent};
use super::session::Session;
use super::subscription::quiet;
use super::uplink::Uplink;
use super::{Order, TrialError};
use client::recorder::{Reading, Recorder};
use client::stream::{Stream, StreamError};
use client::window::{Basis, Window};
use client::worker::Worker;
use servers::clock;
use servers::pacer::{Job, Pacer};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use trial::{Content, Measurement, Pace, Timing, Usage};
use wire::{Dues, MonoTime, Payload, Schedule, Subscription};

/// Longest wait for streams to open, and for answers behind the window.
const LIMIT: Duration = Duration::from_secs(5);
/// From the decision to start to the first message.
const LEAD: Duration = Duration::from_millis(20);

/// Messages of the client's schedule: over how many streams, and for how long.
pub(super) struct Asked {
    pub(super) connections: u32,
    pub(super) pace: Pace,
    pub(super) content: Content,
    pub(super) timing: Timing,
}

/// Runs one trial of scenario `echo`.
///
/// # Errors
/// [`TrialError`] when a stream breaks or does not open.
pub(super) async fn run(order: &Order, session: &mut Session, asked: Asked) -> Result<Measurement, TrialError> {
    let window = Arc::new(Window::of(Basis::Due, asked.timing));
    let payload = Arc::new(Payload::new(asked.content.payload_bytes));
    let worker = Worker::new(Recorder::new(Reading::Echo(Arc::clone(&payload)), Arc::clone(&window), 0, None));
    let (server, client) = exchange(order, session, asked, &payload, &worker).await?;
    let mut recorder = worker.finish()?;
    let seen = session.neighbour(window.stretch()).await;
    recorder.witnessed(seen.as_ref(), session.clock.offset_ns);
    let (mut measurement, _) = recorder.finish();
    (measurement.server, measurement.client) = (server, Some(client));
    let counters = &mut measurement.counters;
    counters.expected = Some(counters.messages_sent);
    counters.lost = counters.messages_sent.saturating_sub(counters.received - counters.duplicates);
    Ok(measurement)
}

async fn exchange(
    order: &Order,
    session: &mut Session,
    Asked { connections, pace, content, timing }: Asked,
    payload: &Arc<Payload>,
    worker: &Worker,
) -> Result<(Option<Usage>, Usage), TrialError> {
    let mut tasks = JoinSet::new();
    let mut lines = Vec::new();
    for index in 0..connections {
        let line = open(order, session, content, (payload, worker), index, &mut tasks).await;
        lines.push(line.map_err(|error| TrialError::Broken(error.to_string()))?);
    }
    let begin = clock::now() + LEAD;
    let pacer = Pacer::spawn()?;
    pacer.handle().schedule(begin, Arc::new(Messages::new(pace, timing, order.seed, begin, lines)));
    sleep(LEAD + timing.warmup).await;
    let before = session.snapshot().await;
    sleep(timing.window).await;
    drained(&mut tasks, worker).await?;
    let after = session.snapshot().await;
    drop(pacer);
    tasks.shutdown().await;
    let (mut server, mut client) = after.since(&before);
    if let Some((server, messages)) = server.as_mut().zip(after.messages_since(&before)) {
        (server.events, client.events) = (messages, messages);
    }
    Ok((server, client))
}

/// Waits until every message is answered, or until the limit: what is then missing counts as lost.
async fn drained(tasks: &mut JoinSet<Result<(), StreamError>>, worker: &Worker) -> Result<(), TrialError> {
    let answered = async {
        loop {
            sleep(Duration::from_millis(5)).await;
            let open = worker.record(|recorder| recorder.counters.messages_sent > recorder.counters.received);
            if open != Ok(true) {
                return;
            }
        }
    };
    let _ = timeout(LIMIT, answered).await;
    match tasks.try_join_next() {
        Some(Ok(Err(error))) => Err(TrialError::Broken(error.to_string())),
        Some(Ok(Ok(()))) => Err(TrialError::Broken("the server ended the stream".to_owned())),
        Some(Err(_)) | None => Ok(()),
    }
}

/// Opens one connection (two for SSE) and spawns what serves it; messages that are due come through the sender.
async fn open(
    order: &Order,
    session: &Session,
    content: Content,
    (payload, worker): (&Arc<Payload>, &Worker),
    index: u32,
    tasks: &mut JoinSet<Result<(), StreamError>>,
) -> Result<UnboundedSender<DueMessage>, StreamError> {
    let name = format!("{}-{index}", session.name);
    let spec = session.spec(order, &subscription(content, &name), index);
    let mut stream = Stream::open(&session.dialer, &spec, worker).await?;
    stream.opened(LIMIT).await?;
    let (sender, due) = unbounded_channel();
    let payload = Arc::clone(payload);
    if order.arm.protocol.is_bidirectional() {
        tasks.spawn(frames(stream, payload, due, worker.clone()));
    } else {
        let post = session.request(order, format!("/publish/{name}"));
        let uplink = Uplink::open(&session.dialer, &post, payload.bytes(), worker).await?;
        tasks.spawn(async move { stream.run().await });
        tasks.spawn(uplink.run(payload, due));
    }
    Ok(sender)
}

/// One WebSocket: frames out when they are due, frames in when they come.
async fn frames(
    mut stream: Stream,
    payload: Arc<Payload>,
    mut due: UnboundedReceiver<DueMessage>,
    worker: Worker,
) -> Result<(), StreamError> {
    let mut bytes = Vec::with_capacity(payload.bytes());
    loop {
        tokio::select! {
            // Once the last message is out, only answers are left to wait for.
            Some(message) = due.recv() => {
                message.render(&payload, &mut bytes);
                stream.send_message(&bytes)?;
                sent(&worker, bytes.len())?;
                stream.flush().await?;
            }
            open = stream.step() => if !open? { return Ok(()) },
        }
    }
}

/// A quiet stream that answers come down on.
fn subscription(content: Content, name: &str) -> Subscription {
    Subscription { schedule: Schedule::Idle, session: Some(name.to_owned()), ..quiet(content) }
}

/// The client's schedule: a job of the pacer that hands messages to the connections in turn.
pub(super) struct Messages {
    begin: MonoTime,
    length_ns: u64,
    lines: Vec<UnboundedSender<DueMessage>>,
    next: Mutex<(u64, std::iter::Peekable<Dues>)>,
}

impl Messages {
    pub(super) fn new(
        pace: Pace,
        timing: Timing,
        seed: u64,
        begin: MonoTime,
        lines: Vec<UnboundedSender<DueMessage>>,
    ) -> Self {
        let paced = pace.schedule.dues(pace.rate, seed);
        // A schedule without due times makes no sense for messages; a constant one stands in for it.
        let dues =
            paced.or_else(|| Schedule::Constant.dues(pace.rate, seed)).expect("constant schedules have due times");
        let length_ns = timing.whole().as_nanos() as u64;
        Self { begin, length_ns, lines, next: Mutex::new((0, dues.peekable())) }
    }
}

impl Job for Messages {
    fn fire(self: Arc<Self>, now: MonoTime) -> Option<MonoTime> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let (index, dues) = &mut *next;
        while let Some(offset) = dues.peek().copied().filter(|&offset| offset < self.length_ns) {
            let due = self.begin.plus_nanos(offset);
            if due > now {
                return Some(due);
            }
            dues.next();
            let lines = self.lines.len() as u64;
            let message = DueMessage { seq: *index / lines, due, fired: now };
            // A connection that broke has its own error.
            let _ = self.lines[(*index % lines) as usize].send(message);
            *index += 1;
        }
        None
    }
}
