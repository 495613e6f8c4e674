//! Things that a reader of a number must know. A warning is data; its text says what happened and what to do.

use crate::Quantile;
use serde::{Deserialize, Serialize};

/// One warning about one trial or run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "warning", rename_all = "kebab-case")]
pub enum Warning {
    /// An unoptimised build.
    #[error("{program} is a debug build: its numbers mean nothing; build with --release")]
    DebugBuild {
        /// `server` or `loadgen`.
        program: String,
    },
    /// Events that never came.
    #[error("{lost} of {expected} events never came: latency excludes them; lower the rate or use --slow wait")]
    EventsLost {
        /// Missing events.
        lost: u64,
        /// Expected events.
        expected: u64,
    },
    /// The pacer was late.
    #[error("the pacer was {p99_us:.0} µs late at p99: part of every response time is the ruler; use a quieter host")]
    PacerLate {
        /// 99th percentile of `fired - due` in microseconds.
        p99_us: f64,
    },
    /// The generator's event loop was late.
    #[error("the load generator itself was {p99_us:.0} µs late at p99: fewer connections or more --threads")]
    GeneratorLate {
        /// 99th percentile of the generator's lag in microseconds.
        p99_us: f64,
    },
    /// The generator used most of its cores.
    #[error("the load generator used {share:.0} % of its CPU: it may be what limits; lower the rate or add --threads")]
    GeneratorBusy {
        /// CPU time over wall time and threads, in percent.
        share: f64,
    },
    /// One-way times are not available or not sharp.
    #[error(
        "clock offset known only to ±{bound_us:.0} µs: one-way times are no better than that; use a relay or echo workload"
    )]
    ClockUncertain {
        /// Bound of the offset in microseconds.
        bound_us: f64,
    },
    /// Some streams of a foreign endpoint broke.
    #[error("{failed} streams failed; the first: {first}")]
    StreamsFailed {
        /// Streams that could not be opened or ended before their time.
        failed: u64,
        /// Why the first did.
        first: String,
    },
    /// The run was ended before its plan was.
    #[error("stopped early: {finished} of {planned} trials were run")]
    StoppedEarly {
        /// Trials on disk.
        finished: u64,
        /// Trials planned.
        planned: u64,
    },
    /// Server and generator share a host.
    #[error("server and load generator share this host over loopback: CPU and latency include each other's wake-ups")]
    Loopback,
    /// The server is not started afresh for each trial.
    #[error("the target server is one long-lived process: its identity is not randomised between trials")]
    LongLivedServer,
    /// Rule 13: the arms are acknowledged differently.
    #[error(
        "pure ACKs for each data segment differ: {base:.2} and {other:.2}; bytes on the wire include them, compare those"
    )]
    AcksDiffer {
        /// Pure ACKs over data segments, base arm.
        base: f64,
        /// The same, other arm.
        other: f64,
    },
    /// Rule 15: the arms use another congestion control.
    #[error("arms with different congestion control were refused: {what}; run both with the same preset")]
    CongestionDiffers {
        /// Values of both arms.
        what: String,
    },
    /// Rule 22: the arms differ in more than the transport.
    #[error("unequal arms were refused: {what}; run both with the same server, flags and host")]
    UnequalArms {
        /// What differs, with the values of both arms.
        what: String,
    },
    /// Rule 24: trials were not in a steady state.
    #[error("{trials} of {of} trials drift: their median rises or falls through the window; use a longer --warmup")]
    Drifting {
        /// Trials that drift.
        trials: u64,
        /// Trials that could be looked at.
        of: u64,
    },
    /// Rule 25: too few events for a quantile.
    #[error("{quantile} is not estimable from {have} independent events, it takes {need}: use a longer --duration")]
    NotEstimable {
        /// The quantile.
        quantile: Quantile,
        /// Independent observations in all trials.
        have: u64,
        /// Independent observations that it takes.
        need: u64,
    },
    /// Rule 26: events depend on each other.
    #[error(
        "successive events depend on each other (rank autocorrelation {lag1:.2}): the trial, not the event, is counted"
    )]
    DependentEvents {
        /// Median over trials of the lag-1 rank autocorrelation.
        lag1: f64,
    },
    /// Rule 27: two copies of one arm differ.
    #[error("the null arm differs from its twin (p = {p:.3}): no verdict; quieten the host and run again")]
    RulerUnfit {
        /// Adjusted p-value of the null arm.
        p: f64,
    },
    /// Rule 31: what ran first in a block matters.
    #[error("the position inside a block matters (p = {p:.4}): something is carried over between trials; look for it")]
    PositionEffect {
        /// p-value of Friedman's test.
        p: f64,
    },
}
