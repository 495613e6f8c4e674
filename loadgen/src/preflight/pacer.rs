//! How late the pacer is at a rate: the same thread that releases events, with nothing to release.

use servers::clock;
use servers::pacer::{Job, PacerHandle};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::sleep;
use trial::{Distribution, Recording};
use wire::{Dues, MonoTime, Rate, Schedule};

/// From the decision to start to the first tick.
const LEAD: Duration = Duration::from_millis(5);
/// Beyond the last tick, for one that is late.
const GRACE: Duration = Duration::from_millis(100);

/// `fired - due` of every tick of a constant schedule that lasts for `length`.
pub(super) async fn lateness(pacer: &PacerHandle, rate: Rate, length: Duration) -> Distribution {
    let begin = clock::now() + LEAD;
    let ticks = Schedule::Constant.dues(rate, 0).map(Iterator::peekable);
    let state = Mutex::new(State { ticks, lateness: Recording::new() });
    let ticker = Arc::new(Ticker { begin, length_ns: length.as_nanos() as u64, state });
    pacer.schedule(begin, Arc::clone(&ticker) as Arc<dyn Job>);
    sleep(LEAD + length + GRACE).await;
    let state = ticker.state.lock().unwrap_or_else(PoisonError::into_inner);
    state.lateness.finish()
}

struct Ticker {
    begin: MonoTime,
    length_ns: u64,
    state: Mutex<State>,
}

struct State {
    ticks: Option<std::iter::Peekable<Dues>>,
    lateness: Recording,
}

impl Job for Ticker {
    fn fire(self: Arc<Self>, now: MonoTime) -> Option<MonoTime> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { ticks, lateness } = &mut *state;
        let ticks = ticks.as_mut()?;
        while let Some(offset) = ticks.peek().copied().filter(|&offset| offset < self.length_ns) {
            let due = self.begin.plus_nanos(offset);
            if due > now {
                return Some(due);
            }
            ticks.next();
            lateness.record(now.nanos_since(due));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use servers::pacer::Pacer;
    use trial::check::stalls;
    use trial::{Action, Measurement, Metric};

    /// Blocks the pacer once.
    struct Block(Duration);

    impl Job for Block {
        fn fire(self: Arc<Self>, _: MonoTime) -> Option<MonoTime> {
            std::thread::sleep(self.0);
            None
        }
    }

    fn watch(block: Option<Duration>) -> Distribution {
        let pacer = Pacer::spawn().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        if let Some(block) = block {
            pacer.handle().schedule(clock::now() + Duration::from_millis(50), Arc::new(Block(block)));
        }
        let rate = Rate::per_second(1_000.0).unwrap();
        runtime.block_on(lateness(&pacer.handle(), rate, Duration::from_millis(250)))
    }

    #[test]
    fn every_tick_is_counted_once() {
        assert_eq!(watch(None).len(), 250);
    }

    #[test]
    fn a_blocked_pacer_shows_it_and_moves_no_due_time() {
        let lateness = watch(Some(Duration::from_millis(50)));
        assert_eq!(lateness.len(), 250, "no tick was lost or added");
        assert!(lateness.max().unwrap() >= 48_000_000, "{:?}", lateness.max());
        let distributions = [(Metric::PacerLateness, lateness)].into();
        let measurement = Measurement { distributions, ..Measurement::default() };
        let warning = stalls::pacer(Rate::per_second(1_000.0), &measurement).unwrap();
        assert_eq!(warning.action(), Action::Void);
    }
}
