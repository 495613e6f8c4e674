//! Every trial of a cell as one line: what came of it, whatever came of it.

use crate::compare::{CellComparison, principal};
use crate::document::{Block, Table};
use crate::number::{self, NONE};
use crate::text::Language;
use trial::{Figure, Measurement, Outcome, Quantile, Trial};

/// The trials of a cell in the order in which they were run, closed at first.
pub(super) fn trials(cell: &CellComparison, lang: Language) -> Option<Block> {
    let mut trials: Vec<&Trial> = cell.arms.iter().flat_map(|arm| arm.trials.iter().copied()).collect();
    trials.sort_by_key(|trial| (trial.block, trial.position));
    let summary = lang.raw_summary(lang.trial_count(trials.len()));
    let table = Table { caption: lang.raw_caption(), head: head(cell, lang), rows: rows(cell, &trials, lang) };
    (!trials.is_empty()).then(|| Block::Fold { summary, blocks: vec![Block::Table(table)] })
}

fn columns(cell: &CellComparison) -> Vec<Figure> {
    let durations = principal(cell.cell).into_iter();
    let quantiles = durations.flat_map(|metric| [Quantile::P50, Quantile::P99].map(|q| Figure::Duration(metric, q)));
    let rest = [
        Figure::EventsPerSecond,
        Figure::ServerCpuPerEvent,
        Figure::ScheduleCpuPerEvent,
        Figure::OverheadPerEvent,
        Figure::ServerMemoryPerConnection,
    ];
    let has = |figure: &Figure| cell.arms.iter().flat_map(|arm| arm.measured()).any(|(_, m)| figure.of(m).is_some());
    quantiles.chain(rest).filter(has).collect()
}

fn head(cell: &CellComparison, lang: Language) -> Vec<String> {
    let figures = columns(cell).into_iter().map(|figure| lang.figure(figure));
    let fixed = [lang.block_head(), lang.arm_head(), lang.started_head(), lang.received_head(), lang.lost_head()];
    fixed.into_iter().chain(figures).chain([lang.remark()]).collect()
}

fn rows(cell: &CellComparison, trials: &[&Trial], lang: Language) -> Vec<Vec<String>> {
    let columns = columns(cell);
    let row = |trial: &&Trial| {
        let measurement = match &trial.outcome {
            Outcome::Measured(measurement) => Some(&**measurement),
            Outcome::Unsupported(_) | Outcome::Failed(_) => None,
        };
        let counted = |of: fn(&Measurement) -> u64| measurement.map_or(NONE.to_owned(), |m| number::count(of(m)));
        let figure = |&figure: &Figure| {
            let value = measurement.and_then(|m| figure.of(m));
            value.map_or(NONE.to_owned(), |value| number::of_figure(figure, value))
        };
        [
            format!("{}.{}", trial.block + 1, trial.position + 1),
            lang.arm(trial.arm),
            trial.started.clone(),
            counted(|m| m.counters.received),
            counted(|m| m.counters.lost),
        ]
        .into_iter()
        .chain(columns.iter().map(figure))
        .chain([remark(trial, lang)])
        .collect()
    };
    trials.iter().map(row).collect()
}

fn remark(trial: &Trial, lang: Language) -> String {
    let outcome = match &trial.outcome {
        Outcome::Measured(_) => None,
        Outcome::Unsupported(why) | Outcome::Failed(why) => Some(why.clone()),
    };
    lang.list(outcome.into_iter().chain(trial.warnings.iter().map(|warning| lang.warning(warning))))
}
