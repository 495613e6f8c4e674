//! What the host did meanwhile, and what it cannot hold at all.

use super::row::BearsOn::Times;
use super::row::{Action, Warning};
use crate::{Noise, Trial};
use std::net::SocketAddr;

/// Foreign CPUs that a trial may bear.
const FOREIGN_CPUS: f64 = 0.2;
/// Share of a trial that threads may wait for a CPU beyond the calmest one.
const WAIT_ABOVE_CALM: f64 = 0.05;
/// Share of CPU time that the hypervisor may take where quantiles are measured: it can be all of a p99.
const STOLEN: f64 = 0.005;
/// The same where only means are measured: less than half of their margin.
const STOLEN_FROM_MEANS: f64 = 0.02;
/// Major faults of a trial's programs that a cold page cache explains.
const COLD_PAGES: u64 = 50;
/// Longest gap of a spinning thread, in nanoseconds.
const HICCUP_NS: u64 = 10_000_000;
/// Change of CPU speed, in percent, that is worth a warning.
const SPEED_PERCENT: f64 = 5.0;
/// The same that is worth running the block again.
const SPEED_REDO_PERCENT: f64 = 15.0;
/// Share of the CPUs below which a host counts as idle.
const IDLE: f64 = 0.2;
/// Share of the CPUs above which the kernel throttles real-time threads.
const THROTTLED: f64 = 0.9;
/// Share of the local ports that connections may take.
const PORT_SHARE: f64 = 0.8;
/// Connections from one source to one address for which the kernel finds a port at once: it tries every other port of its
/// default range first, 14,116 of them, and beyond goes through all that are taken, again for each connection.
pub const FOUND_AT_ONCE: u64 = 14_000;
/// Files that a process needs beside its connections.
const SPARE_FILES: u64 = 200;
/// Connections on which a server is asked questions, beside those of its streams.
pub const QUESTIONS: u64 = 10;

/// Foreign CPUs below which a host is quiet before a run.
pub const QUIET_CPUS: f64 = 0.15;

crate::checks! {
    /// Somebody else used the host.
    FOREIGN_LOAD foreign_load(cpus: f64) = "foreign-load", Redo {
        when: "other programs > {FOREIGN_CPUS} CPU";
        en: "other programs used {cpus:.2} CPU meanwhile: end them, or measure on a quieter host";
        zh: "其他程序同时占用了 {cpus:.2} 个 CPU：请结束它们，或换一台更安静的主机";
        bears_on: Times;
        noise: true;
        probe: Some("V13 hog");
    }
    /// Threads of `server` or `generator` waited for a CPU, in percent of the trial; and in the calmest trial of the same
    /// transport and cell.
    RUN_QUEUE_WAIT run_queue_wait(program: String, share: f64, calm: f64) = "run-queue-wait", Redo {
        when: "waits > {} % above the calmest trial, while others ran", 100.0 * WAIT_ABOVE_CALM;
        en: "threads of the {program} were ready to run and did not for {share:.0} % of the trial, {calm:.0} % in the calmest one: use a quieter host";
        zh: "{program} 的线程有 {share:.0} % 的时间就绪而未能运行（最平静的一次为 {calm:.0} %）：请换一台更安静的主机";
        bears_on: Times;
        noise: true;
    }
    /// The host did not become quiet before the run.
    NOT_QUIET not_quiet(cpus: f64, waited_s: u64) = "not-quiet", Warn {
        when: "before the run: never two samples below {QUIET_CPUS} foreign CPU";
        en: "other programs used {cpus:.2} CPU when the run began, after a wait of {waited_s} s: every trial is judged by itself; a quieter host saves blocks";
        zh: "开始时其他程序占用 {cpus:.2} 个 CPU，等待 {waited_s} s 未见安静：每次试验各自判断；更安静的主机能省下区组";
        bears_on: Times;
        noise: true;
    }
    /// The hypervisor took CPU time, in percent.
    STEAL steal(share: f64) = "steal", Redo {
        when: "> {} % for quantiles, > {} % for means", 100.0 * STOLEN, 100.0 * STOLEN_FROM_MEANS;
        en: "the hypervisor took {share:.1} % of the CPU time: measure at another hour or on another host";
        zh: "虚拟机监控器拿走了 {share:.1} % 的 CPU 时间：请换个时间或换台主机测量";
        bears_on: Times;
        noise: true;
    }
    /// A spinning thread was not run for a while.
    HICCUP hiccup(gap_ms: f64) = "hiccup", Redo {
        when: "a spinning thread's gap > {} ms (from 4 CPUs)", HICCUP_NS / 1_000_000;
        en: "this host stood still for {gap_ms:.0} ms: measure at another hour or on another host";
        zh: "主机停顿了 {gap_ms:.0} ms：请换个时间或换台主机测量";
        bears_on: Times;
        noise: true;
    }
    /// The CPU ran at another speed after the trial than before, in percent of the shorter time.
    CPU_SPEED cpu_speed(percent: f64) = "cpu-speed", Warn {
        when: "a fixed loop before and after differs > {SPEED_PERCENT} %; > {SPEED_REDO_PERCENT} %";
        en: "a fixed arithmetic loop took {percent:.0} % more or less after the trial than before: the CPU's speed changed; fix its frequency, or let it cool";
        zh: "固定的算术循环在试验前后相差 {percent:.0} %：CPU 速度变了；请固定其频率或等它冷却";
        worse: Some((Action::Redo, |warning| warning.number("percent") > SPEED_REDO_PERCENT));
        bears_on: Times;
        noise: true;
    }
    /// Too few ephemeral ports towards one destination, those of all sources together. What closed connections to other
    /// destinations hold takes nothing away.
    PORTS_SCARCE ports_scarce(wanted: u64, to: String, available: u64) = "ports-scarce", Refuse {
        when: "connections > {} % of the local ports of all sources", 100.0 * PORT_SHARE;
        en: "{wanted} connections to {to} exceed {} % of the {available} local ports: give more addresses to come from (--source-address), widen net.ipv4.ip_local_port_range, or use fewer connections", 100.0 * PORT_SHARE;
        zh: "到 {to} 的 {wanted} 条连接超过本地 {available} 个端口的 {} %：请给出更多源地址（--source-address）、放宽 net.ipv4.ip_local_port_range 或减少连接", 100.0 * PORT_SHARE;
        probe: Some("V17 limits");
    }
    /// So many connections from one source to one address that the kernel searches for the port of each.
    PORTS_SEARCHED ports_searched(each: u64) = "ports-searched", Warn {
        when: "connections from one source > {FOUND_AT_ONCE}";
        en: "{each} connections come from one address: beyond {FOUND_AT_ONCE} the kernel searches long for a free port, so that connecting takes CPU and seconds; spread them over several with --source-address";
        zh: "{each} 条连接来自同一地址：超过 {FOUND_AT_ONCE} 条后，内核要花很久搜索空闲端口，建连会耗费 CPU 并慢至数秒；请用 --source-address 分散到多个源地址";
        @look: |trial, _| searched(trial);
        bears_on: Times;
    }
    /// Too few file descriptors: the files needed, the hard limit.
    FILES_SCARCE files_scarce(wanted: u64, needed: u64, limit: u64) = "files-scarce", Refuse {
        when: "connections + {SPARE_FILES} > the hard limit";
        en: "{wanted} connections need {needed} open files, the limit is {limit}: raise it with 'ulimit -n {needed}', or use fewer connections";
        zh: "{wanted} 条连接需要打开 {needed} 个文件，上限是 {limit}：请用 'ulimit -n {needed}' 提高，或减少连接";
        probe: Some("V17 limits");
    }
    /// Connections were dropped at a full listen queue.
    LISTEN_OVERFLOW listen_overflow(dropped: u64) = "listen-overflow", Void {
        when: "any overflow";
        en: "the kernel dropped {dropped} connections at a full listen queue: raise net.core.somaxconn";
        zh: "监听队列已满，内核丢弃了 {dropped} 条连接：请提高 net.core.somaxconn 或放慢建连";
        probe: Some("V17 limits");
    }
    /// Times on an idle host are wake-ups.
    IDLE_HOST idle_host(busy: f64) = "idle-host", Warn {
        when: "CPUs < {} % busy", 100.0 * IDLE;
        en: "the host was {busy:.0} % busy: these times are mostly how long an idle CPU takes to wake; measure at 25 to 75 % of capacity too";
        zh: "主机只有 {busy:.0} % 忙：这些时间主要是唤醒空闲 CPU 的时间；请也在容量的 25 % 至 75 % 处测量";
        bears_on: Times;
    }
    /// Memory of the whole host was short.
    SWAPPING swapping(pages: u64) = "swapping", Void {
        when: "any page swapped";
        en: "{pages} pages were swapped meanwhile: free memory before you measure";
        zh: "其间有 {pages} 页被换入换出：请先释放内存再测量";
        bears_on: Times;
    }
    /// Pages of the programs themselves were read from disk. A few are only a cold cache; many qualify a trial and do not
    /// void it.
    MAJOR_FAULTS major_faults(faults: u64) = "major-faults", Warn {
        when: "> {COLD_PAGES} major faults of our programs";
        en: "server and load generator waited {faults} times for a page from disk: free memory before you measure";
        zh: "服务器与负载发生器有 {faults} 次等待从磁盘读入页面：请先释放内存再测量";
        bears_on: Times;
    }
    /// Real-time threads at full load.
    REALTIME_THROTTLED realtime_throttled(busy: f64) = "realtime-throttled", Warn {
        when: "SCHED_FIFO or SCHED_RR and CPUs > {} % busy", 100.0 * THROTTLED;
        en: "a real-time process used {busy:.0} % of the CPUs: the kernel stops such threads for 50 ms in every second; lower the load or the priority";
        zh: "实时进程占用了 {busy:.0} % 的 CPU：内核每秒会让这类线程停 50 ms；请降低负载或优先级";
        bears_on: Times;
    }
}

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

/// The causes of noise for which a block is run again, or which at least qualify its trials. `quantiles`: of single events,
/// not means over all of them.
pub fn of_noise(noise: &Noise, calm: Calm, quantiles: bool) -> Vec<Warning> {
    let foreign = noise.foreign_cpus.filter(|&cpus| cpus > FOREIGN_CPUS).map(foreign_load);
    let bearable = if quantiles { STOLEN } else { STOLEN_FROM_MEANS };
    let stolen = noise.steal.filter(|&share| share > bearable).map(|share| steal(100.0 * share));
    let gap = noise.hiccup_ns.filter(|&gap_ns| gap_ns > HICCUP_NS).map(|gap_ns| hiccup(gap_ns as f64 / 1e6));
    let speed = speed(noise).filter(|warning| warning.action() == Action::Redo);
    [foreign, stolen, gap, speed].into_iter().flatten().chain(waits(noise, calm)).collect()
}

/// What qualifies or voids a trial, beside the causes for running it again. `realtime`: whether our programs are scheduled so.
pub fn of_host(noise: &Noise, realtime: bool) -> Vec<Warning> {
    let busy = |is: fn(f64) -> bool| noise.busy.filter(|&busy| is(busy)).map(|busy| 100.0 * busy);
    let some = |count: Option<u64>, most: u64| count.filter(|&count| count > most);
    let found = [
        speed(noise).filter(|warning| warning.action() == Action::Warn),
        overflows(noise),
        busy(|busy| busy < IDLE).map(idle_host),
        busy(|busy| busy > THROTTLED).filter(|_| realtime).map(realtime_throttled),
        some(noise.swapped, 0).map(swapping),
        some(noise.major_faults, COLD_PAGES).map(major_faults),
    ];
    found.into_iter().flatten().collect()
}

/// Connections that were dropped at a full listen queue.
pub fn overflows(noise: &Noise) -> Option<Warning> {
    noise.listen_overflows.filter(|&dropped| dropped > 0).map(listen_overflow)
}

/// Waiting for a CPU, beyond what this load always does and while others used more of it than they always do. Where nobody
/// else ran, the two programs waited for each other, and would again.
fn waits(noise: &Noise, calm: Calm) -> impl Iterator<Item = Warning> {
    let crowded = noise.foreign_cpus.is_none_or(|cpus| cpus - calm.foreign > WAIT_ABOVE_CALM);
    let both = [("server", noise.server_wait, calm.server), ("generator", noise.generator_wait, calm.generator)];
    both.into_iter().filter_map(move |(program, wait, calm)| {
        let share = wait.filter(|wait| crowded && wait - calm > WAIT_ABOVE_CALM)?;
        Some(run_queue_wait(program.to_owned(), 100.0 * share, 100.0 * calm))
    })
}

fn speed(noise: &Noise) -> Option<Warning> {
    let (before, after) = noise.loop_ns?;
    let (less, more) = (before.min(after).max(1) as f64, before.max(after) as f64);
    let percent = 100.0 * (more - less) / less;
    (percent > SPEED_PERCENT).then(|| cpu_speed(percent))
}

/// Whether more connections come from one source than find a port at once.
pub fn searched(trial: &Trial) -> Option<Warning> {
    let sources = trial.client.sources.len().max(1) as u64;
    // A port serves one connection to each server.
    let servers = trial.client.processes.map_or(1, |processes| u64::from(processes.servers).max(1));
    let each = u64::from(trial.cell.workload.connections()).div_ceil(sources * servers);
    (each > FOUND_AT_ONCE).then(|| ports_searched(each))
}

/// Whether the local ports suffice for so many connections from some addresses to one.
pub fn ports(wanted: u64, (to, sources): (SocketAddr, usize), range: (u16, u16)) -> Option<Warning> {
    let available = (u64::from(range.1.saturating_sub(range.0)) + 1) * sources as u64;
    (wanted as f64 > PORT_SHARE * available as f64).then(|| ports_scarce(wanted, to.to_string(), available))
}

/// Whether the limit of open files suffices for so many connections.
pub fn files(wanted: u64, limit: u64) -> Option<Warning> {
    let needed = wanted + SPARE_FILES;
    (needed > limit).then(|| files_scarce(wanted, needed, limit))
}

/// Streams that one process may open, and a server of ours take, with this limit of open files.
pub const fn room(limit: u64) -> u64 {
    limit.saturating_sub(SPARE_FILES + QUESTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples;
    use crate::{Scenario, Workload};
    use std::net::{IpAddr, Ipv4Addr};

    fn noise(change: impl FnOnce(&mut Noise)) -> Noise {
        let mut noise = Noise::default();
        change(&mut noise);
        noise
    }

    fn fires(check: &crate::check::Check, change: impl FnOnce(&mut Noise), flag: bool) -> bool {
        let noise = noise(change);
        let found = of_noise(&noise, Calm::default(), flag).into_iter().chain(of_host(&noise, flag));
        found.into_iter().any(|warning| warning.is(check))
    }

    #[test]
    fn what_was_not_measured_fires_nothing() {
        let nothing = Noise::default();
        assert_eq!((of_noise(&nothing, Calm::default(), true), of_host(&nothing, true)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn each_threshold_holds_at_itself_and_not_beside() {
        let at = |cpus| fires(&FOREIGN_LOAD, |noise| noise.foreign_cpus = Some(cpus), true);
        assert!(!at(0.2) && at(0.21));
        let at = |share, quantiles| fires(&STEAL, |noise| noise.steal = Some(share), quantiles);
        assert!(!at(0.005, true) && at(0.0051, true) && !at(0.02, false) && at(0.021, false));
        let at = |gap| fires(&HICCUP, |noise| noise.hiccup_ns = Some(gap), true);
        assert!(!at(10_000_000) && at(10_000_001));
        let at = |busy| fires(&IDLE_HOST, |noise| noise.busy = Some(busy), true);
        assert!(at(0.19) && !at(0.2));
        let at = |busy, realtime| fires(&REALTIME_THROTTLED, |noise| noise.busy = Some(busy), realtime);
        assert!(!at(0.9, true) && at(0.91, true) && !at(1.0, false));
        let at = |pages| fires(&SWAPPING, |noise| noise.swapped = Some(pages), true);
        assert!(!at(0) && at(1));
        let at = |faults| fires(&MAJOR_FAULTS, |noise| noise.major_faults = Some(faults), true);
        assert!(!at(50) && at(51));
        let at = |dropped| fires(&LISTEN_OVERFLOW, |noise| noise.listen_overflows = Some(dropped), true);
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
        assert_eq!(ports(80, (to, 1), (1, 100)), None);
        assert!(ports(81, (to, 1), (1, 100)).unwrap().to_string().contains("ip_local_port_range"));
        assert_eq!(ports(160, (to, 2), (1, 100)), None);
        assert!(ports(161, (to, 2), (1, 100)).unwrap().to_string().contains("the 200 local ports"));
        assert_eq!(files(800, 1_000), None);
        assert!(files(801, 1_000).unwrap().to_string().contains("ulimit -n 1001"));
    }

    #[test]
    fn connections_that_crowd_one_source_are_named() {
        let mut trial = samples::trial(Scenario::Push);
        let mut said = |connections, sources: &[IpAddr]| {
            trial.client.sources = sources.to_vec();
            if let Workload::Push(push) = &mut trial.cell.workload {
                push.connections = connections;
            }
            searched(&trial).map(|warning| warning.number("each"))
        };
        let sources = [Ipv4Addr::new(127, 0, 0, 2).into(), Ipv4Addr::new(127, 0, 0, 3).into()];
        assert_eq!((said(14_000, &[]), said(14_001, &[])), (None, Some(14_001.0)));
        assert_eq!((said(28_000, &sources), said(28_001, &sources)), (None, Some(14_001.0)));
    }
}
