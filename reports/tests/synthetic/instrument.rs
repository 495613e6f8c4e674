//! What a made-up run knows about its instrument: facts of its servers, pre-flight, redone blocks, stops, self-check.

use std::collections::BTreeMap;
use std::time::Duration;
use trial::check::stalls::pacer_late;
use trial::{
    Cell, CellStop, Distribution, Figure, Metric, Plan, Prediction, Preflight, ProbeResult, Quantile, Redone,
    SelfCheck, StopReason, Workload,
};
use wire::{Facts, Limits, Rate, Transport, Tuning};

/// The server of a trial; decoding in memory and browsers need none.
pub(crate) fn facts(cell: &Cell) -> Option<Facts> {
    let flush = cell.flush.unwrap_or(Tuning::of(cell.preset).flush);
    let limits =
        Limits { max_connections: 19_800, max_rate: 1e6, max_payload_bytes: 1 << 20, max_request_bytes: 1 << 20 };
    (!matches!(cell.workload, Workload::Codec | Workload::Browser)).then(|| Facts {
        wire_version: 1,
        version: "0.1.0".to_owned(),
        commit: "0123abc".to_owned(),
        profile: "release".to_owned(),
        pid: 4_200,
        boot_id: "b007".to_owned(),
        kernel: "Linux 6.18.44".to_owned(),
        cpu: "AMD EPYC".to_owned(),
        cpus: vec![0],
        threads: 1,
        tuning: Tuning { flush, ..Tuning::of(cell.preset) },
        limits,
        transports: Transport::ALL.to_vec(),
        llm: wire::LlmFacts::default(),
        carriers: BTreeMap::new(),
        certificate: None,
    })
}

pub(crate) fn preflight() -> Preflight {
    let mut pacer_lateness = Distribution::new();
    (0..1_000).for_each(|i| pacer_lateness.record(9_000 + i * 40));
    let p50 = Figure::Duration(Metric::ResponseTime, Quantile::P50);
    let prediction = |cell: &str, deviation, resolves, blocks_needed| Prediction {
        cell: cell.to_owned(),
        figure: p50,
        deviation,
        resolves,
        blocks_needed,
    };
    let rate = |per_second| Rate::per_second(per_second).unwrap();
    let fingerprint = [("net.ipv4.tcp_congestion_control", "bbr"), ("clocksource", "tsc"), ("open files", "1048576")];
    Preflight {
        fingerprint: fingerprint.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        pacer_lateness,
        pilot_blocks: 4,
        ceilings: BTreeMap::from([(Transport::Sse, rate(412_000.0)), (Transport::WebSocket, rate(488_000.0))]),
        quiet_samples: vec![0.31, 0.08, 0.06],
        quiet: true,
        clock_drift_ppm: 1.4,
        predictions: vec![
            prediction("latency/single", 0.031, 0.031, 7),
            prediction("latency/fan-out", 0.044, 0.045, 10),
        ],
        expected: Duration::from_secs(287),
        warnings: Vec::new(),
    }
}

/// One attempt at a block of the fan-out cell was set aside.
pub(crate) fn redone(plan: &Plan) -> Vec<Redone> {
    let fan_out = plan.cells.iter().filter(|cell| cell.name == "latency/fan-out");
    fan_out
        .map(|cell| Redone { cell: cell.name.clone(), block: 1, attempt: 0, causes: vec![pacer_late(7_212.0)] })
        .collect()
}

pub(crate) fn stops(plan: &Plan) -> Vec<CellStop> {
    let stop = |cell: &Cell| CellStop {
        cell: cell.name.clone(),
        blocks: cell.blocks,
        redone: u32::from(cell.name == "latency/fan-out"),
        reason: if cell.name == "latency/single" { StopReason::Width } else { StopReason::Planned },
    };
    plan.cells.iter().map(stop).collect()
}

pub(crate) fn selfcheck() -> SelfCheck {
    let check = |name: &str, injected: &str, expected: &str, found: &str, pass, note: &str| ProbeResult {
        name: name.to_owned(),
        injected: injected.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
        pass,
        note: note.to_owned(),
        cases: Vec::new(),
    };
    SelfCheck {
        started: "2026-11-24T03:20:00Z".to_owned(),
        checks: vec![
            check("V2 freeze", "server stopped 500 ms in 10 s", "p99 400 ms ± 5 %", "p99 404 ms", Some(true), ""),
            check("V4 loss", "1 % of packets", "0 events lost", "", None, "needs an emulated network"),
        ],
    }
}
