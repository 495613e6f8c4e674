//! Damaged records, more than a thousand of them, each given to the program: a report or one clear line, the right status, in
//! bounded time and 256 MB. A sample in each test run, all of them with `--ignored`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod damage;

use damage::{Base, Case, bases, cases, compressed, recovered};
use nix::sys::resource::{UsageWho, getrusage};
use reports::load;
use std::fs;
use std::process::{Command, Output};
use std::sync::Mutex;
use tempfile::TempDir;
use trial::{Line, container};

/// Peak of any one program, KiB.
const MAX_PEAK_KIB: i64 = 256 << 10;
/// After which a program counts as hanging: far beyond five times what any takes.
const LIMIT_S: &str = "120";
/// Longest line that is said.
const MAX_LINE_BYTES: usize = 600;

/// Whether a terminal would do more with a character than show it.
fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What is wrong with the program's answer to a case.
fn wrong(case: &Case) -> Option<String> {
    let directory = TempDir::new().unwrap();
    let name = if case.bytes.starts_with(&[0x1f, 0x8b]) { container::PACKED } else { container::PLAIN };
    fs::write(directory.path().join(name), &case.bytes).unwrap();
    let program = env!("CARGO_BIN_EXE_reports");
    let output = Command::new("timeout").args([LIMIT_S, program]).arg(directory.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let problem = match output.status.code() {
        _ if said.contains("panicked") => "it panicked",
        _ if said.chars().any(is_obeyed) => "what a terminal obeys",
        _ if said.lines().any(|line| line.len() > MAX_LINE_BYTES) => "a line without end",
        Some(0) if case.is_read == Some(false) => "read",
        Some(1) if case.is_read == Some(true) => "not read",
        Some(0) => reported(&directory, &output).err()?,
        Some(1) if said.lines().count() != 1 => "more than one line",
        Some(1) if !said.starts_with("Error: ") || !said.contains(name) => "an unclear line",
        Some(1) => return None,
        Some(124) => "it hangs",
        _ => "another status",
    };
    let said: String = said.chars().take(400).collect();
    Some(format!("{}: {problem} ({}): {said}", case.name, output.status))
}

/// Whether a report is there and whole, and nothing but warnings was said.
fn reported(directory: &TempDir, output: &Output) -> Result<(), &'static str> {
    let read = |name| fs::read_to_string(directory.path().join(name)).unwrap_or_default();
    let (page, summary) = (read("report.html"), read("summary.md"));
    let warnings = String::from_utf8_lossy(&output.stderr).lines().all(|line| line.starts_with("warning: "));
    match () {
        () if !page.ends_with("</html>\n") || summary.is_empty() => Err("half a report"),
        () if page.contains("<script") || page.chars().any(is_obeyed) => Err("markup of the record's"),
        () if summary.contains("<script") && !summary.contains("\\<script") => Err("markup of the record's"),
        () if summary.chars().any(is_obeyed) => Err("what a terminal obeys, in the summary"),
        () if !warnings => Err("other words than warnings"),
        () => Ok(()),
    }
}

/// Every case that `wanted` names, two at a time.
fn check(wanted: impl Fn(usize) -> bool) -> usize {
    let wanted: Vec<Case> =
        cases().into_iter().enumerate().filter(|(at, _)| wanted(*at)).map(|(_, case)| case).collect();
    let (count, left, found) = (wanted.len(), Mutex::new(wanted), Mutex::new(Vec::new()));
    let next = || left.lock().unwrap().pop();
    let work = || {
        while let Some(case) = next() {
            found.lock().unwrap().extend(wrong(&case));
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| _ = scope.spawn(work)));
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "{} of {count}:\n{}", found.len(), found.join("\n"));
    let peak_kib = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    assert!(peak_kib <= MAX_PEAK_KIB, "{peak_kib} KiB");
    count
}

#[test]
fn a_sample_of_damaged_records_is_answered() {
    assert!(check(|at| at % 37 == 0) >= 30);
}

#[test]
#[ignore = "minutes: every case; .ci/run --full"]
fn every_damaged_file_is_answered() {
    let count = check(|_| true);
    println!("{count} damaged files answered");
    assert!(count >= 1_000, "{count}");
}

/// Records of whole lines in a text: those that a reader must have.
fn whole_lines(text: &[u8]) -> usize {
    text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).count()
}

fn kept(bytes: &[u8], name: &str) -> usize {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join(name), bytes).unwrap();
    let records = load(directory.path()).unwrap();
    let once = usize::from(records.preflight.is_some()) + usize::from(records.end.is_some());
    1 + once + records.trials.len() + records.set_aside.len() + records.redone.len() + records.floor.len()
}

#[test]
fn nothing_that_was_recorded_before_a_cut_is_lost() {
    for Base { name, lines } in bases() {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let (plain, packed) = (text.as_bytes(), compressed(text.as_bytes()));
        assert_eq!(kept(plain, container::PLAIN), lines.len(), "{name}");
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..6 {
            let at = random.usize(lines[0].len() + 1..plain.len());
            // A last line that lacks nothing but its end is whole.
            let lacks_end = plain[at] == b'\n';
            assert_eq!(
                kept(&plain[..at], container::PLAIN),
                whole_lines(&plain[..at]) + usize::from(lacks_end),
                "{name} {at}"
            );
            let at = random.usize(packed.len() / 2..packed.len());
            let there = recovered(&packed[..at]);
            if whole_lines(&there) > 0 {
                let last = there.rsplit(|byte| *byte == b'\n').next().unwrap();
                let lacks_end = str::from_utf8(last).is_ok_and(|line| Line::parse(line).is_ok());
                assert_eq!(
                    kept(&packed[..at], container::PACKED),
                    whole_lines(&there) + usize::from(lacks_end),
                    "{name} {at}"
                );
            }
        }
    }
}
