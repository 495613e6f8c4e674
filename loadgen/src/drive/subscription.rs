//! What the streams of a trial ask a server for, and how many of their events fall due in a time.

use super::Order;
use super::session::Session;
use std::time::Duration;
use trial::Load;
use wire::Subscription;

/// What every stream of the trial asks for.
pub(super) fn subscription(order: &Order, session: &Session) -> Subscription {
    let load = &order.cell.load;
    Subscription {
        schedule: load.schedule,
        rate: load.rate,
        payload_bytes: load.payload_bytes,
        count: count(load, order.seed),
        seed: order.seed,
        sharing: load.sharing,
        group: Some(session.name.clone()),
        quorum: load.connections,
        heartbeat: None,
        ids: load.ids,
        faults: load.faults.clone(),
        ..Subscription::default()
    }
}

/// Events of one stream that fall due during warm-up and window; none when there is no schedule.
pub(super) fn count(load: &Load, seed: u64) -> Option<u64> {
    due_within(load, seed, load.warmup + load.window)
}

/// Events of one stream that fall due within `length` of its start; none when there is no schedule.
pub(super) fn due_within(load: &Load, seed: u64, length: Duration) -> Option<u64> {
    let length_ns = length.as_nanos() as u64;
    let dues = load.schedule.dues(load.rate, seed)?;
    Some(dues.take_while(|&due| due < length_ns).count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{Rate, Schedule, Sharing};

    #[test]
    fn the_count_covers_warm_up_and_window_exactly() {
        let load = Load {
            connections: 1,
            schedule: Schedule::Constant,
            rate: Rate::per_second(100.0).unwrap(),
            payload_bytes: 64,
            sharing: Sharing::Private,
            ids: false,
            warmup: Duration::from_secs(1),
            window: Duration::from_secs(2),
            faults: wire::Faults::default(),
        };
        assert_eq!(count(&load, 1), Some(300));
        assert_eq!(count(&Load { schedule: Schedule::Burst { size: 50 }, ..load.clone() }, 1), Some(300));
        assert_eq!(count(&Load { schedule: Schedule::Unpaced, ..load }, 1), None);
    }
}
