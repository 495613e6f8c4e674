//! `compare --sse URL --websocket URL`: endpoints that are none of our servers', compared as ours are.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use bench_side::server;
use servers::Server;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use trial::{Figure, Line, Metric, Outcome, Quantile, Trial, Workload};

/// Streams of our own server as anybody's: 200 events a second, a greeting of nothing.
fn feed(server: &Server, path: &str) -> String {
    format!("{}{path}?rate=200&heartbeat=off", server.url())
}

fn websocket(server: &Server) -> String {
    feed(server, "/websocket").replacen("http", "ws", 1)
}

fn compare(out: &Path, args: &[&str]) -> Output {
    let fixed = ["compare", "--allow-debug", "--preflight", "quick", "--blocks", "6", "-d", "100ms", "-o"];
    let out = [out.to_str().unwrap()];
    Command::new(env!("CARGO_BIN_EXE_loadgen")).args([&fixed[..], &out, args].concat()).output().unwrap()
}

fn trials(out: &Path) -> Vec<Trial> {
    let records = trial::container::text(out).unwrap();
    let lines = records.lines().map(|line| Line::parse(line).unwrap());
    let trials = lines.filter_map(|line| if let Line::Trial(trial) = line { Some(*trial) } else { None });
    // A busy host has blocks run again.
    trials.filter(|trial| trial.attempt == 0).collect()
}

#[test]
fn two_urls_give_one_verdict() {
    let (server, directory) = (server(), tempfile::tempdir().unwrap());
    let out = directory.path().join("run");
    let (sse, other) = (feed(&server, "/sse"), websocket(&server));
    let named = format!("again={other}");
    let output = compare(&out, &["--sse", &sse, "--websocket", &other, "--arm", &named]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("time to first event"), "{stdout}");
    let trials = trials(&out);
    let of = |arm: &str| trials.iter().filter(|trial| trial.arm.to_string() == arm).collect::<Vec<_>>();
    assert_eq!(["sse", "websocket", "websocket@again", "sse'"].map(|arm| of(arm).len()), [6, 6, 6, 3]);
    for trial in &trials {
        let Outcome::Measured(m) = &trial.outcome else { panic!("{:?}", trial.outcome) };
        assert!(matches!(trial.cell.workload, Workload::Read { connections: 40, .. }) && trial.server.is_none());
        assert!(m.counters.in_window >= 400 && m.counters.disconnects == 0, "{:?}", m.counters);
        assert!(Figure::Duration(Metric::FirstEvent, Quantile::P50).of(m).is_some());
    }
    let records = reports::load(&out).unwrap();
    let target = records.run.target.as_deref();
    assert_eq!(target, Some(format!("sse {sse}, websocket {other}, websocket@again {other}").as_str()));
    // What an endpoint sends is no constant of ours: counts have intervals and no verdict.
    let comparison = reports::Comparison::of(&records);
    let bytes = comparison.cells[0].contest(Figure::BytesPerEvent).unwrap();
    assert!(bytes.ratio.interval.is_some() && bytes.verdict == reports::verdict::Verdict::Exploratory, "{bytes:?}");
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    for part in ["WebSocket@again", "gap between events", "Streams are read as they come"] {
        assert!(page.contains(part), "the page lacks {part}");
    }
}

#[test]
fn an_endpoint_that_is_dead_leaves_the_data_of_the_other() {
    let (server, directory) = (server(), tempfile::tempdir().unwrap());
    let out = directory.path().join("run");
    // Nobody listens where somebody did.
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = compare(&out, &["--sse", &feed(&server, "/sse"), "--websocket", &format!("ws://{dead}/feed")]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("6 of 15 trials failed") && stderr.contains("refused"), "{stderr}");
    let measured = trials(&out).iter().filter(|trial| matches!(trial.outcome, Outcome::Measured(_))).count();
    assert_eq!(measured, 9, "six of SSE and three of its twin");
}

#[test]
fn what_names_no_endpoint_is_refused_with_the_remedy() {
    for (args, said) in [
        (&["--arm", "ws://host/feed"][..], "expected NAME=URL"),
        (&["--arm", "A=ws://host/feed"], "lower-case letter"),
        (&["--arm", "a=host"], "http"),
        (&["--sse", "http://h/a", "--plan", "jobs"], "cannot be used with"),
        (&["--sse", "http://h/a", "--target", "http://h"], "cannot be used with"),
        (&["--arm", "a=http://h/a", "--arm", "a=http://h/b"], "names sse@a twice"),
        (&["--sse", "http://h/a", "--body", "@/no/such/file"], "--body @/no/such/file"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let output = compare(&directory.path().join("run"), args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && stderr.contains(said), "{args:?}: {stderr}");
    }
}
