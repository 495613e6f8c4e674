//! What was found before the first trial: the host's settings, the pacer, the generator's ceilings, how quiet it was, and
//! the precision that was promised. Refuses to invent what an older record does not hold.

use super::table_or;
use crate::compare::Comparison;
use crate::document::{Block, Column, Table};
use crate::number::{self, NONE};
use crate::text::Language;
use trial::{Preflight, Quantile};

pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let heading = Block::Heading(lang.preflight_heading());
    match &comparison.records.preflight {
        None => vec![heading, Block::Note(lang.no_preflight())],
        Some(preflight) => std::iter::once(heading).chain(found(preflight, lang)).collect(),
    }
}

/// What was found, what precision is to come, and the settings of the host.
pub(in crate::section) fn found(preflight: &Preflight, lang: Language) -> [Block; 3] {
    [findings(preflight, lang), predictions(preflight, lang), fingerprint(preflight, lang)]
}

fn findings(preflight: &Preflight, lang: Language) -> Block {
    let late = |quantile: Quantile| {
        let ns = preflight.pacer_lateness.quantile(quantile.share());
        ns.map_or(NONE.to_owned(), |ns| number::duration(ns as f64))
    };
    let answer = if preflight.quiet { lang.yes() } else { lang.no() };
    let samples: Vec<String> = preflight.quiet_samples.iter().map(|cpus| format!("{cpus:.2}")).collect();
    let quiet =
        if samples.is_empty() { lang.quiet_unknown() } else { lang.quiet_answer(answer, lang.series(&samples)) };
    let fixed = [
        (lang.pacer_line(), lang.two_quantiles(late(Quantile::P50), late(Quantile::P99))),
        (lang.quiet_line(), quiet),
        (lang.clock_line(), format!("{:.1} ppm", preflight.clock_drift_ppm)),
        (lang.expected_line(), humantime::format_duration(preflight.expected).to_string()),
    ];
    let ceiling = |(transport, rate): (&wire::Transport, &wire::Rate)| {
        (lang.ceiling_line(lang.transport(*transport)), format!("{}/s", number::significant(rate.get())))
    };
    let rows = fixed.into_iter().chain(preflight.ceilings.iter().map(ceiling)).map(|(name, value)| vec![name, value]);
    Block::Table(Table {
        caption: lang.preflight_caption(),
        head: vec![lang.what_head(), lang.found_head()],
        rows: rows.collect(),
    })
}

fn predictions(preflight: &Preflight, lang: Language) -> Block {
    let table = Table::of(
        lang.predictions_caption(),
        &preflight.predictions,
        [
            (lang.cell_head(), &|prediction| prediction.cell.clone()),
            (lang.what_head(), &|prediction| lang.figure(prediction.figure)),
            (lang.deviation_head(), &|prediction| number::percent(prediction.deviation)),
            (lang.margin_head(), &|prediction| number::percent(prediction.figure.margin())),
            (lang.resolves_head(), &|prediction| number::percent(prediction.resolves)),
            (lang.blocks_needed_head(), &|prediction| number::count(u64::from(prediction.blocks_needed))),
        ],
    );
    table_or(table, lang.no_predictions())
}

fn fingerprint(preflight: &Preflight, lang: Language) -> Block {
    let settings: Vec<_> = preflight.fingerprint.iter().collect();
    let columns: [Column<(&String, &String)>; 2] =
        [(lang.what_head(), &|(name, _)| (*name).clone()), (lang.found_head(), &|(_, value)| (*value).clone())];
    let table = table_or(Table::of(lang.fingerprint_caption(), &settings, columns), lang.no_fingerprint());
    Block::Fold { summary: lang.fingerprint_summary(), blocks: vec![table] }
}
