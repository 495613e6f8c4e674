//! Peers that mean harm, against every way on which the program meets one: it ends in time, within its memory, with one
//! clear line and the right status, shows no secret, and loses nothing that it had recorded.
//!
//! A sample runs always; `cargo test -p loadgen --test hostile -- --ignored` runs everything, or with `HOSTILE=WORDS` in the
//! environment what has these words in its class, name and way.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod peer;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use table::{ALL, BEHAVIOURS, Behaviour, Ends, Way};
use trial::Line;

/// What the program sends as a credential, and peers repeat.
const SECRET: &str = "sk-proj-0123456789abcdefghijklmnopqrstuvw";
/// Memory of the program at its highest.
const MOST_KIB: u64 = 256 << 10;
/// Cases at one time: they mostly wait.
const AT_ONCE: usize = 6;

impl Way {
    /// Within this a case is over on an idle host: what is waited for, and a debug build's start.
    const fn deadline(self) -> Duration {
        match self {
            Self::Sse | Self::WebSocket | Self::SseLibrary | Self::WebSocketLibrary => Duration::from_secs(6),
            Self::Llm | Self::LlmWebSocket => Duration::from_secs(11),
            Self::Target => Duration::from_secs(6),
            Self::Trial => Duration::from_secs(16),
        }
    }

    const fn is_llm(self) -> bool {
        matches!(self, Self::Llm | Self::LlmWebSocket)
    }

    fn command(self, authority: &str, tls: bool, out: &Path, prompt: &Path) -> Command {
        let s = if tls { "s" } else { "" };
        let (http, ws) = (format!("http{s}://{authority}"), format!("ws{s}://{authority}/x"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
        let key = format!("Authorization: Bearer {SECRET}");
        match self {
            Self::Sse => command.args(["run", &format!("{http}/x")]),
            Self::SseLibrary => command.args(["run", &format!("{http}/x"), "--client", "library"]),
            Self::WebSocket => command.args(["run", &ws]),
            Self::WebSocketLibrary => command.args(["run", &ws, "--client", "library"]),
            Self::Llm => command.args(["llm", &format!("{http}/v1")]),
            Self::LlmWebSocket => command.args(["llm", &format!("{http}/v1"), "--transport", "websocket"]),
            Self::Target => {
                command.args(["compare", "--allow-debug", "--preflight", "quick", "-c", "1", "--target", &http])
            }
            Self::Trial => command.args(["run", &http, "-d", "300ms"]),
        };
        match self {
            Self::Llm | Self::LlmWebSocket => command
                .args(["--model", "m", "-n", "2", "-c", "2", "--timeout", "1s", "--max-time", "2s", "--prompt-file"])
                .arg(prompt),
            Self::Target | Self::Trial => &mut command,
            _ => command.args(["-d", "300ms", "--timeout", "1s"]),
        };
        command.args(["-H", &key, "-o"]).arg(out).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// One behaviour on one way.
struct Case {
    behaviour: &'static Behaviour,
    way: Way,
}

/// What came of a case.
struct Ended {
    status: ExitStatus,
    took: Duration,
    peak_kib: u64,
    stdout: String,
    stderr: String,
    records: Option<String>,
}

fn cases() -> Vec<Case> {
    let on = |way| {
        BEHAVIOURS.iter().filter(move |one| one.ways.contains(&way)).map(move |behaviour| Case { behaviour, way })
    };
    ALL.into_iter().flat_map(on).collect()
}

/// The memory of a process at its highest so far; `None` once it has ended.
fn peak_kib(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

impl Case {
    fn run(&self) -> Ended {
        let directory = tempfile::tempdir().unwrap();
        let (out, prompt) = (directory.path().join("out"), directory.path().join("prompt"));
        // More than sockets hold: who does not read it lets the program wait.
        let is_deaf = self.behaviour.class == "never reads";
        let words = if is_deaf { "word ".repeat(3 << 20) } else { "word".to_owned() };
        fs::write(&prompt, words).unwrap();
        let authority = peer::start(self.behaviour, self.way);
        let tls = self.behaviour.class == "tls";
        let begin = Instant::now();
        let mut command = self.way.command(&authority, tls, &out, &prompt);
        if is_deaf && matches!(self.way, Way::Sse | Way::SseLibrary) {
            command.args(["--body", &format!("@{}", prompt.display())]);
        }
        let mut child = command.spawn().unwrap();
        let (said, told) = (reading(child.stdout.take()), reading(child.stderr.take()));
        let (mut peak, limit) = (0, self.way.deadline() * 5);
        let status = loop {
            peak = peak_kib(&child).unwrap_or(0).max(peak);
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if begin.elapsed() > limit => {
                    child.kill().unwrap();
                    break child.wait().unwrap();
                }
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        let took = begin.elapsed();
        let (stdout, stderr) = (said.join().unwrap(), told.join().unwrap());
        Ended { status, took, peak_kib: peak, stdout, stderr, records: trial::container::text(&out).ok() }
    }

    /// What is wrong with how it ended; nothing is.
    fn faults(&self, ended: &Ended) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                faults.push(what.to_owned())
            }
        };
        let well = match self.behaviour.ends {
            Ends::Badly => false,
            Ends::Well => true,
            Ends::WellForStreams => {
                matches!(self.way, Way::Sse | Way::WebSocket | Way::SseLibrary | Way::WebSocketLibrary)
            }
        };
        let all = format!("{}{}", ended.stdout, ended.stderr);
        expect(ended.took < self.way.deadline() * 5, "it took too long");
        expect(ended.peak_kib <= MOST_KIB, &format!("{} KiB of memory", ended.peak_kib));
        expect(ended.status.code() == Some(i32::from(!well)), &format!("it ended with {}", ended.status));
        let lines: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("loadgen: ")).collect();
        expect(lines.len() == usize::from(!well), "one line says what is wrong, where something is");
        let others = ended.stderr.lines().count() - lines.len();
        expect(others <= usize::from(self.way.is_llm()), "nothing else is said there, but what is sent");
        let reasons = ended.stdout.lines().filter(|line| line.starts_with("failed: ")).count();
        // Two requests: on a busy host one can meet a deadline where the other meets a bound.
        expect(!self.way.is_llm() || (1..=2).contains(&reasons), "each request fails for a reason");
        expect(!all.contains("panicked"), "no panic");
        let words = self.behaviour.says;
        expect(words.is_empty() || words.iter().any(|word| all.contains(word)), &format!("it says one of {words:?}"));
        expect(all.lines().all(|line| line.chars().count() < 1_500), "no line is longer than anybody reads");
        let everything = [all, ended.records.clone().unwrap_or_default()].concat();
        let parts = [&SECRET[..5], &SECRET[SECRET.len() - 5..]];
        expect(!parts.iter().any(|part| everything.contains(part)), "no part of the secret is shown");
        self.recorded(ended, &mut expect);
        faults
    }

    /// What was measured is on disk.
    fn recorded(&self, ended: &Ended, expect: &mut impl FnMut(bool, &str)) {
        if self.way == Way::Target {
            return expect(ended.records.is_none(), "nothing was measured");
        }
        let Some(records) = &ended.records else {
            // A server that is refused before a trial leaves nothing to record.
            return expect(self.way == Way::Trial && ended.status.code() == Some(1), "records were kept");
        };
        let lines: Vec<_> = records.lines().map(Line::parse).collect();
        expect(lines.iter().all(Result::is_ok), "every record can be read");
        let count = |wanted: fn(&Line) -> bool| lines.iter().flatten().filter(|line| wanted(line)).count();
        let kinds = [count(|line| matches!(line, Line::Run(_))), count(|line| matches!(line, Line::Trial(_)))];
        expect(kinds == [1, 1] && count(|line| matches!(line, Line::End(_))) == 1, "a run, a trial and an end");
    }
}

/// Reads an output to its end, meanwhile.
fn reading(output: Option<impl std::io::Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        output.unwrap().read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Runs the cases, several at a time.
fn hold(cases: &[Case], at_once: usize) {
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Relaxed)) {
                    let ended = case.run();
                    let found = case.faults(&ended);
                    let Behaviour { class, name, .. } = case.behaviour;
                    let line = format!("{class}: {name}, {:?}, {:.1?}, {} KiB", case.way, ended.took, ended.peak_kib);
                    println!("{line}");
                    if !found.is_empty() {
                        let said = format!("{}{}", ended.stdout, ended.stderr);
                        faults.lock().unwrap().push(format!("{line}\n  {}\n{said}", found.join("\n  ")));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

#[test]
fn there_are_fifteen_classes_of_harm_and_150_cases_on_every_way() {
    let classes: BTreeSet<_> = BEHAVIOURS.iter().map(|one| one.class).collect();
    assert!(classes.len() >= 15, "{classes:?}");
    assert!(cases().len() >= 150, "{}", cases().len());
    let mut names: Vec<_> = BEHAVIOURS.iter().map(|one| (one.class, one.name)).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
}

#[test]
fn a_sample_of_peers_that_mean_harm_does_none() {
    // What ends as soon as it is understood: one of each class, each time on another way.
    let quick = [
        "ends early",
        "lengths",
        "chunks",
        "encodings",
        "other protocol",
        "status",
        "redirect",
        "upgrade",
        "frames",
        "json",
        "facts",
    ];
    let of_class = |class: &&str| {
        let all: Vec<Case> = cases().into_iter().filter(|case| case.behaviour.class == *class).collect();
        let step = (all.len() / 2).max(1);
        all.into_iter().step_by(step).take(2).collect::<Vec<_>>()
    };
    hold(&quick.iter().flat_map(of_class).collect::<Vec<_>>(), 2);
}

#[test]
#[ignore = "some minutes: most cases wait for a deadline"]
fn no_peer_that_means_harm_does_any() {
    let wanted = std::env::var("HOSTILE").unwrap_or_default();
    let matching =
        |case: &Case| format!("{}: {} {:?}", case.behaviour.class, case.behaviour.name, case.way).contains(&wanted);
    hold(&cases().into_iter().filter(matching).collect::<Vec<_>>(), AT_ONCE);
}
