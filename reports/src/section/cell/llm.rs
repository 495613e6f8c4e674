//! Tables of language-model trials: what was asked and answered, the times, the failures. Refuses to compare: `contests` does.

use crate::compare::{ArmTrials, CellComparison};
use crate::document::{Block, Table};
use crate::number::{self, NONE};
use crate::text::Language;
use trial::{Figure, LlmCounts, Measurement, Metric, Quantile};

const TIMES: [Metric; 8] = [
    Metric::RequestToByte,
    Metric::RequestToEvent,
    Metric::FirstContent,
    Metric::InterChunk,
    Metric::PerOutputToken,
    Metric::EndToEnd,
    Metric::ResponseTime,
    Metric::ServiceTime,
];

/// One transport with all of its blocks together.
struct Whole {
    name: String,
    measurement: Measurement,
    counts: LlmCounts,
}

/// The tables of a cell; none for cells that asked no language model.
pub(super) fn tables(cell: &CellComparison, lang: Language) -> Vec<Block> {
    let wholes: Vec<Whole> = cell.arms.iter().filter_map(|arm| whole(arm, lang)).collect();
    let Some(first) = wholes.first() else { return Vec::new() };
    let caption = lang.llm_caption(&first.counts.format, &first.counts.model);
    let counts = table(caption, &wholes, counted(&wholes, lang), lang);
    let times = table(lang.llm_times_caption(), &wholes, timed(&wholes, lang), lang);
    let failures = wholes.iter().filter_map(|whole| failures(whole, lang));
    let unit = (wholes.len() > 1 && cell.cell.workload.is_endpoint())
        .then(|| Block::Note(lang.llm_unit(cell.cell.blocks as usize)));
    [counts, times].into_iter().chain(failures).map(Block::Table).chain(unit).collect()
}

fn whole(arm: &ArmTrials, lang: Language) -> Option<Whole> {
    let mut all: Option<(Measurement, LlmCounts)> = None;
    for (_, m) in arm.measured() {
        let Some(counts) = &m.llm else { continue };
        match &mut all {
            None => all = Some((m.clone(), counts.clone())),
            Some((whole, sum)) => {
                sum.add(counts);
                whole.window_ns += m.window_ns;
                for (metric, distribution) in &m.distributions {
                    whole.distributions.entry(*metric).or_default().merge(distribution);
                }
            }
        }
    }
    let (mut measurement, counts) = all?;
    measurement.llm = Some(counts.clone());
    Some(Whole { name: lang.arm(arm.arm), measurement, counts })
}

fn table(caption: String, wholes: &[Whole], rows: Vec<Vec<String>>, lang: Language) -> Table {
    let head = std::iter::once(lang.what_head()).chain(wholes.iter().map(|whole| whole.name.clone()));
    Table { caption, head: head.collect(), rows }
}

fn counted(wholes: &[Whole], lang: Language) -> Vec<Vec<String>> {
    let row = |name: String, of: &dyn Fn(&Whole) -> Option<String>| -> Vec<String> {
        let values = wholes.iter().map(|whole| of(whole).unwrap_or_else(|| NONE.to_owned()));
        std::iter::once(name).chain(values).collect()
    };
    let count = |name, of: fn(&LlmCounts) -> u64| row(name, &|whole| Some(number::count(of(&whole.counts))));
    let figure = |figure: Figure| {
        row(lang.figure(figure), &|whole| figure.of(&whole.measurement).map(|value| number::of_figure(figure, value)))
    };
    let slo = wholes.iter().find_map(|whole| whole.counts.slo);
    let any = |of: fn(&LlmCounts) -> u64| wholes.iter().any(|whole| of(&whole.counts) > 0);
    let in_vain = |whole: &Whole| whole.counts.in_vain.map(|in_vain| number::count(in_vain.tokens));
    let cancelled = any(|c| c.cancelled).then(|| {
        let seen = count(lang.llm_cancelled_events(), |c| c.cancelled_events);
        [count(lang.llm_cancelled(), |c| c.cancelled), seen, row(lang.llm_in_vain(), &in_vain)]
    });
    let hidden = any(|c| c.hidden_tokens).then(|| count(lang.llm_hidden(), |c| c.hidden_tokens));
    let good = slo.map(|slo| row(lang.llm_good(slo.to_string()), &|whole| whole.counts.good.map(number::count)));
    let per_read = |whole: &Whole| {
        let bursts = whole.counts.bursts;
        (bursts.reads > 0).then(|| number::quotient(bursts.events as f64 / bursts.reads as f64))
    };
    [count(lang.llm_sent(), |c| c.sent), count(lang.llm_answered(), |c| c.answered)]
        .into_iter()
        .chain(cancelled.into_iter().flatten())
        .chain([count(lang.llm_retries(), |c| c.retries)])
        .chain(good)
        .chain([count(lang.llm_tokens(), |c| c.output_tokens), count(lang.llm_uncounted(), |c| c.uncounted)])
        .chain(hidden)
        .chain([Figure::TokensPerSecond, Figure::GoodRequestsPerSecond, Figure::SloAttainment].map(figure))
        .chain([Figure::TokensPerEvent, Figure::BytesPerToken].map(figure))
        .chain([row(lang.llm_per_read(), &per_read)])
        .collect()
}

fn timed(wholes: &[Whole], lang: Language) -> Vec<Vec<String>> {
    let figures = TIMES.into_iter().flat_map(|metric| {
        [Quantile::P50, Quantile::P90, Quantile::P99].map(|quantile| Figure::Duration(metric, quantile))
    });
    let measured = figures.filter(|figure| wholes.iter().any(|whole| figure.of(&whole.measurement).is_some()));
    let value = |figure: Figure, whole: &Whole| {
        figure.of(&whole.measurement).map_or_else(|| NONE.to_owned(), |value| number::of_figure(figure, value))
    };
    let row = |figure: Figure| {
        std::iter::once(lang.figure(figure)).chain(wholes.iter().map(|whole| value(figure, whole))).collect()
    };
    measured.map(row).collect()
}

fn failures(whole: &Whole, lang: Language) -> Option<Table> {
    let row = |(why, count): &(String, u64)| vec![format!("{}: {why}", whole.name), number::count(*count)];
    let rows: Vec<_> = whole.counts.failures.iter().map(row).collect();
    let head = vec![lang.llm_why_head(), lang.llm_count_head()];
    (!rows.is_empty()).then(|| Table { caption: lang.llm_failures_caption(), head, rows })
}
