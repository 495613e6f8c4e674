//! TCP connect, request to response head, first event. The article says nothing about it.

use super::{Finding, Measured, Study, absent, clause, found};
use crate::compare::Comparison;
use crate::document::Block;
use crate::text::Language;
use trial::{Figure, Metric, Quantile, Row, Scenario};

const FIGURES: [Figure; 4] = [
    Figure::Duration(Metric::FirstEvent, Quantile::P50),
    Figure::Duration(Metric::FirstEvent, Quantile::P99),
    Figure::Duration(Metric::ConnectTcp, Quantile::P50),
    Figure::Duration(Metric::ConnectHandshake, Quantile::P50),
];

pub(super) struct ConnectTime;

impl Study for ConnectTime {
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding {
        let mut cells = comparison.measured(Row::ConnectTime, Scenario::Connect);
        let Some((cell, p50)) = cells.find_map(|cell| Some((cell, cell.contest(FIGURES[0])?))) else {
            return absent(comparison, Row::ConnectTime, lang);
        };
        let line = |figure| Measured::figure(cell, figure, &lang.figure(figure), lang);
        Finding {
            lines: FIGURES.into_iter().filter_map(line).collect(),
            verdict: found([(p50, String::new())].into_iter(), comparison, lang),
            sentence: lang.sentence(clause(p50, &lang.figure(FIGURES[0]), comparison, lang)),
            caveats: Vec::new(),
        }
    }

    fn evidence(&self, _: &Comparison, lang: Language) -> Vec<Block> {
        vec![Block::Text(lang.connect_method())]
    }
}
