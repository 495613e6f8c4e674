//! Cumulative counters of host and children, and what grew between two readings.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use std::time::Duration;
use trial::Noise;

/// Length of a tick of `/proc/stat`: `USER_HZ` is 100 on every architecture that Linux has now.
const TICK_NS: u64 = 10_000_000;

/// One reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counters {
    host: Option<CpuTimes>,
    /// CPU time of this process, of its children that have ended, and of a server that is no child.
    own_ns: u64,
    /// Major faults of ended children.
    major_faults: u64,
    swapped: Option<u64>,
    overflows: Option<u64>,
}

/// What `/proc/stat` says about all CPUs together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct CpuTimes {
    cpus: u64,
    idle_ns: u64,
    steal_ns: u64,
}

impl Counters {
    pub(super) fn read(server: Option<u32>) -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let (own_ns, _) = usage(UsageWho::RUSAGE_SELF);
        let (children_ns, major_faults) = usage(UsageWho::RUSAGE_CHILDREN);
        Self {
            host: cpu_times(&read("/proc/stat")),
            own_ns: own_ns + children_ns + server.map_or(0, process_ns),
            major_faults,
            swapped: swapped(&read("/proc/vmstat")),
            overflows: overflows(&read("/proc/net/netstat")),
        }
    }

    /// What happened since `earlier`, which was so long ago.
    pub(super) fn since(&self, earlier: &Self, elapsed: Duration) -> Noise {
        let grown = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?));
        let elapsed_ns = elapsed.as_nanos() as f64;
        let host = self.host.zip(earlier.host).filter(|_| elapsed_ns > 0.0);
        let rates = host.map(|(now, then)| {
            let idle = now.idle_ns.saturating_sub(then.idle_ns) as f64 / elapsed_ns;
            let own = self.own_ns.saturating_sub(earlier.own_ns) as f64 / elapsed_ns;
            // A count of ticks may show a whole one for any part of it: what is less is not certain.
            let steal = now.steal_ns.saturating_sub(then.steal_ns).saturating_sub(TICK_NS) as f64 / elapsed_ns;
            (now.cpus as f64, idle, own, steal)
        });
        Noise {
            foreign_cpus: rates.map(|(cpus, idle, own, _)| (cpus - idle - own).max(0.0)),
            steal: rates.map(|(cpus, _, _, steal)| steal / cpus),
            busy: rates.map(|(cpus, idle, _, _)| (1.0 - idle / cpus).clamp(0.0, 1.0)),
            swapped: grown(self.swapped, earlier.swapped),
            major_faults: Some(self.major_faults.saturating_sub(earlier.major_faults)),
            listen_overflows: grown(self.overflows, earlier.overflows),
            ..Noise::default()
        }
    }
}

/// CPU nanoseconds and major faults; zero where the kernel does not answer.
fn usage(who: UsageWho) -> (u64, u64) {
    let nanos = |time: TimeVal| time.tv_sec() as u64 * 1_000_000_000 + time.tv_usec() as u64 * 1_000;
    getrusage(who).map_or((0, 0), |usage| {
        (nanos(usage.user_time()) + nanos(usage.system_time()), usage.major_page_faults() as u64)
    })
}

fn process_ns(pid: u32) -> u64 {
    let pid = i32::try_from(pid).unwrap_or_default();
    let time = clock_getcpuclockid(Pid::from_raw(pid)).and_then(clock_gettime);
    time.map_or(0, |time| Duration::from(time).as_nanos() as u64)
}

/// `cpu  user nice system idle iowait irq softirq steal …` and one line a CPU (proc(5)).
fn cpu_times(stat: &str) -> Option<CpuTimes> {
    let all: Vec<u64> = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().flat_map(str::parse).collect();
    let cpu = |line: &&str| line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    Some(CpuTimes {
        cpus: stat.lines().filter(cpu).count() as u64,
        idle_ns: (all.get(3)? + all.get(4)?) * TICK_NS,
        steal_ns: all.get(7)? * TICK_NS,
    })
}

/// Pages swapped in and out since boot.
fn swapped(vmstat: &str) -> Option<u64> {
    let value = |name| vmstat.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    Some(value("pswpin ")? + value("pswpout ")?)
}

/// `ListenOverflows`, `ListenDrops` and `TCPReqQFullDrop` of this network namespace. A connection that overflows is also a
/// drop, so the larger of the first two is taken.
fn overflows(netstat: &str) -> Option<u64> {
    let mut lines = netstat.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (lines.next()?, lines.next()?);
    let value = |wanted| {
        let mut pairs = names.split_whitespace().zip(values.split_whitespace());
        pairs.find_map(|(name, value)| (name == wanted).then(|| value.parse::<u64>().ok())?)
    };
    Some(value("ListenOverflows")?.max(value("ListenDrops")?) + value("TCPReqQFullDrop").unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_read_by_their_format() {
        let stat = "cpu  10 0 10 300 20 0 5 7 0 0\ncpu0 5 0 5 150 10 0 5 3 0 0\ncpu1 5 0 5 150 10 0 0 4 0 0\nctxt 9\n";
        let times = CpuTimes { cpus: 2, idle_ns: 320 * TICK_NS, steal_ns: 7 * TICK_NS };
        assert_eq!(cpu_times(stat), Some(times));
        assert_eq!(swapped("pgfault 4\npswpin 3\npswpout 4\n"), Some(7));
        let netstat = "TcpExt: A ListenOverflows ListenDrops TCPReqQFullDrop\nTcpExt: 9 2 3 1\nIpExt: X\nIpExt: 1\n";
        assert_eq!(overflows(netstat), Some(4));
        assert_eq!((cpu_times(""), swapped(""), overflows("")), (None, None, None));
    }

    #[test]
    fn foreign_is_what_is_neither_idle_nor_own() {
        let times = |idle_ns, steal_ns| Some(CpuTimes { cpus: 2, idle_ns, steal_ns });
        let before = Counters { host: times(0, 0), own_ns: 5, swapped: Some(1), ..Counters::default() };
        let after = Counters {
            host: times(1_000_000_000, 20_000_000 + TICK_NS),
            own_ns: 300_000_005,
            swapped: Some(3),
            major_faults: 4,
            ..Counters::default()
        };
        let noise = after.since(&before, Duration::from_secs(1));
        assert!((noise.foreign_cpus.unwrap() - 0.7).abs() < 1e-9);
        assert_eq!((noise.busy, noise.steal, noise.swapped), (Some(0.5), Some(0.01), Some(2)));
        let tick = Counters { host: times(0, TICK_NS), ..Counters::default() };
        assert_eq!(
            tick.since(&before, Duration::from_millis(450)).steal,
            Some(0.0),
            "one tick is no proof of any share"
        );
        assert_eq!((noise.major_faults, noise.listen_overflows), (Some(4), None));
        assert_eq!(Counters::default().since(&before, Duration::from_secs(1)).foreign_cpus, None);
    }

    #[test]
    fn work_of_this_process_is_its_own() {
        let before = Counters::read(None);
        let mut x = 1_u64;
        while Counters::read(None).own_ns < before.own_ns + 20_000_000 {
            (0..100_000).for_each(|i| x = std::hint::black_box(x.wrapping_mul(i | 1)));
        }
        // This process counted once as itself and once as a stranger is counted twice.
        assert!(Counters::read(Some(std::process::id())).own_ns > Counters::read(None).own_ns);
    }
}
