//! How finely the servers of a cell keep time, and how long their schedule is run for nobody. Pure data.

use crate::{Cell, Workload};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use wire::Tuning;

/// Longest run of a schedule with nobody subscribed.
const LONGEST_CONTROL: Duration = Duration::from_millis(500);

/// How finely a server keeps time: the same for all arms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cadence {
    /// Least time from one round of releases to the next.
    #[serde(with = "crate::span::plain")]
    pub tick: Duration,
    /// Time before due that the server stays awake for an event.
    #[serde(with = "crate::span::plain")]
    pub spin: Duration,
}

impl Cadence {
    /// That of a server.
    pub const fn of(tuning: &Tuning) -> Self {
        Self { tick: Duration::from_nanos(tuning.tick_ns), spin: Duration::from_nanos(tuning.spin_ns) }
    }

    /// Whether events are released as they fall due, by a timer.
    pub const fn is_plain(&self) -> bool {
        self.tick.is_zero() && self.spin.is_zero()
    }

    pub(crate) fn problem(&self) -> Option<String> {
        if self.tick > Duration::from_secs(1) {
            return Some(format!("tick = {}: must be at most 1s", humantime::format_duration(self.tick)));
        }
        let long = self.spin > Duration::from_millis(1);
        long.then(|| format!("spin = {}: must be at most 1ms", humantime::format_duration(self.spin)))
    }
}

/// `tick 100us`, `tick 0s, spin 30us`.
impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tick {}", humantime::format_duration(self.tick))?;
        if self.spin.is_zero() {
            return Ok(());
        }
        write!(f, ", spin {}", humantime::format_duration(self.spin))
    }
}

impl Cell {
    /// How long a trial of a block with controls runs its schedule with nobody subscribed, before it subscribes: half of its window and at most half
    /// a second, wherever the server has a schedule of its own and its time is looked at. A schedule that spins uses all there is.
    pub fn control(&self) -> Option<Duration> {
        let Workload::Push(push) = &self.workload else { return None };
        let paced = self.workload.offered().is_some();
        (paced && !self.section().counted && self.cadence.spin.is_zero())
            .then(|| (push.timing.window / 2).min(LONGEST_CONTROL))
    }
}

#[cfg(test)]
mod tests {
    use crate::Plan;
    use std::time::Duration;

    #[test]
    fn a_paced_cell_whose_time_counts_has_a_control() {
        let control = |lines: &str| {
            let head = "name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='b'\n";
            Plan::from_toml(&format!("{head}{lines}")).unwrap().cells[0].control()
        };
        assert_eq!(control("scenario='push'\nwindow='600ms'\n"), Some(Duration::from_millis(300)));
        assert_eq!(control("scenario='push'\nwindow='10s'\n"), Some(Duration::from_millis(500)));
        for without in [
            "scenario='saturate'",
            "scenario='push'\nrow='network-overhead'",
            "scenario='push'\njob='train'",
            "scenario='push'\nspin='9us'",
        ] {
            assert_eq!(control(&format!("{without}\n")), None, "{without}");
        }
    }

    #[test]
    fn a_cadence_is_read_kept_and_bounded() {
        let plan = |line: &str| {
            Plan::from_toml(&format!("name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='b'\nscenario='push'\n{line}\n"))
        };
        let cell = plan("tick='100us'\nspin='30us'").unwrap().cells.remove(0);
        assert_eq!(cell.cadence.to_string(), "tick 100us, spin 30us");
        let text = serde_json::to_string(&cell).unwrap();
        assert_eq!(serde_json::from_str::<crate::Cell>(&text).unwrap(), cell);
        assert!(!serde_json::to_string(&plan("").unwrap().cells[0]).unwrap().contains("cadence"), "as in old records");
        assert_eq!(plan("tick='2s'").unwrap_err().to_string(), "cell 'a': tick = 2s: must be at most 1s");
        assert_eq!(plan("spin='2ms'").unwrap_err().to_string(), "cell 'a': spin = 2ms: must be at most 1ms");
    }
}
