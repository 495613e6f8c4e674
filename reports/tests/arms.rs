//! A cell of more than two arms: each is held against the base, and stands in tables, ratios, legends and file names.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::{Comparison, Language, Records, render};
use std::fs;
use synthetic::{summary_markdown, terminal};
use trial::{Arm, ClientKind, Distribution, Figure, Metric, Outcome, Plan, Quantile};
use wire::Transport;

const SSE: Arm = Arm::of(Transport::Sse);
const WEBSOCKET: Arm = Arm::of(Transport::WebSocket);
const LIBRARY: [Arm; 2] = [SSE.read_by(ClientKind::Library), WEBSOCKET.read_by(ClientKind::Library)];

/// A run of one cell of one's own.
fn records(scenario: &str, lines: &str) -> Records {
    let head =
        "name = 'arms'\nwhy = 'w'\nblocks = 20\n[[cell]]\nname = 'arms/four'\nwhy = 'four arms'\nwindow = '2s'\n";
    let rate = if scenario == "push" { "rate = 2000\n" } else { "" };
    synthetic::of_plan(Plan::from_toml(&format!("{head}scenario = '{scenario}'\n{rate}{lines}\n")).unwrap())
}

const FOUR: &str = "arms = ['sse', 'websocket', 'sse!library', 'websocket!library']\nbase = 'sse'";

#[test]
fn every_arm_is_held_against_the_base() {
    let records = records("saturate", FOUR);
    let comparison = Comparison::of(&records);
    let [cell] = &comparison.cells[..] else { panic!() };
    assert_eq!(
        cell.arms.iter().map(|arm| arm.arm).collect::<Vec<_>>(),
        [SSE, WEBSOCKET, LIBRARY[0], LIBRARY[1], SSE.twin()]
    );
    assert_eq!(cell.versus.iter().map(|versus| versus.arm).collect::<Vec<_>>(), [WEBSOCKET, LIBRARY[0], LIBRARY[1]]);
    assert_eq!(cell.pair().unwrap().arm, WEBSOCKET);
    assert_eq!(comparison.family, 3, "each other arm brings its headline into the family");
    for versus in &cell.versus {
        let contest = versus.contest(Figure::EventsPerSecond).unwrap();
        assert!(contest.headline && contest.arms == [SSE, versus.arm] && contest.verdict.is_resolved(), "{contest:?}");
        let slower = versus.arm.client == ClientKind::Library;
        assert_eq!(contest.ratio.value < 1.0, slower, "{contest:?}");
        assert!(contest.null.is_some(), "the twin of the base serves all contests");
    }
}

#[test]
fn the_tables_have_a_column_for_each_arm_and_each_ratio() {
    let records = records("saturate", FOUR);
    let comparison = Comparison::of(&records);
    let summary = summary_markdown(&[Comparison::of(&records)], Language::English);
    let heads = ["SSE", "SSE!library", "WebSocket", "WebSocket!library"];
    let ratios = ["SSE!library / SSE", "WebSocket / SSE", "WebSocket!library / SSE"];
    let columns = heads.into_iter().chain(ratios).collect::<Vec<_>>().join(" | ");
    assert!(summary.contains(&format!("| {columns} |")), "{summary}");
    let row = summary.lines().find(|line| line.starts_with("| **arms/four**")).unwrap();
    let cells: Vec<&str> = row.split(" | ").collect();
    assert_eq!(cells.len(), 2 + heads.len() + ratios.len() + 1, "{row}");
    let first = |cell: &str| cell.split("<br>").next().unwrap().to_owned();
    for cell in &cells[2..6] {
        assert!(first(cell).starts_with(|c: char| c.is_ascii_digit()), "{row}");
    }
    for (ratio, value) in cells[6..9].iter().zip(["0.3", "1.1", "0.4"]) {
        assert!(first(ratio).starts_with(value) && first(ratio).contains("× ["), "{ratio}");
    }
    for arm in ["WebSocket: higher", "SSE!library: lower", "WebSocket!library: lower"] {
        assert!(row.contains(arm), "{arm}: {row}");
    }
    for lang in Language::ALL {
        for width in [60, 110] {
            use unicode_width::UnicodeWidthStr as _;
            let text = terminal(&comparison, lang, width, false);
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
            assert!(width < 110 || text.contains("SSE!library") && text.contains("/ SSE"), "{text}");
        }
    }
}

#[test]
fn legends_and_file_names_tell_the_arms_apart() {
    let records = records("push", FOUR);
    let directory = tempfile::TempDir::new().unwrap();
    let page = fs::read_to_string(render(&[records], directory.path(), Language::English).unwrap().page).unwrap();
    for name in ["", "-sse.library", "-websocket.library"] {
        assert!(directory.path().join(format!("charts/arms-four-shift{name}.png")).is_file(), "{name}");
    }
    for said in ["WebSocket!library against SSE", "SSE!library against SSE", "lean, library client"] {
        assert!(page.contains(said), "{said}");
    }
    let spectrum = page.split("<svg").find(|svg| svg.contains("percentile") && svg.contains("WebSocket!library"));
    let spectrum = spectrum.unwrap();
    for colour in ["--sse", "--websocket", "--other-0", "--other-1"] {
        assert!(spectrum.contains(colour), "{colour}");
    }
}

#[test]
fn arms_of_one_protocol_are_compared_too() {
    let records = records("push", "arms = ['sse', 'sse!library']");
    let comparison = Comparison::of(&records);
    assert_eq!(comparison.sides(), [SSE, LIBRARY[0]]);
    let p50 = Figure::Duration(Metric::ResponseTime, Quantile::P50);
    assert_eq!(comparison.cells[0].contest(p50).unwrap().arms, [SSE, LIBRARY[0]]);
    let text = terminal(&comparison, Language::English, 100, false);
    assert!(text.contains("SSE!library / SSE") && !text.contains("WebSocket / SSE"), "{text}");
}

/// A run of several cells of one's own.
fn cells(arms: &[&str]) -> Records {
    let cell = |(n, arms): (usize, &&str)| {
        format!("[[cell]]\nname = 'own/{n}'\nscenario = 'push'\nrate = 2000\nwhy = 'arms'\nwindow = '2s'\n{arms}\n")
    };
    let cells: String = arms.iter().enumerate().map(cell).collect();
    synthetic::of_plan(Plan::from_toml(&format!("name = 'own'\nwhy = 'w'\nblocks = 20\n{cells}")).unwrap())
}

/// Gives every trial one duration alone.
fn last(records: &mut Records, ns: impl Fn(Arm) -> u64) {
    for trial in &mut records.trials {
        let Outcome::Measured(measurement) = &mut trial.outcome else { panic!() };
        let mut distribution = Distribution::new();
        (0..2_000).for_each(|_| distribution.record(ns(trial.arm) + u64::from(trial.block % 3) * 200));
        measurement.distributions.clear();
        measurement.distributions.insert(Metric::ResponseTime, distribution);
    }
}

/// What the whole run says first.
fn answer(records: &Records) -> String {
    let text = terminal(&Comparison::of(records), Language::English, 400, false);
    text.lines().take(12).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_cell_of_other_arms_does_not_speak_for_those_of_the_run() {
    for own in ["arms = ['sse', 'long-poll']", "arms = ['sse', 'sse!library']"] {
        let mut records = cells(&["transports = ['sse', 'websocket']", own]);
        // The other arm of either cell is slower than SSE.
        last(&mut records, |arm| {
            if arm.with(Transport::Sse) == SSE && arm.protocol == Transport::Sse { 100_000 } else { 200_000 }
        });
        let comparison = Comparison::of(&records);
        assert_eq!(comparison.sides(), [SSE, WEBSOCKET]);
        assert!(comparison.cells.iter().all(|cell| !cell.turned));
        let said = answer(&records);
        assert!(said.contains("WebSocket against SSE") && !said.contains("lower"), "{said}");
        assert!(said.contains("own/1: "), "{said}");
    }
}

#[test]
fn the_sides_of_a_run_are_those_of_its_first_cell_of_both_transports() {
    let records = cells(&["arms = ['sse', 'long-poll']", "arms = ['websocket', 'sse']\nbase = 'websocket'"]);
    let comparison = Comparison::of(&records);
    assert_eq!(comparison.sides(), [WEBSOCKET, SSE]);
}

#[test]
fn arms_of_one_protocol_are_not_the_other_way_round() {
    let records = cells(&["arms = ['sse', 'sse!library']"; 2]);
    let comparison = Comparison::of(&records);
    assert!(comparison.cells.iter().all(|cell| !cell.turned), "{:?}", comparison.sides());
}

#[test]
fn an_arm_without_numbers_does_not_hide_the_others() {
    let mut records = cells(&["arms = ['sse', 'websocket', 'long-poll']"]);
    for trial in records.trials.iter_mut().filter(|trial| trial.arm == WEBSOCKET) {
        trial.outcome = Outcome::Failed("no answer".to_owned());
    }
    let comparison = Comparison::of(&records);
    assert_eq!(comparison.cells[0].pair().unwrap().arm, Arm::of(Transport::LongPoll));
    let said = answer(&records);
    assert!(said.contains("WebSocket: ") && said.contains("no answer"), "{said}");
}

#[test]
fn the_null_arm_is_one_test_however_many_other_arms_there_are() {
    let records = records("push", FOUR);
    let comparison = Comparison::of(&records);
    let [cell] = &comparison.cells[..] else { panic!() };
    let nulls: std::collections::BTreeSet<String> = cell
        .versus
        .iter()
        .flat_map(|versus| &versus.contests)
        .filter(|contest| contest.headline && contest.is_tested() && contest.null.is_some())
        .map(|contest| format!("{:?}", contest.figure))
        .collect();
    assert!(!nulls.is_empty() && comparison.family == 3 * nulls.len());
    assert_eq!(comparison.null_family, nulls.len());
    for versus in &cell.versus {
        for contest in versus.contests.iter().filter(|contest| contest.headline) {
            let first = cell.versus[0].contest(contest.figure).unwrap();
            assert!(contest.null_adjusted_p.is_some() && contest.null_adjusted_p == first.null_adjusted_p);
        }
    }
}
