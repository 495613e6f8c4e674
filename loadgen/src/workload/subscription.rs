//! What the streams of a trial ask a server for.

use super::Order;
use super::session::Session;
use trial::{Content, Pace, Push, Timing};
use wire::{Faults, Schedule, Sharing, Subscription};

/// What every stream asks for where the server has a schedule.
pub(super) fn paced(push: &Push, order: &Order, session: &Session) -> Subscription {
    Subscription {
        schedule: push.pace.schedule,
        rate: push.pace.rate,
        count: push.pace.due_within(order.seed, push.timing.whole()),
        seed: order.seed,
        ..unpaced((push.connections, push.sharing), push.content, &push.faults, session)
    }
}

/// What stream `index` of a group asks for, and how many of its events are due in the trial. The server spreads the streams of
/// a group over one period, so that of a slow schedule some have none.
pub(super) fn of_stream(group: &Subscription, index: u32, timing: Timing) -> (Subscription, Option<u64>) {
    let pace = Pace { schedule: group.schedule, rate: group.rate };
    let is_private = group.sharing == Sharing::Private;
    let due = pace.due_on(group.seed, (index, group.quorum), timing.whole()).filter(|_| is_private);
    let Some(due) = due else { return (group.clone(), group.count) };
    // One without events would end at once, and no longer be one of the quorum.
    let (index, count) = ((group.quorum > 1).then_some(index), Some(due.max(1)));
    (Subscription { index, count, ..group.clone() }, Some(due))
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
