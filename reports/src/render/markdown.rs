//! Markdown. Refuses to let a text break out of its place; leaves out what a reader of a page opens by hand, and charts, which
//! are files beside it.

use crate::document::{Block, Document, Entry, Found, Heads, Scope, Table, Verdicts};
use crate::printed::one_line;

/// The summary of a report.
pub fn markdown(document: &Document) -> String {
    let several = document.runs.len() > 1;
    let mut parts = vec![format!("# {}\n", escape(&document.title))];
    let of_run = |label: &str, inside: String| {
        if several && !inside.is_empty() { format!("### {}\n\n{inside}", escape(label)) } else { inside }
    };
    let (sources, first): (Vec<_>, Vec<_>) = document
        .runs
        .iter()
        .flat_map(|run| run.blocks.iter().map(|block| (run.label.as_str(), block)))
        .partition(|(_, block)| matches!(block, Block::Source { .. }));
    // What there is to say of one run stands together, and where it comes from stands last.
    let together = |found: Vec<(&str, &Block)>| -> Vec<String> {
        let runs = found.chunk_by(|a, b| a.0 == b.0);
        runs.map(|run| of_run(run[0].0, blocks(run.iter().map(|(_, block)| *block)))).collect()
    };
    parts.extend(together(first));
    for section in document.sections.iter().filter(|section| section.scope != Scope::Page) {
        let inside = match section.runs.as_slice() {
            [of_all] => blocks(of_all),
            runs => joined(runs.iter().zip(&document.runs).map(|(found, run)| of_run(&run.label, blocks(found)))),
        };
        let heading = section.headed && !inside.is_empty();
        parts.extend(heading.then(|| format!("## {}\n", escape(&section.heading))));
        parts.push(inside);
    }
    parts.extend(together(sources));
    joined(parts)
}

/// Parts with an empty line between them.
pub(crate) fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Blocks in order.
pub(crate) fn blocks<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> String {
    joined(blocks.into_iter().map(block))
}

fn block(block: &Block) -> String {
    match block {
        Block::Answer(sentences) => match sentences.as_slice() {
            [alone] => paragraph(alone),
            several => list(several),
        },
        Block::Banner { title, link: [words, target], points } => {
            let points: String = points.iter().map(|point| format!("> - {}\n", escape(point))).collect();
            format!("> **{}** [{}]({target})\n>\n{points}", escape(title), escape(words))
        }
        Block::Source { name, command, facts } => {
            let code = one_line(command).replace('`', " ");
            format!("- {}: `{code}`\n{}", escape(name), pairs(facts))
        }
        Block::Heading(text) => format!("### {}\n", escape(text)),
        Block::Text(text) | Block::Note(text) => paragraph(text),
        Block::Warning(text) => format!("⚠ {}\n", escape(text)),
        Block::List(items) => list(items),
        Block::Facts(facts) => pairs(facts),
        Block::Table(data) => format!("{}\n{}", paragraph(&data.caption), table(data)),
        Block::Verdicts(data) => verdicts(data),
        Block::Verdict(chip, detail) => {
            let beside = if detail.is_empty() { String::new() } else { format!(" {}", escape(detail)) };
            format!("{} **{}**{beside}\n", chip.tone.sign(), escape(&chip.word))
        }
        Block::Code { title, text } => {
            let lines: String = text.lines().map(|line| format!("    {}\n", one_line(line))).collect();
            format!("{}\n{lines}", paragraph(title))
        }
        Block::Chart(_) | Block::Fold { .. } => String::new(),
    }
}

fn paragraph(text: &str) -> String {
    format!("{}\n", escape(text))
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| format!("- {}\n", escape(item))).collect()
}

fn pairs(facts: &[(String, String)]) -> String {
    facts.iter().map(|(name, value)| format!("- {}: {}\n", escape(name), escape(value))).collect()
}

/// A table of every run with the sentences behind it.
fn verdicts(data: &Verdicts) -> String {
    let runs = data.entries.first().map_or(0, |entry| entry.found.len());
    joined((0..runs).map(|run| {
        let name = data.runs.get(run).filter(|_| runs > 1).map(|label| format!("### {}\n", escape(label)));
        let said = data.entries.iter().filter_map(|entry| Some((entry, entry.found.get(run)?)));
        let said = said.filter(|(_, found)| !found.sentence.is_empty());
        let said = said.map(|(entry, found)| format!("- **{}**: {}\n", escape(&entry.name), escape(&found.sentence)));
        joined(name.into_iter().chain([verdicts_table(data, run), said.collect()]))
    }))
}

/// The findings of one run as a table.
pub(crate) fn verdicts_table(data: &Verdicts, run: usize) -> String {
    let Heads { name, claim, verdict, .. } = &data.heads;
    let claim = (!claim.is_empty()).then_some(claim);
    let head = std::iter::once(name).chain(claim).chain(data.heads.of_line()).chain([verdict]);
    let head = head.map(|name| escape(name));
    let rows = data.entries.iter().filter_map(|entry| Some((entry, entry.found.get(run)?)));
    lines(head.collect(), rows.map(|(entry, found)| row(entry, found, &data.heads)))
}

fn row(entry: &Entry, found: &Found, heads: &Heads) -> Vec<String> {
    let column = |index: usize| {
        let cells = found.lines.iter().filter_map(|line| line.cells().nth(index));
        cells.map(|cell| escape(cell)).collect::<Vec<_>>().join("<br>")
    };
    let claim = (!heads.claim.is_empty()).then(|| match entry.claim.as_slice() {
        [] => escape(&heads.unclaimed),
        claim => escape(&claim.join(" / ")),
    });
    let chip = format!("{} **{}**", found.chip.tone.sign(), escape(&found.chip.word));
    let detail = (!found.detail.is_empty()).then(|| escape(&found.detail));
    let verdict = std::iter::once(chip).chain(detail).collect::<Vec<_>>().join("<br>");
    std::iter::once(format!("**{}**", escape(&entry.name)))
        .chain(claim)
        .chain((0..heads.of_line().count()).map(column))
        .chain([verdict])
        .collect()
}

/// A table without its caption.
pub(crate) fn table(data: &Table) -> String {
    let escaped = |cells: &Vec<String>| cells.iter().map(|cell| escape(cell)).collect();
    lines(escaped(&data.head), data.rows.iter().map(escaped))
}

/// Cells that are Markdown already.
fn lines(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule = vec!["---".to_owned(); head.len()];
    [head, rule].into_iter().chain(rows).map(|cells| format!("| {} |\n", cells.join(" | "))).collect()
}

/// A text that may stand in a cell: no pipe, no markup, no line break.
fn escape(text: &str) -> String {
    let special = |c: char| "\\|<>*_`".contains(c);
    let escaped: String =
        one_line(text).chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect();
    // Brackets belong to intervals; only a link must not come of them.
    escaped.replace("](", "]\\(")
}
