//! A row of one run: which cells it has, what they are called, its lines and the contests that it rests on. What a row declares is
//! read here and nowhere else.

use super::RowVerdict;
use super::measured::shown;
use crate::compare::{CellComparison, Comparison, Contest};
use crate::document::Line;
use crate::number;
use crate::text::{Language, filled};
use trial::{Figure, Metric, Row, RowLine, Weight};
use wire::Transport;

/// A row of a run, in the words of a language.
pub(super) struct Study<'a, 'r> {
    pub(super) row: &'a Row,
    pub(super) comparison: &'a Comparison<'r>,
    pub(super) lang: Language,
    /// The cells that make its lines: of SSE and WebSocket, with numbers that may be compared.
    pub(super) cells: Vec<&'a CellComparison<'r>>,
}

/// A contest that a row rests on.
pub(super) struct Rests<'a, 'r> {
    pub(super) contest: &'a Contest,
    pub(super) cell: &'a CellComparison<'r>,
    pub(super) line: &'a RowLine,
}

impl<'a, 'r> Study<'a, 'r> {
    pub(super) fn of(row: &'a Row, comparison: &'a Comparison<'r>, lang: Language) -> Self {
        let wanted =
            |cell: &&CellComparison| cell.is_comparable() && !(row.without_ids && cell.cell.workload.has_ids());
        Self { row, comparison, lang, cells: comparison.row(row).filter(wanted).collect() }
    }

    /// The cells with lines and clauses of their own.
    pub(super) fn told(&self) -> &[&'a CellComparison<'r>] {
        &self.cells[..self.cells.len().min(self.row.most_cells.unwrap_or(usize::MAX))]
    }

    /// What a cell is called.
    pub(super) fn name(&self, cell: &CellComparison) -> String {
        let short = cell.short_name();
        match (self.row.names.get(short), &self.row.cell_name) {
            (Some(name), _) => self.lang.of(name).to_owned(),
            (None, Some(name)) => {
                let payload = number::payload(cell.cell.workload.payload_bytes());
                filled(self.lang.of(name), &[("payload", payload), ("preset", self.lang.preset(cell.cell.preset))])
            }
            (None, None) => short.to_owned(),
        }
    }

    /// What the row's definition says of its claim, with what was measured beside it.
    pub(super) fn by_definition(&self, measured: String) -> RowVerdict {
        let definition = self.row.definition.as_ref().map(|definition| self.lang.of(definition));
        RowVerdict::ByDefinition(self.lang.beside_definition(definition.unwrap_or_default(), measured))
    }

    /// What a line of a cell is called.
    pub(super) fn label(&self, line: &RowLine, cell: &CellComparison) -> String {
        let (figure, name) = (self.lang.figure(figure_of(line, cell)), self.name(cell));
        match &line.label {
            Some(label) => filled(self.lang.of(label), &[("cell", name), ("figure", figure)]),
            None if line.once || self.cells.len() < 2 => figure,
            None => self.lang.series(&[figure, name]),
        }
    }

    /// What it has measured, quantity by quantity.
    pub(super) fn lines(&self) -> Vec<Line> {
        let of_line = |line: &'a RowLine| {
            let measured = self.told().iter().filter_map(move |cell| self.measured(line, cell));
            measured.take(if line.once { 1 } else { usize::MAX })
        };
        self.row.lines.iter().flat_map(of_line).take(self.row.most_lines.unwrap_or(usize::MAX)).collect()
    }

    /// The contests of the lines with this weight or more, cell by cell.
    pub(super) fn contests(&self, cells: &[&'a CellComparison<'r>], least: Weight) -> Vec<Rests<'a, 'r>> {
        let lines = || self.row.lines.iter().filter(|line| line.weight >= least);
        let of_cell = |cell: &&'a CellComparison<'r>| {
            let cell = *cell;
            lines().filter_map(move |line| Some(Rests { contest: contest(line, cell)?, cell, line }))
        };
        cells.iter().flat_map(of_cell).collect()
    }

    fn measured(&self, line: &RowLine, cell: &CellComparison) -> Option<Line> {
        let (contest, what) = (contest(line, cell)?, self.label(line, cell));
        let show = |value| number::of_figure(contest.figure, value);
        if let Some(whole) = line.share_of {
            let of = |transport| cell.median_of(transport, contest.figure);
            let whole = of(whole).filter(|&whole| whole > 0.0)?;
            let share = |transport| Some(number::percent(of(transport)? / whole));
            return Some(Line::new(what, share(Transport::Sse)?, share(Transport::WebSocket)?));
        }
        let mut texts = shown(contest)?;
        if let Some(plus) = line.plus {
            let plus = cell.contest(plus)?;
            let (base, other) = (contest.base + plus.base, contest.other + plus.other);
            texts = [show(base), show(other), number::times(other / base)];
        }
        if let Some(beside) = line.beside {
            let beside = cell.contest(beside)?;
            for (text, value) in texts.iter_mut().zip([beside.base, beside.other]) {
                *text += &format!(" (+{})", number::quotient(value));
            }
        }
        Some(Line::contest(cell, contest, &what, texts, self.lang))
    }
}

/// The contest that a line of a cell is about.
fn contest<'a>(line: &RowLine, cell: &'a CellComparison) -> Option<&'a Contest> {
    let has = |figure| cell.contest(figure).is_some();
    cell.contest(figure_of(line, cell)).filter(|_| line.with.is_none_or(has))
}

/// The quantity of a line: of durations that are judged the one by which the cell is.
fn figure_of(line: &RowLine, cell: &CellComparison) -> Figure {
    match line.figure {
        Figure::Duration(Metric::JudgedTime, quantile) => {
            Figure::Duration(cell.judged().unwrap_or(Metric::JudgedTime), quantile)
        }
        figure => figure,
    }
}
