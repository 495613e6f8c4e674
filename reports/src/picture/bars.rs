//! Charts of bars: rates, where the time goes, bytes above the payload.

use super::{block, colour, file_name, shown_arms, without_titles};
use crate::chart::{Axis, ChartError, ChartText, Colour, ENDS, Key, Label, Mark, Plot, Shape, Unit};
use crate::compare::{ArmTrials, Breakdown, CellComparison, Part};
use crate::document::Block;
use crate::number;
use crate::text::Language;
use crate::theory::theory_of;
use plotters::style::text_anchor::HPos;
use trial::{Arm, Dimension, Figure};

/// Every part of a response time, in the order of the way.
const PARTS: [Part; 5] = [Part::Timer, Part::Server, Part::Wire, Part::Client, Part::WireAndClient];

const ROW: f64 = 34.0;
/// About the width between the ends of the x axis, in drawing units.
const PLOT: f64 = 460.0;
/// Between two parts, so that neighbours are told apart without their colours: a share of the longest bar.
const SEAM: f64 = 0.003;

/// A horizontal bar of parts, one after the other.
pub(super) struct Bar {
    pub name: String,
    /// Length and colour of each; one that is not finite or below zero takes no room.
    pub parts: Vec<(f64, Colour)>,
    /// What is written beside the bar.
    pub value: f64,
    /// Ends of the whisker.
    pub range: Option<(f64, f64)>,
}

impl Bar {
    /// Where each part that has a length begins and ends.
    fn blocks(&self) -> Vec<(f64, f64, Colour)> {
        let known = self.parts.iter().filter(|(length, _)| length.is_finite() && *length >= 0.0);
        let place = |end: &mut f64, &(length, colour): &(f64, Colour)| {
            *end += length;
            Some((*end - length, *end, colour))
        };
        known.scan(0.0, place).collect()
    }
}

/// One figure of every transport of a cell: the median trial, with the range of all trials.
pub(crate) fn bars(cell: &CellComparison, figure: Figure, lang: Language) -> Option<Block> {
    let bar = |arm: &ArmTrials, l: Language| {
        let values: Vec<f64> = arm.values(figure).into_values().collect();
        let range = values.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &x| (low.min(x), high.max(x)));
        let (value, range) = (arm.median(figure)?, (values.len() > 1).then_some(range));
        Some(Bar { name: l.arm(arm.arm), parts: vec![(value, colour(cell, arm.arm))], value, range })
    };
    block(lang, lang.why(&cell.cell.why), file_name(&cell.cell.name, "rate"), |l| {
        let bars: Vec<Bar> = shown_arms(cell).filter_map(|arm| bar(arm, l)).collect();
        let title = format!("{}: {}", l.figure(figure), cell.cell.name);
        let unit = if figure.unit() == Dimension::Time { Unit::Time } else { Unit::Count };
        bars_of(without_titles(title, l.bars_subtitle()), unit, &bars)
    })
}

/// Where the time goes: one bar for each arm; `None` without any. Whether the parts and the mark of the whole agree is for
/// the reader to see.
pub(crate) fn breakdown(cell: &CellComparison, arms: &[(Arm, Breakdown)], lang: Language) -> Option<Block> {
    let relayed = cell.cell.workload.scenario() == trial::Scenario::Relay;
    let used = |part: &&Part| arms.iter().any(|(_, found)| found.part_ns(**part).is_some());
    let parts = |found: &Breakdown| {
        PARTS.iter().filter_map(|part| Some((found.part_ns(*part)?, colour_of(*part)))).collect::<Vec<_>>()
    };
    block(lang, lang.breakdown_note(), file_name(&cell.cell.name, "breakdown"), |l| {
        let bar = |(arm, found): &(Arm, Breakdown)| Bar {
            name: l.arm(*arm),
            parts: parts(found),
            value: found.whole_ns,
            range: None,
        };
        let bars: Vec<Bar> = arms.iter().map(bar).collect();
        let text = without_titles(l.breakdown_title(&cell.cell.name), l.breakdown_subtitle());
        let mut plot = bars_of(text, Unit::Time, &bars)?;
        for (n, bar) in bars.iter().enumerate() {
            let ends = [0.1, 0.9].map(|y| (bar.value, n as f64 + y));
            plot.marks.push(Mark::new(Shape::Line(2.5), Colour::Ink.solid(), ends));
        }
        let key = |part: &Part| Key::new(l.part(*part, relayed), Shape::Area, colour_of(*part).solid());
        plot.keys = PARTS.iter().filter(used).map(key).collect();
        plot.keys.push(Key::upright(l.breakdown_whole(), 2.5, Colour::Ink.solid()));
        Ok(plot)
    })
}

fn colour_of(part: Part) -> Colour {
    match part {
        Part::Timer => Colour::Part(0),
        Part::Server => Colour::Part(1),
        Part::Wire | Part::WireAndClient => Colour::Part(2),
        Part::Client => Colour::Part(3),
    }
}

/// Bars from zero with their values written to the right.
pub(super) fn bars_of(text: ChartText, unit: Unit, bars: &[Bar]) -> Result<Plot, ChartError> {
    let blocks: Vec<_> = bars.iter().map(Bar::blocks).collect();
    let ends = || blocks.iter().flatten().map(|(_, end, _)| *end);
    let longest = ends().reduce(f64::max).ok_or(ChartError::Empty)?;
    let values = bars.iter().flat_map(|bar| [Some(bar.value), bar.range.map(|(_, high)| high)]).flatten();
    let x = Axis::from_zero(&ends().chain(values).collect::<Vec<_>>(), unit)?;
    let y = Axis::names(bars.iter().map(|bar| bar.name.clone())).turned();
    let mut plot = Plot::new(text, x, y);
    for (n, (bar, blocks)) in bars.iter().zip(blocks).enumerate() {
        let middle = n as f64 + 0.5;
        for (begin, end, colour) in &blocks {
            let end = if blocks.len() > 1 { (end - SEAM * longest).max(*begin) } else { *end };
            plot.marks.push(Mark::block(colour.solid(), (*begin, middle - 0.26), (end, middle + 0.26)));
        }
        let whisker = bar.range.map(|range| Mark::whisker(Colour::Ink.at(0.9), range, middle, 0.12));
        plot.marks.extend(whisker.into_iter().flatten());
        let text = unit.show(bar.value);
        plot.labels.push(Label { at: (ENDS.1, middle), by: (8.0, 0.0), side: HPos::Left, text, remark: false });
    }
    plot.height = bars.len() as f64 * ROW;
    plot.right = Plot::room_for(bars.iter().map(|bar| unit.show(bar.value)));
    Ok(plot)
}

/// Bytes above the payload for each event: as measured, and by the specification where it can be computed.
pub(super) struct Column {
    pub name: String,
    pub colour: Colour,
    pub measured: f64,
    pub theory: Option<f64>,
}

/// Bytes above the payload for each payload size, measured beside theory.
pub(crate) fn overhead(cells: &[&CellComparison], name: &str, lang: Language) -> Option<Block> {
    let column = |cell: &CellComparison, arm: &ArmTrials, l: Language| {
        let (measured, theory) = (arm.median(Figure::OverheadPerEvent)?, theory_of(cell, arm));
        Some(Column { name: l.arm(arm.arm), colour: colour(cell, arm.arm), measured, theory })
    };
    block(lang, lang.why(&cells.first()?.cell.why), name.to_owned(), |l| {
        let group = |cell: &&CellComparison| {
            let columns: Vec<Column> = shown_arms(cell).filter_map(|arm| column(cell, arm, l)).collect();
            (number::payload(cell.cell.workload.payload_bytes()), columns)
        };
        let (title, subtitle) = (l.figure(Figure::OverheadPerEvent), l.overhead_subtitle());
        let text = ChartText { title, subtitle, x: l.payload(), y: l.bytes_axis() };
        columns_of(text, l.in_theory(), &cells.iter().map(group).collect::<Vec<_>>())
    })
}

/// Columns in groups; `theory` names the mark of the theoretical figure in the legend.
pub(super) fn columns_of(
    text: ChartText,
    theory: String,
    groups: &[(String, Vec<Column>)],
) -> Result<Plot, ChartError> {
    let columns = || groups.iter().flat_map(|(_, columns)| columns);
    let heights: Vec<f64> = columns().flat_map(|column| [Some(column.measured), column.theory]).flatten().collect();
    let y = Axis::from_zero(&heights, Unit::Bytes)?;
    let mut plot = Plot::new(text, Axis::names(groups.iter().map(|(name, _)| name.clone())), y);
    for (n, (_, columns)) in groups.iter().enumerate() {
        let pitch = (0.86 / columns.len().max(1) as f64).min(0.4);
        let first = n as f64 + 0.5 - pitch * columns.len() as f64 / 2.0;
        for (m, column) in columns.iter().enumerate() {
            column.add_to(&mut plot, first + m as f64 * pitch, pitch, PLOT * pitch / groups.len() as f64);
        }
    }
    for column in columns() {
        if plot.keys.iter().all(|key| key.name != column.name) {
            plot.keys.push(Key::new(column.name.clone(), Shape::Area, column.colour.solid()));
        }
    }
    if columns().any(|column| column.theory.is_some()) {
        plot.keys.push(Key::new(theory, Shape::Line(2.0), Colour::Ink.solid()));
    }
    Ok(plot)
}

impl Column {
    /// A column with its value above it, where its `room` in drawing units holds that.
    fn add_to(&self, plot: &mut Plot, left: f64, pitch: f64, room: f64) {
        let (seam, right) = (pitch * 0.05, left + pitch);
        plot.marks.push(Mark::block(self.colour.solid(), (left + seam, 0.0), (right - seam, self.measured)));
        let theory = self.theory.map(|y| Mark::new(Shape::Line(2.0), Colour::Ink.solid(), [(left, y), (right, y)]));
        plot.marks.extend(theory);
        let at = ((left + right) / 2.0, self.theory.unwrap_or_default().max(self.measured));
        // Without the unit, which the axis says.
        let value = Unit::Count.show(self.measured);
        if Plot::room_for(std::iter::once(value.clone())) <= room + 14.0 {
            let (by, side) = ((0.0, -10.0), HPos::Center);
            plot.labels.push(Label { at, by, side, text: value, remark: true });
        }
    }
}
