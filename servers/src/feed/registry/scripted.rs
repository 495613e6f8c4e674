//! Ways in to scripts: an answer for one reader, a job that many watch. Refuses to write them.

use super::{Job, Registry, Subscribed};
use crate::connection_guard::ConnectionGuard;
use crate::feed::timeline::{Begin, Plan};
use crate::feed::topic::Topic;
use crate::feed::{Feed, Reader, Script, WorkerHandle};
use crate::lock::lock;
use crate::refusal::Refusal;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use wire::{Faults, SlowReader};

/// How a script is read.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Behind which event to begin.
    pub(crate) after: Option<u64>,
    /// Readers that start it.
    pub(crate) quorum: u32,
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) faults: Faults,
}

impl Registry {
    /// Starts a script for one reader; it is forgotten when that leaves.
    pub(crate) fn play(
        &self,
        worker: &Arc<WorkerHandle>,
        script: Script,
        watch: Watch,
        guard: Arc<ConnectionGuard>,
    ) -> Result<Feed, Refusal> {
        if worker.state.is_closing() {
            return Err(Refusal::closing());
        }
        let topic = Topic::new(&worker.state, scripted(worker, script, watch.quorum, false)?, None);
        Ok(enter(topic, worker, watch, guard)?.feed)
    }

    /// Watches the job of that name from its beginning, or from behind an event. The first watcher opens the job; who
    /// comes back to one that is forgotten is told so.
    pub(crate) fn watch(
        &self,
        worker: &Arc<WorkerHandle>,
        name: &str,
        terms: String,
        watch: Watch,
        open: impl FnOnce() -> Script,
        guard: Arc<ConnectionGuard>,
    ) -> Result<Subscribed, Refusal> {
        if worker.state.is_closing() {
            return Err(Refusal::closing());
        }
        let mut jobs = lock(&self.jobs);
        let topic = match jobs.get(name) {
            Some(job) if job.terms != terms => return Err(other_terms(name, &job.terms)),
            Some(job) => Arc::clone(&job.topic),
            None if watch.after.is_some() => return Err(forgotten(name)),
            None => {
                worker.state.room_for_one_more("jobs", jobs.len())?;
                let topic = Topic::new(&worker.state, scripted(worker, open(), watch.quorum, true)?, None);
                jobs.insert(name.to_owned(), Job { terms, topic: Arc::clone(&topic) });
                topic
            }
        };
        enter(topic, worker, watch, guard)
    }
}

/// A script, if there is memory for it.
fn scripted(worker: &WorkerHandle, script: Script, quorum: u32, retains: bool) -> Result<Plan, Refusal> {
    let charge = worker.state.budget().take(script.bytes())?;
    Ok(Plan::scripted(Arc::new(script), charge, quorum, retains))
}

fn enter(
    topic: Arc<Topic>,
    worker: &Arc<WorkerHandle>,
    watch: Watch,
    guard: Arc<ConnectionGuard>,
) -> Result<Subscribed, Refusal> {
    let charge = Feed::charge(worker, Script::TYPICAL_BYTES, &watch.faults)?;
    let reader = Reader::new(worker, SlowReader::Wait, Some(guard));
    let missed = topic.join(&reader, watch.after.map_or(Begin::At(0), Begin::Behind), None);
    let feed = Feed::new(topic, reader, None, charge, watch.faults, watch.heartbeat, false);
    Ok(Subscribed { feed, missed, thrown_out: false })
}

fn other_terms(name: &str, open: &str) -> Refusal {
    Refusal::conflict(format!("job '{name}' runs with other terms ('{open}'): ask for the same or take another id"))
}

fn forgotten(name: &str) -> Refusal {
    let line = format!("no job '{name}' runs here: one is forgotten soon after its last watcher has left");
    Refusal::new(StatusCode::NOT_FOUND, line)
}
