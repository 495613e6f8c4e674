//! A cell of more than two arms: each is held against the base, and stands in tables, ratios, legends and file names.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::{Comparison, Language, Records, render};
use std::fs;
use synthetic::{summary_markdown, terminal};
use trial::{Arm, ClientKind, Figure, Metric, Plan, Quantile};
use wire::Transport;

const SSE: Arm = Arm::of(Transport::Sse);
const WEBSOCKET: Arm = Arm::of(Transport::WebSocket);
const LIBRARY: [Arm; 2] = [SSE.read_by(ClientKind::Library), WEBSOCKET.read_by(ClientKind::Library)];

/// A run of one cell of one's own.
fn records(scenario: &str, lines: &str) -> Records {
    let head =
        "name = 'arms'\nwhy = 'w'\nblocks = 20\n[[cell]]\nname = 'arms/four'\nwhy = 'four arms'\nwindow = '2s'\n";
    synthetic::of_plan(Plan::from_toml(&format!("{head}scenario = '{scenario}'\n{lines}\n")).unwrap())
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
