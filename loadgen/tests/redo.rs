//! Blocks that are run again, and the record names why: beside a process that wants a whole CPU, and after a stream that broke.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use servers::{ServeOptions, Server};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use trial::check::{events, host};
use trial::{Action, Line, Outcome, StopReason, Warning};

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");

/// Two trials of half a second, which may be run again once over.
const PLAN: &str = "name = 'gate'\nwhy = 'w'\nredo = 1\nverdicts = false\n[[cell]]\nname = 'single'\nwhy = 'w'\nscenario = 'push'\nblocks = 1\n\
                    null = false\nwarmup = '100ms'\nwindow = '400ms'\n";

/// A child that spins until it is ended, or until its time is up by itself.
struct Hog(Child);

impl Hog {
    fn start() -> Self {
        let spin = "end=$(($(date +%s) + 30)); while [ \"$(date +%s)\" -lt \"$end\" ]; do i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; done";
        Self(Command::new("sh").args(["-c", spin]).stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(directory: &Path, plan_text: &str, flags: &[&str]) -> Vec<Line> {
    let (plan, out) = (directory.join("plan.toml"), directory.join("run"));
    std::fs::write(&plan, plan_text).unwrap();
    let output = Command::new(PROGRAM)
        .args(["compare", "--allow-debug", "--preflight", "quick", "--plan", plan.to_str().unwrap()])
        .args(["-o", out.to_str().unwrap()])
        .args(flags)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let records = trial::container::text(&out).unwrap();
    records.lines().map(|line| Line::parse(line).unwrap()).collect()
}

#[test]
fn a_block_beside_a_hog_is_run_again_and_the_reason_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let hog = Hog::start();
    let lines = run(directory.path(), PLAN, &[]);
    drop(hog);
    let preflights = lines.iter().filter(|line| matches!(line, Line::Preflight(_))).count();
    assert_eq!(preflights, 1, "what was found before the run is recorded");
    let redone: Vec<_> =
        lines.iter().filter_map(|line| if let Line::Redone(redone) = line { Some(redone) } else { None }).collect();
    // One block fits into the time for noise; where the hog made it void as well, one into that for missing numbers.
    assert!((1..=2).contains(&redone.len()), "{redone:?}");
    assert_eq!((redone[0].block, redone[0].attempt), (0, 0));
    assert!(
        redone[0].causes.iter().any(|cause| cause.is(&host::FOREIGN_LOAD) || cause.is(&host::RUN_QUEUE_WAIT)),
        "{:?}",
        redone[0].causes
    );
    let trials: Vec<_> =
        lines.iter().filter_map(|line| if let Line::Trial(trial) = line { Some(trial) } else { None }).collect();
    assert_eq!(trials.len(), 2 * (1 + redone.len()), "nothing is thrown away");
    for trial in trials {
        assert!(trial.noise.as_ref().unwrap().foreign_cpus.unwrap() > 0.2);
        assert!(trial.warnings.iter().any(|warning| warning.action() == Action::Redo), "{:?}", trial.warnings);
    }
    let Some(Line::End(end)) = lines.last() else { panic!("the run has an end") };
    assert_eq!((end.trials, end.planned), (2, 2), "the block counts once");
    assert_eq!(
        (end.stops[0].blocks, end.stops[0].redone, end.stops[0].reason),
        (1, redone.len() as u32, StopReason::Planned)
    );
}

/// Passes every connection on to a server; the first stream of SSE events is cut off while it runs.
fn cuts_one_stream(server: &Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("http://{}", listener.local_addr().unwrap());
    let upstream = server.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    std::thread::spawn(move || {
        let mut cuts = true;
        for mut client in listener.incoming().map_while(Result::ok) {
            let mut server = TcpStream::connect(&upstream).unwrap();
            let mut request = vec![0; 4096];
            let read = client.read(&mut request).unwrap_or(0);
            let _ = server.write_all(&request[..read]);
            pass(client.try_clone().unwrap(), server.try_clone().unwrap());
            pass(server, client.try_clone().unwrap());
            if cuts && request.starts_with(b"GET /sse") {
                cuts = false;
                std::thread::sleep(Duration::from_millis(200));
                let _ = client.shutdown(Shutdown::Both);
            }
        }
    });
    place
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}

#[test]
fn a_block_with_a_trial_that_failed_is_replaced_and_the_run_lacks_nothing() {
    let server = Server::start(ServeOptions { threads: 1, ..ServeOptions::of(wire::Preset::Equal) }).unwrap();
    let (directory, target) = (tempfile::tempdir().unwrap(), cuts_one_stream(&server));
    // Noise may have blocks run again as well: that is another allowance.
    let plan = PLAN.replace("blocks = 1", "blocks = 2");
    let lines = run(directory.path(), &plan, &["--target", &target]);
    let redone = lines.iter().filter_map(|line| if let Line::Redone(redone) = line { Some(redone) } else { None });
    let failed = |cause: &Warning| cause.is(&events::TRIAL_FAILED);
    assert_eq!(redone.filter(|redone| redone.causes.iter().any(failed)).count(), 1);
    let trials = lines.iter().filter_map(|line| if let Line::Trial(trial) = line { Some(trial) } else { None });
    assert_eq!(trials.filter(|trial| matches!(trial.outcome, Outcome::Failed(_))).count(), 1, "it stays on disk");
    let Some(Line::End(end)) = lines.last() else { panic!("the run has an end") };
    assert_eq!((end.trials, end.planned, end.stops[0].blocks), (4, 4, 2));
}
