//! Things that a reader of a number must know. A warning is data; its text says what happened and what to do.

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
    /// Events of language-model answers come in bursts that the sender did not make.
    #[error(
        "buffered: {held} of {events} content events came in one read with a later one{}: something on the way (a proxy, a \
         compressor) collects events, so TTFT is longer and gaps are shorter than the model's; switch its buffering off",
        if *.proven { ", though they were due 5 ms or more apart" } else { ", in bursts with pauses between them" }
    )]
    Buffered {
        /// Content events that waited for a later one.
        held: u64,
        /// Content events in all.
        events: u64,
        /// Whether the events' own due times show it; else only their rhythm does.
        proven: bool,
    },
    /// Requests to a language model that were not answered in full.
    #[error("{failed} of {sent} requests failed; the most common: {first}")]
    RequestsFailed {
        /// Requests without a complete answer.
        failed: u64,
        /// Requests sent.
        sent: u64,
        /// Why most of them failed.
        first: String,
    },
}
