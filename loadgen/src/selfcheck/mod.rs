//! The self-check: known damage is done to the instrument, and what it shows is held against what it must show.
//!
//! ```text
//!  probe ─ injected ─► servers, clocks, numbers ─► the instrument as it is ─► found ═ expected?
//! ```
//!
//! Every probe goes through the same servers, streams, recorders and checks as a run. Counts must agree exactly; times
//! are measured up to three times, since a busy host is no fault of the instrument's. Refuses to say anything about transports.

mod accounts;
mod agreement;
mod bench;
mod delay;
mod limits;
mod pair;
mod statistics;
mod stops;
mod trouble;
mod work;

pub use bench::Bench;

use crate::timestamp;
use trial::{Case, ProbeResult, SelfCheck};

/// Declares [`Probe`] from rows: how often it is tried, for a busy host can spoil what is timed; then number and name, what
/// is injected, what must be found.
macro_rules! probes {
    ($($(#[$doc:meta])* $name:ident($tries:expr, $texts:expr))*) => {
        /// One thing that is done to the instrument.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Probe {
            $($(#[$doc])* $name,)*
        }

        impl Probe {
            /// Every probe, in the order of the numbers.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Number and name, what is injected, what must be found.
            pub const fn texts(self) -> [&'static str; 3] {
                match self {
                    $(Self::$name => $texts,)*
                }
            }

            const fn tries(self) -> u32 {
                match self {
                    $(Self::$name => $tries,)*
                }
            }

            /// The number and name.
            pub const fn name(self) -> &'static str {
                self.texts()[0]
            }
        }
    };
}

probes! {
    /// A network that delays.
    Delay(1, ["V1 delay", "a network that delays by 1, 10 and 50 ms", "response time longer by the delay"])
    /// A server that stands still, open loop.
    Freeze(TRIES, stops::FREEZE)
    /// The same in a closed loop, which cannot see it.
    BlindFreeze(TRIES, stops::BLIND)
    /// Events that are dropped and sent twice.
    Faults(1, ["V3 faults", "3 events dropped, 2 sent twice, 2 overtaken", "exactly 3 lost, 2 duplicates, 2 late"])
    /// A network that loses.
    Loss(1, ["V4 loss", "a network that loses 1 %", "no event lost, retransmissions equal to losses"])
    /// Bytes of one event.
    Bytes(1, ["V5 bytes", "events of 64 B", "78 B over SSE, 66 B over WebSocket, at two layers"])
    /// CPU time for each event.
    Burn(TRIES, ["V6 CPU", "1 ms of CPU burnt for each event", "1 ms more for each event, within 5 %"])
    /// System calls for each event.
    Syscalls(1, ["V7 system calls", "3 needless calls for each event", "exactly 3 more for each event"])
    /// Memory for each connection.
    Touch(TRIES, [
        "V8 memory",
        "64 KiB touched for each connection",
        "64 KiB more: pages within 2 %, requested within 72 B",
    ])
    /// Two identical arms, shuffled.
    Replay(1, ["V9 A/A", "labels of stored null arms shuffled", "95 % intervals miss 1 in 2 to 8 %"])
    /// Known differences.
    Power(1, ["V10 power", "a stored arm times 1.05, 1.10, 1.25", "80 ± 2.5 % found, 93 % covered"])
    /// Distributions of every kind, with a drift that a block shares.
    Coverage(1, [
        "V11 statistics",
        "lognormal, bimodal and Pareto noise under a drift that each block shares",
        "the interval holds the truth in 93 % or more; ranks as tabulated",
    ])
    /// A server that is held up by its own work.
    HeldUp(TRIES, work::HELD_UP)
    /// Somebody else's load.
    Hog(TRIES, ["V13 hog", "two programs that spin beside a trial", "foreign-load: run again"])
    /// More events than the generator can take.
    Saturation(1, ["V14 saturation", "more events than the generator can take", "the trial is void"])
    /// Another clock.
    Skew(1, ["V15 skew", "a peer's clock off by 3.7 s and 50 ppm", "the truth inside the bound"])
    /// Nagle against delayed ACKs.
    SplitWrites(TRIES, ["V16 Nagle", "messages written in two halves without TCP_NODELAY", "nagle-plateau"])
    /// A full listen queue, too few files, too few ports.
    Limits(1, [
        "V17 limits",
        "a listen queue of 1, 64 open files, 3 local ports",
        "listen-overflow, files-scarce and ports-scarce, each in one clear line",
    ])
    /// A million known values.
    Histogram(1, [
        "V18 histogram",
        "1,000,000 known values in 8 parts, saved and read",
        "counts exact, quantiles in 0.1 %",
    ])
    /// The same seed twice.
    Seed(1, ["V19 seed", "the same seed twice", "the same order of trials and the same due times"])
    /// Arms that differ in more than the transport.
    Unequal(1, [
        "V20 unequal arms",
        "one arm's server with Nagle's algorithm, or with another buffer",
        "refused, no ratio",
    ])
    /// The kernel's own receive stamps.
    KernelStamps(TRIES, [
        "V21 kernel stamps",
        "the kernel's receive stamps asked for",
        "none negative, the clock pair agrees",
    ])
    /// A load generator that stands still.
    Pause(TRIES, stops::PAUSE)
    /// A server that is throttled.
    Throttle(TRIES, stops::THROTTLE)
    /// A server that is busy for moments.
    Hiccups(TRIES, work::HICCUPS)
    /// One arm slower by a known delay.
    SmallDelay(TRIES, delay::TEXTS)
    /// A server that stands still, over a network.
    RemoteFreeze(TRIES, stops::REMOTE)
}

/// What a probe found.
pub(crate) enum Finding {
    /// What the instrument showed, and whether that is what it must show.
    Shown {
        /// In words.
        found: String,
        /// Whether it fits.
        pass: bool,
    },
    /// The same of several cases.
    Cases(Vec<Case>),
    /// Not run, and why.
    NotRun(String),
}

impl Finding {
    /// Whether it is not what must be shown.
    fn failed(&self) -> bool {
        match self {
            Self::Shown { pass, .. } => !pass,
            Self::Cases(cases) => cases.iter().any(|case| !case.pass),
            Self::NotRun(_) => false,
        }
    }
}

/// What a probe found, or what broke on the way, which is a failure.
type Answer = Result<Finding, String>;

/// Tries of what is timed.
const TRIES: u32 = 3;

/// Runs the chosen probes, one after the other; each is reported before the next begins.
pub async fn run(bench: &Bench, probes: &[Probe], mut report: impl FnMut(&ProbeResult)) -> SelfCheck {
    let mut all = SelfCheck { started: timestamp::now(), checks: Vec::new() };
    for &probe in probes {
        let check = check(bench, probe).await;
        report(&check);
        all.checks.push(check);
    }
    all
}

async fn check(bench: &Bench, probe: Probe) -> ProbeResult {
    let [name, injected, expected] = probe.texts().map(str::to_owned);
    let tries = probe.tries();
    let (mut answer, mut tried) = (attempt(bench, probe).await, 1);
    while tried < tries && answer.as_ref().map_or(true, Finding::failed) {
        (answer, tried) = (attempt(bench, probe).await, tried + 1);
    }
    let again = if tried > 1 { format!("try {tried} of {tries}") } else { String::new() };
    let mut check =
        ProbeResult { name, injected, expected, found: String::new(), pass: None, note: again, cases: Vec::new() };
    check.pass = answer.as_ref().map_or(Some(false), |finding| Some(!finding.failed()));
    match answer {
        Ok(Finding::Shown { found, .. }) => check.found = found,
        Ok(Finding::Cases(cases)) => {
            let fitting = cases.iter().filter(|case| case.pass).count();
            (check.found, check.cases) = (format!("{fitting} of {} cases as expected", cases.len()), cases);
        }
        Ok(Finding::NotRun(why)) => (check.note, check.pass) = (why, None),
        Err(why) => check.note = why,
    }
    check
}

async fn attempt(bench: &Bench, probe: Probe) -> Answer {
    match probe {
        Probe::Delay | Probe::Loss | Probe::Skew => Ok(Finding::NotRun(
            "not measured: it needs an emulated network, which this version does not have".to_owned(),
        )),
        Probe::Freeze => stops::server(bench),
        Probe::BlindFreeze => stops::closed_loop(bench),
        Probe::Faults => accounts::faults(bench).await,
        Probe::Bytes => accounts::bytes(bench).await,
        Probe::Burn => accounts::burn(bench).await,
        Probe::Syscalls => accounts::syscalls(bench).await,
        Probe::Touch => accounts::touch(bench).await,
        Probe::KernelStamps => accounts::kernel_stamps(bench).await,
        Probe::Replay => statistics::replay(bench),
        Probe::Power => statistics::power(bench),
        Probe::Coverage => Ok(statistics::coverage()),
        Probe::Histogram => statistics::histogram(),
        Probe::Seed => Ok(statistics::seed()),
        Probe::HeldUp => work::held_up(bench),
        Probe::Hog => trouble::hog(bench).await,
        Probe::Saturation => trouble::saturation(bench).await,
        Probe::Unequal => trouble::unequal(bench).await,
        Probe::SplitWrites => limits::split_writes(),
        Probe::Limits => limits::limits(bench).await,
        Probe::Pause => stops::generator(bench),
        Probe::Throttle => stops::throttled(bench),
        Probe::Hiccups => work::hiccups(bench),
        Probe::SmallDelay => delay::delays(bench).await,
        Probe::RemoteFreeze => stops::remote(bench),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_probe_has_a_number_of_its_own_and_says_what_it_does() {
        let names: BTreeSet<_> = Probe::ALL.iter().map(|probe| probe.name()).collect();
        assert_eq!(names.len(), Probe::ALL.len());
        assert!(Probe::ALL.iter().flat_map(|probe| probe.texts()).all(|text| !text.is_empty()));
    }

    #[test]
    fn a_check_that_a_probe_proves_names_a_probe() {
        let checks = trial::check::all().chain(reports::detect::CHECKS.iter().copied());
        for (check, proof) in checks.filter_map(|check| Some((check, check.probe?))) {
            assert!(Probe::ALL.iter().any(|probe| probe.name() == proof), "{check:?}: {proof}");
        }
    }

    #[tokio::test]
    async fn what_needs_no_server_passes_at_once() {
        let bench = Bench::new(1, 1, None);
        let probes = [Probe::Coverage, Probe::Histogram, Probe::Seed];
        let found = run(&bench, &probes, |_| ()).await;
        assert!(found.passed() && found.checks.len() == 3, "{:#?}", found.checks);
    }

    #[tokio::test]
    async fn what_cannot_be_run_says_why_and_passes_nothing() {
        let bench = Bench::new(1, 1, None);
        let found = run(&bench, &[Probe::Delay, Probe::Replay], |_| ()).await;
        assert!(found.checks.iter().all(|check| check.pass.is_none() && !check.note.is_empty()), "{:#?}", found.checks);
        assert!(!found.passed());
    }
}
