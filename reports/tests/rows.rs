//! What each row concludes when records say one thing or the other.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::row::{Finding, Reach, RowVerdict, finding};
use reports::{Comparison, Extent, Language, Records};
use std::sync::LazyLock;
use synthetic::SECTION;
use trial::{HeapAccount, LiveBrowser, Measurement, Outcome, Row, Trial};
use wire::Transport;

static RECORDS: LazyLock<Records> = LazyLock::new(|| synthetic::records(10));

/// The row after a change to every trial that feeds it.
fn after(row: &str, change: impl Fn(&mut Trial)) -> Finding {
    let mut records = RECORDS.clone();
    records.trials.retain(|trial| trial.cell.row.as_deref() == Some(named(row)));
    records.trials.iter_mut().for_each(change);
    finding(&Comparison::of(&records), named(row), Language::English)
}

fn named(row: &str) -> &Row {
    Row::named(row).unwrap()
}

fn measured(trial: &mut Trial) -> &mut Measurement {
    match &mut trial.outcome {
        Outcome::Measured(measurement) => measurement,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_can_speak_decides_the_protocol_type() {
    let upstream = |sse, websocket| {
        after("protocol-type", |trial| {
            let received = if trial.arm.protocol == Transport::Sse { sse } else { websocket };
            measured(trial).exchange.as_mut().unwrap().upstream_received = received;
        })
        .verdict
    };
    let said = "as the article says: EventSource has no way to send, a WebSocket has; measured: client messages that arrived: SSE 0, WebSocket 1";
    assert_eq!(upstream(0, 1), RowVerdict::ByDefinition(said.to_owned()));
    assert_eq!(upstream(1, 1), RowVerdict::Refuted(Reach::default()));
    assert!(matches!(upstream(0, 0), RowVerdict::Open(_)));
}

#[test]
fn requests_decide_the_implementation() {
    let polling = |per_event: bool| {
        after("implementation", |trial| {
            let sse = trial.arm.protocol == Transport::Sse;
            let counters = &mut measured(trial).counters;
            if per_event && sse {
                counters.requests = counters.received;
            }
        })
        .verdict
    };
    assert_eq!(polling(false), RowVerdict::Refuted(Reach::default()));
    assert_eq!(polling(true), RowVerdict::Confirmed(Reach::default()));
}

#[test]
fn bytes_that_theory_does_not_explain_are_marked() {
    let honest = after("network-overhead", |_| {});
    assert!(matches!(&honest.verdict, RowVerdict::DependsOn(what) if what.contains("16 KiB")), "{honest:?}");
    assert_eq!(honest.caveats, [""; 0]);
    let padded = after("network-overhead", |trial| {
        if trial.cell.name.ends_with("/64B") && trial.arm.protocol == Transport::Sse {
            measured(trial).bytes.stream_in += 1_000;
        }
    });
    assert_eq!(padded.caveats.len(), 1);
    assert!(padded.caveats[0].contains("16.000 bytes above the payload, the specifications say 14.000"), "{padded:?}");
}

#[test]
fn overhead_follows_the_payloads_that_were_measured() {
    let only = |size: &'static str| {
        let mut records = RECORDS.clone();
        records.run.plan.cells.retain(|cell| cell.name == format!("network-overhead/bytes/{size}"));
        records.trials.retain(|trial| trial.cell.name == format!("network-overhead/bytes/{size}"));
        finding(&Comparison::of(&records), named("network-overhead"), Language::English).verdict
    };
    assert_eq!(only("64B"), RowVerdict::Confirmed(Reach::default()));
    assert_eq!(only("16384B"), RowVerdict::Refuted(Reach::default()));
}

#[test]
fn without_a_browser_the_data_alone_speaks() {
    let found = after("browser-support", |trial| measured(trial).browsers.clear());
    let RowVerdict::Refuted(reach) = &found.verdict else { panic!("{found:?}") };
    assert_eq!((reach.medians_alone, reach.beside.as_str()), (false, "by compatibility data alone"));
    assert!(found.sentence.ends_with("Compatibility data alone: no browser found on this machine."), "{found:?}");
    assert_eq!(found.lines.len(), 2);
}

#[test]
fn a_browser_that_did_not_open_was_not_tried_live() {
    let failing = |name: &str| LiveBrowser {
        name: name.to_owned(),
        version: format!("{name} 1"),
        asked: 20,
        failure: Some("cannot be started".to_owned()),
        ..LiveBrowser::default()
    };
    let some = after("browser-support", |trial| measured(trial).browsers.push(failing("MiniBrowser")));
    let tried = some.sentence.split_once("Tried live on this machine: ").unwrap().1;
    let (tried, failed) = tried.split_once("; did not open: ").unwrap();
    assert!(tried.starts_with("Chromium") && !tried.contains("MiniBrowser"), "{some:?}");
    assert_eq!((failed, some.lines.len()), ("MiniBrowser 1.", 3));
    let none = after("browser-support", |trial| measured(trial).browsers = vec![failing("A"), failing("B")]);
    assert!(none.sentence.ends_with("of the browsers on this machine none opened (A 1, B 1)."), "{none:?}");
    assert_eq!(none.lines.len(), 2);
}

#[test]
fn rows_without_a_claim_say_what_was_found() {
    for row in ["throughput", "memory", "connect-time"] {
        let found = after(row, |_| {});
        assert!(matches!(&found.verdict, RowVerdict::Found(text) if text.starts_with("WebSocket: ")), "{found:?}");
    }
}

#[test]
fn without_an_account_of_requested_bytes_pages_conclude_nothing() {
    let found = after("memory", |trial| measured(trial).heap = None);
    let RowVerdict::Open(why) = &found.verdict else { panic!("{found:?}") };
    assert!(why.starts_with("requested bytes: not measured (records of an older schema)"), "{why}");
    assert!(!found.sentence.contains("lower") && !found.sentence.contains("higher"), "{found:?}");
    assert_eq!(found.lines.first().map(|line| line.what.as_str()), Some("pages touched (PSS), equal"));
    let other = || HeapAccount { not_measured: Some("another build".to_owned()), ..HeapAccount::default() };
    let found = after("memory", |trial| measured(trial).heap = Some(other()));
    assert!(found.sentence.starts_with("requested bytes: not measured (another build)"), "{found:?}");
}

#[test]
fn i_o_buffers_are_named_with_their_knobs_and_left_out_of_the_verdict() {
    let found = after("memory", |_| {});
    for said in
        ["8.00 KiB (hyper, read buffer: INIT_BUFFER_SIZE", "stock, WebSocket: 128 KiB (tungstenite, read buffer"]
    {
        assert!(found.sentence.contains(said), "{found:?}");
    }
    // 2,448 over 2,176 bytes, whatever the buffers are.
    assert!(
        found.sentence.starts_with("requested without I/O buffers, equal: 1.13×, WebSocket is higher"),
        "{found:?}"
    );
}

#[test]
fn every_row_without_numbers_says_why() {
    let reasons = [
        ("not in this plan", None),
        ("the run ended before its turn", Some(None)),
        ("SSE: refused", Some(Some(Outcome::Failed("refused".to_owned())))),
        ("SSE: no such thing", Some(Some(Outcome::Unsupported("no such thing".to_owned())))),
    ];
    for (expected, planned) in reasons {
        for row in Row::built_in().iter().filter(|row| row.id != "browser-support") {
            let mut records = RECORDS.clone();
            records.trials.retain(|trial| trial.cell.row.as_ref() == Some(row));
            match &planned {
                None => {
                    records.trials.clear();
                    records.run.plan.cells.retain(|cell| cell.row.as_ref() != Some(row));
                }
                Some(None) => records.trials.clear(),
                Some(Some(outcome)) => records.trials.iter_mut().for_each(|trial| trial.outcome = outcome.clone()),
            }
            let found = finding(&Comparison::of(&records), row, Language::English);
            assert_eq!(found.verdict, RowVerdict::NotMeasured(expected.to_owned()), "{}", row.id);
        }
    }
}

#[test]
fn a_quick_run_shows_ratios_without_intervals() {
    let records = synthetic::records(2);
    let found = finding(&Comparison::of(&records), named("latency"), Language::English);
    let RowVerdict::Open(why) = &found.verdict else { panic!("{found:?}") };
    assert!(
        why.contains("single p50: no bound yet; ")
            && why.contains("; a bound takes 6 blocks (loadgen compare --seed 42 --blocks 6, "),
        "{why}"
    );
    assert!(found.lines.iter().all(|line| line.ratios[0].ends_with('×')), "{found:?}");
}

#[test]
fn a_row_that_a_plan_declares_is_shown_in_every_form() {
    let records = synthetic::of_plan(synthetic::plan_of(&format!("{}{SECTION}", synthetic::PLAN), 10));
    let comparisons = [Comparison::of(&records)];
    let pages = Language::ALL.map(|lang| reports::document(&comparisons, lang, Extent::Whole));
    let (page, summary) = (reports::html(&pages[0]), reports::markdown(&pages[0]));
    let text = reports::terminal(&pages[0], 100, false);
    for (form, said) in [(&page, "href=\"#row-busy\""), (&page, "id=\"row-busy\""), (&page, "Twenty readers keep")] {
        assert!(form.contains(said), "{said}");
    }
    for form in [&page, &summary, &text] {
        assert!(["Busy host", "judged time p50"].iter().all(|said| form.contains(said)), "{form}");
        assert!(form.contains("article") && form.contains("8 claims") && form.contains("busy host"), "{form}");
    }
    assert!(page.contains("CPU of twenty") && reports::html(&pages[1]).contains("twenty 的 CPU"));
    let latency = finding(&comparisons[0], named("latency"), Language::English);
    assert!(!latency.lines.is_empty(), "the ten rows stand beside it");
}

#[test]
fn a_plan_of_its_own_rows_alone_shows_no_others() {
    let section = SECTION.replace("claim = ", "# ").replace("claimed = ", "# ");
    let records = synthetic::of_plan(synthetic::plan_of(&format!("name = 'p'\nwhy = 'w'\n{section}"), 10));
    let document = reports::document(&[Comparison::of(&records)], Language::English, Extent::Summary);
    let text = reports::terminal(&document, 100, false);
    assert!(text.contains("Busy host: judged time p50") && !text.contains("Latency"), "{text}");
}
