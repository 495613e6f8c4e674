//! Things that a reader of a number must know. A warning is data; its text says what happened and what to do. Which rule
//! it belongs to and what follows from it is in `detector`; refuses to decide when it is given.

use crate::{AnswerWarning, LateGenerator, Quantile, StallWarning};
use serde::{Deserialize, Serialize};
use wire::Transport;

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
    /// Events were released late.
    #[error("events were released {p99_us:.0} µs late at p99: all but an idle timer's lateness is charged")]
    PacerLate {
        /// 99th percentile of `fired - due` in microseconds.
        p99_us: f64,
    },
    /// The generator's event loop was late.
    #[error("{0}")]
    GeneratorLate(LateGenerator),
    /// The generator used most of its cores.
    #[error("the load generator used {share:.0} % of its CPU: it may be what limits; lower the rate or add --threads")]
    GeneratorBusy {
        /// CPU time over wall time and threads, in percent.
        share: f64,
    },
    /// One-way times are not available or not sharp.
    #[error("clock offset known only to ±{bound_us:.0} µs: one-way times are no better; use a relay or echo workload")]
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
    #[error(
        "server and load generator share this host over loopback: CPU and latency include each other's wake-ups, and segments are not those of a network"
    )]
    Loopback,
    /// The server is not started afresh for each trial.
    #[error("the target server is one long-lived process: its identity is not randomised between trials")]
    LongLivedServer,
    /// The generator was busy although it had a schedule to keep.
    #[error(
        "the load generator used {share:.0} % of its CPU while it kept a schedule: what it timed is itself; lower the rate or add --threads"
    )]
    GeneratorSaturated {
        /// CPU time over wall time and threads, in percent.
        share: f64,
    },
    /// Messages waited inside the generator before they were sent.
    #[error(
        "messages waited {median_us:.0} µs (median) inside the load generator, {share:.0} % of what was timed: lower the rate or use fewer connections"
    )]
    GeneratorQueueing {
        /// Median of `sent - fired` in microseconds.
        median_us: f64,
        /// The same over the median of what was timed, in percent.
        share: f64,
    },
    /// The load is more than half of what the generator can take from a null server.
    #[error(
        "{offered:.0} events/s over {transport} are more than half of the {ceiling:.0}/s that the load generator can take: lower the rate or add --threads"
    )]
    CeilingNear {
        /// The transport.
        transport: Transport,
        /// Events a second that the cell asks for.
        offered: f64,
        /// Events a second that the generator took.
        ceiling: f64,
    },
    /// Less was sent than was planned.
    #[error("only {sent} of {planned} planned events were sent: not the load that was asked for; lower the rate")]
    OfferedShort {
        /// Events sent.
        sent: u64,
        /// Events planned.
        planned: u64,
    },
    /// A load without a schedule.
    #[error("this load waits for its own completions (closed loop): capacity and service time, never response time")]
    ClosedLoop,
    /// Somebody else used the host.
    #[error("other programs used {cpus:.2} CPU meanwhile: end them, or measure on a quieter host")]
    ForeignLoad {
        /// CPUs that neither end used and that were not idle.
        cpus: f64,
    },
    /// Threads waited for a CPU longer than in a calm trial.
    #[error(
        "threads of the {program} were ready to run and did not for {share:.0} % of the trial, {calm:.0} % in the calmest one: use a quieter host"
    )]
    RunQueueWait {
        /// `server` or `generator`.
        program: String,
        /// Wait over the length of the trial, in percent.
        share: f64,
        /// The same in the calmest trial of the same transport and cell.
        calm: f64,
    },
    /// The hypervisor took CPU time.
    #[error("the hypervisor took {share:.1} % of the CPU time: measure at another hour or on another host")]
    Steal {
        /// Share of CPU time, in percent.
        share: f64,
    },
    /// A spinning thread was not run for a while.
    #[error("this host stood still for {gap_ms:.0} ms: measure at another hour or on another host")]
    Hiccup {
        /// Longest gap between two of its clock readings, in milliseconds.
        gap_ms: f64,
    },
    /// The CPU ran at another speed after the trial than before.
    #[error(
        "a fixed arithmetic loop took {percent:.0} % more or less after the trial than before: the CPU's speed changed; fix its frequency, or let it cool"
    )]
    CpuSpeed {
        /// Difference in percent of the shorter time.
        percent: f64,
    },
    /// A clock source that is not known to be good.
    #[error("the kernel's clock is '{name}', slow to read or coarse: boot with clocksource=tsc if this CPU allows it")]
    ClockSource {
        /// Its name.
        name: String,
    },
    /// The monotonic clock ran backwards.
    #[error("the monotonic clock ran back by {back_ns} ns: no time on this host can be trusted")]
    ClockStepped {
        /// By so many nanoseconds.
        back_ns: u64,
    },
    /// The monotonic clock is being slewed.
    #[error(
        "the monotonic clock runs {ppm:.0} ppm off the raw one: it is being corrected; wait until time synchronisation has settled"
    )]
    ClockDrift {
        /// Drift against the raw clock, parts per million.
        ppm: f64,
    },
    /// Too few ephemeral ports.
    #[error(
        "{wanted} connections to {to} exceed 80 % of the {available} local ports: widen net.ipv4.ip_local_port_range, or use fewer connections"
    )]
    PortsScarce {
        /// Connections asked for.
        wanted: u64,
        /// One destination.
        to: String,
        /// Ports in the range.
        available: u64,
    },
    /// Too few file descriptors.
    #[error(
        "{wanted} connections need {needed} open files, the limit is {limit}: raise it with 'ulimit -n {needed}', or use fewer connections"
    )]
    FilesScarce {
        /// Connections asked for.
        wanted: u64,
        /// Files needed.
        needed: u64,
        /// The hard limit.
        limit: u64,
    },
    /// Connections were dropped at a full listen queue.
    #[error("the kernel dropped {dropped} connections at a full listen queue: raise net.core.somaxconn")]
    ListenOverflow {
        /// So many.
        dropped: u64,
    },
    /// A connect took as long as a repeated SYN.
    #[error(
        "a TCP connect took {slowest_ms:.0} ms, as long as a repeated SYN: packets are lost while connecting; connect more slowly"
    )]
    SynRepeated {
        /// The slowest connect in milliseconds.
        slowest_ms: f64,
    },
    /// Nagle's algorithm was on.
    #[error(
        "Nagle's algorithm is on at the {program}: small writes may wait for an ACK; set TCP_NODELAY, or read these numbers as those of the defaults"
    )]
    NagleOn {
        /// `server` or `generator`.
        program: String,
    },
    /// Times gather where Nagle and delayed ACKs put them.
    #[error(
        "most exchanges took about {mode_ms:.0} ms, the mark of Nagle waiting for a delayed ACK: set TCP_NODELAY at the server"
    )]
    NaglePlateau {
        /// Where most times lie, in milliseconds.
        mode_ms: f64,
    },
    /// A server of ours without the socket options that every arm must have.
    #[error(
        "the server calls itself 'equal' with nodelay {nodelay} and a listen backlog of {backlog}: start one with nodelay on and a backlog of 4096"
    )]
    ServerDefaults {
        /// `TCP_NODELAY`.
        nodelay: bool,
        /// Listen backlog.
        backlog: u32,
    },
    /// The host's default congestion control decides over a network.
    #[error(
        "TCP runs bbr, the host's default: over a lossy path it decides more than the transport; fix one with --congestion and run cubic and bbr"
    )]
    BbrDefault,
    /// Trials inherit TCP metrics.
    #[error(
        "the kernel carries TCP metrics from trial to trial (tcp_no_metrics_save=0): a trial inherits what the one before learnt; set it to 1 for runs over a network"
    )]
    MetricsKept {
        /// Whether the path is a network, where it matters.
        remote: bool,
    },
    /// Congestion windows shrink in pauses.
    #[error(
        "TCP starts slowly again after a pause (tcp_slow_start_after_idle=1): bursts over a network pay for it; say so, or set it to 0"
    )]
    IdleRestart,
    /// A socket buffer was the limit.
    #[error(
        "the {program} waited {share:.1} % of the time for a full socket buffer: the buffers are measured, not the transport; enlarge them"
    )]
    BufferBound {
        /// `server` or `generator`.
        program: String,
        /// Share of the busy time, in percent.
        share: f64,
    },
    /// The server dropped events instead of sending them.
    #[error(
        "the server dropped {dropped} events for slow readers: goodput is not what was sent; lower the rate or use --slow wait"
    )]
    EventsDropped {
        /// So many.
        dropped: u64,
    },
    /// Interface counters do not show what is on the wire.
    #[error(
        "{interface} merges segments (offload): its interface counters are wrong by several percent; use the wire bytes here, which come from the client's socket"
    )]
    OffloadOn {
        /// The interface.
        interface: String,
    },
    /// Latency is wake-up latency.
    #[error(
        "the host was {busy:.0} % busy: these times are mostly how long an idle CPU takes to wake; measure at 25 to 75 % of capacity too"
    )]
    IdleHost {
        /// Share of all CPUs, in percent.
        busy: f64,
    },
    /// Memory was short.
    #[error("{pages} pages were swapped meanwhile: free memory before you measure")]
    Swapping {
        /// Pages swapped in or out.
        pages: u64,
    },
    /// Pages of the programs had to be read from disk.
    #[error("server and load generator waited {faults} times for a page from disk: free memory before you measure")]
    MajorFaults {
        /// Major page faults.
        faults: u64,
    },
    /// A real-time scheduling class at full load.
    #[error(
        "a real-time process used {busy:.0} % of the CPUs: the kernel stops such threads for 50 ms in every second; lower the load or the priority"
    )]
    RealtimeThrottled {
        /// Share of all CPUs, in percent.
        busy: f64,
    },
    /// The host did not become quiet before the run.
    #[error(
        "other programs used {cpus:.2} CPU when the run began, {waited_s} s were waited in vain: every trial is judged by itself; a quieter host saves blocks"
    )]
    NotQuiet {
        /// Foreign CPUs in the last sample.
        cpus: f64,
        /// Seconds waited.
        waited_s: u64,
    },
    /// More than 30 % of the blocks had to be run again.
    #[error("noisy host: {redone} blocks were run again beside {blocks} that count; trust intervals, not numbers")]
    NoisyHost {
        /// Blocks set aside.
        redone: u64,
        /// Blocks that count.
        blocks: u64,
    },
    /// Rule 13: the arms are acknowledged differently.
    #[error("pure ACKs per data segment differ: {base:.2} and {other:.2}; bytes on the wire hold them: compare those")]
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
    #[error("successive events depend on each other (rank autocorrelation {lag1:.2}): the trial is the unit")]
    DependentEvents {
        /// Median over trials of the lag-1 rank autocorrelation.
        lag1: f64,
    },
    /// Rule 27: two copies of one arm differ by more than the margin, and nothing larger was found.
    #[error(
        "two copies of one arm differ by more than the margin (p = {p:.3}) and the ratio is not beyond that: no verdict; quieten the host and run again"
    )]
    NullUnfit {
        /// Adjusted p-value of the null arm.
        p: f64,
    },
    /// Rule 31: what ran first in a block matters.
    #[error("the position inside a block matters (p = {p:.4}): something is carried over between trials; look for it")]
    PositionEffect {
        /// p-value of Friedman's test.
        p: f64,
    },
    /// The server did not say what it used: what was received is kept.
    #[error("the server's own CPU and memory are missing from this trial: {why}")]
    UsageLost {
        /// What was asked when, and what came instead.
        why: String,
    },
    /// A trial without a measurement; only ever the cause for which a block is run again.
    #[error("a trial failed: {why}")]
    TrialFailed {
        /// Its own words.
        why: String,
    },
    /// Answers of a language model.
    #[error(transparent)]
    Answers(#[from] AnswerWarning),
    /// Somebody stood still.
    #[error(transparent)]
    Stall(#[from] StallWarning),
}
