//! Facts about this host, read from `/proc` and `/sys`. What cannot be read stays empty; nothing is guessed.

use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use std::fs;
use std::net::SocketAddr;
use trial::check::host as check;
use trial::{Host, Warning};

/// Most generator processes, and most servers, that share a trial.
pub(crate) const MOST_PROCESSES: u32 = 16;

/// Everything that a record says about its host.
pub fn facts() -> Host {
    let cpuinfo = read("/proc/cpuinfo");
    let virtualised = match field(&cpuinfo, "flags") {
        "" => "",
        flags if flags.split_whitespace().any(|flag| flag == "hypervisor") => "yes",
        _ => "no",
    };
    Host {
        os: field(&read("/etc/os-release").replace('=', ":"), "PRETTY_NAME").trim_matches('"').to_owned(),
        kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        cpu: field(&cpuinfo, "model name").to_owned(),
        cpus: cpus(),
        memory_bytes: kib(&read("/proc/meminfo"), "MemTotal"),
        clocksource: read("/sys/devices/system/clocksource/clocksource0/current_clocksource").trim().to_owned(),
        congestion_control: read("/proc/sys/net/ipv4/tcp_congestion_control").trim().to_owned(),
        virtualised: virtualised.to_owned(),
        open_files: getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft),
        ports: ports().unwrap_or_default(),
        load_average_percent: load_average_percent(),
        pinning: "none: the scheduler places server and generator".to_owned(),
    }
}

/// Identity of this boot, hence of this monotonic clock; empty when it cannot be read.
pub fn boot_id() -> String {
    read("/proc/sys/kernel/random/boot_id").trim().to_owned()
}

/// CPUs that this process may run on.
pub fn cpus() -> Vec<usize> {
    let set = sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
    (0..CpuSet::count()).filter(|&cpu| set.is_set(cpu).unwrap_or(false)).collect()
}

/// Whether this process, and hence its children, runs in a real-time class (proc(5), field 41: 1 FIFO, 2 RR).
pub fn is_realtime() -> bool {
    let stat = read("/proc/self/stat");
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    matches!(fields.split_whitespace().nth(38), Some("1" | "2"))
}

/// Worker threads by default: half of the CPUs, since the server needs the other half.
pub fn default_threads() -> usize {
    (cpus().len() / 2).max(1)
}

/// Proportional set size of this process in bytes.
pub fn pss_bytes() -> u64 {
    kib(&read("/proc/self/smaps_rollup"), "Pss")
}

/// Processes among which so many streams are shared out, each with as many open files as this host allows one.
///
/// # Errors
/// [`check::FILES_SCARCE`] when they would be more than [`MOST_PROCESSES`].
pub(crate) fn processes(streams: u64) -> Result<u32, Warning> {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(_, hard)| hard);
    shared_among(streams, limit)
}

fn shared_among(streams: u64, limit: u64) -> Result<u32, Warning> {
    let room = check::room(limit);
    match u32::try_from(streams.div_ceil(room.max(1))) {
        Ok(processes @ 0..=MOST_PROCESSES) if room > 0 => Ok(processes.max(1)),
        // What room is left for questions may be given up.
        _ => check::files(streams, limit).map_or(Ok(1), Err),
    }
}

/// Checks, and where possible raises, what so many connections need, of each of so many processes that share the ways from
/// some addresses to one.
///
/// # Errors
/// [`check::FILES_SCARCE`] or [`check::PORTS_SCARCE`], with the limit and what to do.
pub fn admit(connections: u64, each: u32, route: Option<(SocketAddr, usize)>) -> Result<(), Warning> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((u64::MAX, u64::MAX));
    if let Some(scarce) = check::files(connections, soft) {
        let raised =
            check::files(connections, hard).is_none() && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
        if !raised {
            return Err(check::files(connections, hard).unwrap_or(scarce));
        }
    }
    // A port that a closed connection holds is held for its destination alone, and a fresh server is a fresh destination:
    // what lingers from earlier trials takes nothing away here.
    let ports = ports().zip(route).and_then(|(range, route)| check::ports(connections * u64::from(each), route, range));
    ports.map_or(Ok(()), Err)
}

fn ports() -> Option<(u16, u16)> {
    let range = read("/proc/sys/net/ipv4/ip_local_port_range");
    let mut bounds = range.split_whitespace().map(str::parse);
    Some((bounds.next()?.ok()?, bounds.next()?.ok()?))
}

fn load_average_percent() -> u64 {
    let text = read("/proc/loadavg");
    let load: f64 = text.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0);
    (load * 100.0) as u64
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The value behind `name:`, on the first line that begins so.
fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let value =
        |line: &'a str| line.split_once(':').filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim());
    text.lines().find_map(value).unwrap_or_default()
}

fn kib(text: &str, name: &str) -> u64 {
    let number = field(text, name).split_whitespace().next();
    number.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named_with_their_remedy() {
        let error = admit(10_000_000_000, 1, None).unwrap_err().to_string();
        assert!(error.contains("10000000000 connections need 10000000200 open files"), "{error}");
        assert_eq!(admit(10, 1, None), Ok(()));
    }

    #[test]
    fn streams_are_shared_among_as_few_processes_as_may_open_them() {
        let shared = |streams, limit| shared_among(streams, limit).map_err(|scarce| scarce.to_string());
        assert_eq!([0, 1, 19_790].map(|streams| shared(streams, 20_000)), [1, 1, 1].map(Ok));
        assert_eq!([19_791, 95_000, 100_000].map(|streams| shared(streams, 20_000)), [2, 5, 6].map(Ok));
        assert_eq!([300, 1_600].map(|streams| shared(streams, 310)), [3, 16].map(Ok));
        assert_eq!((shared(5, 205), shared(100_000, u64::MAX)), (Ok(1), Ok(1)));
        let scarce = shared(1_601, 310).unwrap_err();
        assert!(scarce.starts_with("1601 connections need 1801 open files, the limit is 310"), "{scarce}");
        assert!(shared(6, 205).is_err());
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        assert_eq!(field("MemTotalX: 1\nMemTotal:   42 kB\n", "MemTotal"), "42 kB");
        assert_eq!(kib("Pss:   3 kB", "Pss"), 3072);
        assert_eq!(field("", "x"), "");
    }
}
