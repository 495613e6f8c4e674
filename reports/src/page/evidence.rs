//! One section for each row: conclusion, measured values, then its blocks.

use super::html::{Html, el};
use super::overview::{chip, detail, warned};
use super::{Section, titled};
use crate::arms::Arms;
use crate::evidence::{Block, Table};
use crate::findings::Findings;
use crate::number::NONE;
use crate::row::{Finding, Measured, RowVerdict};
use crate::text::Language;

pub(super) fn section(section: &Section, findings: &[Findings], labels: &[String], lang: Language) -> Html {
    let (anchor, heading) = match section.row {
        Some(row) => (row.name(), lang.row(row).to_owned()),
        None if section.own => ("cells", lang.cells_heading()),
        None => ("other-cells", lang.other_cells()),
    };
    let several = labels.len() > 1;
    let runs = section.runs.iter().zip(findings).zip(labels).map(|((blocks, findings), label)| {
        let (rows, arms) = (&findings.rows, &findings.arms);
        let finding = rows.iter().find(|(row, _)| Some(*row) == section.row).map(|(_, finding)| finding);
        let name = several.then(|| el("h3").class("run").add(label).line());
        let conclusion = finding.map(|finding| conclusion(finding, arms, lang));
        Html::from_iter(name.into_iter().chain(conclusion).chain([blocks_of(blocks)]))
    });
    let note = (section.row.is_none() && !section.own).then(|| el("p").add(lang.other_cells_note()));
    titled(anchor, &heading).all(note).all(runs).line()
}

fn conclusion(finding: &Finding, arms: &Arms, lang: Language) -> Html {
    let verdict =
        el("p").class("conclusion").add(chip(&finding.verdict, lang)).all(detail(&finding.verdict, lang)).line();
    let measured_at_all = !matches!(finding.verdict, RowVerdict::NotMeasured(_));
    let sentence = measured_at_all.then(|| el("p").class("sentence").add(&finding.sentence).line());
    let values = (!finding.lines.is_empty()).then(|| table(&measured(&finding.lines, arms, lang)));
    let caveats = finding.caveats.iter().map(|caveat| warned(caveat));
    Html::from_iter(std::iter::once(verdict).chain(sentence).chain(caveats).chain(values))
}

fn measured(lines: &[Measured], arms: &Arms, lang: Language) -> Table {
    let row = |line: &Measured| [&line.what].into_iter().chain(line.columns()).cloned().collect();
    Table {
        caption: lang.measured_caption(),
        head: std::iter::once(lang.what_head()).chain(arms.heads(lang)).collect(),
        rows: lines.iter().map(row).collect(),
    }
}

/// Blocks in order; charts that follow each other share a grid.
pub(super) fn blocks_of(blocks: &[Block]) -> Html {
    let groups = blocks.chunk_by(|a, b| matches!((a, b), (Block::Chart(_), Block::Chart(_))));
    let group = |group: &[Block]| match group {
        [Block::Chart(_), ..] => el("div").class("charts").all(group.iter().map(block)).line(),
        others => others.iter().map(block).collect(),
    };
    groups.map(group).collect()
}

fn block(block: &Block) -> Html {
    match block {
        Block::Heading(text) => el("h3").add(text).line(),
        Block::Text(text) => el("p").add(text).line(),
        Block::Note(text) => el("p").class("note").add(text).line(),
        Block::Warning(text) => warned(text),
        Block::Table(data) => table(data),
        Block::Chart(picture) => {
            let caption = el("figcaption").add(&picture.caption);
            el("figure").add(Html::trusted(picture.chart.svg.as_str())).add(caption).line()
        }
        Block::Code { title, text } => {
            let caption = el("figcaption").add(title);
            el("figure").class("wire").add(caption).add(el("pre").with("tabindex", "0").add(text)).line()
        }
        Block::Fold { summary, blocks } => el("details").add(el("summary").add(summary)).add(blocks_of(blocks)).line(),
    }
}

fn table(data: &Table) -> Html {
    let numeric: Vec<bool> = (0..data.head.len()).map(|column| is_numeric(data, column)).collect();
    let aligned = |name, column: usize| if numeric[column] { el(name).class("number") } else { el(name) };
    let heads = data.head.iter().enumerate().map(|(column, name)| aligned("th", column).with("scope", "col").add(name));
    let row = |cells: &Vec<String>| {
        let cells = cells.iter().zip(0..data.head.len()).map(|(text, column)| match column {
            0 => el("th").with("scope", "row").add(text),
            _ => aligned("td", column).add(text),
        });
        el("tr").all(cells).line()
    };
    let table = el("table")
        .add(el("caption").add(&data.caption))
        .add(el("thead").add(el("tr").all(heads)).line())
        .add(el("tbody").all(data.rows.iter().map(row)));
    el("div").class("scroll").with("tabindex", "0").add(table).line()
}

/// Whether a column holds numbers rather than words that may begin with one. The first names the row.
fn is_numeric(data: &Table, column: usize) -> bool {
    let texts = data.rows.iter().filter_map(|row| row.get(column)).filter(|text| *text != NONE && !text.is_empty());
    let (numbers, words): (Vec<_>, Vec<_>) = texts.partition(|text| is_number(text));
    column > 0 && numbers.len() >= words.len()
}

/// Whether a text is a number with perhaps a unit, to be aligned at the right.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().count() < 48
}
