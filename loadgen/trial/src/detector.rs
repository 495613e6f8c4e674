//! The 32 validity checks: the mistake, the threshold, what follows (METHOD, section 6; reports/method/checks.md).
//!
//! Pure data, and the one table that says which rule a warning belongs to. Refuses to look for anything: that is done
//! where the data is.

use crate::{Row, Trial, Warning};
use Action::{Inform, Redo, Refuse, Void, Warn};
use serde::Serialize;
use std::fmt;

/// What follows when a detector fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Said, nothing more.
    Inform,
    /// Said beside every number that it bears on.
    Warn,
    /// The whole block is run again, while time allows.
    Redo,
    /// The trial stays on disk and out of every ratio.
    Void,
    /// Nothing is measured, or no verdict is given.
    Refuse,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Inform => "inform",
            Warn => "warn",
            Redo => "redo",
            Void => "void",
            Refuse => "refuse",
        })
    }
}

/// One mistake that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detector {
    /// Number of the rule, from 1.
    pub rule: u8,
    /// The mistake.
    pub mistake: &'static str,
    /// From where on it counts.
    pub threshold: &'static str,
    /// What follows, in the order of the thresholds.
    pub actions: &'static [Action],
}

const fn detector(rule: u8, mistake: &'static str, threshold: &'static str, actions: &'static [Action]) -> Detector {
    Detector { rule, mistake, threshold, actions }
}

/// Every detector, by number.
pub const DETECTORS: [Detector; 32] = [
    detector(
        1,
        "load generator saturated or paused",
        "CPU > 80 % with a schedule; paused for 20 ms; echo: median sent - fired > 20 % of the round trip; load > half of the null-server ceiling; saturated cells: CPU > 80 %, lag p99 > 1 ms",
        &[Void, Void, Void, Void, Warn],
    ),
    detector(2, "offered load is not the planned one", "sent / planned < 0.999", &[Void]),
    detector(
        3,
        "events are released late",
        "fired - due: p99 > 200 µs or > the interval; > 5 ms: by the server's fault, or 1 % of the events while an idle timer was late too; median > 5 % of the judged time (dilution)",
        &[Warn, Warn, Void, Warn],
    ),
    detector(4, "coordinated omission", "a load without a schedule: only service time is shown", &[Inform]),
    detector(
        5,
        "contention inside the guest",
        "foreign CPU > 0.2; run-queue wait > 5 % above the calmest trial; not quiet before the run; > 30 % of the blocks redone",
        &[Redo, Redo, Warn, Warn],
    ),
    detector(6, "hypervisor steal", "steal > 0.5 %; a gap > 10 ms of a spinning thread (4 CPUs and more)", &[Redo]),
    detector(7, "CPU speed changes", "a fixed loop differs > 5 %; > 15 %", &[Warn, Redo]),
    detector(
        8,
        "clock trouble",
        "runs back; unknown source; > 50 ppm off the raw clock; remote: bound > 50 µs",
        &[Refuse, Warn, Warn, Warn],
    ),
    detector(9, "ephemeral ports run out", "connections > 80 % of the local ports", &[Refuse]),
    detector(10, "file descriptors run out", "connections + 200 > the hard limit", &[Refuse]),
    detector(11, "listen queue overflows, SYNs repeat", "any overflow; a connect of 1 s or more", &[Void]),
    detector(
        12,
        "Nagle's algorithm",
        "TCP_NODELAY off at a server of ours; remote: most exchanges in 40-48 or 84-92 ms",
        &[Warn],
    ),
    detector(13, "delayed ACKs differ between arms", "pure ACKs per data segment differ > 10 %", &[Warn]),
    detector(14, "library defaults in a server called equal", "TCP_NODELAY off, or backlog < 4096", &[Refuse]),
    detector(15, "congestion control", "arms differ; bbr by default over a network", &[Refuse, Warn]),
    detector(16, "TCP metrics kept between trials", "tcp_no_metrics_save = 0: loopback; network", &[Inform, Warn]),
    detector(17, "slow start after idle", "tcp_slow_start_after_idle = 1 with bursts over a network", &[Warn]),
    detector(
        18,
        "socket buffers are the limit",
        "generator: rwnd_limited plus sndbuf_limited > 1 % of the busy time",
        &[Warn],
    ),
    detector(19, "dropped instead of sent", "any event lost or dropped", &[Void]),
    detector(20, "offload distorts byte counts", "interface counters are never read; offload on: said", &[Inform]),
    detector(21, "loopback taken for a network", "server and generator on one host", &[Warn]),
    detector(22, "unequal arms", "anything but the transport differs", &[Refuse]),
    detector(23, "debug build", "either program, unless --allow-debug", &[Refuse]),
    detector(24, "drift inside the window", "slope > margin and Kendall p < 0.01", &[Warn]),
    detector(25, "too few events for a quantile", "independent events < 20 / (1 - q)", &[Inform]),
    detector(26, "messages taken as independent", "lag-1 autocorrelation is shown; trials are the unit", &[Inform]),
    detector(
        27,
        "null arm beyond the margin",
        "two copies of one arm differ (Holm p < 0.05) by more than the margin, and the effect is no larger",
        &[Refuse],
    ),
    detector(28, "idle host", "CPUs < 20 % busy", &[Warn]),
    detector(29, "memory short", "any page swapped; > 50 major faults", &[Void, Warn]),
    detector(30, "real-time throttling", "SCHED_FIFO or SCHED_RR and CPUs > 90 % busy", &[Warn]),
    detector(31, "cross-talk between trials", "position in the block matters: Friedman p < 0.01", &[Warn]),
    detector(32, "peeking", "a cell stops by plan, width, cap or time only; ended by hand: said", &[Warn]),
];

/// Lateness of the pacer at p99, in microseconds, above which a trial is void.
pub(crate) const PACER_VOID_US: f64 = 5_000.0;
/// Change of CPU speed, in percent, above which a block is run again.
pub(crate) const SPEED_REDO_PERCENT: f64 = 15.0;

impl Warning {
    /// Number of the rule that gives it; `None` for what is no mistake of the harness's.
    pub const fn rule(&self) -> Option<u8> {
        Some(match self {
            Self::GeneratorLate(_)
            | Self::GeneratorBusy { .. }
            | Self::GeneratorSaturated { .. }
            | Self::GeneratorQueueing { .. }
            | Self::CeilingNear { .. } => 1,
            Self::OfferedShort { .. } => 2,
            Self::PacerLate { .. } => 3,
            Self::ClosedLoop => 4,
            Self::ForeignLoad { .. } | Self::RunQueueWait { .. } | Self::NotQuiet { .. } | Self::NoisyHost { .. } => 5,
            Self::Steal { .. } | Self::Hiccup { .. } => 6,
            Self::CpuSpeed { .. } => 7,
            Self::ClockUncertain { .. }
            | Self::ClockSource { .. }
            | Self::ClockStepped { .. }
            | Self::ClockDrift { .. } => 8,
            Self::PortsScarce { .. } => 9,
            Self::FilesScarce { .. } => 10,
            Self::ListenOverflow { .. } | Self::SynRepeated { .. } => 11,
            Self::NagleOn { .. } | Self::NaglePlateau { .. } => 12,
            Self::AcksDiffer { .. } => 13,
            Self::ServerDefaults { .. } => 14,
            Self::BbrDefault | Self::CongestionDiffers { .. } => 15,
            Self::MetricsKept { .. } => 16,
            Self::IdleRestart => 17,
            Self::BufferBound { .. } => 18,
            Self::EventsLost { .. } | Self::EventsDropped { .. } => 19,
            Self::OffloadOn { .. } => 20,
            Self::Loopback => 21,
            Self::UnequalArms { .. } => 22,
            Self::DebugBuild { .. } => 23,
            Self::Drifting { .. } => 24,
            Self::NotEstimable { .. } => 25,
            Self::DependentEvents { .. } => 26,
            Self::NullUnfit { .. } => 27,
            Self::IdleHost { .. } => 28,
            Self::Swapping { .. } | Self::MajorFaults { .. } => 29,
            Self::RealtimeThrottled { .. } => 30,
            Self::PositionEffect { .. } => 31,
            Self::StoppedEarly { .. } => 32,
            Self::Stall(stall) => stall.rule(),
            Self::StreamsFailed { .. }
            | Self::LongLivedServer
            | Self::Answers(_)
            | Self::UsageLost { .. }
            | Self::TrialFailed { .. } => return None,
        })
    }

    /// What follows from it.
    pub const fn action(&self) -> Action {
        match self {
            Self::DebugBuild { .. }
            | Self::ClockStepped { .. }
            | Self::PortsScarce { .. }
            | Self::FilesScarce { .. }
            | Self::ServerDefaults { .. }
            | Self::CongestionDiffers { .. }
            | Self::UnequalArms { .. }
            | Self::NullUnfit { .. } => Refuse,
            Self::GeneratorSaturated { .. }
            | Self::GeneratorQueueing { .. }
            | Self::CeilingNear { .. }
            | Self::OfferedShort { .. }
            | Self::ListenOverflow { .. }
            | Self::SynRepeated { .. }
            | Self::EventsLost { .. }
            | Self::EventsDropped { .. }
            | Self::Swapping { .. }
            | Self::TrialFailed { .. } => Void,
            Self::Stall(stall) => stall.action(),
            // Records of earlier schemas, which had no witness to ask.
            Self::PacerLate { p99_us } if *p99_us > PACER_VOID_US => Void,
            Self::ForeignLoad { .. } | Self::RunQueueWait { .. } | Self::Steal { .. } | Self::Hiccup { .. } => Redo,
            Self::CpuSpeed { percent } if *percent > SPEED_REDO_PERCENT => Redo,
            Self::ClosedLoop
            | Self::OffloadOn { .. }
            | Self::MetricsKept { remote: false }
            | Self::NotEstimable { .. }
            | Self::DependentEvents { .. } => Inform,
            Self::PacerLate { .. }
            | Self::CpuSpeed { .. }
            | Self::MetricsKept { .. }
            | Self::GeneratorLate(_)
            | Self::GeneratorBusy { .. }
            | Self::ClockUncertain { .. }
            | Self::StreamsFailed { .. }
            | Self::UsageLost { .. }
            | Self::Answers(_)
            | Self::StoppedEarly { .. }
            | Self::Loopback
            | Self::LongLivedServer
            | Self::ClockSource { .. }
            | Self::ClockDrift { .. }
            | Self::NagleOn { .. }
            | Self::NaglePlateau { .. }
            | Self::BbrDefault
            | Self::IdleRestart
            | Self::BufferBound { .. }
            | Self::IdleHost { .. }
            | Self::MajorFaults { .. }
            | Self::RealtimeThrottled { .. }
            | Self::NotQuiet { .. }
            | Self::NoisyHost { .. }
            | Self::AcksDiffer { .. }
            | Self::Drifting { .. }
            | Self::PositionEffect { .. } => Warn,
        }
    }
}

impl Trial {
    /// The first warning that makes this trial void: it stays on disk and out of every figure. What is counted to the
    /// byte does not depend on when it came: trials of such rows are never void.
    pub fn voided_by(&self) -> Option<&Warning> {
        let counted = self.cell.row.is_some_and(Row::is_counted);
        self.warnings.iter().find(|warning| warning.action() == Void && !counted)
    }

    /// Whether this trial is out of every figure.
    pub fn is_void(&self) -> bool {
        self.voided_by().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_in_order() {
        for (index, detector) in DETECTORS.iter().enumerate() {
            assert_eq!(usize::from(detector.rule), index + 1);
            assert!(!detector.mistake.is_empty() && !detector.threshold.is_empty() && !detector.actions.is_empty());
        }
    }

    #[test]
    fn what_a_warning_does_is_what_its_rule_announces() {
        for warning in [
            Warning::GeneratorSaturated { share: 90.0 },
            Warning::PacerLate { p99_us: 5_000.0 },
            Warning::PacerLate { p99_us: 5_001.0 },
            Warning::CpuSpeed { percent: 15.0 },
            Warning::CpuSpeed { percent: 15.1 },
            Warning::MetricsKept { remote: true },
            Warning::MetricsKept { remote: false },
            Warning::ClockStepped { back_ns: 1 },
            Warning::EventsLost { lost: 1, expected: 2 },
            Warning::Steal { share: 1.0 },
        ] {
            let rule = DETECTORS[usize::from(warning.rule().unwrap()) - 1];
            assert!(rule.actions.contains(&warning.action()), "{warning:?} against {rule:?}");
        }
        assert_eq!(Warning::PacerLate { p99_us: 5_000.0 }.action(), Warn);
        assert_eq!(Warning::PacerLate { p99_us: 5_001.0 }.action(), Void);
        assert_eq!((Warning::CpuSpeed { percent: 16.0 }.action(), Warning::LongLivedServer.rule()), (Redo, None));
    }

    #[test]
    fn warnings_of_old_records_are_still_read() {
        for text in [
            r#"{"warning":"pacer-late","p99_us":6000.0}"#,
            r#"{"warning":"generator-busy","share":81.0}"#,
            r#"{"warning":"loopback"}"#,
            r#"{"warning":"events-lost","lost":1,"expected":9}"#,
        ] {
            let warning: Warning = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&warning).unwrap(), text);
        }
    }
}
