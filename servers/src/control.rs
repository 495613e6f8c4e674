//! `/schedule`: runs what a trial is about to subscribe to, with nobody subscribed, and says what that cost: the part of
//! the server's account that no transport is to blame for. Refuses what a subscription may not ask for, and a second one.

use crate::admission::admit;
use crate::clock::{self, now};
use crate::feed::{Unread, WorkerHandle};
use crate::probe::switches;
use crate::refusal::Refusal;
use crate::state::ServerState;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};
use nix::time::ClockId;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use wire::{ScheduleCost, Sharing, Subscription};

/// Longest schedule that is run for nobody.
const LONGEST: Duration = Duration::from_secs(10);
/// Most events of all its streams: more than one host's threads release in that time would keep them from all else.
const MOST_EVENTS: u64 = 20_000_000;
/// Longest wait behind its end for what is late.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked whether all was released.
const LOOK: Duration = Duration::from_millis(2);

/// The route of the control.
pub(crate) fn routes() -> Router<Arc<WorkerHandle>> {
    Router::new().route("/schedule", get(schedule))
}

async fn schedule(State(worker): State<Arc<WorkerHandle>>, uri: Uri) -> Result<Json<ScheduleCost>, Refusal> {
    let (asked, count) = admit_alone(&uri, &worker.state)?;
    let busy = || Refusal::conflict("a schedule runs with nobody subscribed: one at a time".to_owned());
    let _turn = worker.state.unread.try_lock().map_err(|_| busy())?;
    let length = Duration::from_secs_f64(count as f64 / asked.rate.get());
    let before = (now(), cpu_ns(), switches());
    let unread = Unread::start(&worker.state, &asked);
    let expected = unread.streams() * count;
    sleep(length).await;
    while unread.released() < expected && now() < before.0 + length + PATIENCE && !worker.state.is_closing() {
        sleep(LOOK).await;
    }
    Ok(Json(ScheduleCost {
        released: unread.released(),
        cpu_ns: cpu_ns() - before.1,
        switches: switches() - before.2,
        elapsed_ns: now().nanos_since(before.0),
    }))
}

/// A schedule that a trial of so many subscribers could ask for, bounded in number and length, and events of each stream.
fn admit_alone(uri: &Uri, state: &ServerState) -> Result<(Subscription, u64), Refusal> {
    let asked = admit(uri.query(), state)?;
    if asked.quorum as usize > state.limits().max_connections {
        return Err(Refusal::full("streams", state.limits().max_connections));
    }
    let most = (asked.rate.get() * LONGEST.as_secs_f64()) as u64;
    let count = asked.count.filter(|count| (1..=most).contains(count));
    let count = count.filter(|_| asked.schedule.dues(asked.rate, asked.seed).is_some());
    let needs = || Refusal::bad("a schedule with nobody subscribed needs due times and count=N of at most 10 s");
    let count = count.ok_or_else(needs)?;
    let streams = if asked.sharing == Sharing::Shared { 1 } else { u64::from(asked.quorum) };
    if streams.saturating_mul(count) > MOST_EVENTS {
        return Err(Refusal::bad(format!("a schedule with nobody subscribed has at most {MOST_EVENTS} events")));
    }
    Ok((asked, count))
}

fn cpu_ns() -> u64 {
    clock::nanos(ClockId::CLOCK_PROCESS_CPUTIME_ID)
}
