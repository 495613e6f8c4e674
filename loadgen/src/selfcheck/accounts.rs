//! Counts, bytes, CPU, calls and memory that are injected at the server and must be found to the last one.

use super::bench::{Bench, CONTESTANTS, cell};
use super::{Answer, Finding};
use crate::instrument::Instrument;
use crate::workload;
use std::fmt::Display;
use trial::{Cell, Figure, Metric, Quantile};
use wire::Transport;

/// Deviation of CPU time that a check may show, as a share.
const CPU_TOLERANCE: f64 = 0.05;
/// Deviation of pages touched that a check may show, as a share.
const MEMORY_TOLERANCE: f64 = 0.02;
/// Deviation of bytes requested for each connection: the pacer's list, of 24 bytes an entry, grows by doubling.
const REQUESTED_TOLERANCE_BYTES: f64 = 72.0;
/// What the server burns for each event in [`burn`].
const BURNT_NS: f64 = 1e6;
/// What the server touches more for each connection in [`touch`].
const TOUCHED_BYTES: f64 = 65_536.0;
/// Needless calls for each event, and events, in [`syscalls`].
const CALLS: u64 = 3;
const EVENTS: u64 = 100;

pub(super) async fn faults(bench: &Bench) -> Answer {
    let faults = "drop:100,drop:500,drop:501,duplicate:700,duplicate:900,swap:300,swap:1000";
    let settings = &format!("rate=2000\nwarmup='0s'\nwindow='600ms'\nfaults='{faults}'");
    let (mut found, mut pass) = (Vec::new(), true);
    for transport in [Transport::Sse, Transport::WebSocket, Transport::HttpStream] {
        let counters = bench.measure(&cell("push", settings), transport).await?.counters;
        pass &= (counters.lost, counters.duplicates, counters.reordered, counters.corrupt) == (3, 2, 2, 0);
        found.push(format!(
            "{transport} {} lost, {} duplicates, {} late",
            counters.lost, counters.duplicates, counters.reordered
        ));
    }
    Ok(Finding::Shown { found: found.join(", "), pass })
}

pub(super) async fn bytes(bench: &Bench) -> Answer {
    let cell = cell("push", "rate=2000\npayload=64\nwarmup='0s'\nwindow='500ms'");
    let (mut found, mut pass) = (Vec::new(), true);
    for (transport, expected) in CONTESTANTS.into_iter().zip([78.0, 66.0]) {
        let measurement = bench.measure(&cell, transport).await?;
        let decoded = Figure::BytesPerEvent.of(&measurement);
        let layers = measurement.layers.as_ref().ok_or("no socket was read")?;
        let agree = layers.uncounted == 0 && layers.below_tls.back_bytes == layers.whole.back.payload_bytes;
        pass &= decoded == Some(expected) && agree;
        let kernel = if agree { "the kernel counts the same" } else { "the kernel counts otherwise" };
        found.push(format!("{transport} {} B, {kernel}", decoded.unwrap_or_default()));
    }
    Ok(Finding::Shown { found: found.join(", "), pass })
}

pub(super) async fn burn(bench: &Bench) -> Answer {
    // So few events that the server is idle in between.
    let cells = pair("push", "rate=100\nwarmup='200ms'\nwindow='1500ms'", "burn:1ms");
    let per_event = Figure::ServerCpuPerEvent;
    differences(bench, &cells, per_event, BURNT_NS, CPU_TOLERANCE, |ns| format!("{:.1} µs", ns / 1e3)).await
}

pub(super) async fn touch(bench: &Bench) -> Answer {
    // Both touch, so that the state of a fault is in both.
    let cells =
        ["touch:1KiB", "touch:65KiB"].map(|fault| cell("memory", &format!("steps=[50,100,150,200]\nfaults='{fault}'")));
    let figures = [
        ("pages", Figure::ServerMemoryPerConnection, MEMORY_TOLERANCE * TOUCHED_BYTES),
        ("requested", Figure::RequestedBytesPerConnection, REQUESTED_TOLERANCE_BYTES),
    ];
    let (mut found, mut pass) = (Vec::new(), true);
    for transport in CONTESTANTS {
        let [less, more] = [bench.measure(&cells[0], transport).await?, bench.measure(&cells[1], transport).await?];
        for (name, figure, tolerance) in figures {
            let missing = || format!("no figure of {name}");
            let bytes = figure.of(&more).ok_or_else(missing)? - figure.of(&less).ok_or_else(missing)?;
            pass &= (bytes - TOUCHED_BYTES).abs() <= tolerance;
            found.push(format!("{transport} {:.2} KiB more {name}", bytes / 1024.0));
        }
    }
    Ok(Finding::Shown { found: found.join(", "), pass })
}

/// A cell without and with a fault.
fn pair(scenario: &str, settings: &str, fault: &str) -> [Cell; 2] {
    [cell(scenario, settings), cell(scenario, &format!("{settings}\nfaults='{fault}'"))]
}

/// How much a fault adds to a figure, for both transports.
async fn differences<T: Display>(
    bench: &Bench,
    [plain, with]: &[Cell; 2],
    figure: Figure,
    expected: f64,
    tolerance: f64,
    text: impl Fn(f64) -> T,
) -> Answer {
    let (mut found, mut pass) = (Vec::new(), true);
    for transport in CONTESTANTS {
        let before = figure.of(&bench.measure(plain, transport).await?).ok_or("no figure without the fault")?;
        let more = figure.of(&bench.measure(with, transport).await?).ok_or("no figure with the fault")? - before;
        pass &= (more / expected - 1.0).abs() <= tolerance;
        found.push(format!("{transport} {} more", text(more)));
    }
    Ok(Finding::Shown { found: found.join(", "), pass })
}

pub(super) async fn syscalls(bench: &Bench) -> Answer {
    if let Err(missing) = Instrument::Strace.version() {
        return Ok(Finding::NotRun(format!("not measured: {missing}")));
    }
    let (mut found, mut pass) = (Vec::new(), true);
    for transport in CONTESTANTS {
        let order = bench.order("", &cell("exact", &format!("faults='syscalls:{CALLS}'")), transport);
        let counted = workload::count(&order, Instrument::Strace, EVENTS).await.map_err(|error| error.to_string())?;
        let calls = counted.server.by_name.get("getppid").copied().unwrap_or_default();
        let received = counted.received.received;
        pass &= received > 0 && calls == CALLS * received;
        found.push(format!("{transport} {calls} calls for {received} events"));
    }
    Ok(Finding::Shown { found: found.join(", "), pass })
}

pub(super) async fn kernel_stamps(bench: &Bench) -> Answer {
    let cell = cell("push", "rate=500\nwarmup='300ms'\nwindow='1500ms'\nstamps=true");
    let (mut found, mut pass) = (Vec::new(), true);
    for transport in CONTESTANTS {
        let measurement = bench.measure(&cell, transport).await?;
        let stamps = measurement.stamps.as_ref().ok_or("no stamps were recorded")?;
        if let Some(why) = &stamps.void {
            return Ok(Finding::Shown { found: format!("{transport} void: {why}"), pass: false });
        }
        let woken_ns = Figure::Duration(Metric::KernelToRead, Quantile::P50).of(&measurement).unwrap_or_default();
        pass &= stamps.stamped > 0 && stamps.negative == 0 && woken_ns > 0.0;
        found.push(format!(
            "{transport} {} negative of {}, kernel to read {:.1} µs",
            stamps.negative,
            stamps.stamped,
            woken_ns / 1e3
        ));
    }
    Ok(Finding::Shown { found: found.join(", "), pass })
}
