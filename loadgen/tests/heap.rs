//! What a connection has a server request is accounted for: to the byte, by what it is for, and the same each time.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod one_cell;

use std::path::Path;
use trial::{Figure, HeapAccount, Measurement, Outcome};
use wire::HeapUse;

/// Bytes a connection by which two accounts of one server may differ: the pacer's list, 24 bytes an entry, may be up to twice
/// as large as what it holds, at either reading.
const REPEATABLE: f64 = 72.0;

/// The measurements of a memory cell with these settings, in the order in which they were run.
fn measured(settings: &str) -> Vec<Measurement> {
    let directory = tempfile::tempdir().unwrap();
    let cell = format!("scenario = 'memory'\nnull = false\nsteps = [2, 4, 6, 8]\n{settings}");
    let path = std::env::var_os("PATH").unwrap();
    let outcomes = one_cell::outcomes(directory.path(), Path::new(&path), &cell);
    let measurement = |outcome| match outcome {
        Outcome::Measured(measurement) => *measurement,
        other => panic!("{other:?}"),
    };
    outcomes.into_iter().map(measurement).collect()
}

fn account(measurement: &Measurement) -> &HeapAccount {
    let heap = measurement.heap.as_ref().unwrap();
    assert_eq!(heap.not_measured, None);
    heap
}

fn of(heap: &HeapAccount, purpose: HeapUse) -> f64 {
    heap.requested(|used| used == purpose).unwrap()
}

#[test]
fn two_accounts_of_sse_agree_and_name_what_they_hold() {
    two_accounts_agree("sse", HeapUse::HyperRead);
}

#[test]
fn two_accounts_of_websocket_agree_and_name_what_they_hold() {
    two_accounts_agree("websocket", HeapUse::TungsteniteRead);
}

fn two_accounts_agree(transport: &str, reads: HeapUse) {
    for preset in wire::Preset::ALL {
        let read_buffer = wire::Tuning::of(preset).websocket_read_buffer_bytes as f64;
        let twice = measured(&format!("transports = ['{transport}']\npreset = '{preset}'\nblocks = 2"));
        let [first, second] = &twice[..] else { panic!("{} trials", twice.len()) };
        for figure in [Figure::RequestedBytesPerConnection, Figure::RequestedWithoutBuffersPerConnection] {
            let apart = figure.of(first).unwrap() - figure.of(second).unwrap();
            assert!(apart.abs() <= REPEATABLE, "{transport} {preset}: {apart} B apart\n{first:#?}\n{second:#?}");
        }
        let heap = account(first);
        assert!(heap.named_share().unwrap() >= 0.95, "{transport} {preset}: {heap:#?}");
        let is_sse = reads == HeapUse::HyperRead;
        let expected = if is_sse { 8_192.0 } else { read_buffer };
        assert_eq!(of(heap, reads), expected, "{transport} {preset}: {heap:#?}");
        // Nothing of hyper's is left behind an upgrade; heads and chunks of SSE fit into the buffer and its queue.
        let writes = of(heap, HeapUse::HyperWrite);
        assert!(if is_sse { (8_192.0..9_216.0).contains(&writes) } else { writes == 0.0 }, "{heap:#?}");
        // An event of 48 bytes and more, framed, as the write buffer grew to hold it.
        let frame = of(heap, HeapUse::TungsteniteWrite);
        assert!(if is_sse { frame == 0.0 } else { (48.0..1_024.0).contains(&frame) }, "{heap:#?}");
    }
}

#[test]
fn what_tls_holds_for_a_connection_is_named() {
    let [tls] = &measured("arms = ['websocket/h1+tls']\nblocks = 1")[..] else { panic!("one trial") };
    let heap = account(tls);
    assert!(heap.named_share().unwrap() >= 0.95, "{heap:#?}");
    // The session with its keys is over a kilobyte; a gathered record is bounded at some 18.
    let held = of(heap, HeapUse::Tls);
    assert!((1_024.0..40_960.0).contains(&held), "{held}: {heap:#?}");
}

#[test]
fn what_each_connection_keeps_for_nothing_is_found() {
    let requested = |kib: u32| {
        let settings = format!("transports = ['sse']\nblocks = 1\nfaults = 'touch:{kib}KiB'");
        Figure::RequestedWithoutBuffersPerConnection.of(&measured(&settings)[0]).unwrap()
    };
    let more = requested(65) - requested(1);
    // What grows by doubling (queues of schedules and of readers) is a few bytes a connection more or less.
    assert!((more / 65_536.0 - 1.0).abs() <= 0.001, "{more}");
}
