//! What the streams of a trial ask for when they watch jobs. Refuses to read: the events come as those of a push do.

use super::Order;
use super::push::Asked;
use super::session::Session;
use client::recorder::Reading;
use client::stream::StreamSpec;
use client::window::Basis;
use std::sync::Arc;
use trial::Job;

/// One stream for each watcher. A watcher of a job that outlasts the window leaves at its end.
pub(super) fn asked(job: &Job, order: &Order, session: &Session) -> Asked {
    let watcher = |index| {
        let asked = job.order(order.seed, index, &session.name);
        let (dues, whole) = job.dues(order.seed, index);
        Arc::new(StreamSpec {
            transport: order.arm.protocol,
            request: session.request(order, format!("/v1/jobs/{}?id={}&{}", job.kind, asked.id, asked.terms())),
            expected: Some(dues.len() as u64),
            first_seq: Some(0),
            leaves: !whole,
        })
    };
    let specs = (0..job.connections).map(watcher).collect();
    Asked { specs, reading: Reading::Job, basis: Basis::Due, timing: job.timing }
}
