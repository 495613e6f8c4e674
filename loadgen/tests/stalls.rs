//! Who stood still: a server that is stopped is charged for it, a generator that is stopped voids its trial, and neither is
//! taken for the other. Both are processes of their own, as in a run.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use bench_side::{push, pushed};
use loadgen::workload::Order;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use trial::check::stalls::{GENERATOR_PAUSED, HOST_STALLED, SERVER_STALLED};
use trial::{Action, Arm, Cell, Metric, Outcome, Pace, Push, Timing, Trial, Warning};
use wire::{Rate, Transport};

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");
/// From the order to the stop: inside the window.
const LEAD: Duration = Duration::from_millis(900);

fn spawn(args: &[&str]) -> Child {
    Command::new(PROGRAM).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// A server of the program's, and its URL.
fn serve() -> (Child, String) {
    let mut server = spawn(&["serve", "--exit-with-stdin", "--threads", "1"]);
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();
    (server, url.trim().to_owned())
}

/// A thousand events a second for two seconds.
fn paced() -> Cell {
    let pace = Pace { rate: Rate::per_second(1_000.0).unwrap(), ..push().pace };
    let timing = Timing { warmup: Duration::from_millis(300), window: Duration::from_secs(2) };
    pushed(Push { pace, timing, ..push() })
}

/// Stops a process for `length`; how long it really was.
fn stopped(process: &Child, length: Duration) -> Duration {
    let pid = Pid::from_raw(i32::try_from(process.id()).unwrap());
    let begun = Instant::now();
    kill(pid, Signal::SIGSTOP).unwrap();
    sleep(length);
    kill(pid, Signal::SIGCONT).unwrap();
    begun.elapsed()
}

/// One trial in a generator process, and what `during` did meanwhile to server or generator.
fn trial<T>(transport: Transport, during: impl FnOnce(&Child, &Child) -> T) -> (Trial, T) {
    let (server, url) = serve();
    let mut generator = spawn(&["trial"]);
    let order = Order {
        cell: paced(),
        arm: Arm::of(transport),
        block: 0,
        attempt: 0,
        position: 0,
        seed: 7,
        url,
        threads: 1,
        headers: Vec::new(),
        cacert: None,
        insecure: false,
        connect_rate: None,
        sources: Vec::new(),
        foreign: None,
    };
    generator.stdin.take().unwrap().write_all(&serde_json::to_vec(&order).unwrap()).unwrap();
    sleep(LEAD);
    let done = during(&server, &generator);
    let mut record = String::new();
    generator.stdout.take().unwrap().read_to_string(&mut record).unwrap();
    generator.wait().unwrap();
    end(server);
    (serde_json::from_str(&record).unwrap(), done)
}

fn end(mut server: Child) {
    drop(server.stdin.take());
    server.wait().unwrap();
}

fn longest_ms(trial: &Trial, metric: Metric) -> f64 {
    let Outcome::Measured(measurement) = &trial.outcome else { panic!("{:?}", trial.outcome) };
    measurement.distributions[&metric].max().unwrap() as f64 / 1e6
}

#[test]
fn a_servers_stop_is_charged_named_and_no_reason_to_set_the_trial_aside() {
    for transport in [Transport::Sse, Transport::WebSocket] {
        let (trial, length) = trial(transport, |server, _| stopped(server, Duration::from_millis(300)));
        let length_ms = length.as_secs_f64() * 1e3;
        let judged_ms = longest_ms(&trial, Metric::JudgedTime);
        assert!(judged_ms > length_ms - 5.0, "{transport}: {judged_ms} of {length_ms} ms");
        // While the host stands still as well, the witness is late too: that part of the stop has no name.
        let least_ms = length_ms / 2.0;
        let named = |warning: &Warning| {
            let witnessed = warning.value("witnessed") == Some(true);
            warning.is(&SERVER_STALLED) && witnessed && warning.number("longest_ms") > least_ms
        };
        assert!(trial.warnings.iter().any(named), "{transport}: {:?}", trial.warnings);
        // A busy host stalls as well. What is late by the stop, 15 % of the window's events, is not excused by that.
        let excused = |warning: &Warning| warning.is(&HOST_STALLED) && warning.number("share") > 7.5;
        assert!(!trial.warnings.iter().any(excused), "{transport}: {:?}", trial.warnings);
    }
}

#[test]
fn a_generators_pause_voids_the_trial_and_says_so() {
    let (trial, _) = trial(Transport::Sse, |_, generator| stopped(generator, Duration::from_millis(200)));
    // What a busy host keeps from the server during the pause is not late when it comes.
    let least_ms = 150.0;
    let named = |warning: &Warning| warning.is(&GENERATOR_PAUSED) && warning.number("longest_ms") > least_ms;
    assert!(trial.warnings.iter().any(named), "{:?}", trial.warnings);
    assert!(trial.is_void() && trial.voided_by().unwrap().action() == Action::Void);
    assert!(longest_ms(&trial, Metric::GeneratorLag) > least_ms);
}

#[test]
fn a_witness_ends_with_its_server() {
    let (mut server, _) = serve();
    let children = format!("/proc/{0}/task/{0}/children", server.id());
    let witness: i32 = std::fs::read_to_string(children).unwrap().trim().parse().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let is_gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{witness}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    while !is_gone() {
        assert!(Instant::now() < deadline, "the witness {witness} outlives its server");
        sleep(Duration::from_millis(20));
    }
}
