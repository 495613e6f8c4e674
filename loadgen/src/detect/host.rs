//! Rules 5 to 7, 9 to 11 and 28 to 30: what the host did meanwhile, and what it cannot hold at all.

use std::net::SocketAddr;
use trial::{Noise, Warning};

/// Foreign CPUs that a trial may bear.
const FOREIGN_CPUS: f64 = 0.2;
/// Share of a trial that threads may wait for a CPU beyond the calmest one.
const WAIT_ABOVE_CALM: f64 = 0.05;
/// Share of CPU time that the hypervisor may take where quantiles are measured: it can be all of a p99.
const STEAL: f64 = 0.005;
/// The same where only means are measured: less than half of their margin.
const STEAL_FROM_MEANS: f64 = 0.02;
/// Major faults of a trial's programs that a cold page cache explains.
const COLD_PAGES: u64 = 50;
/// Longest gap of a spinning thread, in nanoseconds.
const HICCUP_NS: u64 = 10_000_000;
/// Change of CPU speed, in percent, that is worth a warning; `Warning::action` knows from when on it is worth a redo.
const SPEED_PERCENT: f64 = 5.0;
/// Share of the CPUs below which a host counts as idle.
const IDLE: f64 = 0.2;
/// Share of the CPUs above which the kernel throttles real-time threads.
const THROTTLED: f64 = 0.9;
/// Files that a process needs beside its connections.
const SPARE_FILES: u64 = 200;

/// The least of each that a trial of the same transport and cell has shown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Calm {
    /// Wait for a CPU of the server's threads, as a share of the trial.
    pub server: f64,
    /// The same of the generator's threads.
    pub generator: f64,
    /// CPUs that other programs used.
    pub foreign: f64,
}

impl Calm {
    /// What one trial has shown.
    pub fn of(noise: &Noise) -> Self {
        let or_none = |value: Option<f64>| value.unwrap_or(0.0);
        Self {
            server: or_none(noise.server_wait),
            generator: or_none(noise.generator_wait),
            foreign: or_none(noise.foreign_cpus),
        }
    }

    /// The calmer of two trials, in each respect.
    #[must_use]
    pub const fn least(self, other: Self) -> Self {
        Self {
            server: self.server.min(other.server),
            generator: self.generator.min(other.generator),
            foreign: self.foreign.min(other.foreign),
        }
    }
}

/// Rule 5: other programs.
pub fn foreign(noise: &Noise) -> Option<Warning> {
    let cpus = noise.foreign_cpus.filter(|&cpus| cpus > FOREIGN_CPUS)?;
    Some(Warning::ForeignLoad { cpus })
}

/// Rule 5: waiting for a CPU, beyond what this load always does and while others used more of it than they always do. Where
/// nobody else ran, the two programs waited for each other, and would again.
pub fn waits(noise: &Noise, calm: Calm) -> impl Iterator<Item = Warning> {
    let crowded = noise.foreign_cpus.is_none_or(|cpus| cpus - calm.foreign > WAIT_ABOVE_CALM);
    let both = [("server", noise.server_wait, calm.server), ("generator", noise.generator_wait, calm.generator)];
    both.into_iter().filter_map(move |(program, wait, calm)| {
        let share = wait.filter(|wait| crowded && wait - calm > WAIT_ABOVE_CALM)?;
        Some(Warning::RunQueueWait { program: program.to_owned(), share: 100.0 * share, calm: 100.0 * calm })
    })
}

/// Rule 6: the hypervisor. `quantiles`: of single events, not means over all of them.
pub fn steal(noise: &Noise, quantiles: bool) -> Option<Warning> {
    let bearable = if quantiles { STEAL } else { STEAL_FROM_MEANS };
    let share = noise.steal.filter(|&share| share > bearable)?;
    Some(Warning::Steal { share: 100.0 * share })
}

/// Rule 6: gaps of a spinning thread.
pub fn hiccup(noise: &Noise) -> Option<Warning> {
    let gap_ns = noise.hiccup_ns.filter(|&gap_ns| gap_ns > HICCUP_NS)?;
    Some(Warning::Hiccup { gap_ms: gap_ns as f64 / 1e6 })
}

/// Rule 7: the speed of the CPU.
pub fn speed(noise: &Noise) -> Option<Warning> {
    let (before, after) = noise.loop_ns?;
    let (less, more) = (before.min(after).max(1) as f64, before.max(after) as f64);
    let percent = 100.0 * (more - less) / less;
    (percent > SPEED_PERCENT).then_some(Warning::CpuSpeed { percent })
}

/// Rule 9: local ports towards one destination. What closed connections to other destinations hold takes nothing away.
pub fn ports(wanted: u64, to: SocketAddr, range: (u16, u16)) -> Option<Warning> {
    let available = u64::from(range.1.saturating_sub(range.0)) + 1;
    (wanted * 5 > available * 4).then(|| Warning::PortsScarce { wanted, to: to.to_string(), available })
}

/// Rule 10: file descriptors.
pub fn files(wanted: u64, limit: u64) -> Option<Warning> {
    let needed = wanted + SPARE_FILES;
    (needed > limit).then_some(Warning::FilesScarce { wanted, needed, limit })
}

/// Rule 11: a full listen queue.
pub fn overflows(noise: &Noise) -> Option<Warning> {
    let dropped = noise.listen_overflows.filter(|&dropped| dropped > 0)?;
    Some(Warning::ListenOverflow { dropped })
}

/// Rule 28: times on an idle host are wake-ups.
pub fn idle(noise: &Noise) -> Option<Warning> {
    let busy = noise.busy.filter(|&busy| busy < IDLE)?;
    Some(Warning::IdleHost { busy: 100.0 * busy })
}

/// Rule 29: memory of the whole host.
pub fn swapping(noise: &Noise) -> Option<Warning> {
    let pages = noise.swapped.filter(|&pages| pages > 0)?;
    Some(Warning::Swapping { pages })
}

/// Rule 29: pages of the programs themselves. A few are only a cold cache; many qualify a trial and do not void it.
pub fn major_faults(noise: &Noise) -> Option<Warning> {
    let faults = noise.major_faults.filter(|&faults| faults > COLD_PAGES)?;
    Some(Warning::MajorFaults { faults })
}

/// Rule 30: real-time threads at full load.
pub fn throttled(noise: &Noise, realtime: bool) -> Option<Warning> {
    let busy = noise.busy.filter(|&busy| realtime && busy > THROTTLED)?;
    Some(Warning::RealtimeThrottled { busy: 100.0 * busy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::Action;

    fn noise(change: impl FnOnce(&mut Noise)) -> Noise {
        let mut noise = Noise::default();
        change(&mut noise);
        noise
    }

    #[test]
    fn what_was_not_measured_fires_nothing() {
        let nothing = Noise::default();
        let fired = [foreign(&nothing), steal(&nothing, true), hiccup(&nothing), speed(&nothing), overflows(&nothing)];
        assert!(fired.iter().all(Option::is_none));
        assert!(idle(&nothing).is_none() && swapping(&nothing).is_none() && throttled(&nothing, true).is_none());
        assert_eq!(waits(&nothing, Calm::default()).count(), 0);
    }

    #[test]
    fn each_threshold_holds_at_itself_and_not_beside() {
        let at = |cpus| foreign(&noise(|noise| noise.foreign_cpus = Some(cpus))).is_some();
        assert!(!at(0.2) && at(0.21));
        let at = |share, quantiles| steal(&noise(|noise| noise.steal = Some(share)), quantiles).is_some();
        assert!(!at(0.005, true) && at(0.0051, true) && !at(0.02, false) && at(0.021, false));
        let at = |gap| hiccup(&noise(|noise| noise.hiccup_ns = Some(gap))).is_some();
        assert!(!at(10_000_000) && at(10_000_001));
        let at = |busy| idle(&noise(|noise| noise.busy = Some(busy))).is_some();
        assert!(at(0.19) && !at(0.2));
        let at = |busy, realtime| throttled(&noise(|noise| noise.busy = Some(busy)), realtime).is_some();
        assert!(!at(0.9, true) && at(0.91, true) && !at(1.0, false));
        let at = |pages| swapping(&noise(|noise| noise.swapped = Some(pages))).is_some();
        assert!(!at(0) && at(1));
        let at = |faults| major_faults(&noise(|noise| noise.major_faults = Some(faults))).is_some();
        assert!(!at(50) && at(51));
        let at = |dropped| overflows(&noise(|noise| noise.listen_overflows = Some(dropped))).is_some();
        assert!(!at(0) && at(1));
    }

    #[test]
    fn a_changed_speed_is_said_and_then_redone_in_either_direction() {
        let action = |before, after| {
            speed(&noise(|noise| noise.loop_ns = Some((before, after)))).map(|warning| warning.action())
        };
        assert_eq!(action(1_000, 1_050), None);
        assert_eq!(action(1_000, 1_060), Some(Action::Warn));
        assert_eq!(action(1_160, 1_000), Some(Action::Redo));
    }

    #[test]
    fn waiting_counts_beyond_the_calmest_trial_only() {
        let calm = Calm { server: 0.30, generator: 0.0, foreign: 0.05 };
        let waited = |server, generator, foreign| {
            let (server_wait, generator_wait) = (Some(server), Some(generator));
            let noise = Noise { server_wait, generator_wait, foreign_cpus: foreign, ..Noise::default() };
            waits(&noise, calm).map(|warning| warning.to_string()).collect::<Vec<_>>()
        };
        assert!(waited(0.34, 0.04, None).is_empty());
        assert!(waited(0.36, 0.06, Some(0.09)).is_empty(), "the two programs waited for each other");
        assert_eq!(waited(0.36, 0.06, Some(0.11)).len(), 2);
        let said = waited(0.36, 0.06, None);
        assert!(said[0].starts_with("threads of the server") && said[1].starts_with("threads of the generator"));
    }

    #[test]
    fn limits_are_named_with_their_remedy() {
        let to = ([127, 0, 0, 1], 80).into();
        assert_eq!(ports(80, to, (1, 100)), None);
        assert!(ports(81, to, (1, 100)).unwrap().to_string().contains("ip_local_port_range"));
        assert_eq!(files(800, 1_000), None);
        assert!(files(801, 1_000).unwrap().to_string().contains("ulimit -n 1001"));
    }
}
