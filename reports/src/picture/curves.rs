//! Charts of lines: percentile spectrum, shift, timeline, memory slope, pace of a stream.

use super::{block, colour, file_name, shown_arms};
use crate::chart::{Axis, ChartError, ChartText, Colour, Key, Mark, Plot, Point, Shape, Unit};
use crate::compare::{ArmTrials, CellComparison, Pooled, Versus, independent, principal};
use crate::document::Block;
use crate::own_cells::{OwnCell, OwnCells};
use crate::text::Language;
use crate::{number, stats};
use std::collections::BTreeMap;
use trial::{Arm, Figure, Metric, Quantile, Row, slope};
use wire::{Preset, Role, Transport};

/// Points for each tenfold of `1 / (1 - q)`.
const POINTS_PER_DECADE: f64 = 16.0;

/// Fewest seconds that make a timeline.
const FEWEST_SECONDS: usize = 6;

/// A line, and one that stands back.
const LINE: Shape = Shape::Line(2.2);
const THIN: Shape = Shape::Line(1.2);

/// Whose token streams are compared.
const TRANSPORTS: [(Transport, Colour); 2] = [(Transport::Sse, Colour::Sse), (Transport::WebSocket, Colour::WebSocket)];

/// A named line; each chart says what x and y are.
#[derive(Clone)]
pub(super) struct Curve {
    pub name: String,
    pub colour: Colour,
    pub points: Vec<Point>,
    /// Whether it stands back behind another of its colour: thin, or dashed.
    pub back: bool,
}

fn ends<'a>(curves: impl IntoIterator<Item = &'a Curve>) -> (Vec<f64>, Vec<f64>) {
    curves.into_iter().flat_map(|curve| curve.points.iter().copied()).unzip()
}

impl Curve {
    pub(super) fn new(name: String, colour: Colour, points: Vec<Point>) -> Self {
        Self { name, colour, points, back: false }
    }

    /// Draws its points in each of the shapes; the legend shows the last.
    fn add_to(&self, plot: &mut Plot, shapes: &[Shape]) {
        let ink = self.colour.solid();
        plot.marks.extend(shapes.iter().map(|shape| Mark::new(*shape, ink, self.points.clone())));
        plot.keys.extend(shapes.last().map(|shape| Key::new(self.name.clone(), *shape, ink)));
    }
}

/// Response time over the percentile, all trials of each arm pooled, up to the rarest percentile that they can show.
pub(crate) fn spectrum(cell: &CellComparison, metric: Metric, lang: Language) -> Option<Block> {
    let points = |arm: &ArmTrials| (arm.arm, spectrum_points(&arm.pooled(metric, &arm.blocks()), cell));
    let arms: Vec<(Arm, Vec<Point>)> = shown_arms(cell).map(points).collect();
    let name = file_name(&cell.cell.name, "spectrum");
    block(lang, lang.why(&cell.cell.why), name, |l| {
        let curve = |(arm, points): &(Arm, Vec<Point>)| Curve::new(l.arm(*arm), colour(cell, *arm), points.clone());
        let text = ChartText {
            title: l.spectrum_title(l.metric(metric), &cell.cell.name),
            subtitle: l.spectrum_subtitle(),
            x: l.percentile(),
            y: l.metric(metric).to_owned(),
        };
        spectrum_of(text, &arms.iter().map(curve).collect::<Vec<_>>())
    })
}

/// Points are (quantile, nanoseconds). The dot where a curve ends says how deep into the tail its data reaches.
pub(super) fn spectrum_of(text: ChartText, curves: &[Curve]) -> Result<Plot, ChartError> {
    let (xs, ys) = ends(curves);
    let mut plot = Plot::new(text, Axis::tail(&xs)?, Axis::log(&ys, Unit::Time)?);
    for curve in curves {
        curve.add_to(&mut plot, &[LINE]);
        plot.marks.push(Mark::new(Shape::Dots, curve.colour.solid(), curve.points.last().copied().as_slice()));
    }
    Ok(plot)
}

fn spectrum_points(pooled: &Pooled, cell: &CellComparison) -> Vec<Point> {
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
    let observed = || versus.shifts.iter().filter(|shift| is_observed(cell, metric, shift.share));
    if observed().count() < 2 {
        return None;
    }
    let points: Vec<Point> = observed().map(|shift| (shift.share, shift.ratio.value)).collect();
    let bounds = || observed().filter_map(|shift| Some((shift.share, shift.ratio.interval?)));
    let low = bounds().map(|(share, bounds)| (share, bounds.low));
    let band: Vec<Point> = low.chain(bounds().map(|(share, bounds)| (share, bounds.high)).rev()).collect();
    let (sides, colour) = ([cell.base, versus.arm], colour(cell, versus.arm));
    let is_pair = cell.pair().is_some_and(|pair| pair.arm == versus.arm);
    let kind = if is_pair { "shift".to_owned() } else { format!("shift-{}", versus.arm.file_name()) };
    block(lang, lang.shift_caption(), file_name(&cell.cell.name, &kind), |l| {
        let [base, other] = sides.map(|arm| l.arm(arm));
        let text = ChartText {
            title: l.shift_title(l.metric(metric), &cell.cell.name),
            subtitle: l.shift_subtitle(&other, &base),
            x: l.percentile(),
            y: l.ratio_axis(),
        };
        shift_of(text, &Curve::new(l.over(sides), colour, points.clone()), &band)
    })
}

/// Points are (quantile, ratio); `band` is the outline of their intervals.
pub(super) fn shift_of(text: ChartText, curve: &Curve, band: &[Point]) -> Result<Plot, ChartError> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = curve.points.iter().chain(band).copied().unzip();
    let mut plot = Plot::new(text, Axis::logit(&xs)?, Axis::ratio(&ys)?);
    let one = [(f64::EPSILON, 1.0), (1.0 - f64::EPSILON, 1.0)];
    plot.marks.push(Mark::new(Shape::Line(1.0), Colour::Ink.at(0.75), one));
    plot.marks.push(Mark::new(Shape::Area, curve.colour.at(0.18), band));
    curve.add_to(&mut plot, &[Shape::Dots, LINE]);
    Ok(plot)
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
    let arms = || shown_arms(cell).filter(|arm| seconds(arm, Quantile::P50).len() >= FEWEST_SECONDS);
    block(lang, lang.timeline_caption(), file_name(&cell.cell.name, "timeline"), |l| {
        let curve = |arm: &ArmTrials, quantile: Quantile| {
            let name = format!("{} {quantile}", l.arm(arm.arm));
            let curve = Curve::new(name, colour(cell, arm.arm), seconds(arm, quantile));
            Curve { back: quantile == Quantile::P50, ..curve }
        };
        let curves = arms().flat_map(|arm| [Quantile::P99, Quantile::P50].map(|quantile| curve(arm, quantile)));
        let text = ChartText {
            title: l.timeline_title(&cell.cell.name),
            subtitle: l.timeline_subtitle(),
            x: l.seconds_axis(),
            y: l.time_axis(),
        };
        timeline_of(text, &curves.collect::<Vec<_>>())
    })
}

/// Points are (seconds, nanoseconds). A second without a value breaks its line.
pub(super) fn timeline_of(text: ChartText, curves: &[Curve]) -> Result<Plot, ChartError> {
    let (xs, ys) = ends(curves);
    let mut plot = Plot::new(text, Axis::spanning(&xs, Unit::Count)?, Axis::log(&ys, Unit::Time)?);
    curves.iter().for_each(|curve| curve.add_to(&mut plot, &[if curve.back { THIN } else { LINE }]));
    Ok(plot)
}

fn seconds(arm: &ArmTrials, quantile: Quantile) -> Vec<Point> {
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
    let first = cells.first()?;
    block(lang, lang.why(&first.cell.why), file_name(&first.cell.name, "memory"), |l| {
        let of_cell = |cell| shown_arms(cell).filter_map(move |arm| memory_curve(cell, arm, l));
        let curves: Vec<Curve> = cells.iter().copied().flat_map(of_cell).collect();
        let (title, subtitle) = (l.memory_title(), l.memory_subtitle());
        memory_of(ChartText { title, subtitle, x: l.connections_axis(), y: l.memory_axis() }, &curves)
    })
}

fn memory_curve(cell: &CellComparison, arm: &ArmTrials, lang: Language) -> Option<Curve> {
    let preset = cell.cell.preset;
    let per_connection = arm.median(Figure::ServerMemoryPerConnection)?;
    let mut steps: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for point in arm.measured().flat_map(|(_, m)| &m.memory) {
        steps.entry(point.connections).or_default().push(point.server_bytes as f64);
    }
    let median = |(connections, bytes): (u64, Vec<f64>)| Some((connections as f64, stats::median(&bytes)?));
    Some(Curve {
        name: lang.memory_line(lang.arm(arm.arm), lang.preset(preset), number::bytes(per_connection)),
        colour: colour(cell, arm.arm),
        points: steps.into_iter().filter_map(median).collect(),
        back: preset != Preset::Equal,
    })
}

/// Points are (connections, bytes), drawn with the line fitted to them.
pub(super) fn memory_of(text: ChartText, curves: &[Curve]) -> Result<Plot, ChartError> {
    let fits: Vec<Curve> = curves.iter().map(|curve| Curve { points: fit(&curve.points), ..curve.clone() }).collect();
    let (xs, ys) = ends(curves.iter().chain(&fits));
    let mut plot = Plot::new(text, Axis::from_zero(&xs, Unit::Count)?, Axis::from_zero(&ys, Unit::Bytes)?);
    for (curve, fit) in curves.iter().zip(fits) {
        let (line, dots) = if curve.back { (Shape::Dashes, Shape::Rings) } else { (Shape::Line(1.8), Shape::Dots) };
        plot.marks.push(Mark::new(line, curve.colour.solid(), fit.points));
        curve.add_to(&mut plot, &[dots]);
    }
    Ok(plot)
}

/// Both ends of the least-squares line through the points.
fn fit(points: &[Point]) -> Vec<Point> {
    let Some(slope) = slope(points) else { return Vec::new() };
    let n = points.len() as f64;
    let (mean_x, mean_y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let xs = points.iter().map(|point| point.0);
    let ends = [xs.clone().fold(f64::INFINITY, f64::min), xs.fold(f64::NEG_INFINITY, f64::max)];
    ends.map(|x| (x, mean_y + slope * (x - mean_x))).into()
}

/// Added latency over the pace of a stream: a line for each transport and number of streams; `None` with fewer than two
/// paces: a point has no slope.
pub(crate) fn pace(own: &OwnCells, lang: Language) -> Option<Block> {
    let paced = || own.cells.iter().filter(|cell| cell.gap_ns.is_some() && added(cell, Transport::Sse).is_some());
    if paced().count() < 2 {
        return None;
    }
    let curve = |(transport, colour), single: bool, l: Language| {
        let is = |cell: &&OwnCell| (cell.cell.cell.workload.connections() == 1) == single;
        let point = |cell: &OwnCell| Some((cell.tokens_per_second()?, added(cell, transport)?));
        let mut points: Vec<Point> = paced().filter(is).filter_map(point).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let name = l.llm_line(l.transport(transport), single);
        (!points.is_empty()).then_some(Curve { name, colour, points, back: !single })
    };
    block(lang, lang.llm_chart_caption(), "llm-pace".to_owned(), |l| {
        let each = [true, false].into_iter().flat_map(|single| TRANSPORTS.map(|transport| (transport, single)));
        let curves: Vec<Curve> = each.filter_map(|(transport, single)| curve(transport, single, l)).collect();
        let (title, subtitle) = (l.of(&Row::own(trial::Scenario::Llm).title).to_owned(), l.llm_chart_subtitle());
        pace_of(ChartText { title, subtitle, x: l.llm_pace_head(), y: l.llm_chart_axis() }, &curves)
    })
}

/// Points are (events a second, nanoseconds), rising in the first.
pub(super) fn pace_of(text: ChartText, curves: &[Curve]) -> Result<Plot, ChartError> {
    let (xs, ys) = ends(curves);
    let mut plot = Plot::new(text, Axis::log(&xs, Unit::Count)?, Axis::log(&ys, Unit::Time)?);
    for curve in curves {
        curve.add_to(&mut plot, &if curve.back { [Shape::Dashes, Shape::Rings] } else { [LINE, Shape::Dots] });
    }
    Ok(plot)
}

/// Median added latency of a transport, nanoseconds.
fn added(cell: &OwnCell, transport: Transport) -> Option<f64> {
    let figure = cell.judged(Quantile::P50);
    let known = matches!(figure, Figure::Duration(Metric::ResponseTime | Metric::JudgedTime, _));
    cell.cell.median_of(transport, figure).filter(|_| known)
}
