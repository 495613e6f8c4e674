//! What the schedule of a trial costs its server with nobody subscribed: asked of the same process, just before the streams
//! subscribe, so that the two accounts of a trial share whatever the host and the process are like just then.

use super::Order;
use super::session::Session;
use super::subscription;
use trial::{Usage, Workload};
use wire::Subscription;

/// The cost, for the events that the releases stand for: each of a shared topic is one event for each reader. `None` where
/// the block has no such control, or the server none.
pub(super) async fn cost(order: &Order, session: &mut Session) -> Option<Usage> {
    if !order.cell.has_controls(order.block) {
        return None;
    }
    let (length, Workload::Push(push)) = (order.cell.control()?, &order.cell.workload) else { return None };
    let count = push.pace.due_within(order.seed, length)?;
    // So few events that their schedule would outlast the control, and the patience with its answer.
    if count as f64 / push.pace.rate.get() > 2.0 * length.as_secs_f64() {
        return None;
    }
    let asked =
        Subscription { count: Some(count).filter(|&count| count > 0), ..subscription::paced(push, order, session) };
    asked.count?;
    let cost = session.control.schedule(&asked.to_query()).await?;
    let readers = if order.cell.workload.is_shared() { u64::from(push.connections) } else { 1 };
    Some(Usage {
        elapsed_ns: cost.elapsed_ns,
        cpu_ns: cost.cpu_ns,
        switches: cost.switches,
        events: cost.released * readers,
        ..Usage::default()
    })
}
