//! What the streams of a trial ask a server for.

use super::Order;
use super::session::Session;
use trial::{Content, Push};
use wire::{Faults, Schedule, Sharing, Subscription};

/// What every stream asks for where the server has a schedule.
pub(super) fn paced(push: &Push, order: &Order, session: &Session) -> Subscription {
    let dues = push.pace.dues_within(order.seed, push.timing.whole());
    Subscription {
        schedule: push.pace.schedule,
        rate: push.pace.rate,
        count: dues.map(|dues| dues.count() as u64),
        seed: order.seed,
        ..unpaced((push.connections, push.sharing), push.content, &push.faults, session)
    }
}

/// What so many streams ask for that are filled as fast as they are read, one topic for all or one each.
pub(super) fn unpaced(
    (connections, sharing): (u32, Sharing),
    content: Content,
    faults: &Faults,
    session: &Session,
) -> Subscription {
    Subscription {
        schedule: Schedule::Unpaced,
        sharing,
        group: Some(session.name.clone()),
        quorum: connections,
        faults: faults.clone(),
        ..quiet(content)
    }
}

/// Events like these, without heartbeats.
pub(super) fn quiet(Content { payload_bytes, ids }: Content) -> Subscription {
    Subscription { payload_bytes, ids, heartbeat: None, ..Subscription::default() }
}
