//! Bytes above the payload for each event, beside what the specifications say.

use super::study::Study;
use crate::compare::{ArmTrials, CellComparison};
use crate::document::{Block, Table};
use crate::number;
use crate::theory::theory_of;
use trial::{Figure, RowChart};

/// What rounding of exact counts may leave between measurement and theory, bytes.
const EXACT: f64 = 0.005;

/// A chart and a table of them.
pub(super) fn evidence(study: &Study) -> Vec<Block> {
    let chart = crate::picture::overhead(&study.cells, &study.row.id, study.lang);
    chart.into_iter().chain([Block::Table(beside_theory(study))]).collect()
}

/// Cells of the row with their arms, measured overhead and theory.
fn overheads<'a, 'r>(
    study: &Study<'a, 'r>,
) -> impl Iterator<Item = (&'a CellComparison<'r>, &'a ArmTrials<'r>, f64, Option<f64>)> {
    study.comparison.row(study.row).flat_map(|cell| {
        let arms = cell.arms.iter().filter(|arm| !arm.arm.twin);
        arms.filter_map(move |arm| Some((cell, arm, arm.median(Figure::OverheadPerEvent)?, theory_of(cell, arm))))
    })
}

/// Bytes that the specifications do not explain; none where a row does not compare bytes.
pub(super) fn mismatches(study: &Study) -> impl Iterator<Item = String> {
    let (compared, lang) = (study.row.charts.contains(&RowChart::Bytes), study.lang);
    overheads(study).filter(move |_| compared).filter_map(move |(cell, arm, measured, theory)| {
        let theory = theory.filter(|theory| (measured - theory).abs() > EXACT)?;
        Some(lang.mismatch(&lang.arm(arm.arm), &cell.cell.name, format!("{measured:.3}"), format!("{theory:.3}")))
    })
}

fn beside_theory(study: &Study) -> Table {
    let lang = study.lang;
    let none = || number::NONE.to_owned();
    let ids = |cell: &CellComparison| if cell.cell.workload.has_ids() { lang.with_ids() } else { String::new() };
    let agrees = |measured: f64, theory: f64| if (measured - theory).abs() > EXACT { lang.no() } else { lang.yes() };
    let overheads: Vec<_> = overheads(study).collect();
    Table::of(
        lang.theory_caption(),
        &overheads,
        [
            (lang.payload(), &|(cell, ..)| {
                format!("{}{}", number::payload(cell.cell.workload.payload_bytes()), ids(cell))
            }),
            (lang.transport_head(), &|(_, arm, ..)| lang.arm(arm.arm)),
            (lang.measured_head(), &|(_, _, measured, _)| number::bytes(*measured)),
            (lang.in_theory(), &|(.., theory)| theory.map_or_else(none, number::bytes)),
            (lang.agrees(), &|(.., measured, theory)| theory.map_or_else(none, |theory| agrees(*measured, theory))),
        ],
    )
}
