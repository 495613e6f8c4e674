//! A run whose cells feed no row: terminal, summary and page open with what it found.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::{Comparison, Language, Records, render};
use std::fs;
use synthetic::{golden, said, terminal};
use trial::{Arm, ExactPass, Measurement, Metric, Outcome, Plan};
use wire::Transport;

fn records() -> Records {
    synthetic::of_plan(Plan::from_toml(include_str!("synthetic/streams.toml")).unwrap())
}

/// Answers of a server whose schedule nobody knows.
fn foreign() -> Records {
    let mut records = records();
    records.run.plan.cells.iter_mut().for_each(synthetic::anybodys);
    for trial in &mut records.trials {
        synthetic::anybodys(&mut trial.cell);
        let Outcome::Measured(measurement) = &mut trial.outcome else { unreachable!() };
        measurement.distributions.retain(|metric, _| !matches!(metric, Metric::ResponseTime | Metric::JudgedTime));
    }
    records
}

/// A text without its line breaks.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn terminal_and_summary_answer_the_question_and_show_no_table_of_rows() {
    let records = records();
    let comparison = Comparison::of(&records);
    for lang in Language::ALL {
        golden(&format!("streams.{lang}.txt"), &said(&records, lang));
        use unicode_width::UnicodeWidthStr as _;
        assert!(terminal(&comparison, lang, 60, false).lines().all(|line| line.width() <= 60));
    }
    let text = unwrapped(&terminal(&comparison, Language::English, 100, false));
    assert!(!text.contains("not measured") && text.contains("of the time between two tokens"), "{text}");
    // Not every cell has so many events that p99 means anything: how many have is said.
    assert!(text.contains("at p99 (2 of 3 cells have an interval) no 95 %"), "{text}");
}

#[test]
fn the_page_opens_with_the_section_and_its_chart() {
    let directory = tempfile::TempDir::new().unwrap();
    let rendered = render(&[records()], directory.path(), Language::English).unwrap();
    let page = fs::read_to_string(&rendered.page).unwrap();
    assert!(directory.path().join("charts/llm-pace.png").is_file());
    assert!(!page.contains("id=\"comparison\"") && !page.contains("id=\"latency\""));
    let section = page.find("id=\"cells\"").unwrap();
    assert!(section < page.find("id=\"other-cells\"").unwrap() && section < page.find("id=\"validity\"").unwrap());
    for said in ["share of the time between two tokens", "bytes per token", "6,670 content events/s offered"] {
        assert!(page.contains(said), "{said}");
    }
}

/// Gives every trial of an arm the times of another arm.
fn as_if(records: &mut Records, arm: Arm, like: Arm, factor: f64) {
    let of = |records: &Records, arm| -> Vec<_> {
        records.trials.iter().filter(|trial| trial.arm == arm).cloned().collect::<Vec<_>>()
    };
    let models = of(records, like);
    for trial in records.trials.iter_mut().filter(|trial| trial.arm == arm) {
        let same = |model: &&trial::Trial| model.block == trial.block && model.cell == trial.cell;
        let Outcome::Measured(model) = &models.iter().find(same).unwrap().outcome else { continue };
        let Outcome::Measured(measurement) = &mut trial.outcome else { continue };
        for metric in [Metric::ResponseTime, Metric::JudgedTime] {
            let scaled = |(ns, count)| std::iter::repeat_n((ns as f64 * factor) as u64, count as usize);
            let times = model.distributions[&metric].counts().flat_map(scaled).collect();
            measurement.distributions.insert(metric, times);
        }
    }
}

#[test]
fn a_readme_gets_the_answer_and_a_line_for_every_paced_cell() {
    let records = records();
    let (part, said) = reports::readme_part(&Comparison::of(&records));
    assert_eq!(part, reports::Part::Streams);
    golden("streams-readme.md", &said);
}

#[test]
fn a_null_arm_beyond_the_margin_leaves_no_answer() {
    let mut records = records();
    let sse = Arm::of(Transport::Sse);
    as_if(&mut records, sse.twin(), sse, 1.5);
    let text = unwrapped(&terminal(&Comparison::of(&records), Language::English, 100, false));
    assert!(
        text.contains("without a verdict, two copies of one arm differ as much") && !text.contains("reaches beyond"),
        "{text}"
    );
}

#[test]
fn a_cell_that_broke_says_why_and_the_others_still_answer() {
    let mut records = records();
    let websocket =
        |trial: &&mut trial::Trial| trial.arm == Arm::of(Transport::WebSocket) && trial.cell.name == "llm/fast";
    for trial in records.trials.iter_mut().filter(websocket) {
        trial.outcome = Outcome::Failed("connection lost: broken pipe".to_owned());
    }
    let text = unwrapped(&terminal(&Comparison::of(&records), Language::English, 100, false));
    assert!(text.contains("WebSocket: connection lost: broken pipe."), "{text}");
    assert!(text.contains("reaches beyond") && text.contains("in the median of 2 paced cells"), "{text}");
}

#[test]
fn one_transport_alone_is_shown_and_not_compared() {
    let mut plan = Plan::from_toml(include_str!("synthetic/streams.toml")).unwrap();
    plan.cells.iter_mut().for_each(|cell| (cell.arms, cell.null) = (vec![Arm::of(Transport::Sse)], false));
    let records = synthetic::of_plan(plan);
    let text = terminal(&Comparison::of(&records), Language::English, 100, false);
    assert!(text.contains("one transport alone: nothing to compare") && text.contains("bytes per token"), "{text}");
    // It was measured, and what came out stands in the sentence.
    assert!(!text.contains("not measured") && text.contains("p50 over SSE: "), "{text}");
}

#[test]
fn one_transport_shows_no_quantile_that_its_answers_do_not_bear() {
    let mut plan = Plan::from_toml(include_str!("synthetic/streams.toml")).unwrap();
    plan.cells.iter_mut().for_each(|cell| (cell.arms, cell.null) = (vec![Arm::of(Transport::Sse)], false));
    let mut records = synthetic::of_plan(plan);
    records.run.plan.cells.iter_mut().for_each(synthetic::anybodys);
    records.trials.iter_mut().for_each(|trial| synthetic::anybodys(&mut trial.cell));
    let text = terminal(&Comparison::of(&records), Language::English, 100, false);
    // Of four cells only a hundred chats at once bring the 2,000 first contents that p99 takes.
    assert_eq!(text.matches("TTFT (first content) p99").count(), 1, "{text}");
}

#[test]
fn an_endpoint_without_a_schedule_is_not_said_to_add_latency() {
    let records = foreign();
    let directory = tempfile::TempDir::new().unwrap();
    let page = fs::read_to_string(render(&[records], directory.path(), Language::English).unwrap().page).unwrap();
    assert!(!page.contains("Added latency of each content event"));
    assert!(page.contains("<td>TTFT (first content) p50</td>"));
}

#[test]
fn one_quantile_is_no_curve() {
    let mut records = foreign();
    // 40 first contents bear a median, 80 the quartiles.
    let mut left = std::collections::BTreeMap::new();
    records.trials.retain(|trial| {
        let Outcome::Measured(measurement) = &trial.outcome else { unreachable!() };
        let answers = measurement.distributions[&Metric::FirstContent].len();
        let left = left.entry((trial.cell.name.clone(), trial.arm)).or_insert(79u64);
        let fits = answers <= *left;
        *left = if fits { *left - answers } else { 0 };
        fits
    });
    let directory = tempfile::TempDir::new().unwrap();
    let page = fs::read_to_string(render(&[records], directory.path(), Language::English).unwrap().page).unwrap();
    assert!(page.contains("<td>TTFT (first content) p50"));
    assert!(!directory.path().join("charts/llm-fast-shift.png").exists());
}

#[test]
fn a_run_cut_off_before_its_second_transport_says_so() {
    let mut records = synthetic::of_plan(Plan::from_toml(include_str!("synthetic/streams.toml")).unwrap());
    records.trials.retain(|trial| trial.arm.protocol == Transport::Sse);
    let text = terminal(&Comparison::of(&records), Language::English, 100, false);
    assert!(text.contains("the run ended before every arm was measured"), "{text}");
    assert!(!text.contains("one transport alone"), "{text}");
}

#[test]
fn cells_without_a_row_are_answered_one_by_one() {
    let records = synthetic::of_plan(Plan::from_toml(include_str!("../../loadgen/plans/jobs.toml")).unwrap());
    let comparison = Comparison::of(&records);
    let text = terminal(&comparison, Language::English, 100, false);
    for said in
        ["WebSocket against SSE in 4 cells: ", "jobs/train-alone", "server memory per connection", "bytes per event"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("not measured") && !text.contains("Nothing was measured"), "{text}");
    let (part, said) = reports::readme_part(&comparison);
    assert!(part == reports::Part::Cells && said.contains("**jobs/train**"), "{said}");
    // Every cell once, with the figure that its verdict is about.
    assert!(said.contains("jobs/idle (bytes requested by the server per connection, without I/O buffers)"), "{said}");
    let bounded = said.split_once("bounded in ").unwrap().1;
    assert!(
        bounded.contains("jobs/train (judged time p50, at most 16 % (47 µs) either way), jobs/train-alone ("),
        "{said}"
    );
    let directory = tempfile::TempDir::new().unwrap();
    let page = fs::read_to_string(render(&[records], directory.path(), Language::English).unwrap().page).unwrap();
    assert!(page.contains("id=\"cells\"") && !page.contains("id=\"comparison\""));
    assert!(page.contains("50 connections, one training run of 5 steps/s, speed 20"));
}

#[test]
fn a_cell_with_too_few_blocks_is_judged_by_its_counts() {
    let head = "name='p'\nwhy='w'\n[[cell]]\nname='own'\nwhy='w'\nscenario='push'\n";
    let said = |blocks: u32| {
        let records = synthetic::of_plan(Plan::from_toml(&format!("{head}blocks = {blocks}\n")).unwrap());
        terminal(&Comparison::of(&records), Language::English, 100, false)
    };
    assert!(said(1).contains("bytes per event: 0.846×, WebSocket is lower"), "{}", said(1));
    assert!(said(9).contains("judged time p50: ") && !said(9).contains("bytes per event: "), "{}", said(9));
}

#[test]
fn counts_whose_instrument_is_missing_say_which() {
    let plan = "name='p'\nwhy='w'\nblocks=1\n[[cell]]\nname='exact/one'\nwhy='w'\nscenario='exact'\n";
    let mut records = synthetic::of_plan(Plan::from_toml(plan).unwrap());
    let exact = ExactPass { not_measured: vec!["valgrind is not installed".to_owned()], ..ExactPass::default() };
    for trial in &mut records.trials {
        let measurement = Measurement { exact: Some(exact.clone()), ..Measurement::default() };
        trial.outcome = Outcome::Measured(Box::new(measurement));
    }
    let text = terminal(&Comparison::of(&records), Language::English, 100, false);
    assert!(text.contains("valgrind is not installed") && !text.contains("the run ended before"), "{text}");
}
