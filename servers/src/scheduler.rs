//! What the scheduler has charged: to this process's control group, to its threads, to the whole host. Refuses to read
//! `/proc/stat`'s busy columns, which are sampled by a tick and miss what runs between two of them.

use nix::unistd::{SysconfVar, sysconf};
use std::fs;
use std::path::{Path, PathBuf};
use wire::Charged;

/// Name that a control group made for one server begins with; in any other one, a server is not alone.
pub const CGROUP_PREFIX: &str = "pushbench-";

/// Everything that the scheduler states about this process and its host, now.
pub fn charged() -> Charged {
    let (host_idle_ns, host_cpus) = host_idle(&read("/proc/stat")).unzip();
    Charged {
        cgroup_cpu_ns: own_cgroup_cpu_ns(),
        run_queue_ns: run_queue_ns(),
        host_idle_ns,
        host_cpus: host_cpus.unwrap_or(0),
    }
}

/// The directory of the control group (version 2) that this process is in; `None` where there is no such hierarchy.
pub fn cgroup_directory() -> Option<PathBuf> {
    Some(join(&mount_point(&read("/proc/self/mountinfo"))?, &read("/proc/self/cgroup")))
}

/// CPU time of the control group, where it is one that was made for this server alone; microseconds, kept in nanoseconds.
fn own_cgroup_cpu_ns() -> Option<u64> {
    let directory = cgroup_directory()?;
    let name = directory.file_name()?.to_string_lossy().into_owned();
    let stat = name.starts_with(CGROUP_PREFIX).then(|| fs::read_to_string(directory.join("cpu.stat")).ok())??;
    usage_ns(&stat)
}

/// `usage_usec` of `cpu.stat`.
fn usage_ns(stat: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
    line.trim().parse::<u64>().ok()?.checked_mul(1_000)
}

/// The path behind `0::`, below the mount point.
fn join(mount: &Path, membership: &str) -> PathBuf {
    let path = membership.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    mount.join(path)
}

/// Fifth field of the first line of `mountinfo` whose file system is `cgroup2`.
fn mount_point(mountinfo: &str) -> Option<PathBuf> {
    let line = mountinfo.lines().find(|line| line.contains(" - cgroup2 "))?;
    line.split(' ').nth(4).map(PathBuf::from)
}

/// Nanoseconds that the threads alive now have waited, runnable, for a CPU: second field of each thread's `schedstat`.
fn run_queue_ns() -> Option<u64> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let waits = tasks.flatten().filter_map(|task| {
        let schedstat = fs::read_to_string(task.path().join("schedstat")).ok()?;
        schedstat.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    waits.reduce(|sum, wait| sum + wait)
}

/// Idle time of all CPUs together, and how many there are: idle and I/O wait of the `cpu` line are kept by the tickless
/// kernel itself and are exact; the resolution is one tick of `USER_HZ`.
fn host_idle(stat: &str) -> Option<(u64, u32)> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let columns: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().and_then(|ticks| u64::try_from(ticks).ok())?;
    let ticks = columns.get(3)? + columns.get(4)?;
    let cpus = stat.lines().skip(1).take_while(|line| line.starts_with("cpu")).count();
    Some((ticks.checked_mul(1_000_000_000 / per_second.max(1))?, u32::try_from(cpus).ok()?))
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_kernel_are_read_by_their_format() {
        assert_eq!(usage_ns("usage_usec 12\nuser_usec 9\n"), Some(12_000));
        assert_eq!(usage_ns("nr_periods 0\n"), None);
        let mounts = "29 22 0:25 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                      35 22 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
        assert_eq!(mount_point(mounts), Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(mount_point("1 1 0:1 / /proc rw - proc proc rw\n"), None);
        assert_eq!(join(Path::new("/m"), "3:cpu:/x\n0::/a/pushbench-1-0\n"), Path::new("/m/a/pushbench-1-0"));
        assert_eq!(join(Path::new("/m"), "0::/\n"), Path::new("/m"));
    }

    #[test]
    fn idle_is_the_sum_of_idle_and_io_wait() {
        let stat = "cpu  9 9 9 200 100 9 9\ncpu0 1 1 1 100 50 1 1\ncpu1 1 1 1 100 50 1 1\nintr 5\n";
        assert_eq!(host_idle(stat), Some((3_000_000_000, 2)));
        assert_eq!(host_idle("cpu  9 9\n"), None);
        assert_eq!(host_idle(""), None);
    }

    #[test]
    fn this_process_is_not_alone_in_its_control_group() {
        let charged = charged();
        assert_eq!(charged.cgroup_cpu_ns, None);
        assert!(charged.run_queue_ns.is_some() && charged.host_cpus > 0);
    }
}
