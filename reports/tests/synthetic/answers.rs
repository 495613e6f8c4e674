//! Answers of language models: as many events as their cell has due, added latencies as of a push.

use super::measured::{fanned, is_websocket, watched};
use std::collections::BTreeMap;
use trial::{Bursts, Cell, Counters, LlmCounts, Measurement, Metric, Usage, Workload};
use wire::Transport;

pub(super) fn measurement(cell: &Cell, transport: Transport, noise: f64, random: &mut fastrand::Rng) -> Measurement {
    let Workload::Llm { asked: llm, timing, .. } = &cell.workload else { panic!("nothing is asked") };
    let window = timing.window;
    let events = cell.workload.offered().map_or(5_000, |rate| (rate * window.as_secs_f64()) as u64);
    let factor = if is_websocket(transport) { 0.9 } else { 1.0 } * noise;
    let added_us = 80.0 * factor;
    let gap_us = llm.tokens_per_second().map_or(1.0, |pace| 1e6 / pace);
    let answers = events.div_ceil(50);
    let mut times = |count, us| fanned(count, 1, us, random);
    let distributions = BTreeMap::from([
        (Metric::ResponseTime, times(events, added_us)),
        (Metric::JudgedTime, times(events, added_us * 0.98)),
        (Metric::PacerLateness, times(events, 1.5)),
        (Metric::FirstContent, times(answers, 500_000.0)),
        (Metric::InterChunk, times(events, gap_us)),
        (Metric::PerOutputToken, times(answers, gap_us)),
        (Metric::EndToEnd, times(answers, 500_000.0 + 50.0 * gap_us)),
    ]);
    let bytes_per_token = if is_websocket(transport) { 249 } else { 303 };
    let counts = LlmCounts {
        format: "openai-responses".to_owned(),
        model: llm.workload.clone(),
        sent: answers,
        answered: answers,
        output_tokens: events,
        content_bytes: events * 5,
        answer_bytes: events * bytes_per_token,
        bursts: Bursts { events, reads: events, stamped: events, ..Bursts::default() },
        ..LlmCounts::default()
    };
    Measurement {
        window_ns: (window.as_nanos() as f64 * factor) as u64,
        counters: Counters { received: events, in_window: events, expected: Some(events), ..Counters::default() },
        distributions,
        server: Some(Usage { cpu_ns: (events as f64 * 9_000.0 * factor) as u64, events, ..Usage::default() }),
        llm: Some(counts),
        stalls: Some(watched()),
        ..Measurement::default()
    }
}
