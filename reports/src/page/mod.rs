//! `report.html`: one self-contained file, readable without JavaScript, light and dark, wide and narrow, on paper.
//! Refuses to load anything from anywhere.

mod evidence;
mod html;
mod overview;
mod runs;

use crate::agent::Agent;
use crate::belief;
use crate::capacity::Capacity;
use crate::compare::Comparison;
use crate::evidence::{Block, of_agent, of_capacity, of_other_cells, of_own_cells, of_row};
use crate::findings::{Findings, run_labels};
use crate::own_cells::OwnCells;
use crate::text::Language;
use html::{Element, Html, el};
use trial::Row;

/// The blocks behind one row of one run.
pub(crate) struct Section {
    /// The row; `None` for cells that feed none.
    pub(crate) row: Option<Row>,
    /// Whether it is the first section of a run whose cells feed no row.
    pub(crate) own: bool,
    /// Blocks of each run, in the order of the runs.
    pub(crate) runs: Vec<Vec<Block>>,
}

/// The evidence of every row of every run: made once, for the page and for the PNG files.
pub(crate) fn sections(comparisons: &[Comparison], lang: Language) -> Vec<Section> {
    let rows = Row::ALL.into_iter().map(|row| Section {
        row: Some(row),
        own: false,
        runs: comparisons.iter().map(|comparison| of_row(comparison, row, lang)).collect(),
    });
    let own = Section { row: None, own: true, runs: comparisons.iter().map(|c| of_own_cells(c, lang)).collect() };
    let others = Section { row: None, own: false, runs: comparisons.iter().map(|c| of_other_cells(c, lang)).collect() };
    let told = |section: &Section| section.row.is_some() || section.runs.iter().any(|blocks| !blocks.is_empty());
    std::iter::once(own).chain(rows).chain([others]).filter(told).collect()
}

/// Whether a run answers the table's questions: a search for capacity, tool loops and cells that feed no row ask others.
fn asks_the_table(comparison: &Comparison) -> bool {
    let run = &comparison.records.run;
    run.capacity.is_none() && run.agent.is_none() && OwnCells::of(comparison).is_none()
}

/// The whole page.
pub(crate) fn page(comparisons: &[Comparison], sections: &[Section], lang: Language) -> String {
    let findings: Vec<Findings> = comparisons.iter().map(|comparison| Findings::of(comparison, lang)).collect();
    let labels: Vec<String> = run_labels(comparisons);
    let with_table = comparisons.iter().any(asks_the_table);
    let table = with_table.then(|| overview::table(&findings, &labels, lang));
    let told = sections.iter().filter(|section| with_table || section.row.is_none());
    let body = el("body")
        .add(overview::header(comparisons, &findings, &labels, lang))
        .add(
            el("main")
                .all(table)
                .all(asked_elsewhere(comparisons, &labels, lang))
                .all(told.map(|section| evidence::section(section, &findings, &labels, lang)))
                .add(belief(comparisons, &labels, lang))
                .add(runs::section(comparisons, &labels, lang))
                .add(method(lang)),
        )
        .add(footer(comparisons, lang));
    let head = el("head")
        .add(Html::trusted("<meta charset=\"utf-8\">\n"))
        .add(Html::trusted("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"))
        .add(Html::trusted("<meta name=\"color-scheme\" content=\"light dark\">\n"))
        .add(el("title").add(lang.title()).line())
        .add(el("style").add(Html::trusted(include_str!("../../assets/page.css"))).line());
    let page = el("html").with("lang", lang.tag()).add(head.line()).add(body.line()).line();
    format!("<!doctype html>\n{}", page.into_string())
}

/// The searches for capacity and the tool loops, if there are any.
fn asked_elsewhere(comparisons: &[Comparison], labels: &[String], lang: Language) -> impl Iterator<Item = Html> {
    let capacity = |comparison: &Comparison| Some(of_capacity(&Capacity::of(comparison.records)?, lang));
    let agent = |comparison: &Comparison| Some(of_agent(&Agent::of(comparison.records)?, lang));
    let capacity = answers("capacity", &lang.capacity_heading(), comparisons, labels, capacity);
    let agent = answers("agent", &lang.agent_heading(), comparisons, labels, agent);
    capacity.into_iter().chain(agent)
}

/// One section of what runs were asked that is no row of the table.
fn answers(
    anchor: &str,
    heading: &str,
    comparisons: &[Comparison],
    labels: &[String],
    of: impl Fn(&Comparison) -> Option<Vec<Block>>,
) -> Option<Html> {
    let found = comparisons.iter().zip(labels).filter_map(|(comparison, label)| {
        let blocks = of(comparison)?;
        let name = (comparisons.len() > 1).then(|| el("h3").class("run").add(label).line());
        Some(Html::from_iter(name.into_iter().chain([evidence::blocks_of(&blocks)])))
    });
    let found: Vec<Html> = found.collect();
    (!found.is_empty()).then(|| titled(anchor, heading).all(found).line())
}

/// What each run knows about its own ruler.
fn belief(comparisons: &[Comparison], labels: &[String], lang: Language) -> Html {
    let several = comparisons.len() > 1;
    let runs = comparisons.iter().zip(labels).map(|(comparison, label)| {
        let name = several.then(|| el("h3").class("run").add(label).line());
        let blocks = evidence::blocks_of(&belief::of_run(comparison, lang));
        Html::from_iter(name.into_iter().chain([blocks]))
    });
    titled("belief", &lang.belief_heading()).all(runs).line()
}

fn method(lang: Language) -> Html {
    let terms = lang
        .glossary()
        .map(|(term, meaning)| Html::from_iter([el("dt").add(term).line(), el("dd").add(meaning).line()]));
    titled("method", &lang.method_heading())
        .all(lang.method().map(|paragraph| el("p").add(paragraph).line()))
        .add(el("h3").add(lang.glossary_heading()).line())
        .add(el("dl").class("glossary").all(terms).line())
        .line()
}

fn footer(comparisons: &[Comparison], lang: Language) -> Html {
    let tool = comparisons.first().map(|comparison| &comparison.records.run.tool);
    let made = tool.map_or_else(String::new, |tool| lang.footer(tool.version.clone(), tool.commit.clone()));
    el("footer").add(el("p").add(made)).line()
}

/// A section with its anchor and heading.
fn titled(anchor: &str, heading: &str) -> Element {
    el("section").with("id", anchor).add(el("h2").add(heading).line())
}
