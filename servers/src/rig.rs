//! A server's state without listeners, for tests of what needs one.

use crate::clock::WireClock;
use crate::feed::WorkerHandle;
use crate::pacer::Pacer;
use crate::state::ServerState;
use crate::{ServeOptions, probe};
use std::sync::Arc;

/// What a server of so many threads shares, and the pacer that must live as long.
pub(crate) fn state(threads: usize) -> (Pacer, Arc<ServerState>) {
    let options = ServeOptions::default();
    let defense = options.guard(0).unwrap();
    let ServeOptions { tuning, limits, .. } = options;
    let pacer = Pacer::spawn().unwrap();
    let facts = probe::read_facts(threads, tuning, limits);
    let state = ServerState::new(facts, pacer.handle(), defense, WireClock::default(), None);
    (pacer, Arc::new(state))
}

/// One worker of a server that has no sockets.
pub(crate) fn worker() -> (Pacer, Arc<WorkerHandle>) {
    let (pacer, state) = state(1);
    (pacer, Arc::new(WorkerHandle::detached(state)))
}
