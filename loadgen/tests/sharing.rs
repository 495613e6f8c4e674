//! More connections than one process may open files: several generators and servers share a trial, start at one instant, and leave
//! one record with nothing lost. The limit is lowered for the program alone, so that few connections show it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use servers::{ServeOptions, Server};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use trial::{Line, Measurement, Outcome, Processes, Trial};
use wire::{Preset, Vitals};

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");
/// Room for 100 streams a process.
const FEW_FILES: u32 = 310;
/// 300 streams of five events each.
const LOAD: [&str; 8] = ["-c", "300", "-r", "10", "-d", "500ms", "--warmup", "0s"];

/// The program with a limit of open files.
fn limited(args: &[&str]) -> Output {
    let script = format!("ulimit -n {FEW_FILES}; exec \"$0\" \"$@\"");
    Command::new("sh").args(["-c", &script, PROGRAM]).args(args).stdin(Stdio::null()).output().unwrap()
}

fn loadgen(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn trials(output: &Output) -> Vec<Trial> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    let trials = lines.lines().filter_map(|line| match Line::parse(line).unwrap() {
        Line::Trial(trial) => Some(*trial),
        _ => None,
    });
    trials.collect()
}

#[track_caller]
fn measured(trial: &Trial) -> &Measurement {
    match &trial.outcome {
        Outcome::Measured(measurement) => measurement,
        other => panic!("{}: {other:?}", trial.arm),
    }
}

/// Each of the 300 streams was opened once, and each of its five events came.
#[track_caller]
fn is_whole(trial: &Trial, processes: Processes) {
    let m = measured(trial);
    assert_eq!(trial.client.processes, Some(processes));
    assert_eq!(trial.cell.workload.connections(), 300);
    let counts = &m.counters;
    assert_eq!((counts.connections, counts.connection_failures, counts.disconnects), (300, 0, 0), "{}", trial.arm);
    assert_eq!((counts.expected, counts.received, counts.in_window), (Some(1_500), 1_500, 1_500), "{}", trial.arm);
    assert_eq!((counts.lost, counts.duplicates, counts.corrupt), (0, 0, 0), "{}", trial.arm);
    assert_eq!((m.window_ns, m.timeline.iter().map(|slice| slice.received).sum::<u64>()), (500_000_000, 1_500));
    // The servers are asked just before the start and after the end.
    assert_eq!([m.server, m.client].map(|usage| usage.unwrap().events), [1_500, 1_500], "{}", trial.arm);
    let ended = trial.warnings.iter().map(|warning| warning.check().id);
    assert!(
        !ended.clone().any(|id| ["processes-failed", "events-lost", "offered-short"].contains(&id)),
        "{:?}",
        trial.warnings
    );
}

#[test]
fn a_comparison_starts_as_many_generators_and_servers_as_its_connections_take() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let args = ["compare", "--allow-debug", "--preflight", "quick", "--blocks", "1", "--json", "-o"];
    let output = limited(&[&args[..], &[out.to_str().unwrap()], &LOAD].concat());
    let trials = trials(&output);
    assert!(trials.len() >= 2);
    trials.iter().for_each(|trial| is_whole(trial, Processes { generators: 3, servers: 3 }));
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("up to 3 load generators and 3 servers"), "the conditions name them");
}

#[test]
fn several_generators_share_one_server_and_its_group() {
    let server = bench_side::server();
    let url = server.url();
    for sharing in [&[][..], &["--shared"]] {
        let trials = trials(&limited(&[&["run", &url, "--json"][..], &LOAD, sharing].concat()));
        is_whole(&trials[0], Processes { generators: 3, servers: 1 });
    }
}

#[test]
fn servers_that_are_named_share_the_connections() {
    let servers = [bench_side::server(), bench_side::server()];
    let [one, other] = [0, 1].map(|index: usize| servers[index].url());
    let trials = trials(&loadgen(&[&["run", &one, &other, "--json"][..], &LOAD].concat()));
    is_whole(&trials[0], Processes { generators: 2, servers: 2 });
    let load = ["-c", "4", "-d", "200ms", "--schedule", "unpaced"];
    let said = loadgen(&[&["run", &one, &other][..], &load].concat());
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.starts_with(&format!("{one}, {other} over ")), "{said}");
    assert!(said.contains("2 load generators, 2 servers") && said.contains("4 opened, 0 failed"), "{said}");
}

#[test]
fn endpoints_of_others_are_read_from_one_instant_on() {
    let servers = [bench_side::server(), bench_side::server()];
    let [one, other] = [0, 1].map(|index: usize| format!("{}/sse?rate=100", servers[index].url()));
    let trials = trials(&loadgen(&["run", &one, &other, "-c", "4", "-d", "300ms", "--json"]));
    let m = measured(&trials[0]);
    assert_eq!(trials[0].client.processes, Some(Processes { generators: 2, servers: 2 }));
    assert_eq!((m.counters.connections, m.counters.disconnects, m.window_ns), (4, 0, 300_000_000));
    assert!(m.counters.in_window > 0 && trials[0].server.is_none(), "{m:?}");
}

#[test]
fn what_one_process_could_not_do_costs_the_others_nothing() {
    let server = bench_side::server();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (one, other) = (format!("{}/sse?rate=100", server.url()), format!("http://{nobody}/sse"));
    let trials = trials(&loadgen(&["run", &one, &other, "-c", "4", "-d", "200ms", "--json"]));
    assert_eq!(measured(&trials[0]).counters.connections, 2);
    let said: Vec<String> = trials[0].warnings.iter().map(ToString::to_string).collect();
    let failed = said.iter().find(|said| said.starts_with("1 of 2 generator processes left no record"));
    assert!(failed.is_some_and(|failed| failed.contains("refused the connection")), "{said:?}");
    let nothing = loadgen(&["run", &other, &other, "-c", "2", "-d", "200ms"]);
    let said = String::from_utf8(nothing.stderr).unwrap();
    assert!(!nothing.status.success() && said.contains("refused the connection"), "{said}");
}

/// What a server has sent so far.
fn sent(server: &Server) -> u64 {
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    stream.write_all(b"GET /vitals HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str::<Vitals>(answer.split_once("\r\n\r\n").unwrap().1).unwrap().events_sent
}

#[test]
fn an_interrupt_reaches_all_processes_and_keeps_what_they_have() {
    let servers = [bench_side::server(), bench_side::server()];
    let urls = [0, 1].map(|index: usize| servers[index].url());
    let mut child = Command::new(PROGRAM);
    child.arg("run").args(&urls).args(["-c", "4", "-d", "10m", "--json"]).stdin(Stdio::null());
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while servers.iter().any(|server| sent(server) == 0) {
        assert!(begun.elapsed() < Duration::from_secs(50), "nothing was sent");
        sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let Line::Trial(trial) = Line::parse(String::from_utf8(output.stdout).unwrap().trim()).unwrap() else { panic!() };
    let m = measured(&trial);
    assert_eq!((m.counters.connections, m.counters.lost), (4, 0));
    assert!(m.counters.received > 0 && m.window_ns < 600_000_000_000, "{m:?}");
}

#[test]
fn more_than_a_server_takes_is_refused_with_what_to_do() {
    let mut options = ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) };
    options.limits.max_connections = 40;
    let server = Server::start(options).unwrap();
    for (args, words) in [
        (&["-c", "50"][..], "takes 40 connections, 50 are wanted of it: give the URLs of several servers"),
        (&["-c", "30", "--transport", "long-poll"], "long polling is not shared out"),
        (&["-c", "1"], "2 URLs share 1 connections"),
    ] {
        let urls =
            if args.len() == 2 && args[1] == "50" { vec![server.url()] } else { vec![server.url(), server.url()] };
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        let output = loadgen(&[&["run"], &urls[..], args].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.lines().count() == 1 && said.contains(words), "{said}");
    }
}
