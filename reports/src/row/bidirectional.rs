//! A message up and its answer down: a WebSocket frame against a POST whose answer comes on the event stream.

use super::{Finding, Measured, RowVerdict, Study, absent, clause, diluted};
use crate::compare::{CellComparison, Comparison};
use crate::document::Block;
use crate::number;
use crate::text::Language;
use trial::{Figure, Metric, Quantile, Row, Scenario};
use wire::Transport;

/// The figures of the row; the round trip counts from `fired` where the pacer's lateness would dilute its ratio.
fn figures(cell: &CellComparison) -> [Figure; 5] {
    let judged = cell.judged().unwrap_or(Metric::RoundTrip);
    [
        Figure::Duration(judged, Quantile::P50),
        Figure::Duration(judged, Quantile::P99),
        Figure::UpBytesPerExchange,
        Figure::DownBytesPerExchange,
        Figure::ServerCpuPerEvent,
    ]
}

pub(super) struct Bidirectional;

impl Study for Bidirectional {
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding {
        let mut cells = comparison.measured(Row::Bidirectional, Scenario::Echo);
        let Some((cell, p50)) = cells.find_map(|cell| Some((cell, cell.contest(figures(cell)[0])?))) else {
            return absent(comparison, Row::Bidirectional, lang);
        };
        let cost = number::times(p50.ratio_of(Transport::Sse));
        let what = lang.figure(p50.figure);
        Finding {
            lines: figures(cell)
                .into_iter()
                .filter_map(|figure| Measured::figure(cell, figure, &lang.exchange_figure(figure), lang))
                .collect(),
            verdict: RowVerdict::DependsOn(lang.whether_post_counts(&cost)),
            sentence: lang.bidirectional_sentence(clause(p50, &what, comparison, lang)),
            caveats: diluted(cell, &what, lang).collect(),
        }
    }

    fn evidence(&self, _: &Comparison, lang: Language) -> Vec<Block> {
        vec![Block::Text(lang.bidirectional_method())]
    }
}
