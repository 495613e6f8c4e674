//! What an endpoint reads from: one subscriber's events, messages and heartbeats, in order. Refuses to frame them.
//!
//! Everything that must be equal for all transports is decided here and below: clocks, rates, queues, history, resume,
//! the policy for slow readers, faults. An endpoint polls a [`Feed`] and turns each [`Item`] into frames.

mod audience;
mod damage;
mod reader;
mod registry;
pub(crate) mod script;
mod session;
mod start_barrier;
mod timeline;
mod topic;
mod unread;
mod worker_handle;

pub(crate) use reader::Reader;
pub(crate) use registry::{Registry, Subscribed, Watch};
pub(crate) use script::{Lines, Script};
pub(crate) use timeline::Event;
pub(crate) use unread::Unread;
pub(crate) use worker_handle::WorkerHandle;

use crate::budget::Charge;
use crate::clock::{self, now};
use crate::refusal::Refusal;
use bytes::Bytes;
use damage::Damage;
use session::Session;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use timeline::Content;
use tokio::time::{Instant, Sleep};
use topic::{Take, Topic};
use wire::{Faults, Marker, MonoTime, Stamp};

/// Longest heartbeat interval: beyond it, whatever is asked is the same as none.
const RAREST_HEARTBEAT: Duration = Duration::from_secs(24 * 3600);

/// What a feed has to send.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// An event; [`Feed::render`] writes its payload.
    Event(Event),
    /// A client's message, to be sent back as it came.
    Message(Bytes),
    /// The stream has been quiet for the heartbeat interval.
    Heartbeat,
    /// Nothing comes after this.
    End(End),
}

/// Why a stream is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// All `count` events were given out.
    Complete,
    /// The last event was only half given out: an ordered fault.
    Cut,
    /// The server ends.
    Shutdown,
    /// Too slow, and the policy is `disconnect`.
    ThrownOut,
    /// Another connection reads for this session now.
    Replaced,
}

/// One subscriber's stream. Dropping it gives up its place.
#[derive(Debug)]
pub(crate) struct Feed {
    topic: Arc<Topic>,
    reader: Arc<Reader>,
    session: Option<Arc<Session>>,
    damage: Option<Box<Damage>>,
    heartbeat: Option<Heartbeat>,
    stays: bool,
    /// First event of a script that was not rendered: one that a flush policy holds back was taken, but not sent.
    unsent: u64,
    /// Whether the end was given out.
    over: bool,
    _charge: Charge,
}

#[derive(Debug)]
struct Heartbeat {
    every: Duration,
    quiet_since: MonoTime,
    alarm: Pin<Box<Sleep>>,
}

impl Feed {
    /// Memory for one frame of such a size, and for what the stream is to keep for nothing.
    fn charge(worker: &WorkerHandle, payload_bytes: usize, faults: &Faults) -> Result<Charge, Refusal> {
        worker.state.budget().take(payload_bytes + faults.touch_bytes)
    }

    fn new(
        topic: Arc<Topic>,
        reader: Arc<Reader>,
        session: Option<Arc<Session>>,
        charge: Charge,
        faults: Faults,
        heartbeat: Option<Duration>,
        stays: bool,
    ) -> Self {
        let heartbeat = heartbeat.map(|every| {
            let every = every.min(RAREST_HEARTBEAT);
            Heartbeat { every, quiet_since: now(), alarm: Box::pin(tokio::time::sleep(every)) }
        });
        let damage = Damage::of(faults);
        Self { topic, reader, session, damage, heartbeat, stays, unsent: 0, over: false, _charge: charge }
    }

    /// The runtime thread that this feed is read on.
    pub(crate) fn worker(&self) -> &Arc<WorkerHandle> {
        &self.reader.worker
    }

    /// Bytes of each event's payload; of a script, about.
    pub(crate) fn payload_bytes(&self) -> usize {
        match &self.topic.plan().content {
            Content::Payload { payload, .. } => payload.payload.bytes(),
            Content::Script { .. } => Script::TYPICAL_BYTES,
        }
    }

    /// The text that this feed reads, if it is one.
    pub(crate) fn script(&self) -> Option<&Script> {
        self.topic.plan().script().map(Arc::as_ref)
    }

    /// Whether the second copy of the last event (an ordered fault) is still to come.
    pub(crate) fn owes_copy(&self) -> bool {
        self.damage.as_ref().is_some_and(|damage| damage.owes())
    }

    /// Appends an event's payload, stamped with the present as the instant it was sent.
    #[inline]
    pub(crate) fn render(&mut self, event: &Event, out: &mut Vec<u8>) {
        let &Event { seq, due, fired } = event;
        if let Some(damage) = &self.damage {
            damage.spend();
        }
        let sent = now();
        let told = self.reader.worker.state.clock;
        let stamp = Stamp { seq, due: told.tell(due), fired: told.tell(fired), sent: told.tell(sent) };
        match &self.topic.plan().content {
            Content::Payload { payload, marker, .. } => {
                let start = out.len();
                payload.payload.render(&stamp, out);
                if *marker != Marker::Off {
                    marker.put(&mut out[start..], clock::wall_micros(due));
                }
            }
            Content::Script { script, .. } => {
                script.lines.write(&stamp, out);
                self.unsent = seq + 1;
                self.reader.worker.counters().tokens.fetch_add(script.lines.tokens(seq), Relaxed);
            }
        }
        self.reader.worker.counters().sent.fetch_add(1, Relaxed);
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.quiet_since = sent;
        }
    }

    /// The next item. After [`Item::End`] there is nothing more to ask for.
    #[inline]
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Item> {
        if self.reader.worker.state.is_closing() {
            return Poll::Ready(Item::End(End::Shutdown));
        }
        if let Some(message) = self.next_message(cx) {
            return Poll::Ready(Item::Message(message));
        }
        match self.next_event(cx) {
            Some(item) => Poll::Ready(item),
            None => self.poll_heartbeat(cx),
        }
    }

    fn next_message(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        let session = self.session.as_ref()?;
        // Before the mailbox is looked at: a message that comes in between then wakes this task.
        self.reader.waker.register(cx.waker());
        let message = session.next_message()?;
        self.reader.worker.counters().sent.fetch_add(1, Relaxed);
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.quiet_since = now();
        }
        Some(message)
    }

    fn next_event(&mut self, cx: &mut Context<'_>) -> Option<Item> {
        loop {
            if let Some(copy) = self.damage.as_mut().and_then(|damage| damage.again()) {
                return Some(Item::Event(copy));
            }
            let damage = &mut self.damage;
            let hold = |event: &Event| damage.as_mut()?.hold(event, now());
            match self.topic.take(&self.reader, cx.waker(), hold) {
                Take::Event(event) if self.damage.as_mut().is_some_and(|damage| damage.swallows(event)) => {}
                Take::Event(event) => return Some(Item::Event(event)),
                Take::Hold(until) => return self.set_alarm(until),
                Take::Nothing => return None,
                Take::End(end) => {
                    self.over = true;
                    return Some(Item::End(end));
                }
            }
        }
    }

    /// Has the pacer wake this feed when its stall is over.
    fn set_alarm(&mut self, until: MonoTime) -> Option<Item> {
        if self.damage.as_mut()?.needs_alarm() {
            self.worker().pacer.schedule(until, Arc::clone(&self.reader) as Arc<_>);
        }
        None
    }

    fn poll_heartbeat(&mut self, cx: &mut Context<'_>) -> Poll<Item> {
        let Some(heartbeat) = &mut self.heartbeat else { return Poll::Pending };
        loop {
            ready!(heartbeat.alarm.as_mut().poll(cx));
            let now = now();
            let quiet = Duration::from_nanos(now.nanos_since(heartbeat.quiet_since));
            let left = heartbeat.every.saturating_sub(quiet);
            let beats = left.is_zero();
            heartbeat.alarm.as_mut().reset(Instant::now() + if beats { heartbeat.every } else { left });
            if beats {
                heartbeat.quiet_since = now;
                return Poll::Ready(Item::Heartbeat);
            }
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if !self.over {
            self.topic.give_up(&self.reader, self.unsent);
        }
        match &self.session {
            Some(session) => session.feed_ended(&self.reader, self.stays),
            None => self.topic.leave(&self.reader),
        }
    }
}
