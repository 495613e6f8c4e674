//! What a report says: a section for each question, its blocks in the words of one language. Refuses to lay anything out:
//! `render` does.

mod capacity;
mod cell;
mod loops;
mod opening;
mod own_cells;
mod replication;
mod rows;
mod runs;
mod validity;

pub(crate) use opening::answer;
pub(crate) use own_cells::{pace_table, verdicts as own_verdicts};
pub(crate) use rows::{Findings, verdicts};

use crate::compare::Comparison;
use crate::document::{Block, Document, Opening, Scope, Section};
use crate::own_cells::OwnCells;
use crate::row::rows_of;
use crate::text::Language;
use std::sync::Arc;
use trial::{Preflight, Row, Scenario};

/// How much of a report is asked for. Charts are drawn for a page alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What fits a terminal.
    Summary,
    /// Everything.
    Whole,
}

/// The report of one run, or of several side by side.
pub fn document(comparisons: &[Comparison], lang: Language, extent: Extent) -> Document {
    let labels = opening::labels(comparisons);
    let rows = rows_of(comparisons);
    let findings: Vec<Findings> = comparisons.iter().map(|comparison| Findings::of(comparison, &rows, lang)).collect();
    let runs = comparisons.iter().zip(&findings).zip(&labels).map(|((comparison, findings), label)| Opening {
        label: label.clone(),
        blocks: opening::blocks(comparison, findings, lang),
    });
    let tool = comparisons.first().map(|comparison| &comparison.records.run.tool);
    Document {
        tag: lang.tag(),
        title: lang.title(),
        runs: runs.collect(),
        sections: Report { comparisons, rows: &rows, findings: &findings, labels: &labels, lang, extent }.sections(),
        footer: tool.map_or_else(String::new, |tool| lang.footer(tool.version.clone(), tool.commit.clone())),
    }
}

/// What was found before the first trial, for whoever is about to wait for the run.
pub fn preflight(preflight: &Preflight, lang: Language) -> Document {
    let section = Section {
        anchor: "validity".to_owned(),
        heading: String::new(),
        headed: false,
        scope: Scope::All,
        runs: vec![validity::preflight_blocks(preflight, lang).into()],
    };
    let (title, sections) = (lang.preflight_heading(), vec![section]);
    Document { tag: lang.tag(), title, runs: Vec::new(), sections, footer: String::new() }
}

/// What is asked for.
struct Report<'a, 'r> {
    comparisons: &'a [Comparison<'r>],
    rows: &'a [Arc<Row>],
    findings: &'a [Findings],
    labels: &'a [String],
    lang: Language,
    extent: Extent,
}

impl Report<'_, '_> {
    fn sections(&self) -> Vec<Section> {
        let lang = self.lang;
        let each = |anchor: &str, heading, scope, of: fn(&Comparison, Language) -> Vec<Block>| {
            self.section(anchor.to_owned(), heading, scope, |comparison, _| of(comparison, lang))
        };
        let own = |scenario| lang.of(&Row::own(scenario).title).to_owned();
        let with_table = self.comparisons.iter().any(asks_the_table);
        let table = with_table.then(|| rows::comparison(self.findings, self.labels, lang));
        let rows = self.rows.iter().filter(|_| with_table).map(|row| {
            self.section(rows::anchor(row), lang.of(&row.title).to_owned(), Scope::Page, |comparison, findings| {
                rows::of_row(comparison, findings, row, lang)
            })
        });
        let first = [
            each("capacity", lang.capacity_heading(), Scope::All, capacity::blocks),
            each("loops", own(Scenario::ToolLoop), Scope::All, loops::blocks),
            each("cells", own(Scenario::Push), Scope::All, own_cells::blocks),
            each("streams", own(Scenario::Llm), Scope::Page, own_cells::streams),
            each("breakdown", lang.breakdown_heading(), Scope::Summary, cell::breakdown_lines),
        ];
        let last = [
            each("other-cells", lang.other_cells(), Scope::Page, rows::of_other_cells),
            each("replication", lang.replication_heading(), Scope::Page, replication::blocks),
            each("validity", lang.validity_heading(), Scope::Page, validity::blocks),
            each("selfcheck", lang.selfcheck_heading(), Scope::Page, validity::selfcheck),
            each("runs", lang.runs_heading(), Scope::Page, runs::blocks),
            self.shared("method", lang.method_heading(), runs::method(lang)),
        ];
        let all = table.into_iter().chain(first).chain(rows).chain(last);
        all.filter(|section| section.runs.iter().any(|blocks| !blocks.is_empty())).collect()
    }

    /// A section with the blocks of each run; without any where it is not asked for.
    fn section(
        &self,
        anchor: String,
        heading: String,
        scope: Scope,
        of: impl Fn(&Comparison, &Findings) -> Vec<Block>,
    ) -> Section {
        let asked = self.extent == Extent::Whole || scope != Scope::Page;
        let runs = self.comparisons.iter().zip(self.findings).filter(|_| asked);
        let runs = runs.map(|(comparison, findings)| of(comparison, findings)).collect();
        Section { anchor, heading, headed: true, scope, runs }
    }

    /// A section of the page that is of all runs.
    fn shared(&self, anchor: &str, heading: String, blocks: Vec<Block>) -> Section {
        let runs = if self.extent == Extent::Whole { vec![blocks] } else { Vec::new() };
        Section { anchor: anchor.to_owned(), heading, headed: true, scope: Scope::Page, runs }
    }
}

/// Whether a run answers the table's questions: a search for capacity and cells that feed no row ask others.
fn asks_the_table(comparison: &Comparison) -> bool {
    !comparison.only_searches() && OwnCells::of(comparison).is_none()
}
