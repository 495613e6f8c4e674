//! Ends that nobody asked for: a terminal that hangs up, a runner that is killed. Real processes, as a user has them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use servers::scheduler::{CGROUP_PREFIX, cgroup_directory};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

mod bench_side;

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");
/// A small comparison: the first trial begins after a second or so.
const COMPARE: [&str; 12] =
    ["compare", "--allow-debug", "--preflight", "quick", "-c", "2", "-r", "100", "--warmup", "100ms", "--blocks", "6"];
/// Five times what anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        sleep(Duration::from_millis(20));
    }
}

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

fn records(out: &Path) -> String {
    trial::container::text(out).unwrap_or_default()
}

/// State and parent of a process; `None` for one that is gone or only waits to be collected.
fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    fields.next().filter(|state| *state != "Z")?;
    fields.next()?.parse().ok()
}

/// The living children of a process whose command line has this word.
fn children(parent: u32, word: &str) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let has_word = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|argument| argument == word.as_bytes())
    };
    processes.filter(|&pid| parent_of(pid) == Some(parent)).filter(has_word).collect()
}

#[test]
fn a_terminal_that_hangs_up_ends_a_run_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let terminal = openpty(None, None).unwrap();
    fcntl(&terminal.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let mut master = File::from(terminal.master);
    let ours = || Stdio::from(terminal.slave.try_clone().unwrap());
    let mut child = Command::new(PROGRAM);
    child.args(COMPARE).args(["-d", "1s", "-o"]).arg(&out).stdin(ours()).stdout(ours()).stderr(ours());
    let mut child = child.spawn().unwrap();
    drop(terminal.slave);
    wait_until("two trials", || {
        // A terminal that nobody reads holds up whoever writes to it.
        let _ = master.read(&mut [0; 65_536]);
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        records(&out).lines().filter(|line| line.contains("\"kind\":\"trial\"")).count() >= 2
    });
    // From here on each write to the terminal fails, and so it must be: nobody sees it.
    drop(master);
    send(&child, Signal::SIGHUP);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let text = records(&out);
    let last = text.lines().last().unwrap();
    assert!(last.contains("\"kind\":\"end\"") && last.contains("interrupted"), "{last}");
    assert!(out.join("records.jsonl.gz").is_file(), "compressed");
    assert!(fs::read_to_string(out.join("report.html")).unwrap().contains("</html>"));
}

/// Whether a process of this program catches a signal by now.
fn catches(child: &Child, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() >> (signal as i32 - 1) & 1 == 1)
}

#[test]
fn who_asked_to_survive_the_terminal_does() {
    let server = bench_side::server();
    for (prefix, last_caught, status) in [("trap '' HUP;", Signal::SIGTERM, 0), ("", Signal::SIGHUP, 130)] {
        let script = format!("{prefix} exec {PROGRAM} run {} -d 2s", server.url());
        let mut child = Command::new("sh").args(["-c", &script]).stdout(Stdio::null()).spawn().unwrap();
        wait_until("it listens", || catches(&child, last_caught));
        send(&child, Signal::SIGHUP);
        assert_eq!(child.wait().unwrap().code(), Some(status), "{prefix}");
    }
}

#[test]
fn a_runner_that_is_killed_leaves_no_load_behind() {
    let server = bench_side::server();
    let directory = tempfile::tempdir().unwrap();
    for (name, target) in [("own", None), ("target", Some(server.url()))] {
        let mut runner = Command::new(PROGRAM);
        runner.args(COMPARE).args(["-d", "10m", "-o"]).arg(directory.path().join(name));
        target.iter().for_each(|url| _ = runner.args(["--target", url]));
        let mut runner = runner.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut generators = Vec::new();
        wait_until("a generator", || {
            assert!(runner.try_wait().unwrap().is_none(), "{name}: it ended");
            generators = children(runner.id(), "trial");
            !generators.is_empty()
        });
        let servers = children(runner.id(), "serve");
        assert_eq!(servers.len(), usize::from(target.is_none()), "{name}");
        sleep(Duration::from_millis(300));
        send(&runner, Signal::SIGKILL);
        runner.wait().unwrap();
        let is_gone = |pid: &u32| parent_of(*pid).is_none();
        wait_until("its processes end", || [generators.as_slice(), &servers].concat().iter().all(is_gone));
        let left = groups(runner.id());
        let later = Command::new(PROGRAM)
            .args(["agent", "--allow-debug", "--turns", "1", "--speed", "10000", "--blocks", "1", "--rtt", "0", "-o"])
            .arg(directory.path().join(format!("{name}-later")))
            .output()
            .unwrap();
        assert!(later.status.success(), "{}", String::from_utf8_lossy(&later.stderr));
        assert_eq!(groups(runner.id()), 0, "{name}: a later run removes {left} groups of the dead one");
    }
}

/// Control groups of a process's making; none where this machine lets nobody make any.
fn groups(maker: u32) -> usize {
    let prefix = format!("{CGROUP_PREFIX}{maker}-");
    let entries = cgroup_directory().and_then(|directory| fs::read_dir(directory).ok());
    let names = entries.into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().starts_with(&prefix)).count()
}
