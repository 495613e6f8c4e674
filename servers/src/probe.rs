//! `/facts`, `/clock`, `/vitals`, `/witness`: a remote host seen as a local one. Refuses to judge what it reads.

use crate::clock::{self, now};
use crate::feed::WorkerHandle;
use crate::refusal::Refusal;
use crate::scheduler;
use crate::state::ServerState;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use axum::{Json, Router};
use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::ClockId;
use nix::unistd::{Pid, SysconfVar, sysconf};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use wire::{
    ClockReading, Facts, KernelMemory, Limits, LlmFacts, MonoTime, Transport, Tuning, Vitals, WIRE_VERSION, Witnessed,
};

/// Longest wait for the turn to ask the witness: it answers one at a time.
const PATIENCE: Duration = Duration::from_secs(4);

/// The routes of what a server says about itself.
pub(crate) fn routes() -> Router<Arc<WorkerHandle>> {
    Router::new()
        .route("/facts", get(facts))
        .route("/clock", get(clock_reading))
        .route("/vitals", get(vitals))
        .route("/witness", get(witness))
}

async fn facts(State(worker): State<Arc<WorkerHandle>>) -> Json<Facts> {
    Json(worker.state.facts().clone())
}

async fn clock_reading(State(worker): State<Arc<WorkerHandle>>) -> Json<ClockReading> {
    Json(ClockReading {
        monotonic_ns: worker.state.clock.tell(now()),
        realtime_ns: clock::nanos(ClockId::CLOCK_REALTIME),
    })
}

/// What the idle timer beside this server saw between two instants of this server's clock, nanoseconds.
async fn witness(State(worker): State<Arc<WorkerHandle>>, uri: Uri) -> Result<Json<Witnessed>, Refusal> {
    let asked = stretch(uri.query().unwrap_or_default());
    let (from, until) = asked.ok_or_else(|| Refusal::bad("expected from=NANOSECONDS&until=NANOSECONDS"))?;
    let clock = worker.state.clock;
    // A round trip to another process: not on the thread that serves streams.
    let turn = timeout(PATIENCE, Arc::clone(&worker.state.asking).lock_owned()).await;
    let turn = turn.map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many ask the witness"))?;
    let seen = spawn_blocking(move || {
        let _turn = turn;
        worker.state.witness.as_ref()?.ask(clock.hear(from), clock.hear(until))
    })
    .await;
    let seen = seen.ok().flatten().ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "this server has no witness"))?;
    let late = seen.late.iter().map(|&(due, awake)| (clock.tell(due), clock.tell(awake))).collect();
    Ok(Json(Witnessed { late, ..seen }))
}

/// The two instants of a query.
fn stretch(query: &str) -> Option<(MonoTime, MonoTime)> {
    let value = |key: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))?;
        value.parse().ok().map(MonoTime::from_nanos)
    };
    Some((value("from")?, value("until")?))
}

/// With sizes, unless the query is `memory=off`: reading them takes the kernel a millisecond of this thread's time.
async fn vitals(State(worker): State<Arc<WorkerHandle>>, uri: Uri) -> Json<Vitals> {
    let vitals = read_vitals(&worker.state);
    Json(if uri.query() == Some("memory=off") { vitals } else { with_memory(vitals) })
}

fn with_memory(vitals: Vitals) -> Vitals {
    let rollup = read("/proc/self/smaps_rollup");
    Vitals {
        pss_bytes: kilobytes(&rollup, "Pss:"),
        rss_bytes: kilobytes(&rollup, "Rss:"),
        kernel: KernelMemory {
            slab_bytes: fs::read_to_string("/proc/slabinfo").ok().map(|slabs| slab_bytes(&slabs)),
            tcp_bytes: tcp_pages(&read("/proc/net/sockstat")) * page_size(),
        },
        ..vitals
    }
}

fn read_vitals(state: &ServerState) -> Vitals {
    let [voluntary_switches, involuntary_switches] = all_switches();
    Vitals {
        cpu_ns: clock::nanos(ClockId::CLOCK_PROCESS_CPUTIME_ID),
        voluntary_switches,
        involuntary_switches,
        charged: scheduler::charged(),
        ..state.tally()
    }
}

/// Context switches of this process, voluntary ones first.
fn all_switches() -> [u64; 2] {
    let usage = getrusage(UsageWho::RUSAGE_SELF);
    let counts = usage.map(|usage| [usage.voluntary_context_switches(), usage.involuntary_context_switches()]);
    counts.map_or([0; 2], |counts| counts.map(|count| u64::try_from(count).unwrap_or(0)))
}

/// Context switches of this process, of both kinds.
pub(crate) fn switches() -> u64 {
    all_switches().iter().sum()
}

/// What does not change while the server runs.
pub(crate) fn read_facts(threads: usize, tuning: Tuning, limits: Limits) -> Facts {
    Facts {
        wire_version: WIRE_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: crate::COMMIT.to_owned(),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
        pid: std::process::id(),
        boot_id: read("/proc/sys/kernel/random/boot_id").trim().to_owned(),
        kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        cpu: cpu_model(&read("/proc/cpuinfo")),
        cpus: allowed_cpus(),
        threads,
        tuning,
        limits,
        transports: Transport::ALL.to_vec(),
        llm: LlmFacts::default(),
        carriers: BTreeMap::new(),
        certificate: None,
    }
}

/// A file of `/proc`, or nothing where it is missing: a fact less is no reason not to serve.
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn cpu_model(cpuinfo: &str) -> String {
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

fn allowed_cpus() -> Vec<usize> {
    let set = sched_getaffinity(Pid::from_raw(0)).unwrap_or_else(|_| CpuSet::new());
    (0..CpuSet::count()).filter(|&cpu| set.is_set(cpu).unwrap_or(false)).collect()
}

fn page_size() -> u64 {
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
}

/// A line such as `Pss:   1234 kB`, in bytes.
fn kilobytes(text: &str, key: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).map_or(0, |kilobytes: u64| kilobytes * 1024)
}

/// Slab caches that an open TCP connection occupies, on the server, the client or both. Generic `kmalloc` sizes, which
/// everything shares, are left out; caches that the kernel merged with another do not appear under their own name.
const CONNECTION_CACHES: [&str; 11] = [
    "TCP",
    "TCPv6",
    "sock_inode_cache",
    "filp",
    "dentry",
    "eventpoll_epi",
    "eventpoll_pwq",
    "request_sock_TCP",
    "request_sock_TCPv6",
    "tw_sock_TCP",
    "tw_sock_TCPv6",
];

/// Active objects times object size, from lines `name active total size …`.
fn slab_bytes(slabinfo: &str) -> u64 {
    let bytes = |line: &str| {
        let mut words = line.split_whitespace();
        words.next().filter(|name| CONNECTION_CACHES.contains(name))?;
        let (active, size): (u64, u64) = (words.next()?.parse().ok()?, words.nth(1)?.parse().ok()?);
        Some(active * size)
    };
    slabinfo.lines().filter_map(bytes).sum()
}

/// The `mem` figure of the `TCP:` line.
fn tcp_pages(sockstat: &str) -> u64 {
    let line = sockstat.lines().find_map(|line| line.strip_prefix("TCP:"));
    let pages = line.and_then(|line| line.split_once(" mem ")?.1.split_whitespace().next()?.parse().ok());
    pages.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_read_by_their_format() {
        let slabs = "slabinfo - version: 2.1\n# name <active_objs> <num_objs> <objsize>\n\
                     TCP 10 13 2560 12 8 : tunables\nkmalloc-64 99 99 64\nfilp 3 32 256 16\n";
        assert_eq!(slab_bytes(slabs), 10 * 2560 + 3 * 256);
        assert_eq!(tcp_pages("sockets: used 9\nTCP: inuse 5 orphan 0 tw 2 alloc 6 mem 7\nUDP: mem 3\n"), 7);
        assert_eq!(kilobytes("Rss:  12 kB\nPss:   3 kB\n", "Pss:"), 3072);
        assert_eq!(cpu_model("processor : 0\nmodel name\t: Thing 9000\n"), "Thing 9000");
        assert_eq!((slab_bytes(""), tcp_pages(""), kilobytes("", "Pss:")), (0, 0, 0));
    }

    #[test]
    fn this_host_states_its_facts() {
        let facts = read_facts(1, Tuning::of(wire::Preset::Equal), crate::ServeOptions::default().limits);
        assert!(!facts.boot_id.is_empty() && facts.kernel.len() > "Linux ".len() && !facts.cpus.is_empty());
        assert_eq!(facts.transports, Transport::ALL);
    }
}
