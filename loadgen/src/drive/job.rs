//! What the streams of a trial ask for when they watch jobs. Refuses to read: the events come as those of a push do.

use super::Order;
use super::session::Session;
use client::stream::StreamSpec;
use trial::JobLoad;

/// One stream for each watcher. A watcher of a job that outlasts the window leaves at its end.
pub(super) fn specs(job: &JobLoad, order: &Order, session: &Session) -> Vec<StreamSpec> {
    let load = &order.cell.load;
    let watcher = |index| {
        let asked = job.order(load, order.seed, index, &session.name);
        let (dues, whole) = job.dues(load, order.seed, index);
        StreamSpec {
            transport: order.arm.protocol,
            request: session.request(order, format!("/v1/jobs/{}?id={}&{}", job.kind, asked.id, asked.terms())),
            expected: Some(dues.len() as u64),
            first_seq: Some(0),
            leaves: !whole,
        }
    };
    (0..load.connections).map(watcher).collect()
}
