//! A document as lines of text, for goldens: every block, tables row by row, long folds cut.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use reports::document::{Block, Document, Found, Table, Verdicts};

/// Rows of a folded table that are written out.
const FOLDED_ROWS: usize = 2;

/// Everything that a document says.
pub(crate) fn outline(document: &Document) -> String {
    let mut lines = vec![document.title.clone()];
    for run in &document.runs {
        lines.push(format!("== {}", run.label));
        run.blocks.iter().for_each(|one| block(one, usize::MAX, &mut lines));
    }
    for section in &document.sections {
        lines.push(String::new());
        lines.push(format!("== {} {:?}: {}", section.anchor, section.scope, section.heading));
        section.runs.iter().flatten().for_each(|one| block(one, usize::MAX, &mut lines));
    }
    lines.push(format!("== {}", document.footer));
    lines.join("\n") + "\n"
}

fn block(block: &Block, rows: usize, lines: &mut Vec<String>) {
    match block {
        Block::Table(data) => table(data, rows, lines),
        Block::Verdicts(data) => verdicts(data, lines),
        Block::Fold { summary, blocks } => {
            lines.push(format!("Fold {summary}"));
            blocks.iter().for_each(|inside| self::block(inside, FOLDED_ROWS, lines));
            lines.push("Unfold".to_owned());
        }
        Block::Facts(facts) => lines.extend(facts.iter().map(|(name, value)| format!("{name} = {value}"))),
        other => lines.push(format!("{other:?}")),
    }
}

fn table(data: &Table, rows: usize, lines: &mut Vec<String>) {
    lines.push(format!("Table {}", data.caption));
    let shown = std::iter::once(&data.head).chain(data.rows.iter().take(rows));
    lines.extend(shown.map(|cells| format!("| {}", cells.join(" | "))));
    let more = data.rows.len().saturating_sub(rows);
    lines.extend((more > 0).then(|| format!("| … {more} more")));
}

fn verdicts(data: &Verdicts, lines: &mut Vec<String>) {
    lines.push(format!("{:?} {:?}", data.heads, data.runs));
    for entry in &data.entries {
        lines.push(format!(
            "- {} {:?} {:?} {} glance {}",
            entry.name, entry.anchor, entry.claim, entry.claimed, entry.glance
        ));
        for Found { chip, detail, lines: measured, sentence, said, caveats } in &entry.found {
            lines.push(format!("  {:?} {} ({detail})", chip.tone, chip.word));
            let measured = measured.iter();
            lines.extend(
                measured
                    .map(|line| format!("  {}: {} = {}", line.what, line.values.join(" : "), line.ratios.join(" : "))),
            );
            let texts = std::iter::once(sentence).chain((said != sentence).then_some(said)).chain(caveats);
            lines.extend(texts.map(|text| format!("  {text}")));
        }
    }
}
