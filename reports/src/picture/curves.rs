//! Percentile spectrum, shift, timeline and memory slope.

use super::{block, both, chart_text, colour, file_name, shown_arms};
use crate::chart::{
    self, Arm as TimelineArm, MemoryLine, MemoryPoint as Dot, Series, Shift as ShiftLine, ShiftPoint, Stroke,
};
use crate::compare::{ArmTrials, CellComparison, Pooled, Versus, independent, principal};
use crate::document::Block;
use crate::number;
use crate::stats;
use crate::text::Language;
use std::collections::BTreeMap;
use trial::{Cell, Metric, Quantile, slope};
use wire::{Preset, Role};

/// Points for each tenfold of `1 / (1 - q)`.
const POINTS_PER_DECADE: f64 = 16.0;

/// Fewest seconds that make a timeline.
const FEWEST_SECONDS: usize = 6;

/// Response time over the percentile, all trials of each arm pooled, up to the rarest percentile that they can show.
pub(crate) fn spectrum(cell: &CellComparison, metric: Metric, lang: Language) -> Option<Block> {
    let series: Vec<Series> = shown_arms(cell)
        .map(|arm| Series {
            name: both(lang, |l| l.arm(arm.arm)),
            colour: colour(arm.arm, cell.cell),
            points: spectrum_points(&arm.pooled(metric, &arm.blocks()), cell),
        })
        .collect();
    let text = chart_text(
        lang,
        |l| l.spectrum_title(l.metric(metric), &cell.cell.name),
        |l| l.spectrum_subtitle(),
        |l| l.percentile(),
        |l| l.metric(metric).to_owned(),
    );
    let name = file_name(&cell.cell.name, "spectrum");
    block(chart::percentile_spectrum(&text, &series), lang.why(&cell.cell.why), name)
}

fn spectrum_points(pooled: &Pooled, cell: &CellComparison) -> Vec<(f64, f64)> {
    // One observation beyond the last point is no estimate: stop where ten are.
    let decades = (independent(cell.cell, pooled.len()).max(20) as f64 / 10.0).log10();
    let steps = (decades * POINTS_PER_DECADE) as u32;
    let share = |step: u32| 1.0 - 10f64.powf(-f64::from(step) / POINTS_PER_DECADE);
    (0..=steps).filter_map(|step| Some((share(step), pooled.quantile(share(step))?))).collect()
}

/// Other over base along the whole distribution. One quantile is no curve, and its number stands in the table.
pub(crate) fn shift(cell: &CellComparison, versus: &Versus, metric: Metric, lang: Language) -> Option<Block> {
    let contestant = versus.arm.protocol.role() == Role::Contestant;
    if !contestant || versus.judged != Some(metric) {
        return None;
    }
    let observed = versus.shifts.iter().filter(|shift| is_observed(cell, metric, shift.share));
    let points = observed.map(|shift| ShiftPoint {
        quantile: shift.share,
        ratio: shift.ratio.value,
        interval: shift.ratio.interval.map(|bounds| (bounds.low, bounds.high)),
    });
    let points: Vec<ShiftPoint> = points.collect();
    if points.len() < 2 {
        return None;
    }
    let sides = [cell.base, versus.arm];
    let line = ShiftLine { name: both(lang, |l| l.over(sides)), colour: colour(versus.arm, cell.cell), points };
    let text = chart_text(
        lang,
        |l| l.shift_title(l.metric(metric), &cell.cell.name),
        |l| l.shift_subtitle(&l.arm(versus.arm), &l.arm(cell.base)),
        |l| l.percentile(),
        |l| l.ratio_axis(),
    );
    let is_pair = cell.pair().is_some_and(|pair| pair.arm == versus.arm);
    let kind = if is_pair { "shift".to_owned() } else { format!("shift-{}", versus.arm.file_name()) };
    block(chart::shift(&text, &[line]), lang.shift_caption(), file_name(&cell.cell.name, &kind))
}

/// Whether both arms hold the observations that a share needs on its thinner side.
fn is_observed(cell: &CellComparison, metric: Metric, share: f64) -> bool {
    let needed = (20.0 / share.min(1.0 - share)) as u64;
    shown_arms(cell).all(|arm| arm.observations(cell.cell, metric) >= needed)
}

/// Median and p99 of each second, the windows of all blocks one after the other. They are response times of events, so a
/// cell that is about connecting has none.
pub(crate) fn timeline(cell: &CellComparison, lang: Language) -> Option<Block> {
    if principal(cell.cell) == Some(Metric::FirstEvent) {
        return None;
    }
    let arm = |arm: &ArmTrials| TimelineArm {
        name: both(lang, |l| l.arm(arm.arm)),
        colour: colour(arm.arm, cell.cell),
        p50: seconds(arm, Quantile::P50),
        p99: seconds(arm, Quantile::P99),
    };
    let arms: Vec<TimelineArm> = shown_arms(cell).map(arm).filter(|arm| arm.p50.len() >= FEWEST_SECONDS).collect();
    let text = chart_text(
        lang,
        |l| l.timeline_title(&cell.cell.name),
        |l| l.timeline_subtitle(),
        |l| l.seconds_axis(),
        |l| l.time_axis(),
    );
    block(chart::timeline(&text, &arms), lang.timeline_caption(), file_name(&cell.cell.name, "timeline"))
}

fn seconds(arm: &ArmTrials, quantile: Quantile) -> Vec<(f64, f64)> {
    let mut start_ns = 0;
    let mut points = Vec::new();
    for (_, measurement) in arm.measured() {
        for second in &measurement.timeline {
            let at = (start_ns + second.offset_ns) as f64 / 1e9;
            points.extend(second.quantile(quantile).map(|ns| (at, ns as f64)));
        }
        start_ns += measurement.window_ns;
    }
    points
}

/// Server memory over connections with the fitted slopes, every preset in one picture.
pub(crate) fn memory(cells: &[&CellComparison], lang: Language) -> Option<Block> {
    let lines: Vec<MemoryLine> =
        cells.iter().flat_map(|cell| shown_arms(cell).filter_map(|arm| memory_line(cell.cell, arm, lang))).collect();
    let text =
        chart_text(lang, |l| l.memory_title(), |l| l.memory_subtitle(), |l| l.connections_axis(), |l| l.memory_axis());
    let first = cells.first()?;
    block(chart::memory(&text, &lines), lang.why(&first.cell.why), file_name(&first.cell.name, "memory"))
}

fn memory_line(cell: &Cell, arm: &ArmTrials, lang: Language) -> Option<MemoryLine> {
    let preset = cell.preset;
    let per_connection = arm.median(trial::Figure::ServerMemoryPerConnection)?;
    let mut steps: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for point in arm.measured().flat_map(|(_, m)| &m.memory) {
        steps.entry(point.connections).or_default().push(point.server_bytes as f64);
    }
    let median = |(connections, bytes): (u64, Vec<f64>)| {
        Some(Dot { connections: connections as f64, bytes: stats::median(&bytes)? })
    };
    let dots: Vec<Dot> = steps.into_iter().filter_map(median).collect();
    Some(MemoryLine {
        name: both(lang, |l| l.memory_line(l.arm(arm.arm), l.preset(preset), number::bytes(per_connection))),
        colour: colour(arm.arm, cell),
        stroke: if preset == Preset::Equal { Stroke::Solid } else { Stroke::Dashed },
        fit: fit(&dots),
        points: dots,
    })
}

/// Both ends of the least-squares line through the dots.
fn fit(dots: &[Dot]) -> Option<[Dot; 2]> {
    let pairs: Vec<(f64, f64)> = dots.iter().map(|dot| (dot.connections, dot.bytes)).collect();
    let slope = slope(&pairs)?;
    let n = pairs.len() as f64;
    let (mean_x, mean_y) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let at = |connections: f64| Dot { connections, bytes: mean_y + slope * (connections - mean_x) };
    let xs = pairs.iter().map(|pair| pair.0);
    Some([at(xs.clone().fold(f64::INFINITY, f64::min)), at(xs.fold(f64::NEG_INFINITY, f64::max))])
}
