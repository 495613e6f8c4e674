//! Tool loops whose effects are known: they come out as they went in, and nothing is called an effect that is none.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::effects::{Contrast, Effects};
use reports::verdict::{Direction, Verdict};
use reports::{Comparison, Language, Records, load, render};
use std::path::Path;
use std::time::Duration;
use synthetic::{golden, said, terminal};
use trial::{Arm, Cell, ClientKind, Figure, Line, LoopTurn, Measurement, Outcome, ToolLoop, Trial};
use wire::Transport;

const US: i64 = 1_000;
const MS: i64 = 1_000 * US;
const RTT: Duration = Duration::from_millis(20);
const TURNS: u32 = 4;
/// The model's schedule of every turn, 40 times as fast: 1.2 s in reality.
const MODEL_NS: u64 = 30_000_000;

/// What a turn of an arm takes beyond the schedule. From a new connection each turn to one for all 12 ms at a distance, from the
/// whole history to increments 300 µs, from SSE to WebSocket nothing; the first turn on a WebSocket 20 ms more at a distance.
/// `wobble` differs from block to block, by whole microseconds.
fn overhead_ns(arm: Arm, far: bool, first: bool, wobble: i64) -> i64 {
    let far_ns = |ns| if far { ns } else { 0 };
    let increment = 500 * US + far_ns(20 * MS);
    let websocket = arm.protocol == Transport::WebSocket;
    let own = match arm.client {
        ClientKind::Reconnecting => increment + 300 * US + far_ns(12 * MS),
        ClientKind::Incremental if arm.twin => increment,
        ClientKind::Incremental if websocket => increment - wobble * US,
        ClientKind::Incremental => increment + wobble * US,
        ClientKind::Lean | ClientKind::Library => increment + 300 * US,
    };
    own + if first && websocket { far_ns(20 * MS) } else { 0 }
}

fn turn(arm: Arm, far: bool, index: u32, wobble: i64) -> LoopTurn {
    let overhead = u64::try_from(overhead_ns(arm, far, index == 0, wobble)).unwrap();
    let grown = 33_000 + 2_048 * u64::from(index);
    LoopTurn {
        tokens: 100,
        answer_ns: MODEL_NS + overhead,
        model_ns: MODEL_NS,
        first_content_ns: 5_000_000 + overhead,
        first_content_due_ns: 5_000_000,
        tool_ns: 5_000_000,
        up_bytes: if arm.client == ClientKind::Incremental && index > 0 { 2_300 } else { grown },
        down_bytes: 30_000,
        connections: u32::from(index == 0 || arm.client == ClientKind::Reconnecting),
    }
}

fn one(any: &Trial, cell: &Cell, arm: Arm, block: u32, position: u32) -> Trial {
    let (wobble, far) = (i64::from(block) - 4, cell.name != "tool-loop/0s");
    let outcome = match arm.supported() {
        Err(why) => Outcome::Unsupported(why.to_string()),
        Ok(()) => {
            let turns = (0..TURNS).map(|index| turn(arm, far, index, wobble)).collect();
            Outcome::Measured(Box::new(Measurement { turns, ..Measurement::default() }))
        }
    };
    Trial {
        cell: cell.clone(),
        arm,
        block,
        position,
        seed: u64::from(block),
        warnings: Vec::new(),
        noise: None,
        outcome,
        ..any.clone()
    }
}

fn records(blocks: u32) -> Records {
    let synthetic = synthetic::records(1);
    let (mut run, any) = (synthetic.run, &synthetic.trials[0]);
    let at = |rtt| ToolLoop { turns: TURNS, rtt, ..ToolLoop::default() }.cell(blocks);
    run.plan.cells = [Duration::ZERO, RTT].map(at).into();
    let mut records = Records::of(run, Path::new("out/records.jsonl").to_owned());
    for block in 0..blocks {
        for cell in &records.run.plan.cells {
            let arms = (0..).zip(cell.block_arms());
            records.trials.extend(arms.map(|(position, arm)| one(any, cell, arm, block, position)));
        }
    }
    records
}

/// The turns of each loop of a cell whose arm is wanted.
fn change(records: &mut Records, cell: &str, arm: &str, of: impl Fn(&mut LoopTurn)) {
    let wanted = |trial: &&mut Trial| trial.cell.name == cell && trial.arm.to_string() == arm;
    for trial in records.trials.iter_mut().filter(wanted) {
        let Outcome::Measured(measurement) = &mut trial.outcome else { panic!() };
        measurement.turns.iter_mut().for_each(&of);
    }
}

#[test]
fn effects_come_out_as_they_went_in() {
    let records = records(9);
    let comparison = Comparison::of(&records);
    let far = &Effects::of_run(&comparison)[1];
    assert_eq!((far.blocks(), far.real_turn_ns), (9, 1.2e9));
    for (contrast, expected_ns, resolved) in [
        (Contrast::REUSE, -12e6, true),
        (Contrast::INCREMENT, -300e3, true),
        (Contrast::TRANSPORT, 5e6, true),
        (Contrast::TRANSPORT_LATER, 0.0, false),
        (Contrast::TRANSPORT_FULL, 5e6, true),
        (Contrast::WHOLE, -7.3e6, true),
        (Contrast::NULL, 0.0, false),
    ] {
        let effect = far.effect(contrast).unwrap();
        assert_eq!((effect.difference.value_ns, effect.difference.blocks), (expected_ns, 9), "{contrast:?}");
        assert_eq!(far.is_resolved(effect), resolved, "{contrast:?}");
        assert_eq!(effect.of_real, expected_ns / 1.2e9);
    }
    let reuse = far.effect(Contrast::REUSE).unwrap();
    assert_eq!(reuse.of_measured, -12e6 / (30e6 + 32.8e6), "of a reconnecting arm's turn as it was measured");
}

#[test]
fn arms_stand_beside_with_their_quantities_and_are_judged_like_any_other() {
    let records = records(9);
    let comparison = Comparison::of(&records);
    let near = &Effects::of_run(&comparison)[0];
    let value = |arm: &str, figure| near.cell.median(arm.parse().unwrap(), figure).unwrap();
    let of = |figure| ["sse!reconnecting", "sse", "websocket!incremental"].map(|arm| value(arm, figure));
    assert_eq!(of(Figure::ConnectionsPerLoop), [4.0, 1.0, 1.0]);
    assert_eq!(of(Figure::FirstTurnBytesUp), [33_000.0; 3]);
    assert_eq!(of(Figure::LastTurnBytesUp), [39_144.0, 39_144.0, 2_300.0]);
    assert_eq!((value("sse", Figure::TurnOverhead), value("sse", Figure::FirstContentLate)), (800e3, 800e3));
    let verdict = |arm: &str| near.contest(arm.parse().unwrap()).unwrap().verdict;
    assert_eq!(verdict("sse"), Verdict::Different { direction: Direction::Higher, beyond_margin: true });
    assert_eq!(verdict("websocket!incremental"), Verdict::Equivalent);
    assert!(near.contest("sse/h2".parse().unwrap()).is_none());
    assert_eq!((comparison.family, comparison.null_family), (8, 2));
}

#[test]
fn an_arm_that_differs_from_itself_leaves_nothing_resolved() {
    let mut records = records(9);
    change(&mut records, "tool-loop/0s", "sse!incremental'", |turn| turn.answer_ns += 1_000_000);
    let comparison = Comparison::of(&records);
    let [near, far] = &Effects::of_run(&comparison)[..] else { panic!() };
    assert!(near.unfit().is_some() && near.all.iter().all(|effect| !near.is_resolved(effect)));
    assert!(far.unfit().is_none(), "another round trip has a null arm of its own");
    let said = terminal(&comparison, Language::English, 100, false);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("the null arm differs from its twin"), "{said}");
}

#[test]
fn an_effect_takes_blocks_that_hold_both_of_its_arms_and_few_have_no_interval() {
    let mut records = records(6);
    records.trials.retain(|trial| (trial.block, trial.arm.to_string().as_str()) != (5, "sse!reconnecting"));
    let comparison = Comparison::of(&records);
    let far = &Effects::of_run(&comparison)[1];
    let of = |contrast| far.effect(contrast).unwrap().difference;
    assert_eq!([Contrast::REUSE, Contrast::INCREMENT].map(|it| of(it).blocks), [5, 6]);
    assert!(of(Contrast::REUSE).interval_ns.is_none() && of(Contrast::INCREMENT).interval_ns.is_some());
    records.trials.retain(|trial| trial.arm.protocol == Transport::Sse);
    let said = terminal(&Comparison::of(&records), Language::English, 100, false);
    assert!(said.contains("no answer"), "{said}");
}

#[test]
fn loops_of_older_records_are_trials() {
    let turn = LoopTurn { answer_ns: 7, model_ns: 5, up_bytes: 3, ..LoopTurn::default() };
    let older = |arm: &str, rtt_ns: u64, outcome: serde_json::Value| {
        serde_json::json!({
            "kind": "agent-loop", "arm": arm, "block": 1, "position": 2, "rtt_ns": rtt_ns, "outcome": outcome,
        })
    };
    let mut run = synthetic::records(1).run;
    run.plan.cells.clear();
    let mut run = serde_json::to_value(Line::Run(Box::new(run))).unwrap();
    run["schema"] = 3.into();
    run["agent"] = serde_json::json!({
        "turns": 4, "blocks": 9, "rtts_ns": [0, 20_000_000], "history_bytes": 32_768, "growth_bytes": 2_048, "speed": 40.0,
        "cost_per_byte_ns": 0,
    });
    let measured = |arm| older(arm, 20_000_000, serde_json::json!({ "measured": [turn] }));
    let lines = ["A", "B", "D", "D'", "E", "F"].map(measured);
    let unsupported = older("C", 0, serde_json::json!({ "unsupported": "waits" }));
    let text: String = [run].iter().chain(&lines).chain([&unsupported]).map(|line| format!("{line}\n")).collect();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("records.jsonl"), &text).unwrap();
    let read = load(directory.path()).unwrap();
    let arms: Vec<String> = read.trials.iter().map(|trial| trial.arm.to_string()).collect();
    let names =
        ["sse!reconnecting", "sse", "sse!incremental", "sse!incremental'", "websocket", "websocket!incremental"];
    assert_eq!(arms, [&names[..], &["sse/h2"]].concat());
    let asked = |rtt| ToolLoop { turns: 4, rtt, ..ToolLoop::default() };
    assert_eq!(read.run.plan.cells, [Duration::ZERO, RTT].map(|rtt| asked(rtt).cell(9)));
    let (last, rest) = read.trials.split_last().unwrap();
    assert_eq!((&last.cell, &last.outcome), (&read.run.plan.cells[0], &Outcome::Unsupported("waits".to_owned())));
    let whole = Outcome::Measured(Box::new(Measurement { turns: vec![turn], ..Measurement::default() }));
    assert!(rest.iter().all(|one| one.cell == read.run.plan.cells[1] && one.outcome == whole && one.block == 1));
    reports::repack(directory.path()).unwrap();
    let again = load(directory.path()).unwrap();
    assert_eq!((again.run.plan, again.trials.len()), (read.run.plan, 7));
    std::fs::write(directory.path().join("records.jsonl"), text.replace("\"arm\":\"A\"", "\"arm\":\"G\"")).unwrap();
    assert!(load(&directory.path().join("records.jsonl")).unwrap_err().to_string().contains("no arm G"));
}

#[test]
fn the_answer_in_both_languages_and_everywhere() {
    let (records, out) = (records(9), tempfile::tempdir().unwrap());
    for lang in Language::ALL {
        golden(&format!("loops.{lang}.txt"), &said(&records, lang));
        render(std::slice::from_ref(&records), out.path(), lang).unwrap();
        let [page, summary] = ["report.html", "summary.md"].map(|name| std::fs::read_to_string(out.path().join(name)));
        assert!(page.unwrap().contains("<section id=\"loops\">"));
        assert!(summary.unwrap().contains("| SSE!reconnecting |"));
    }
}
