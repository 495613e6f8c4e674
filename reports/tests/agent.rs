//! Tool loops whose effects are known: they come out as they went in, and nothing is called an effect that is none.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::agent::{Agent, AtDistance, Contrast};
use reports::{Comparison, Language, Records, load, render};
use std::path::Path;
use synthetic::{golden, said, terminal};
use trial::{AgentArm, AgentLoop, AgentOutcome, AgentPlan, AgentTurn, Line};

const US: i64 = 1_000;
const MS: i64 = 1_000 * US;
const RTT_NS: u64 = 20_000_000;
const TURNS: u32 = 4;
/// The model's schedule of every turn, 40 times as fast: 1.2 s in reality.
const MODEL_NS: u64 = 30_000_000;

fn plan(blocks: u32) -> AgentPlan {
    AgentPlan {
        turns: TURNS,
        blocks,
        rtts_ns: vec![0, RTT_NS],
        history_bytes: 32_768,
        growth_bytes: 2_048,
        speed: 40.0,
        cost_per_byte_ns: 0,
    }
}

/// What a turn of an arm takes beyond the schedule. From A to B 12 ms at a distance, from B to D 300 µs, from D to F nothing;
/// the first turn on a WebSocket 20 ms more at a distance. `wobble` differs from block to block, by whole microseconds.
fn overhead_ns(arm: AgentArm, far: bool, first: bool, wobble: i64) -> i64 {
    let far_ns = |ns| if far { ns } else { 0 };
    let increment = 500 * US + far_ns(20 * MS);
    let own = match arm {
        AgentArm::A => increment + 300 * US + far_ns(12 * MS),
        AgentArm::B | AgentArm::C | AgentArm::E => increment + 300 * US,
        AgentArm::D => increment + wobble * US,
        AgentArm::F => increment - wobble * US,
        AgentArm::DAgain => increment,
    };
    own + if first && arm.is_websocket() { far_ns(20 * MS) } else { 0 }
}

fn turn(arm: AgentArm, far: bool, index: u32, wobble: i64) -> AgentTurn {
    let overhead = u64::try_from(overhead_ns(arm, far, index == 0, wobble)).unwrap();
    let grown = 33_000 + 2_048 * u64::from(index);
    AgentTurn {
        tokens: 100,
        answer_ns: MODEL_NS + overhead,
        model_ns: MODEL_NS,
        first_content_ns: 5_000_000 + overhead,
        first_content_due_ns: 5_000_000,
        tool_ns: 5_000_000,
        up_bytes: if arm.increments() && index > 0 { 2_300 } else { grown },
        down_bytes: 30_000,
        connections: u32::from(index == 0 || arm == AgentArm::A),
    }
}

fn one(arm: AgentArm, rtt_ns: u64, block: u32, position: u32) -> AgentLoop {
    let wobble = i64::from(block) - 4;
    let outcome = match arm {
        AgentArm::C => AgentOutcome::Unsupported("waits for the HTTP/2 carrier".to_owned()),
        _ => AgentOutcome::Measured((0..TURNS).map(|index| turn(arm, rtt_ns > 0, index, wobble)).collect()),
    };
    AgentLoop { arm, block, position, rtt_ns, outcome }
}

fn records(blocks: u32) -> Records {
    let mut run = synthetic::records(1).run;
    run.plan.cells.clear();
    run.agent = Some(plan(blocks));
    let mut records = Records::of(run, Path::new("out/records.jsonl").to_owned());
    for block in 0..blocks {
        for rtt_ns in [0, RTT_NS] {
            records.loops.extend((0..).zip(AgentArm::ALL).map(|(position, arm)| one(arm, rtt_ns, block, position)));
        }
    }
    records
}

fn place(records: &Records, rtt_ns: u64) -> AtDistance {
    let found = Agent::of(records).unwrap();
    found.places.into_iter().find(|place| place.rtt_ns == rtt_ns).unwrap()
}

#[test]
fn effects_come_out_as_they_went_in() {
    let far = place(&records(9), RTT_NS);
    assert_eq!((far.blocks, far.real_turn_ns), (9, 1.2e9));
    for (contrast, expected_ns, resolved) in [
        (Contrast::Reuse, -12e6, true),
        (Contrast::Increment, -300e3, true),
        (Contrast::Transport, 5e6, true),
        (Contrast::TransportLater, 0.0, false),
        (Contrast::TransportFull, 5e6, true),
        (Contrast::Whole, -7.3e6, true),
        (Contrast::Null, 0.0, false),
    ] {
        let effect = far.effect(contrast).unwrap();
        assert_eq!((effect.difference.value_ns, effect.difference.blocks), (expected_ns, 9), "{contrast:?}");
        assert_eq!(far.is_resolved(effect), resolved, "{contrast:?}");
        assert_eq!(effect.of_real, expected_ns / 1.2e9);
    }
    let reuse = far.effect(Contrast::Reuse).unwrap();
    assert_eq!(reuse.of_measured, -12e6 / (30e6 + 32.8e6), "of A's turn as it was measured");
}

#[test]
fn arms_stand_beside_with_their_bytes_and_connections() {
    let near = place(&records(9), 0);
    let arm = |arm| near.arms.iter().find(|figures| figures.arm == arm).unwrap();
    assert_eq!((arm(AgentArm::A).connections, arm(AgentArm::B).connections), (4.0, 1.0));
    assert_eq!(arm(AgentArm::B).up_bytes, [33_000.0, 33_000.0 + 3.0 * 2_048.0]);
    assert_eq!(arm(AgentArm::F).up_bytes, [33_000.0, 2_300.0]);
    assert_eq!((arm(AgentArm::B).overhead_ns, arm(AgentArm::B).first_content_late_ns), (800e3, 800e3));
    assert!(near.arms.iter().all(|figures| figures.arm != AgentArm::C && figures.loops == 9));
}

#[test]
fn an_arm_that_differs_from_itself_leaves_nothing_resolved() {
    let mut records = records(9);
    for one in records.loops.iter_mut().filter(|one| one.arm == AgentArm::DAgain && one.rtt_ns == 0) {
        let AgentOutcome::Measured(turns) = &mut one.outcome else { panic!() };
        turns.iter_mut().for_each(|turn| turn.answer_ns += 1_000_000);
    }
    let (near, far) = (place(&records, 0), place(&records, RTT_NS));
    assert!(near.unfit().is_some() && near.effects.iter().all(|effect| !near.is_resolved(effect)));
    assert!(far.unfit().is_none(), "another round trip has a null arm of its own");
    let said = terminal(&Comparison::of(&records), Language::English, 100, false);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("the null arm differs from its twin"), "{said}");
}

#[test]
fn blocks_that_an_interrupt_cut_do_not_count_and_few_have_no_interval() {
    let mut records = records(6);
    records.loops.pop();
    let (near, far) = (place(&records, 0), place(&records, RTT_NS));
    assert_eq!((near.blocks, far.blocks), (6, 5));
    let reuse = |place: &AtDistance| place.effect(Contrast::Reuse).unwrap().difference.interval_ns;
    assert!(reuse(&near).is_some() && reuse(&far).is_none());
    records.loops.retain(|one| one.block == 5 && one.rtt_ns > 0);
    let said = terminal(&Comparison::of(&records), Language::English, 100, false);
    assert!(said.contains("no answer"), "{said}");
}

#[test]
fn records_of_loops_are_read_again() {
    let (directory, records) = (tempfile::tempdir().unwrap(), records(2));
    let mut file = std::fs::File::create(directory.path().join("records.jsonl")).unwrap();
    Line::Run(Box::new(records.run.clone())).write(&mut file).unwrap();
    for one in &records.loops {
        Line::AgentLoop(Box::new(one.clone())).write(&mut file).unwrap();
    }
    assert_eq!(load(directory.path()).unwrap().loops, records.loops);
}

#[test]
fn the_answer_in_both_languages_and_everywhere() {
    let (records, out) = (records(9), tempfile::tempdir().unwrap());
    for lang in Language::ALL {
        golden(&format!("agent.{lang}.txt"), &said(&records, lang));
        render(std::slice::from_ref(&records), out.path(), lang).unwrap();
        let [page, summary] = ["report.html", "summary.md"].map(|name| std::fs::read_to_string(out.path().join(name)));
        assert!(page.unwrap().contains("<section id=\"agent\">"));
        assert!(summary.unwrap().contains("| A "));
    }
}
