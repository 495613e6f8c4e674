//! `/start`: starts the schedules of a group at one instant. Only whoever knows all clients and all servers of a trial knows when
//! everybody is there; the streams of such a group ask to be [held](wire::Subscription::held).

use crate::clock::now;
use crate::endpoint::Streams;
use crate::refusal::Refusal;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use std::time::Duration;
use wire::MonoTime;

/// Farthest instant ahead.
const FARTHEST: Duration = Duration::from_secs(60);

/// The route.
pub(crate) fn routes<S>(streams: Streams) -> Router<S> {
    Router::new().route("/start", get(start)).with_state(streams)
}

async fn start(State(Streams { worker, registry }): State<Streams>, uri: Uri) -> Result<(), Refusal> {
    let asked = asked(uri.query().unwrap_or_default());
    let (group, at) = asked.ok_or_else(|| Refusal::bad("expected group=NAME&at=NANOSECONDS of this server's clock"))?;
    let at = worker.state.clock.hear(at);
    if at > now() + FARTHEST {
        return Err(Refusal::bad(format!("a start is at most {} s ahead", FARTHEST.as_secs())));
    }
    let found = registry.start(group, at);
    found.then_some(()).ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "no such group is open"))
}

/// The group and the instant of a query.
fn asked(query: &str) -> Option<(&str, MonoTime)> {
    let value = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    Some((value("group")?, value("at")?.parse().ok().map(MonoTime::from_nanos)?))
}
