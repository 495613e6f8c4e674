//! Bars, overhead columns and the forest of ratios.

use super::{block, both, chart_text, colour, file_name, shown_arms};
use crate::chart::{self, Bar, Colour, Column, ColumnGroup, Forest, ForestRow, Text, Unit};
use crate::compare::{CellComparison, Comparison, Contest, Estimability};
use crate::document::Block;
use crate::number;
use crate::text::Language;
use crate::theory::theory_of;
use crate::verdict::{Direction, Interval, Verdict};
use trial::Figure;

/// One figure of every transport of a cell: the median trial, with the range of all trials.
pub(crate) fn bars(cell: &CellComparison, figure: Figure, lang: Language) -> Option<Block> {
    let bar = |arm: &crate::compare::ArmTrials| {
        let values: Vec<f64> = arm.values(figure).into_values().collect();
        let range = values.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &x| (low.min(x), high.max(x)));
        Some(Bar {
            name: both(lang, |l| l.arm(arm.arm)),
            colour: colour(arm.arm, cell.cell),
            value: arm.median(figure)?,
            interval: (values.len() > 1).then_some(range),
        })
    };
    let bars: Vec<Bar> = shown_arms(cell).filter_map(bar).collect();
    let text = chart_text(
        lang,
        |l| format!("{}: {}", l.figure(figure), cell.cell.name),
        |l| l.bars_subtitle(),
        |_| String::new(),
        |_| String::new(),
    );
    block(chart::bars(&text, Unit::Count, &bars), lang.why(&cell.cell.why), file_name(&cell.cell.name, "rate"))
}

/// Bytes above the payload for each payload size, measured beside theory.
pub(crate) fn overhead(cells: &[&CellComparison], lang: Language) -> Option<Block> {
    let column = |cell: &CellComparison, arm: &crate::compare::ArmTrials| {
        Some(Column {
            name: both(lang, |l| l.arm(arm.arm)),
            colour: colour(arm.arm, cell.cell),
            measured: arm.median(Figure::OverheadPerEvent)?,
            theory: theory_of(cell, arm),
        })
    };
    let group = |cell: &&CellComparison| ColumnGroup {
        label: Text::from(number::payload(cell.cell.load.payload_bytes)),
        columns: shown_arms(cell).filter_map(|arm| column(cell, arm)).collect(),
    };
    let groups: Vec<ColumnGroup> = cells.iter().map(group).collect();
    let text = chart_text(
        lang,
        |l| l.figure(Figure::OverheadPerEvent),
        |l| l.overhead_subtitle(),
        |l| l.payload(),
        |l| l.bytes_axis(),
    );
    let caption = lang.why(&cells.first()?.cell.why);
    block(chart::overhead(&text, &both(lang, |l| l.in_theory()), &groups), caption, "network-overhead".to_owned())
}

/// The headline ratios of some cells around 1, with the null arm's interval behind each. One that is the other way round than
/// the rest has no place among them; it stands in the tables.
pub(crate) fn forest(comparison: &Comparison, cells: &[&CellComparison], name: &str, lang: Language) -> Option<Block> {
    // Without a test there is no interval to show.
    if comparison.family == 0 {
        return None;
    }
    let headlines = |cell: &CellComparison| {
        let contests = cell.versus.iter().flat_map(|versus| &versus.contests);
        contests
            .filter(|contest| contest.headline && contest.estimability == Estimability::PerTrial)
            .filter(|contest| contest.verdict != Verdict::Refused)
            .cloned()
            .collect::<Vec<_>>()
    };
    let cells = cells.iter().filter(|cell| !cell.turned);
    let rows = cells.flat_map(|cell| headlines(cell).into_iter().map(|contest| forest_row(cell, &contest)));
    let margin = 1.0 + Figure::Duration(trial::Metric::ResponseTime, trial::Quantile::P50).margin();
    let [base, other] = comparison.sides();
    let forest = Forest {
        rows: rows.collect(),
        margin: Some((1.0 / margin, margin)),
        sides: (both(lang, |l| l.is_lower(&l.arm(other))), both(lang, |l| l.is_higher(&l.arm(other)))),
        ratio_name: both(lang, |l| l.over([base, other])),
        null_name: both(lang, |l| l.null_interval(&l.arm(base))),
        margin_name: both(lang, |l| l.margin_of(number::percent(margin - 1.0))),
    };
    let text = chart_text(
        lang,
        |l| l.forest_title(&l.arm(other), &l.arm(base)),
        |l| l.forest_subtitle(comparison.family),
        |_| String::new(),
        |_| String::new(),
    );
    block(chart::ratio_forest(&text, &forest), lang.forest_caption(), file_name(name, "ratios"))
}

fn forest_row(cell: &CellComparison, contest: &Contest) -> ForestRow {
    let bounds = |interval: Option<Interval>| interval.map(|bounds| (bounds.low, bounds.high));
    let quantile = match contest.figure {
        Figure::Duration(_, quantile) => format!(" {quantile}"),
        _ => String::new(),
    };
    ForestRow {
        name: Text::from(format!("{}{quantile}", cell.short_name())),
        ratio: contest.ratio.value,
        interval: bounds(contest.ratio.interval),
        null: contest.null.and_then(|null| bounds(null.interval)),
        colour: match contest.verdict {
            Verdict::Different { direction: Direction::Lower, .. } => colour(contest.arms[1], cell.cell),
            Verdict::Different { direction: Direction::Higher, .. } => colour(contest.arms[0], cell.cell),
            _ => Colour::Null,
        },
    }
}
