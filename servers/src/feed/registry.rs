//! Finds or opens what a subscription names: its group, its session, its topic. Refuses to grow without bound.

mod scripted;

pub(crate) use scripted::Watch;

use super::audience::Audience;
use super::session::{Return, Session};
use super::start_barrier::StartBarrier;
use super::timeline::{Begin, Filler, Plan};
use super::topic::Topic;
use super::{Feed, Reader, WorkerHandle};
use crate::connection_guard::ConnectionGuard;
use crate::lock::lock;
use crate::refusal::Refusal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use wire::{MonoTime, Payload, Sharing, Subscription};

/// How long a group or a session outlives its last subscriber.
const LINGER: Duration = Duration::from_secs(10);

/// Everything that has a name. Locks are taken in the order of the fields, then a topic's.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    sessions: Mutex<HashMap<String, Arc<Session>>>,
    groups: Mutex<HashMap<String, Group>>,
    jobs: Mutex<HashMap<String, Job>>,
    /// Filler of each payload size in use: once for all streams, not once for each.
    payloads: Mutex<HashMap<usize, Weak<Filler>>>,
}

#[derive(Debug)]
struct Group {
    terms: Subscription,
    streams: Streams,
    audience: Arc<Audience>,
}

#[derive(Debug, Clone)]
enum Streams {
    Shared(Arc<Topic>),
    Private(Arc<StartBarrier<Topic>>),
}

#[derive(Debug)]
struct Job {
    terms: String,
    topic: Arc<Topic>,
}

/// A subscriber's way in.
pub(crate) struct Subscribed {
    pub(crate) feed: Feed,
    /// Events that it asked for but that the history no longer has.
    pub(crate) missed: u64,
    /// Whether this session's last reader was thrown out as too slow.
    pub(crate) thrown_out: bool,
}

impl Registry {
    /// Opens a feed. Without a `guard` no one connection carries it: it keeps its place between requests.
    pub(crate) fn subscribe(
        &self,
        worker: &Arc<WorkerHandle>,
        mut asked: Subscription,
        guard: Option<Arc<ConnectionGuard>>,
    ) -> Result<Subscribed, Refusal> {
        if worker.state.is_closing() {
            return Err(Refusal::closing());
        }
        let charge = Feed::charge(worker, asked.payload_bytes, &asked.faults)?;
        let stays = guard.is_none();
        let (topic, session, returned) = match asked.session.clone() {
            Some(name) => {
                let (session, returned) = self.seat_session(worker, name, &asked, guard)?;
                (Arc::clone(&session.topic), Some(session), returned)
            }
            None => {
                let (topic, returned) = self.seat(worker, &asked, guard)?;
                (topic, None, returned)
            }
        };
        let Return { reader, missed, thrown_out } = returned;
        let faults = std::mem::take(&mut asked.faults);
        let feed = Feed::new(topic, reader, session, charge, faults, asked.heartbeat, stays);
        Ok(Subscribed { feed, missed, thrown_out })
    }

    /// The session of that name, for who has a message for it.
    pub(crate) fn session(&self, name: &str) -> Option<Arc<Session>> {
        lock(&self.sessions).get(name).cloned()
    }

    /// The named subscribers of that group, for who has a message for all of them.
    pub(crate) fn audience(&self, group: &str) -> Option<Arc<Audience>> {
        lock(&self.groups).get(group).map(|group| Arc::clone(&group.audience))
    }

    /// Starts the schedules of that group at `epoch`, whoever is there; what has started goes on. Whether there is such a group.
    pub(crate) fn start(&self, name: &str, epoch: MonoTime) -> bool {
        let streams = lock(&self.groups).get(name).map(|group| group.streams.clone());
        match &streams {
            Some(Streams::Shared(topic)) => topic.start_shared(epoch),
            Some(Streams::Private(barrier)) => Topic::start_all(barrier, epoch),
            None => {}
        }
        streams.is_some()
    }

    /// Forgets what nobody has read for [`LINGER`].
    pub(crate) fn sweep(&self, now: MonoTime) {
        lock(&self.sessions).retain(|_, session| {
            let idle = session.is_idle(LINGER, now);
            if idle {
                session.expire();
            }
            !idle
        });
        lock(&self.groups).retain(|_, group| match &group.streams {
            Streams::Shared(topic) => !topic.is_idle(LINGER, now),
            Streams::Private(barrier) => !barrier.is_empty(),
        });
        lock(&self.jobs).retain(|_, job| !job.topic.is_idle(LINGER, now));
    }

    /// Forgets everything: the server ends.
    pub(crate) fn clear(&self) {
        lock(&self.sessions).clear();
        lock(&self.groups).clear();
        lock(&self.jobs).clear();
    }

    fn seat_session(
        &self,
        worker: &Arc<WorkerHandle>,
        name: String,
        asked: &Subscription,
        guard: Option<Arc<ConnectionGuard>>,
    ) -> Result<(Arc<Session>, Return), Refusal> {
        let mut sessions = lock(&self.sessions);
        if let Some(session) = sessions.get(&name) {
            same_terms("session", &name, &session.terms, &terms(asked))?;
            let returned = session.come_back(worker, asked, guard);
            return Ok((Arc::clone(session), returned));
        }
        worker.state.room_for_one_more("sessions", sessions.len())?;
        let (topic, returned) = self.seat(worker, asked, guard)?;
        let session = Arc::new(Session::new(terms(asked), topic, Arc::clone(&returned.reader)));
        if let Some(audience) = asked.group.as_deref().and_then(|group| self.audience(group)) {
            audience.add(&session);
        }
        sessions.insert(name, Arc::clone(&session));
        Ok((session, returned))
    }

    /// A reader on the group's topic, or on one of its own.
    fn seat(
        &self,
        worker: &Arc<WorkerHandle>,
        asked: &Subscription,
        guard: Option<Arc<ConnectionGuard>>,
    ) -> Result<(Arc<Topic>, Return), Refusal> {
        let streams = asked.group.as_deref().map(|name| self.streams(worker, name, asked)).transpose()?;
        let reader = Reader::new(worker, asked.slow, guard);
        let begin = asked.after.map_or(Begin::Newest, Begin::Behind);
        let topic = match &streams {
            Some(Streams::Shared(topic)) => Arc::clone(topic),
            Some(Streams::Private(barrier)) => {
                Topic::new(&worker.state, self.plan(worker, asked, None)?, Some(barrier.enter()))
            }
            None => Topic::new(&worker.state, self.plan(worker, asked, Some(1))?, None),
        };
        let missed = topic.join(&reader, begin, None);
        if let Some(Streams::Private(barrier)) = &streams {
            topic.start_with(barrier, asked.index);
        }
        Ok((topic, Return { reader, missed, thrown_out: false }))
    }

    fn streams(&self, worker: &Arc<WorkerHandle>, name: &str, asked: &Subscription) -> Result<Streams, Refusal> {
        let terms = group_terms(asked);
        let mut groups = lock(&self.groups);
        if let Some(group) = groups.get(name) {
            same_terms("group", name, &group.terms, &terms)?;
            return Ok(group.streams.clone());
        }
        worker.state.room_for_one_more("groups", groups.len())?;
        let streams = match asked.sharing {
            Sharing::Shared => {
                let quorum = Some(asked.quorum).filter(|_| !asked.held);
                Streams::Shared(Topic::new(&worker.state, self.plan(worker, asked, quorum)?, None))
            }
            Sharing::Private => Streams::Private(StartBarrier::new(asked.quorum, asked.held)),
        };
        groups.insert(name.to_owned(), Group { terms, streams: streams.clone(), audience: Arc::default() });
        Ok(streams)
    }

    /// A private stream without a name keeps nothing that was read: nobody can come back for it.
    fn plan(&self, worker: &WorkerHandle, asked: &Subscription, quorum: Option<u32>) -> Result<Plan, Refusal> {
        let retains = asked.sharing == Sharing::Shared || asked.session.is_some();
        Ok(Plan::new(asked, self.payload(worker, asked.payload_bytes)?, quorum, retains))
    }

    fn payload(&self, worker: &WorkerHandle, bytes: usize) -> Result<Arc<Filler>, Refusal> {
        let mut payloads = lock(&self.payloads);
        if let Some(payload) = payloads.get(&bytes).and_then(Weak::upgrade) {
            return Ok(payload);
        }
        payloads.retain(|_, payload| payload.strong_count() > 0);
        let charge = worker.state.budget().take(bytes)?;
        let payload = Arc::new(Filler { payload: Payload::new(bytes), _charge: charge });
        payloads.insert(bytes, Arc::downgrade(&payload));
        Ok(payload)
    }
}

/// What two readers of one stream must agree on: all but what concerns a single reader.
fn terms(asked: &Subscription) -> Subscription {
    let own = Subscription::default();
    let Subscription { index, session, after, slow, heartbeat, ids, faults, .. } = own;
    Subscription { index, session, after, slow, heartbeat, ids, faults, ..asked.clone() }
}

/// Private streams of a group may differ in everything but the group itself.
fn group_terms(asked: &Subscription) -> Subscription {
    match asked.sharing {
        Sharing::Shared => terms(asked),
        Sharing::Private => {
            let Subscription { group, quorum, held, .. } = asked.clone();
            Subscription { group, quorum, held, ..Subscription::default() }
        }
    }
}

fn same_terms(kind: &str, name: &str, open: &Subscription, asked: &Subscription) -> Result<(), Refusal> {
    if open == asked {
        return Ok(());
    }
    let open = open.to_query();
    Err(Refusal::conflict(format!(
        "{kind} '{name}' is open with other terms ('{open}'): ask for the same or take another name"
    )))
}

#[cfg(test)]
mod tests;
