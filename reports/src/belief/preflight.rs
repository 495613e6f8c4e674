//! What was found before the first trial: the host's settings, the pacer, the generator's ceilings, how quiet it was, and
//! the precision that was promised. Refuses to invent what an older record does not hold.

use super::table_or;
use crate::compare::Comparison;
use crate::evidence::{Block, Table};
use crate::number::{self, NONE};
use crate::text::Language;
use trial::{Preflight, Quantile};

pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let heading = Block::Heading(lang.preflight_heading());
    match &comparison.records.preflight {
        None => vec![heading, Block::Note(lang.no_preflight())],
        Some(preflight) => {
            vec![heading, findings(preflight, lang), predictions(preflight, lang), fingerprint(preflight, lang)]
        }
    }
}

fn findings(preflight: &Preflight, lang: Language) -> Block {
    let late = |quantile: Quantile| {
        let ns = preflight.pacer_lateness.quantile(quantile.share());
        ns.map_or(NONE.to_owned(), |ns| number::duration(ns as f64))
    };
    let quiet: Vec<String> = preflight.quiet_samples.iter().map(|cpus| format!("{cpus:.2}")).collect();
    let fixed = [
        (lang.pacer_line(), lang.two_quantiles(late(Quantile::P50), late(Quantile::P99))),
        (
            lang.quiet_line(),
            lang.quiet_answer(if preflight.quiet { lang.yes() } else { lang.no() }, lang.series(&quiet)),
        ),
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
    let row = |prediction: &trial::Prediction| {
        vec![
            prediction.cell.clone(),
            lang.figure(prediction.figure),
            number::percent(prediction.deviation),
            number::percent(prediction.resolves),
            number::count(u64::from(prediction.blocks_needed)),
        ]
    };
    let head = vec![
        lang.cell_head(),
        lang.what_head(),
        lang.deviation_head(),
        lang.resolves_head(),
        lang.blocks_needed_head(),
    ];
    let rows = preflight.predictions.iter().map(row).collect();
    table_or(lang.predictions_caption(), head, rows, lang.no_predictions())
}

fn fingerprint(preflight: &Preflight, lang: Language) -> Block {
    let rows: Vec<Vec<String>> =
        preflight.fingerprint.iter().map(|(name, value)| vec![name.clone(), value.clone()]).collect();
    let table =
        table_or(lang.fingerprint_caption(), vec![lang.what_head(), lang.found_head()], rows, lang.no_fingerprint());
    Block::Fold { summary: lang.fingerprint_summary(), blocks: vec![table] }
}
