//! A message up and its answer down: a WebSocket frame against a POST whose answer comes on the event stream.

use super::{Finding, Measured, RowVerdict, Study, absent, clause, diluted};
use crate::compare::Comparison;
use crate::evidence::Block;
use crate::number;
use crate::text::Language;
use trial::{Figure, Metric, Quantile, Row, Scenario};

const FIGURES: [Figure; 5] = [
    Figure::Duration(Metric::RoundTrip, Quantile::P50),
    Figure::Duration(Metric::RoundTrip, Quantile::P99),
    Figure::UpBytesPerExchange,
    Figure::DownBytesPerExchange,
    Figure::ServerCpuPerEvent,
];

pub(super) struct Bidirectional;

impl Study for Bidirectional {
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding {
        let mut cells = comparison.measured(Row::Bidirectional, Scenario::Echo);
        let Some((cell, p50)) = cells.find_map(|cell| Some((cell, cell.contest(FIGURES[0])?))) else {
            return absent(comparison, Row::Bidirectional, lang);
        };
        let cost = number::times(1.0 / p50.ratio.value);
        let what = lang.figure(FIGURES[0]);
        Finding {
            lines: FIGURES
                .into_iter()
                .filter_map(|figure| Measured::figure(cell, figure, &lang.exchange_figure(figure), lang))
                .collect(),
            verdict: RowVerdict::DependsOn(lang.whether_post_counts(&cost)),
            sentence: lang.bidirectional_sentence(clause(p50, &what, comparison, lang)),
            caveats: diluted(cell, &what, lang).into_iter().collect(),
        }
    }

    fn evidence(&self, _: &Comparison, lang: Language) -> Vec<Block> {
        vec![Block::Text(lang.bidirectional_method())]
    }
}
