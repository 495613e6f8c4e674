//! Sockets and paths that decide instead of the transport.

use super::row::BearsOn::Times;
use super::row::{Action, Warning};
use crate::{Distribution, Layers, Measurement, Metric};
use std::collections::BTreeMap;
use wire::{Facts, Preset, Tuning};

/// Nanoseconds of a connect that show a repeated SYN (RFC 6298: the first timeout is one second).
const SYN_TIMEOUT_NS: u64 = 990_000_000;
/// Where Nagle and delayed ACKs put times, in milliseconds: one delay of 40 ms, or two.
const PLATEAUS_MS: [std::ops::Range<u64>; 2] = [40..48, 84..92];
/// Share of all times that must lie there.
const PLATEAU_SHARE: f64 = 0.5;
/// Listen backlog that a server of ours must ask for.
const BACKLOG: u32 = 4_096;
/// Share of the busy time that a full buffer may take.
const BUFFER_SHARE: f64 = 0.01;

crate::checks! {
    /// A connect took as long as a repeated SYN.
    SYN_REPEATED syn_repeated(slowest_ms: f64) = "syn-repeated", Void {
        when: "a connect of {} ms or more", SYN_TIMEOUT_NS / 1_000_000;
        en: "a TCP connect took {slowest_ms:.0} ms, as long as a repeated SYN: packets are lost while connecting; connect more slowly";
        zh: "一次 TCP 建连用了 {slowest_ms:.0} ms，相当于 SYN 重发：建连时有丢包；请放慢建连";
        @look: |_, m| repeated_syn(m);
    }
    /// Nagle's algorithm was on at `server` or `generator`.
    NAGLE_ON nagle_on(program: String) = "nagle-on", Warn {
        when: "TCP_NODELAY off at a server of ours";
        en: "Nagle's algorithm is on at the {program}: small writes may wait for an ACK; set TCP_NODELAY, or read these numbers as those of the defaults";
        zh: "{program} 开着 Nagle 算法：小的写入可能要等 ACK；请设置 TCP_NODELAY，或把这些数字当作默认设置的结果来读";
        bears_on: Times;
    }
    /// Times gather where Nagle and delayed ACKs put them, for servers whose sockets cannot be looked at.
    NAGLE_PLATEAU nagle_plateau(mode_ms: f64) = "nagle-plateau", Warn {
        when: "remote: {} % of the exchanges in {} or {} ms", 100.0 * PLATEAU_SHARE, span(0), span(1);
        en: "most exchanges took about {mode_ms:.0} ms, the mark of Nagle waiting for a delayed ACK: set TCP_NODELAY at the server";
        zh: "多数往返约为 {mode_ms:.0} ms，这是 Nagle 等待延迟 ACK 的痕迹：请在服务器上设置 TCP_NODELAY";
        @look: |trial, m| plateau(m).filter(|_| trial.is_remote());
        bears_on: Times;
        probe: Some("V16 Nagle");
    }
    /// A server of ours without the socket options that every arm must have.
    SERVER_DEFAULTS server_defaults(nodelay: bool, backlog: u32) = "server-defaults", Refuse {
        when: "preset equal, but TCP_NODELAY off or backlog < {BACKLOG}";
        en: "the server calls itself 'equal' with nodelay {nodelay} and a listen backlog of {backlog}: start one with nodelay on and a backlog of {BACKLOG}";
        zh: "服务器自称 equal，却是 nodelay {nodelay}、监听队列 {backlog}：请以 nodelay 开、队列 {BACKLOG} 启动";
        probe: Some("V20 unequal arms");
    }
    /// bbr over a network, where it decides more than the transport does.
    BBR_DEFAULT bbr_default() = "bbr-default", Warn {
        when: "bbr over a network";
        en: "TCP runs bbr, the host's default: over a lossy path it decides more than the transport; fix one with --congestion and run cubic and bbr";
        zh: "TCP 使用主机默认的 bbr：在有丢包的路径上它比传输方式影响更大；请用 --congestion 固定，并各跑一次 cubic 和 bbr";
        bears_on: Times;
    }
    /// Trials inherit TCP metrics, which matters over a network (`remote`).
    METRICS_KEPT metrics_kept(remote: bool) = "metrics-kept", Inform {
        when: "tcp_no_metrics_save = 0: over loopback; over a network";
        en: "the kernel carries TCP metrics from trial to trial (tcp_no_metrics_save=0): a trial inherits what the one before learnt; set it to 1 for runs over a network";
        zh: "内核在各次试验间保留 TCP 度量（tcp_no_metrics_save=0）：后一次会继承前一次所学；经网络测量时请设为 1";
        worse: Some((Action::Warn, |warning| warning.value("remote") == Some(true)));
        bears_on: Times;
    }
    /// Congestion windows shrink in pauses.
    IDLE_RESTART idle_restart() = "idle-restart", Warn {
        when: "tcp_slow_start_after_idle = 1 with bursts over a network";
        en: "TCP starts slowly again after a pause (tcp_slow_start_after_idle=1): bursts over a network pay for it; say so, or set it to 0";
        zh: "TCP 停顿后会重新慢启动（tcp_slow_start_after_idle=1）：经网络的突发会为此付出代价；请说明，或设为 0";
        bears_on: Times;
    }
    /// A socket buffer of `server` or `generator` was the limit, in percent of the busy time: `rwnd_limited` plus
    /// `sndbuf_limited` of `TCP_INFO`. The server's own sockets are not read.
    BUFFER_BOUND buffer_bound(program: String, share: f64) = "buffer-bound", Warn {
        when: "generator: rwnd_limited plus sndbuf_limited > {} % of busy time", 100.0 * BUFFER_SHARE;
        en: "the {program} waited {share:.1} % of the time for a full socket buffer: the buffers are measured, not the transport; enlarge them";
        zh: "{program} 有 {share:.1} % 的时间在等套接字缓冲：测到的是缓冲而非传输；请加大缓冲";
        @look: |_, m| full_buffers(m);
        bears_on: Times;
    }
    /// Interface counters, which are never read, do not show what is on the wire.
    OFFLOAD_ON offload_on(interface: String) = "offload-on", Inform {
        when: "an interface that merges segments";
        en: "{interface} merges segments (offload): its interface counters are wrong by several percent; use the wire bytes here, which come from the client's socket";
        zh: "{interface} 会合并报文段（offload）：其接口计数差百分之几；请用这里取自客户端套接字的线上字节";
    }
    /// Server and generator share a host: loopback taken for a network.
    LOOPBACK loopback() = "loopback", Warn {
        when: "server and generator on one host";
        en: "server and load generator share this host over loopback: CPU and latency include each other's wake-ups, and segments are not those of a network";
        zh: "服务器与负载发生器在同一主机上经回环通信：CPU 与延迟都包含彼此的唤醒，报文段也不同于真实网络";
    }
}

fn span(plateau: usize) -> String {
    let std::ops::Range { start, end } = &PLATEAUS_MS[plateau];
    format!("{start}-{end}")
}

/// What a server states about its sockets.
pub(super) fn of_server(server: &Facts, remote: bool) -> Vec<Warning> {
    let tuning = &server.tuning;
    let nagle = (!tuning.nodelay).then(|| nagle_on("server".to_owned()));
    [nagle, bbr(tuning.congestion_control.as_deref(), remote)].into_iter().flatten().collect()
}

/// `control` is what the server fixed: `None`
/// leaves the host's default, which is judged by [`host_bbr`].
fn bbr(control: Option<&str>, remote: bool) -> Option<Warning> {
    (remote && control == Some("bbr")).then(bbr_default)
}

/// The default congestion control of this host, for what it sends itself.
pub fn host_bbr(default: &str, remote: bool) -> Option<Warning> {
    bbr(Some(default), remote)
}

fn repeated_syn(measurement: &Measurement) -> Option<Warning> {
    let slowest = measurement.distributions.get(&Metric::ConnectTcp)?.max()?;
    (slowest >= SYN_TIMEOUT_NS).then(|| syn_repeated(slowest as f64 / 1e6))
}

/// Whether round trips gather where a delayed ACK lets them go.
pub fn plateau(measurement: &Measurement) -> Option<Warning> {
    let times = measurement.distributions.get(&Metric::RoundTrip)?;
    let (mode_ms, share) = mode(times)?;
    let marked = PLATEAUS_MS.iter().any(|plateau| plateau.contains(&mode_ms)) && share >= PLATEAU_SHARE;
    marked.then(|| nagle_plateau(mode_ms as f64))
}

/// The four milliseconds that hold most times, by their first one, and their share.
fn mode(times: &Distribution) -> Option<(u64, f64)> {
    const BIN_NS: u64 = 4_000_000;
    let mut bins = BTreeMap::new();
    for (nanos, count) in times.counts() {
        *bins.entry(nanos / BIN_NS).or_insert(0) += count;
    }
    let (bin, count) = bins.into_iter().max_by_key(|(_, count)| *count)?;
    Some((bin * BIN_NS / 1_000_000, count as f64 / times.len() as f64))
}

/// A server that calls itself equal must have the sockets that every arm has.
pub fn defaults(tuning: &Tuning) -> Option<Warning> {
    let Tuning { nodelay, backlog, .. } = *tuning;
    (tuning.preset == Preset::Equal && (!nodelay || backlog < BACKLOG)).then(|| server_defaults(nodelay, backlog))
}

/// `tcp_no_metrics_save` as the kernel states it.
pub fn metrics(no_metrics_save: &str, remote: bool) -> Option<Warning> {
    (no_metrics_save == "0").then(|| metrics_kept(remote))
}

/// `tcp_slow_start_after_idle` as the kernel states it, and whether any load comes in bursts.
pub fn slow_start(slow_start_after_idle: &str, remote: bool, bursts: bool) -> Option<Warning> {
    (slow_start_after_idle == "1" && remote && bursts).then(idle_restart)
}

fn full_buffers(measurement: &Measurement) -> Option<Warning> {
    let Layers { busy_us, limited_us, .. } = measurement.layers?;
    let share = limited_us as f64 / busy_us as f64;
    (busy_us > 0 && share > BUFFER_SHARE).then(|| buffer_bound("generator".to_owned(), 100.0 * share))
}

/// What `ethtool -k` says about merging segments on an interface.
pub fn offload(interface: &str, features: &str) -> Option<Warning> {
    let merges = |line: &str| {
        let (name, state) = line.split_once(':')?;
        let merging = ["tcp-segmentation-offload", "generic-segmentation-offload", "generic-receive-offload"];
        (merging.contains(&name.trim()) && state.trim().starts_with("on")).then_some(())
    };
    features.lines().find_map(merges).map(|()| offload_on(interface.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples;

    #[test]
    fn slow_connects_are_repeated_syns() {
        let connect = |us| samples::timed(&[(Metric::ConnectTcp, &[50, us])]);
        assert_eq!(repeated_syn(&connect(900_000)), None);
        assert!(repeated_syn(&connect(1_001_000)).is_some());
    }

    #[test]
    fn a_plateau_needs_its_place_and_half_of_the_times() {
        for (times, fires) in [
            (&[44_000, 44_100, 300][..], true),
            (&[88_000, 88_000][..], true),
            (&[38_000, 38_000][..], false),
            (&[52_000, 52_000][..], false),
            (&[44_000, 300, 5_000, 9_000][..], false),
        ] {
            let measurement = samples::timed(&[(Metric::RoundTrip, times)]);
            assert_eq!(plateau(&measurement).is_some(), fires, "{times:?}");
        }
        assert_eq!(plateau(&Measurement::default()), None);
    }

    #[test]
    fn a_server_that_is_not_equal_is_named() {
        let equal = Tuning::of(Preset::Equal);
        assert_eq!(defaults(&equal), None);
        assert_eq!(defaults(&Tuning::of(Preset::Stock)), None, "stock says what it is");
        for altered in [Tuning { nodelay: false, ..equal.clone() }, Tuning { backlog: 128, ..equal }] {
            assert!(defaults(&altered).is_some(), "{altered:?}");
        }
    }

    #[test]
    fn kernel_settings_matter_over_a_network() {
        assert_eq!(host_bbr("bbr", false), None);
        assert_eq!((host_bbr("bbr", true), host_bbr("cubic", true)), (Some(bbr_default()), None));
        assert_eq!(metrics("1", true), None);
        assert_eq!(metrics("0", false), Some(metrics_kept(false)));
        assert_eq!(slow_start("1", true, true), Some(idle_restart()));
        for (value, remote, bursts) in [("0", true, true), ("1", false, true), ("1", true, false)] {
            assert_eq!(slow_start(value, remote, bursts), None);
        }
        let features = |gso| format!("Features for eth0:\nrx-checksumming: on\ngeneric-segmentation-offload: {gso}\n");
        assert_eq!(offload("eth0", &features("off")), None);
        assert!(offload("eth0", &features("on")).is_some() && offload("eth0", "").is_none());
    }

    #[test]
    fn a_buffer_bound_socket_is_told_from_a_busy_one() {
        let of = |limited_us, busy_us| {
            let layers = Layers { busy_us, limited_us, ..Layers::default() };
            full_buffers(&Measurement { layers: Some(layers), ..Measurement::default() })
        };
        assert_eq!(of(10, 1_000), None);
        assert!(of(11, 1_000).is_some());
        assert_eq!((of(0, 0), full_buffers(&Measurement::default())), (None, None));
    }
}
