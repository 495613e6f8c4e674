//! The exact pass as a user runs it: system calls made for nothing are counted to the last one, an instrument that is
//! not there is named, and a server runs in a control group of its own where the host allows that.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod one_cell;

use one_cell::outcomes;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use trial::{CpuSource, Figure, Measurement, Outcome, Tally};

fn only_measured(outcomes: Vec<Outcome>) -> Measurement {
    match outcomes.as_slice() {
        [Outcome::Measured(measurement)] => (**measurement).clone(),
        other => panic!("{other:?}"),
    }
}

/// The first directory of PATH that holds a program.
fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

#[test]
fn needless_system_calls_are_counted_to_the_last_one() {
    let directory = tempfile::tempdir().unwrap();
    let Some(strace) = found("strace") else { return eprintln!("skipped: strace is not installed") };
    symlink(strace, directory.path().join("strace")).unwrap();
    let cell = "scenario = 'exact'\ntransports = ['websocket']\nnull = false\nfaults = 'syscalls:3'";
    let m = only_measured(outcomes(directory.path(), directory.path(), cell));
    let exact = m.exact.clone().unwrap();
    let missing = "valgrind is not installed".to_owned();
    assert!(exact.not_measured.contains(&missing), "{:?}", exact.not_measured);
    assert_eq!((exact.instructions.len(), Figure::InstructionsPerEvent.of(&m)), (0, None));
    assert!(exact.events_between > 0, "{exact:?}");
    assert_eq!(exact.syscalls_by_name["getppid"], 3 * exact.events_between as i64);
    match exact.syscalls[..] {
        // Three for nothing, and at least one that writes.
        [Tally { events: few, .. }, Tally { events: many, .. }] => {
            assert_eq!(exact.events_between, many - few);
            assert!(Figure::SyscallsPerEvent.of(&m).is_some_and(|calls| calls >= 4.0), "{exact:?}");
        }
        // A host too busy for the figure is named; what each event does for itself is exact even so.
        _ => assert!(exact.not_measured.iter().any(|why| why.starts_with("strace: on this busy host")), "{exact:?}"),
    }
}

#[test]
fn without_any_instrument_the_trial_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let cell = "scenario = 'exact'\ntransports = ['sse']\nnull = false";
    let outcomes = outcomes(directory.path(), directory.path(), cell);
    let why = "valgrind is not installed; strace is not installed".to_owned();
    assert_eq!(outcomes, [Outcome::Unsupported(why)]);
}

#[test]
fn a_server_has_a_control_group_of_its_own_where_the_host_allows_it() {
    let directory = tempfile::tempdir().unwrap();
    let cell = "scenario = 'push'\ntransports = ['sse']\nnull = false\nwarmup = '0s'\nwindow = '200ms'";
    let server = only_measured(outcomes(directory.path(), directory.path(), cell)).server.unwrap();
    let groups = servers::scheduler::cgroup_directory();
    let Some(probe) = groups.map(|groups| groups.join(format!("pushbench-test-{}", std::process::id()))) else {
        return assert_eq!(server.cpu_source, CpuSource::ProcessClock);
    };
    let allowed = fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe)).is_ok();
    let source = if allowed { CpuSource::Cgroup } else { CpuSource::ProcessClock };
    assert_eq!(server.cpu_source, source);
    assert!(server.cpu_ns > 0);
}
