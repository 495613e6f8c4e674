//! What was counted, how, and what could not be, stands beside the figures in both languages.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::{Language, render};
use std::fs;
use tempfile::TempDir;
use trial::{Bothways, Counters, ExactPass, KernelStamps, Layers, Leg, Measurement, Outcome, Plan, Tally, Traffic};

const PLAN: &str = "name = 'p'\nwhy = 'w'\nblocks = 1\n[[cell]]\nname = 'exact/one'\nwhy = 'w'\nscenario = 'exact'\n\
                    [[cell]]\nname = 'exact/two'\nwhy = 'w'\nscenario = 'push'\nstamps = true\n";

fn page(lang: Language, measurement: &Measurement) -> String {
    let mut records = synthetic::of_plan(Plan::from_toml(PLAN).unwrap());
    for trial in &mut records.trials {
        trial.outcome = Outcome::Measured(Box::new(measurement.clone()));
    }
    let directory = TempDir::new().unwrap();
    render(&[records], directory.path(), lang).unwrap();
    fs::read_to_string(directory.path().join("report.html")).unwrap()
}

fn measurement(loopback: bool) -> Measurement {
    let tally = |events, count| Tally { events, count };
    let back = Leg { bytes: 14_400, payload_bytes: 7_800, segments: 100, data_segments: 100 };
    let span = Traffic { back, ..Traffic::default() };
    let below_tls = Bothways { back_bytes: back.payload_bytes, ..Bothways::default() };
    Measurement {
        counters: Counters { received: 100, ..Counters::default() },
        exact: Some(ExactPass {
            syscalls: vec![tally(20, 500), tally(220, 1_300)],
            instruments: vec!["strace 6".to_owned()],
            not_measured: vec!["valgrind is not installed".to_owned()],
            ..ExactPass::default()
        }),
        layers: Some(Layers { below_tls, span, span_events: 100, loopback, ..Layers::default() }),
        stamps: Some(KernelStamps { void: Some("the wall clock moved".to_owned()), ..KernelStamps::default() }),
        ..Measurement::default()
    }
}

#[test]
fn counts_come_with_their_instrument_and_with_what_is_missing() {
    let english = page(Language::English, &measurement(true));
    for text in [
        "Counted by strace 6.",
        "Not measured: valgrind is not installed.",
        "Not measured: the wall clock moved.",
        "server system calls per event",
        "wire bytes in per event",
        "they say nothing about a network",
    ] {
        assert!(english.contains(text), "{text}");
    }
    let chinese = page(Language::Chinese, &measurement(true));
    for text in ["计数工具：strace 6。", "服务端系统调用 / 事件", "线路下行字节 / 事件", "不能说明真实网络的情况"]
    {
        assert!(chinese.contains(text), "{text}");
    }
}

#[test]
fn a_network_is_not_taken_for_loopback() {
    assert!(!page(Language::English, &measurement(false)).contains("they say nothing about a network"));
}
