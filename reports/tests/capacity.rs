//! A search for capacity beside the floor: a published search without one, and the same with runs of the floor in it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::{Capacity, Comparison, Language, Records, load, render};
use std::fs;
use std::path::Path;
use synthetic::{summary_markdown, terminal};
use tempfile::TempDir;
use trial::{FloorRun, Line, container};
use wire::Transport;

const ARMS: [Transport; 2] = [Transport::Sse, Transport::WebSocket];

/// The published search, with these runs of the floor in the place of its own.
fn searched(runs: &[FloorRun]) -> (TempDir, Records) {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published/2026-11-29-capacity-epyc-2cpu");
    let text = container::text(&published).unwrap();
    let (lines, end) = text.trim_end().rsplit_once('\n').unwrap();
    let lines = lines.lines().filter(|line| !line.starts_with(r#"{"kind":"floor""#));
    let mut bytes: Vec<u8> = lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes();
    for run in runs {
        let mut line = Vec::new();
        Line::Floor(run.clone()).write(&mut line).unwrap();
        assert_eq!(Line::parse(str::from_utf8(&line).unwrap()).unwrap(), Line::Floor(run.clone()));
        bytes.extend(line);
    }
    bytes.extend_from_slice(end.as_bytes());
    bytes.push(b'\n');
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join(container::PLAIN), bytes).unwrap();
    let records = load(directory.path()).unwrap();
    (directory, records)
}

/// Three rounds, one of them disturbed.
fn rounds(load: u64) -> Vec<FloorRun> {
    let run = |(round, transport, factor): (u32, Transport, f64)| FloorRun {
        cell: "capacity".to_owned(),
        transport,
        round,
        load,
        events: 300_000,
        writer_cpu_ns: 10_100.0 * factor,
        reader_cpu_ns: 2_300.0 * factor,
        response_p50_ns: 40_000,
        response_p99_ns: 120_000,
    };
    let rounds = [(0, 1.0), (1, 9.0), (2, 0.9)].into_iter();
    rounds.flat_map(|(round, factor)| ARMS.map(|arm| run((round, arm, factor)))).collect()
}

/// Terminal, summary and page in a language.
fn outputs(directory: &TempDir, records: &Records, lang: Language) -> [String; 3] {
    let printed = terminal(&Comparison::of(records), lang, 1_000, false);
    let summary = summary_markdown(&[Comparison::of(records)], lang);
    render(std::slice::from_ref(records), directory.path(), lang).unwrap();
    [printed, summary, fs::read_to_string(directory.path().join("report.html")).unwrap()]
}

#[test]
fn the_floor_is_quoted_wherever_a_capacity_is_and_nowhere_without_a_run_of_it() {
    let (old_directory, old) = searched(&[]);
    let capacity = Capacity::all(&old).remove(0);
    let load = capacity.all_hold().unwrap();
    assert!(capacity.floors.is_empty());
    let (directory, new) = searched(&rounds(load));
    for (lang, word) in [(Language::English, "(the floor)"), (Language::Chinese, "（下限）")] {
        for text in outputs(&old_directory, &old, lang) {
            assert!(!text.contains(word), "{text}");
        }
        for text in outputs(&directory, &new, lang) {
            assert_eq!(text.matches(word).count(), ARMS.len(), "one sentence for each arm");
            assert!(text.contains("10.1 µs") && text.contains("120 µs"), "the median of the rounds");
        }
    }
}

#[test]
fn ours_beside_the_floor_are_the_trials_that_held_its_load() {
    let (_directory, old) = searched(&[]);
    let load = Capacity::all(&old)[0].all_hold().unwrap();
    let (_directory, records) = searched(&rounds(load));
    let found = Capacity::all(&records).remove(0);
    assert_eq!(
        found.floors.iter().map(|floor| (floor.arm.protocol, floor.runs)).collect::<Vec<_>>(),
        ARMS.map(|arm| (arm, 3))
    );
    for floor in &found.floors {
        let (at, ours) = floor.ours.unwrap();
        assert_eq!((at, floor.load), (load, load));
        assert!(ours.server_cpu_ns > 1_000.0 && ours.client_cpu_ns > 500.0 && ours.p99_ns > 0.0, "{floor:?}");
    }
    let (_directory, elsewhere) = searched(&rounds(1));
    let said = terminal(&Comparison::of(&elsewhere), Language::English, 1_000, false);
    assert!(
        said.contains("SSE at 1 events/s: a plain writer") && said.contains(", at "),
        "the nearest load is named: {said}"
    );
}

#[test]
fn the_search_of_an_older_run_is_a_cell_of_its_plan() {
    let (_directory, records) = searched(&[]);
    let [cell] = &records.run.plan.cells[..] else { panic!("one search") };
    let asked = cell.search().unwrap();
    assert_eq!((cell.name.as_str(), cell.blocks, cell.cadence.to_string().as_str()), ("capacity", 8, "tick 100us"));
    assert_eq!((asked.push.connections, asked.push.timing.window.as_secs(), asked.limit()), (10, 3, 10_000_000));
    assert_eq!(asked.search.slo.to_string(), "p99=10ms");
    let comparison = Comparison::of(&records);
    assert!(comparison.only_searches() && comparison.cells.len() == 3, "those of response times below it");
}
