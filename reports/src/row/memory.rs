//! Bytes for each open, quiet connection: slopes, never quotients.

use super::{Finding, Measured, Study, absent, clause, found};
use crate::compare::Comparison;
use crate::evidence::Block;
use crate::text::Language;
use trial::{Figure, Row, Scenario};

pub(super) struct Memory;

const FIGURES: [Figure; 3] =
    [Figure::ServerMemoryPerConnection, Figure::KernelMemoryPerConnection, Figure::ClientMemoryPerConnection];

impl Study for Memory {
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding {
        let cells: Vec<_> = comparison.measured(Row::Memory, Scenario::Memory).collect();
        let contests = || cells.iter().filter_map(|cell| Some((cell, cell.contest(FIGURES[0])?)));
        if contests().next().is_none() {
            return absent(comparison, Row::Memory, lang);
        }
        let line = |cell: &&_, figure| {
            let cell: &crate::compare::CellComparison = cell;
            Measured::figure(cell, figure, &lang.memory_label(figure, cell.cell.preset), lang)
        };
        // What is not the server's is the same whatever its preset: one line is enough.
        let user = cells.iter().filter_map(|cell| line(cell, FIGURES[0]));
        let rest = FIGURES[1..].iter().filter_map(|&figure| cells.iter().find_map(|cell| line(cell, figure)));
        let named = |cell: &crate::compare::CellComparison| lang.memory_label(FIGURES[0], cell.cell.preset);
        let clauses = contests().map(|(cell, contest)| clause(contest, &named(cell), comparison, lang));
        Finding {
            sentence: lang.sentence(lang.list(clauses)),
            verdict: found(contests().map(|(cell, contest)| (contest, named(cell))), comparison, lang),
            lines: user.chain(rest).collect(),
            caveats: Vec::new(),
        }
    }

    fn evidence(&self, comparison: &Comparison, lang: Language) -> Vec<Block> {
        let cells: Vec<_> = comparison.measured(Row::Memory, Scenario::Memory).collect();
        let chart = crate::picture::memory(&cells, lang);
        std::iter::once(Block::Text(lang.memory_method())).chain(chart).collect()
    }
}
