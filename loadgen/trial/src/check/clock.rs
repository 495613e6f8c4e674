//! Clocks that cannot be trusted, and programs whose times mean nothing.

use super::row::BearsOn::Times;
use super::row::Warning;
use crate::{ClockOffset, Scenario, Trial};

/// Bound of a clock offset, in nanoseconds, above which one-way times are not sharp.
const OFFSET_BOUND_NS: u64 = 50_000;
/// Drift of the monotonic clock against the raw one that is still calm, parts per million.
const DRIFT_PPM: f64 = 50.0;
/// Clock sources that are read in nanoseconds without leaving the processor.
const GOOD_SOURCES: [&str; 7] =
    ["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "xen", "riscv_clocksource", "timebase"];

crate::checks! {
    /// The monotonic clock ran backwards by so much.
    CLOCK_STEPPED clock_stepped(back_ns: u64) = "clock-stepped", Refuse {
        when: "runs back";
        en: "the monotonic clock ran back by {back_ns} ns: no time on this host can be trusted";
        zh: "单调时钟倒退了 {back_ns} ns：这台主机上的任何时间都不可信";
    }
    /// A clock source that is not known to be good.
    CLOCK_SOURCE clock_source(name: String) = "clock-source", Warn {
        when: "unknown source";
        en: "the kernel's clock is '{name}', slow to read or coarse: boot with clocksource=tsc if this CPU allows it";
        zh: "内核时钟源是 {name}，读取慢或粒度粗：若 CPU 允许，请以 clocksource=tsc 启动";
        bears_on: Times;
    }
    /// The monotonic clock is being slewed, parts per million against the raw one.
    CLOCK_DRIFT clock_drift(ppm: f64) = "clock-drift", Warn {
        when: "> {DRIFT_PPM} ppm off the raw clock";
        en: "the monotonic clock runs {ppm:.0} ppm off the raw one: it is being corrected; wait until time synchronisation has settled";
        zh: "单调时钟与原始时钟相差 {ppm:.0} ppm：它正在被校正；请等时间同步稳定后再测";
        bears_on: Times;
    }
    /// One-way times are no sharper than the bound of the clocks' offset, in microseconds. A relay and an echo have one
    /// clock, whatever the server's says.
    CLOCK_UNCERTAIN clock_uncertain(bound_us: f64) = "clock-uncertain", Warn {
        when: "remote offset bound > {} µs", OFFSET_BOUND_NS / 1_000;
        en: "clock offset known only to ±{bound_us:.0} µs: one-way times are no better; use a relay or echo workload";
        zh: "时钟偏移只知道在 ±{bound_us:.0} µs 以内：单向时间不会更准；请用中继或回显类负载";
        @look: |trial, _| offset(trial.clock).filter(|_| is_one_way(trial));
        bears_on: Times;
        probe: Some("V15 skew");
    }
    /// An unoptimised build of `server` or `loadgen`.
    DEBUG_BUILD debug_build(program: String) = "debug-build", Refuse {
        when: "either program, unless --allow-debug";
        en: "{program} is a debug build: its numbers mean nothing; build with --release";
        zh: "{program} 是调试版本：其数字没有意义；请用 --release 构建";
    }
}

fn is_one_way(trial: &Trial) -> bool {
    matches!(trial.cell.workload.scenario(), Scenario::Push | Scenario::Saturate | Scenario::Llm)
}

fn offset(offset: Option<ClockOffset>) -> Option<Warning> {
    let wide = offset.filter(|clock| !clock.same_clock && clock.bound_ns > OFFSET_BOUND_NS)?;
    Some(clock_uncertain(wide.bound_ns as f64 / 1e3))
}

/// The kernel's clock source.
pub fn source(name: &str) -> Option<Warning> {
    (!GOOD_SOURCES.contains(&name)).then(|| clock_source(name.to_owned()))
}

/// A clock that ran backwards by so much.
pub fn step(back_ns: u64) -> Option<Warning> {
    (back_ns > 0).then(|| clock_stepped(back_ns))
}

/// A clock that is being slewed.
pub fn drift(ppm: f64) -> Option<Warning> {
    (ppm.abs() > DRIFT_PPM).then(|| clock_drift(ppm))
}

/// Which of both programs is a debug build.
pub(super) fn debug_builds(trial: &Trial) -> Vec<Warning> {
    let server = trial.server.as_ref().map(|facts| ("server", facts.profile.as_str()));
    let both = [Some(("loadgen", trial.tool.profile.as_str())), server];
    both.into_iter().flatten().filter_map(|(program, profile)| build(program, profile)).collect()
}

/// One program and its build profile.
pub fn build(program: &str, profile: &str) -> Option<Warning> {
    (profile == "debug").then(|| debug_build(program.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples;

    #[test]
    fn clocks_have_their_thresholds() {
        let of = |bound_ns, same_clock| Some(ClockOffset { bound_ns, same_clock, ..ClockOffset::default() });
        assert_eq!(offset(of(50_000, false)), None);
        assert!(offset(of(50_001, false)).is_some());
        assert_eq!(offset(of(99_000, true)), None);
        assert_eq!((source("tsc"), source("kvm-clock")), (None, None));
        assert!(source("hpet").is_some() && source("").is_some());
        assert_eq!((step(0), step(1)), (None, Some(clock_stepped(1))));
        assert_eq!((drift(-50.0), drift(-50.1)), (None, Some(clock_drift(-50.1))));
    }

    #[test]
    fn debug_builds_are_named() {
        assert_eq!(build("server", "release"), None);
        assert!(build("server", "debug").is_some());
        let mut trial = samples::trial(Scenario::Push);
        assert_eq!(debug_builds(&trial), []);
        trial.tool.profile = "debug".to_owned();
        assert_eq!(debug_builds(&trial), [debug_build("loadgen".to_owned())]);
    }
}
