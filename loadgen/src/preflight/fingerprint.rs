//! Settings of this host and this build that bear on the numbers, by name. What cannot be read is left out.

use crate::{host, tool};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// Kernel settings, as `sysctl` names them.
const SYSCTLS: [&str; 18] = [
    "kernel.osrelease",
    "kernel.randomize_va_space",
    "net.core.default_qdisc",
    "net.core.rmem_max",
    "net.core.somaxconn",
    "net.core.wmem_max",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_autocorking",
    "net.ipv4.tcp_available_congestion_control",
    "net.ipv4.tcp_congestion_control",
    "net.ipv4.tcp_no_metrics_save",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_sack",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_wmem",
    "vm.overcommit_memory",
    "vm.swappiness",
];

/// Other files of one line, with the name that they are given here.
const FILES: [(&str, &str); 5] = [
    ("clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    ("cpufreq.governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    ("halt-polling", "/sys/module/haltpoll/parameters/guest_halt_poll_ns"),
    ("mtu.lo", "/sys/class/net/lo/mtu"),
    ("transparent-hugepages", "/sys/kernel/mm/transparent_hugepage/enabled"),
];

/// Boot parameters that bear on time: the rest of the command line is nobody's business.
const BOOT: [&str; 16] = [
    "amd_pstate",
    "clocksource",
    "cpuidle",
    "haltpoll",
    "idle",
    "intel_idle",
    "intel_pstate",
    "isolcpus",
    "mitigations",
    "nohz",
    "nohz_full",
    "nosmt",
    "numa_balancing",
    "preempt",
    "rcu_nocbs",
    "tsc",
];

/// Everything that can be read.
pub(super) fn read() -> BTreeMap<String, String> {
    let sysctls = SYSCTLS.map(|name| (name, format!("/proc/sys/{}", name.replace('.', "/"))));
    let files = FILES.map(|(name, path)| (name, path.to_owned()));
    let read = |(name, path): (&str, String)| Some((name.to_owned(), line(&fs::read_to_string(path).ok()?)));
    sysctls.into_iter().chain(files).filter_map(read).chain(build()).chain(boot()).chain(offload()).collect()
}

/// What this program is, and what it may use.
fn build() -> [(String, String); 7] {
    let (tool, realtime) = (tool::facts(), host::is_realtime());
    [
        ("build.allocator", "the system's".to_owned()),
        ("build.commit", tool.commit),
        ("build.compression", "off at both ends".to_owned()),
        ("build.profile", tool.profile),
        ("build.version", tool.version),
        ("limit.open-files", host::facts().open_files.to_string()),
        ("scheduler", if realtime { "real-time" } else { "normal" }.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

fn boot() -> Option<(String, String)> {
    Some(("boot".to_owned(), boot_parameters(&fs::read_to_string("/proc/cmdline").ok()?)))
}

/// Those of the command line that are in [`BOOT`], with or without a module's parameter or a value behind them.
fn boot_parameters(cmdline: &str) -> String {
    let known = |word: &&str| word.split(['=', '.']).next().is_some_and(|name| BOOT.contains(&name));
    cmdline.split_whitespace().filter(known).collect::<Vec<_>>().join(" ")
}

fn offload() -> Option<(String, String)> {
    Some(("offload.lo".to_owned(), on(&offloads("lo")?)))
}

/// What `ethtool -k` says about an interface; `None` where it is not installed.
pub(super) fn offloads(interface: &str) -> Option<String> {
    let answer = Command::new("ethtool").args(["-k", interface]).output().ok()?;
    answer.status.success().then(|| String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// The features that are on, by name.
fn on(features: &str) -> String {
    let on =
        features.lines().filter_map(|line| line.split_once(':').filter(|(_, state)| state.trim().starts_with("on")));
    on.map(|(name, _)| name.trim()).collect::<Vec<_>>().join(" ")
}

/// The interface of the default route.
pub(super) fn gateway() -> Option<String> {
    interface(&fs::read_to_string("/proc/net/route").ok()?)
}

/// `Iface Destination Gateway …`, a line each (proc(5)).
fn interface(routes: &str) -> Option<String> {
    let mut lines = routes.lines().map(|line| line.split_whitespace());
    lines.find_map(|mut words| {
        let interface = words.next()?;
        (words.next()? == "00000000").then(|| interface.to_owned())
    })
}

/// One line, its blanks evened out.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_is_told_by_its_settings() {
        let fingerprint = read();
        for name in ["kernel.osrelease", "net.ipv4.tcp_congestion_control", "clocksource", "build.profile", "scheduler"]
        {
            assert!(fingerprint.get(name).is_some_and(|value| !value.is_empty() && !value.contains('\n')), "{name}");
        }
    }

    #[test]
    fn texts_of_the_system_are_read_by_their_format() {
        assert_eq!(line("4096\t131072   6291456\n"), "4096 131072 6291456");
        let cmdline = "root=/dev/sda token=secret nosmt mitigations=off cpuidle_haltpoll.force=1 haltpoll.poll_ns=0\n";
        assert_eq!(boot_parameters(cmdline), "nosmt mitigations=off haltpoll.poll_ns=0");
        assert_eq!(on("Features for lo:\ntx-checksumming: on\nrx-vlan: off [fixed]\n"), "tx-checksumming");
        let routes = "Iface\tDestination\tGateway\neth1\t0000A8C0\t0\neth0\t00000000\t0101A8C0\n";
        assert_eq!(interface(routes).as_deref(), Some("eth0"));
        assert_eq!(interface(""), None);
    }
}
