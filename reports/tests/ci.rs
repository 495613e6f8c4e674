//! Thresholds and baselines: what passes, what is crossed, what cannot be judged, and how each is written down.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use proptest::prelude::*;
use reports::ci::{Counts, Judgement, Standing, Threshold, annotations, junit, summary};
use reports::{Comparison, Language, Records};
use std::sync::LazyLock;
use trial::{ExactPass, Figure, Measurement, Metric, Outcome, Plan, Quantile, Tally};
use wire::Transport;

static RECORDS: LazyLock<Records> = LazyLock::new(|| small(8));

/// The two latency cells and one of throughput.
fn small(blocks: u32) -> Records {
    let mut plan = synthetic::plan(blocks);
    plan.cells.retain(|cell| ["latency/single", "latency/fan-out", "throughput/each"].contains(&cell.name.as_str()));
    synthetic::of_plan(plan)
}

fn judged(thresholds: &[&str], records: &Records, baseline: Option<&Records>) -> Judgement {
    let thresholds: Vec<Threshold> = thresholds.iter().map(|text| text.parse().unwrap()).collect();
    let baseline = baseline.map(Comparison::of);
    Judgement::of(&Comparison::of(records), &thresholds, baseline.as_ref(), Language::English)
}

#[test]
fn the_grammar_reaches_every_figure_and_unit() {
    let p99 = Figure::Duration(Metric::ResponseTime, Quantile::P99);
    for (text, transport, figure, cells, limit) in [
        ("response:p99<5ms", None, p99, None, 5e6),
        ("sse.response:p99{latency/*}<=250us", Some(Transport::Sse), p99, Some("latency/*"), 250e3),
        ("websocket.response:p99 < 0.5 s", Some(Transport::WebSocket), p99, None, 0.5e9),
        ("round-trip:p99.9<1ms", None, Figure::Duration(Metric::RoundTrip, Quantile::P999), None, 1e6),
        ("cpu<20us", None, Figure::ServerCpuPerEvent, None, 20e3),
        ("long-poll.bytes<400", Some(Transport::LongPoll), Figure::BytesPerEvent, None, 400.0),
        ("memory<32KiB", None, Figure::ServerMemoryPerConnection, None, 32_768.0),
        ("throughput{a>b}>=100k/s", None, Figure::EventsPerSecond, Some("a>b"), 100_000.0),
        ("goodput>1MiB/s", None, Figure::Goodput, None, 1_048_576.0),
        ("requests<5", None, Figure::RequestsPerThousand, None, 5.0),
    ] {
        let threshold: Threshold = text.parse().unwrap();
        let read = (threshold.transport, threshold.figure, threshold.cells.as_deref(), threshold.limit);
        assert_eq!(read, (transport, figure, cells, limit), "{text}");
    }
}

#[test]
fn a_mistake_names_the_nearest_known_word() {
    for (text, expected) in [
        ("respnse:p99<5ms", "unknown duration 'respnse': did you mean 'response'?"),
        ("response:p98<5ms", "unknown quantile 'p98': did you mean 'p9"),
        ("response<5ms", "unknown figure 'response': did you mean 'response:p99'?"),
        ("cpus<5ms", "unknown figure 'cpus': did you mean 'cpu'?"),
        ("webscket.cpu<5ms", "unknown transport 'webscket': did you mean 'websocket'?"),
        ("cpu<5sec", "unknown unit 'sec': did you mean 's'?"),
        ("cpu<5", "unknown unit ''"),
        ("cpu=5ms", "expected FIGURE<VALUE, such as 'response:p99<5ms'"),
        ("cpu<fast", "'fast' is no number"),
        ("cpu<-5ms", "'-5ms' is no number"),
        ("cpu{latency<5ms", "cells stand in braces"),
        ("cpu{}<5ms", "cells stand in braces"),
        ("", "expected FIGURE<VALUE"),
    ] {
        let error = text.parse::<Threshold>().unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{text}: {error}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,40}", inside in "[a-z.:{}<>=*0-9 ]{0,24}") {
        let _ = (text.parse::<Threshold>(), inside.parse::<Threshold>());
    }
}

#[test]
fn what_holds_passes_and_what_does_not_is_crossed() {
    let passed = judged(&["response:p50{latency/*}<1s", "throughput>1"], &RECORDS, None);
    assert_eq!(passed.status(), 0, "{passed:?}");
    // Two cells of two transports each (and the control), then one of throughput.
    assert!(passed.checks.len() >= 6 && passed.checks.iter().all(|check| check.standing == Standing::Passed));
    let crossed = judged(&["sse.response:p50<1us", "throughput>1"], &RECORDS, None);
    assert_eq!(crossed.status(), 99);
    let of_sse = crossed.checks.iter().filter(|check| check.standing == Standing::Crossed);
    assert!(of_sse.clone().count() == 2 && of_sse.clone().all(|check| check.found.starts_with("SSE ")), "{crossed:?}");
}

#[test]
fn what_was_not_measured_does_not_pass() {
    for text in ["response:p50{nowhere/*}<1s", "memory<1MiB", "response:p99.9{latency/fan-out}<1s"] {
        let judgement = judged(&[text], &RECORDS, None);
        assert_eq!(judgement.status(), 1, "{text}: {judgement:?}");
    }
}

#[test]
fn an_arm_without_numbers_does_not_pass_beside_one_that_has_them() {
    let mut records = small(8);
    for trial in records.trials.iter_mut().filter(|trial| trial.arm.protocol == Transport::WebSocket) {
        trial.outcome = Outcome::Failed("no answer".to_owned());
    }
    for (thresholds, baseline) in [(&["response:p50{latency/*}<1s"][..], None), (&[], Some(&*RECORDS))] {
        let judgement = judged(thresholds, &records, baseline);
        assert_eq!(judgement.status(), 1, "{judgement:?}");
    }
    assert_eq!(judged(&["sse.response:p50{latency/*}<1s"], &records, None).status(), 0);
}

/// Records whose null arms are so far off.
fn null_off(factor: f64) -> Records {
    let mut records = small(12);
    for trial in records.trials.iter_mut().filter(|trial| trial.arm.twin) {
        scale(&mut trial.outcome, factor);
    }
    records
}

#[test]
fn two_copies_of_one_arm_that_differ_limit_what_may_be_claimed_of_their_figure() {
    let unfit = null_off(1.5);
    let single = |limit: &str| judged(&[&format!("sse.response:p50{{latency/single}}<{limit}")], &unfit, None);
    let found = single("1ns").checks[0].found.clone();
    let value = found.split_whitespace().nth(1).unwrap().to_owned();
    assert_eq!(single("1ns").status(), 99, "far beyond it: {found}");
    assert_eq!(single("1s").status(), 0, "far below it: {found}");
    let near = single(&format!("{value}us"));
    assert_eq!(near.status(), 3, "{near:?}");
    let lines = near.lines(Language::English);
    assert!(
        lines.iter().any(|line| line.contains("two copies of one arm differ by more than the margin")),
        "{lines:?}"
    );
    assert!(lines.iter().all(|line| !line.contains('✗')), "{lines:?}");
    let elsewhere = judged(&["throughput{throughput/*}>1"], &unfit, None);
    assert_eq!(elsewhere.status(), 0, "the throughput cell's own null arm holds");
}

#[test]
fn a_regression_that_is_far_larger_than_the_null_arm_is_a_regression() {
    let (baseline, status) = (small(12), |now: &Records, then| judged(&[], now, Some(then)).status());
    for off in [0.98, 1.5] {
        let mut slower = null_off(off);
        slower.trials.iter_mut().for_each(|trial| scale(&mut trial.outcome, 38.0));
        assert_eq!(status(&slower, &baseline), 99, "null arm {off}");
    }
    assert_eq!(status(&null_off(0.98), &baseline), 0, "2 % are inside of every margin");
    let unfit = judged(&[], &null_off(1.5), Some(&baseline));
    assert_eq!(unfit.status(), 3, "{unfit:?}");
    assert!(unfit.lines(Language::English).iter().all(|line| !line.starts_with('✗')), "{unfit:?}");
    let both = judged(&["throughput>1"], &baseline, Some(&baseline));
    assert!(both.status() == 0 && both.checks.len() > judged(&["throughput>1"], &baseline, None).checks.len());
}

#[test]
fn unequal_arms_make_the_result_invalid_whatever_holds() {
    let mut unequal = small(8);
    let websocket = |trial: &&mut trial::Trial| trial.arm.protocol == Transport::WebSocket;
    for trial in unequal.trials.iter_mut().filter(websocket) {
        trial.server.as_mut().unwrap().tuning.nodelay = false;
    }
    for threshold in ["throughput>1", "throughput<1"] {
        let judgement = judged(&[threshold], &unequal, None);
        assert_eq!(judgement.status(), 3);
        assert!(judgement.lines(Language::English).iter().all(|line| line.starts_with('!')), "{judgement:?}");
    }
}

/// Multiplies every duration of a trial.
fn scale(outcome: &mut Outcome, factor: f64) {
    let Outcome::Measured(measurement) = outcome else { return };
    for distribution in measurement.distributions.values_mut() {
        let scaled = |(ns, count)| std::iter::repeat_n((ns as f64 * factor) as u64, count as usize);
        *distribution = distribution.counts().flat_map(scaled).collect();
    }
}

#[test]
fn an_earlier_run_is_a_baseline_and_only_worse_than_the_margin_is_a_regression() {
    let same = judged(&[], &RECORDS, Some(&RECORDS));
    assert_eq!(same.status(), 0, "{same:?}");
    assert!(same.checks.len() >= 6 && same.notes[0].contains("unpaired in time"));
    let mut slower = RECORDS.clone();
    slower.trials.iter_mut().for_each(|trial| scale(&mut trial.outcome, 1.3));
    let regressed = judged(&[], &slower, Some(&RECORDS));
    assert_eq!(regressed.status(), 99, "{regressed:?}");
    let crossed = regressed.checks.iter().filter(|check| check.standing == Standing::Crossed);
    assert!(crossed.clone().count() >= 4 && crossed.clone().all(|check| check.cell.starts_with("latency/")));
    assert_eq!(judged(&[], &RECORDS, Some(&slower)).status(), 0, "faster is no regression");
}

#[test]
fn a_baseline_that_cannot_be_compared_says_why() {
    let few = judged(&[], &small(4), Some(&RECORDS));
    assert!(few.status() == 1 && few.checks[0].found.contains("too few trials: 6"), "{few:?}");
    let mut other = RECORDS.clone();
    other.run.host.cpu = "Other".to_owned();
    for trial in &mut other.trials {
        synthetic::enlarge(&mut trial.cell);
    }
    other.run.plan.cells.iter_mut().for_each(synthetic::enlarge);
    let judgement = judged(&[], &other, Some(&RECORDS));
    assert!(judgement.status() == 1 && judgement.checks[0].found.contains("another load"), "{judgement:?}");
    assert!(judgement.notes.iter().any(|note| note.contains("the hosts differ")));
    let mut elsewhere = RECORDS.clone();
    elsewhere.trials.clear();
    elsewhere.run.plan.cells.clear();
    assert_eq!(judged(&[], &RECORDS, Some(&elsewhere)).status(), 1);
}

#[test]
fn files_for_machines_cannot_be_broken_by_names() {
    let mut records = RECORDS.clone();
    let hostile = "latency/<&\"\u{1b}|`%\n::error::x";
    records.run.plan.cells.iter_mut().for_each(|cell| cell.name = cell.name.replace("latency/single", hostile));
    records.trials.iter_mut().for_each(|trial| trial.cell.name = trial.cell.name.replace("latency/single", hostile));
    let judgement = judged(&["response:p50<1ns", "response:p50{none}<1s"], &records, None);
    let xml = junit(&judgement);
    assert!(xml.starts_with("<?xml") && xml.ends_with("</testsuites>\n") && !xml.contains('\u{1b}'), "{xml}");
    assert!(xml.contains("latency/&lt;&amp;&quot; |`% ::error::x"), "{xml}");
    let [failures, errors] = ["<failure", "<error"].map(|tag| xml.matches(tag).count());
    assert!(xml.contains(&format!("failures=\"{failures}\" errors=\"{errors}\"")) && errors == 1);
    let commands = annotations(&judgement, Language::English);
    assert!(commands.iter().all(|line| line.starts_with("::error title=pushbench::") && !line.contains('\n')));
    assert!(commands.iter().any(|line| line.contains("%25")));
    let markdown = summary(&judgement, Language::Chinese);
    assert!(markdown.contains("latency/\\<&\" \\|\\`% ::error::x"), "{markdown}");
    assert!(judgement.lines(Language::English).iter().all(|line| !line.contains(['\n', '\u{1b}'])));
}

/// A run of the exact pass in which 100 events cost the server so many instructions, allocations and system calls.
fn counted(instructions: u64, allocations: u64, syscalls: u64) -> Records {
    let tallies = |count| [20, 120].map(|events| Tally { events, count: 5_000 + events / 100 * count }).to_vec();
    let pass = ExactPass {
        instructions: tallies(instructions),
        allocations: tallies(allocations),
        syscalls: tallies(syscalls),
        ..ExactPass::default()
    };
    of_pass(pass)
}

fn of_pass(pass: ExactPass) -> Records {
    let plan = "name='p'\nwhy='w'\nblocks=1\n[[cell]]\nname='exact/one'\nwhy='w'\nscenario='exact'\nnull=false\n\
                transports=['sse','websocket']\n";
    let mut records = synthetic::of_plan(Plan::from_toml(plan).unwrap());
    let measurement = Measurement { exact: Some(pass), ..Measurement::default() };
    records.trials.iter_mut().for_each(|trial| trial.outcome = Outcome::Measured(Box::new(measurement.clone())));
    records
}

fn beside(kept: &Records, now: &Records) -> Judgement {
    let kept = Counts::of(&Comparison::of(kept));
    // As a file keeps them.
    let kept: Counts = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
    Judgement::default().beside(&kept, &Comparison::of(now), Language::English)
}

#[test]
fn a_count_that_rose_is_crossed_and_one_that_fell_or_wavers_is_not() {
    let kept = counted(600_000, 200, 300);
    for (now, crossed) in [
        (counted(600_000, 200, 300), 0),
        (counted(300_000, 0, 100), 0),
        (counted(623_000, 220, 320), 0),
        (counted(625_000, 200, 300), 1),
        (counted(600_000, 300, 300), 1),
        (counted(625_000, 300, 400), 3),
    ] {
        let judgement = beside(&kept, &now);
        let found = judgement.checks.iter().filter(|check| check.standing == Standing::Crossed).count();
        // Each in both arms.
        assert_eq!((found, judgement.checks.len()), (2 * crossed, 6), "{judgement:?}");
        assert_eq!(judgement.status(), if crossed > 0 { 99 } else { 0 });
    }
    let none = beside(&counted(600_000, 0, 300), &counted(600_000, 30, 300));
    assert_eq!(none.status(), 99, "an allocation where there was none: {none:?}");
    let lines = beside(&kept, &counted(625_000, 200, 300)).lines(Language::English);
    let expected = "✗ server user instructions per event · SSE · exact/one: 6,250; kept 6,000 (+250.00)";
    assert!(lines.iter().any(|line| line == expected), "{lines:?}");
}

#[test]
fn a_count_that_could_not_be_made_is_named_and_fails_nothing() {
    let (kept, mut pass) = (counted(600_000, 200, 300), ExactPass::default());
    pass.not_measured.push("valgrind is not installed".to_owned());
    let judgement = beside(&kept, &of_pass(pass));
    assert_eq!((judgement.status(), judgement.checks.len(), judgement.notes.len()), (0, 0, 6));
    let expected = "server allocations per event · WebSocket · exact/one: not measured (valgrind is not installed)";
    assert!(judgement.notes.iter().any(|note| note == expected), "{judgement:?}");
    let elsewhere = beside(&kept, &RECORDS);
    assert!(elsewhere.status() == 0 && elsewhere.notes.iter().all(|note| note.ends_with("(not in this run)")));
    let new = beside(&RECORDS, &kept);
    assert!(new.checks.is_empty() && new.notes.iter().all(|note| note.contains("not kept yet")), "{new:?}");
}
