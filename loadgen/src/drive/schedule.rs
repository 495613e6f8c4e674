//! What the schedule of a trial costs its server with nobody subscribed: asked of the same process, just before the streams
//! subscribe, so that the two accounts of a trial share whatever the host and the process are like just then.

use super::Order;
use super::session::Session;
use super::subscription::{due_within, subscription};
use trial::Usage;
use wire::{Sharing, Subscription};

/// The cost, for the events that the releases stand for: each of a shared topic is one event for each reader. `None` where
/// the cell has no such control, or the server none.
pub(super) async fn cost(order: &Order, session: &mut Session) -> Option<Usage> {
    let (cell, load) = (&order.cell, &order.cell.load);
    let count = due_within(load, order.seed, cell.control()?).filter(|&count| count > 0)?;
    let asked = Subscription { count: Some(count), ..subscription(order, session) };
    let cost = session.control.schedule(&asked.to_query()).await?;
    let readers = if load.sharing == Sharing::Shared { u64::from(load.connections) } else { 1 };
    Some(Usage {
        elapsed_ns: cost.elapsed_ns,
        cpu_ns: cost.cpu_ns,
        switches: cost.switches,
        events: cost.released * readers,
        ..Usage::default()
    })
}
