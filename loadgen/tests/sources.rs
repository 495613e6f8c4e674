//! Addresses that connections come from: those that are named are used and recorded, by `run` and by the trials of `compare`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use std::process::{Command, Output};
use trial::{Line, Outcome, Trial};

fn loadgen(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loadgen")).args(args).output().unwrap()
}

/// The trials among the records that these arguments print.
fn trials(args: &[&str]) -> Vec<Trial> {
    let output = loadgen(&[args, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let trial = |line: &str| match Line::parse(line).unwrap() {
        Line::Trial(trial) => Some(*trial),
        _ => None,
    };
    lines.lines().filter_map(trial).collect()
}

#[track_caller]
fn all_come_from(trial: &Trial, sources: &[&str]) {
    let recorded: Vec<_> = trial.client.sources.iter().map(ToString::to_string).collect();
    assert_eq!(recorded, sources);
    let Outcome::Measured(measurement) = &trial.outcome else { panic!("{:?}", trial.outcome) };
    assert_eq!(measurement.counters.connections, 8);
}

#[test]
fn a_run_comes_from_the_addresses_that_are_named() {
    let server = bench_side::server();
    let (ours, foreign) = (server.url(), format!("{}/sse?rate=100", server.url()));
    for url in [ours, foreign] {
        let run = ["run", &url, "-c", "8", "-d", "200ms"];
        let [trial] = &trials(&[&run[..], &["--source-address", "127.0.0.2-127.0.0.3,127.0.0.9"]].concat())[..] else {
            panic!("one trial")
        };
        all_come_from(trial, &["127.0.0.2", "127.0.0.3", "127.0.0.9"]);
        all_come_from(&trials(&run)[0], &[]);
    }
}

#[test]
fn so_do_the_trials_of_a_comparison() {
    let directory = tempfile::tempdir().unwrap();
    let [plan, out] = ["plan.toml", "out"].map(|name| directory.path().join(name).to_str().unwrap().to_owned());
    let cell = "name='a'\nwhy='w'\nscenario='push'\nconnections=8\nblocks=1\nnull=false\nwarmup='0s'\nwindow='200ms'";
    std::fs::write(&plan, format!("name='p'\nwhy='w'\n[[cell]]\n{cell}\n")).unwrap();
    let compare = ["compare", "--allow-debug", "--preflight", "quick", "--plan", &plan, "-o", &out];
    let trials = trials(&[&compare[..], &["--source-address", "127.0.0.4,127.0.0.5"]].concat());
    assert_eq!(trials.len(), 2);
    trials.iter().for_each(|trial| all_come_from(trial, &["127.0.0.4", "127.0.0.5"]));
}

#[test]
fn an_address_that_this_host_does_not_have_is_one_clear_line() {
    for command in [["run", "http://127.0.0.1:1/x"], ["compare", "--allow-debug"]] {
        let output = loadgen(&[&command[..], &["--source-address", "127.0.0.2,192.0.2.1"]].concat());
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
        assert!(text.contains("--source-address: this host has no address 192.0.2.1"), "{text}");
    }
}
