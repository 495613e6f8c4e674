//! Facts about this host, read from `/proc` and `/sys`. What cannot be read stays empty; nothing is guessed.

use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use std::fs;
use std::net::SocketAddr;
use trial::check::host as check;
use trial::{Host, Warning};

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

/// Checks, and where possible raises, what so many connections to one destination from so many addresses need.
///
/// # Errors
/// [`check::FILES_SCARCE`] or [`check::PORTS_SCARCE`], with the limit and what to do.
pub fn admit(connections: u64, route: Option<(SocketAddr, usize)>) -> Result<(), Warning> {
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
    let ports = ports().zip(route).and_then(|(range, route)| check::ports(connections, route, range));
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
        let error = admit(10_000_000_000, None).unwrap_err().to_string();
        assert!(error.contains("10000000000 connections need 10000000200 open files"), "{error}");
        assert_eq!(admit(10, None), Ok(()));
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        assert_eq!(field("MemTotalX: 1\nMemTotal:   42 kB\n", "MemTotal"), "42 kB");
        assert_eq!(kib("Pss:   3 kB", "Pss"), 3072);
        assert_eq!(field("", "x"), "");
    }
}
