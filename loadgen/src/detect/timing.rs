//! Rules 3, 4, 8 and 23: a late pacer, loads that hide waiting, clocks that cannot be trusted, debug builds.

use trial::{AnswerWarning, Cell, ClockOffset, Figure, Measurement, Metric, Quantile, Scenario, Trial, Warning};
use wire::Rate;

/// Lateness of the pacer at p99, in microseconds, from which on arrivals bunch.
const BUNCHED_US: f64 = 200.0;
/// Bound of a clock offset, in nanoseconds, above which one-way times are not sharp.
const OFFSET_BOUND_NS: u64 = 50_000;
/// Drift of the monotonic clock against the raw one that is still calm, parts per million.
const DRIFT_PPM: f64 = 50.0;
/// Clock sources that are read in nanoseconds without leaving the processor.
const GOOD_SOURCES: [&str; 7] =
    ["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "xen", "riscv_clocksource", "timebase"];

/// Rule 3: above this, arrivals bunch; `Warning::action` knows from when on the trial is void.
pub fn pacer(rate: Rate, measurement: &Measurement) -> Option<Warning> {
    let p99_us = Figure::Duration(Metric::PacerLateness, Quantile::P99).of(measurement)? / 1e3;
    let limit_us = BUNCHED_US.min(rate.interval_ns() / 1e3);
    (p99_us > limit_us).then_some(Warning::PacerLate { p99_us })
}

/// Rule 4: a load without a schedule hides how long it kept others waiting.
pub fn closed_loop(cell: &Cell) -> Option<Warning> {
    let unpaced = cell.llm.as_ref().is_some_and(|llm| !llm.is_paced());
    (unpaced || matches!(cell.scenario, Scenario::Saturate | Scenario::Connect)).then_some(Warning::ClosedLoop)
}

/// Rule 8, remote: one-way times are no sharper than the offset's bound.
pub fn clock(offset: Option<ClockOffset>) -> Option<Warning> {
    let wide = offset.filter(|clock| !clock.same_clock && clock.bound_ns > OFFSET_BOUND_NS)?;
    Some(Warning::ClockUncertain { bound_us: wide.bound_ns as f64 / 1e3 })
}

/// Rule 8: the kernel's clock source.
pub fn clock_source(name: &str) -> Option<Warning> {
    (!GOOD_SOURCES.contains(&name)).then(|| Warning::ClockSource { name: name.to_owned() })
}

/// Rule 8: a clock that ran backwards by so much.
pub fn clock_step(back_ns: u64) -> Option<Warning> {
    (back_ns > 0).then_some(Warning::ClockStepped { back_ns })
}

/// Rule 8: a clock that is being slewed.
pub fn clock_drift(ppm: f64) -> Option<Warning> {
    (ppm.abs() > DRIFT_PPM).then_some(Warning::ClockDrift { ppm })
}

/// Something on the way collects the events of answers: inter-chunk latencies are not the model's any more.
pub fn buffered(measurement: &Measurement) -> Option<Warning> {
    let bursts = measurement.llm.as_ref()?.bursts;
    let (held, proven) = bursts.collected()?;
    Some(AnswerWarning::Buffered { held, events: bursts.events, proven }.into())
}

/// Rule 23: which of both programs is a debug build.
pub fn debug_builds(trial: &Trial) -> Vec<Warning> {
    let server = trial.server.as_ref().map(|facts| ("server", facts.profile.as_str()));
    let both = [Some(("loadgen", trial.tool.profile.as_str())), server];
    both.into_iter().flatten().filter_map(|(program, profile)| debug_build(program, profile)).collect()
}

/// Rule 23: one program and its build profile.
pub fn debug_build(program: &str, profile: &str) -> Option<Warning> {
    (profile == "debug").then(|| Warning::DebugBuild { program: program.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::samples;
    use trial::Action;

    fn late(us: u64, rate: f64) -> Option<Action> {
        let measurement = samples::timed(&[(Metric::PacerLateness, &[us])]);
        pacer(Rate::per_second(rate).unwrap(), &measurement).map(|warning| warning.action())
    }

    #[test]
    fn a_late_pacer_is_said_and_then_void() {
        for (us, rate, action) in [
            (199, 100.0, None),
            (202, 100.0, Some(Action::Warn)),
            (99, 10_000.0, None),
            (110, 10_000.0, Some(Action::Warn)),
            (4_990, 100.0, Some(Action::Warn)),
            (5_010, 100.0, Some(Action::Void)),
        ] {
            assert_eq!(late(us, rate), action, "{us} µs at {rate}/s");
        }
        assert_eq!(pacer(Rate::per_second(1.0).unwrap(), &Measurement::default()), None);
    }

    #[test]
    fn closed_loops_are_flagged_and_open_ones_are_not() {
        for (scenario, flagged) in [
            (Scenario::Push, false),
            (Scenario::Echo, false),
            (Scenario::Saturate, true),
            (Scenario::Connect, true),
            (Scenario::Memory, false),
        ] {
            assert_eq!(closed_loop(&samples::trial(scenario).cell).is_some(), flagged, "{scenario:?}");
        }
    }

    #[test]
    fn clocks_have_their_thresholds() {
        let offset = |bound_ns, same_clock| Some(ClockOffset { bound_ns, same_clock, ..ClockOffset::default() });
        assert_eq!(clock(offset(50_000, false)), None);
        assert!(clock(offset(50_001, false)).is_some());
        assert_eq!(clock(offset(99_000, true)), None);
        assert_eq!((clock_source("tsc"), clock_source("kvm-clock")), (None, None));
        assert!(clock_source("hpet").is_some() && clock_source("").is_some());
        assert_eq!((clock_step(0), clock_step(1)), (None, Some(Warning::ClockStepped { back_ns: 1 })));
        assert_eq!((clock_drift(-50.0), clock_drift(-50.1)), (None, Some(Warning::ClockDrift { ppm: -50.1 })));
    }

    #[test]
    fn debug_builds_are_named() {
        assert_eq!(debug_build("server", "release"), None);
        assert!(debug_build("server", "debug").is_some());
        let mut trial = samples::trial(Scenario::Push);
        assert_eq!(debug_builds(&trial), []);
        trial.tool.profile = "debug".to_owned();
        assert_eq!(debug_builds(&trial), [Warning::DebugBuild { program: "loadgen".to_owned() }]);
    }
}
