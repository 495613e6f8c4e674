//! Text for a terminal of any width. Refuses to draw boxes: columns line up, the rest is space. Leaves out what has been typed
//! just before, and what a reader of a page opens by hand.

use super::columns::{fit, row, width, wrap};
use crate::document::{Block, Chip, Document, Entry, Found, Line, Scope, Table, Tone, Verdicts};
use crate::printed::one_line;

/// Narrowest layout; a narrower terminal wraps by itself.
const NARROWEST: usize = 40;
/// Widest layout: longer lines are hard to read.
const WIDEST: usize = 110;
const INDENT: &str = "  ";

#[derive(Clone, Copy)]
enum Style {
    Plain,
    Bold,
    Dim,
    Green,
    Red,
    Yellow,
    Cyan,
}

/// The summary of a report with `\n` line ends, at most `width` cells wide, with ANSI colours when `colour`.
pub fn terminal(document: &Document, width: usize, colour: bool) -> String {
    let layout = Layout { width: width.clamp(NARROWEST, WIDEST), colour };
    let mut lines = layout.text(&document.title, Style::Bold);
    for run in &document.runs {
        lines.extend(layout.text(&run.label, Style::Dim));
        lines.extend(run.blocks.iter().flat_map(|block| layout.block(block)));
    }
    for section in document.sections.iter().filter(|section| section.scope != Scope::Page) {
        let inside: Vec<String> = section.runs.iter().flatten().flat_map(|block| layout.block(block)).collect();
        let heading = section.headed && !inside.is_empty();
        lines.extend(heading.then(String::new));
        lines.extend(heading.then(|| layout.text(&section.heading, Style::Bold)).into_iter().flatten());
        lines.extend(inside);
    }
    lines.join("\n") + "\n"
}

/// What every line shares.
#[derive(Clone, Copy)]
struct Layout {
    width: usize,
    colour: bool,
}

impl Layout {
    fn block(self, block: &Block) -> Vec<String> {
        match block {
            Block::Answer(sentences) => sentences.iter().flat_map(|said| self.text(said, Style::Plain)).collect(),
            Block::Banner { title, points, .. } => {
                [title].into_iter().chain(points).flat_map(|line| self.warning(line)).collect()
            }
            Block::Heading(text) => [vec![String::new()], self.text(text, Style::Bold)].concat(),
            Block::Text(text) => self.text(text, Style::Plain),
            Block::Note(text) => self.text(text, Style::Dim),
            Block::Warning(text) => self.warning(text),
            Block::List(items) => items.iter().flat_map(|item| self.indented(item, Style::Dim)).collect(),
            Block::Facts(facts) => {
                facts.iter().flat_map(|(name, value)| self.text(&format!("{name}: {value}"), Style::Plain)).collect()
            }
            Block::Table(data) => [self.table(data), vec![String::new()]].concat(),
            Block::Verdicts(data) => self.verdicts(data),
            Block::Verdict(chip, detail) => self.text(&format!("{} {detail}", worded(chip)), tone(chip.tone)),
            Block::Code { title, text } => {
                [self.text(title, Style::Bold), text.lines().map(one_line).collect()].concat()
            }
            Block::Source { .. } | Block::Chart(_) | Block::Fold { .. } => Vec::new(),
        }
    }

    fn paint(self, text: &str, style: Style) -> String {
        let code = match style {
            Style::Plain => return text.to_owned(),
            Style::Bold => 1,
            Style::Dim => 2,
            Style::Green => 32,
            Style::Red => 31,
            Style::Yellow => 33,
            Style::Cyan => 36,
        };
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn text(self, text: &str, style: Style) -> Vec<String> {
        wrap(text, self.width).iter().map(|line| self.paint(line, style)).collect()
    }

    fn indented(self, text: &str, style: Style) -> Vec<String> {
        let lines = wrap(text, self.width - INDENT.len());
        lines.iter().map(|line| format!("{INDENT}{}", self.paint(line, style))).collect()
    }

    fn warning(self, text: &str) -> Vec<String> {
        self.text(&format!("! {text}"), Style::Yellow)
    }

    fn table(self, data: &Table) -> Vec<String> {
        let rows = std::iter::once(&data.head).chain(&data.rows);
        let rows: Vec<Vec<&str>> = rows.map(|row| row.iter().map(String::as_str).collect()).collect();
        let widths = fit(&rows, self.width);
        let caption = self.text(&data.caption, Style::Dim);
        caption.into_iter().chain(rows.iter().flat_map(|cells| row(cells, &widths))).collect()
    }

    fn verdicts(self, data: &Verdicts) -> Vec<String> {
        let head: Vec<&str> = std::iter::once("").chain(data.heads.of_line().skip(1).map(String::as_str)).collect();
        let lines = data.entries.iter().flat_map(|entry| &entry.found).flat_map(|found| &found.lines);
        let rows: Vec<Vec<&str>> = std::iter::once(head.clone()).chain(lines.map(cells)).collect();
        let widths = fit(&rows, self.width - INDENT.len());
        let heads = row(&head, &widths).into_iter().map(|line| format!("{INDENT}{}", self.paint(&line, Style::Dim)));
        let entries = data.entries.iter().flat_map(|entry| self.entry(entry, &widths));
        std::iter::once(String::new()).chain(heads).chain(entries).collect()
    }

    fn entry(self, entry: &Entry, widths: &[usize]) -> Vec<String> {
        let of_run = |found: &Found| {
            let lines = found.lines.iter().flat_map(|line| row(&cells(line), widths));
            let caveats = found.caveats.iter().flat_map(|caveat| self.indented(&format!("! {caveat}"), Style::Yellow));
            let said = (!found.said.is_empty()).then(|| self.indented(&found.said, Style::Plain));
            let claim = (!entry.claimed.is_empty()).then(|| self.indented(&entry.claimed, Style::Dim));
            std::iter::once(self.heading(&one_line(&entry.name), &found.chip))
                .chain(claim.into_iter().flatten())
                .chain(lines.map(|line| format!("{INDENT}{line}")))
                .chain(said.into_iter().flatten())
                .chain(caveats)
                .chain([String::new()])
                .collect::<Vec<_>>()
        };
        entry.found.iter().flat_map(of_run).collect()
    }

    /// A name with its verdict at the right edge.
    fn heading(self, name: &str, chip: &Chip) -> String {
        let word = worded(chip);
        let gap = self.width.saturating_sub(width(name) + width(&word)).max(2);
        format!("{}{}{}", self.paint(name, Style::Bold), " ".repeat(gap), self.paint(&word, tone(chip.tone)))
    }
}

fn worded(chip: &Chip) -> String {
    format!("{} {}", chip.tone.sign(), chip.word)
}

fn cells(line: &Line) -> Vec<&str> {
    line.cells().map(String::as_str).collect()
}

const fn tone(tone: Tone) -> Style {
    match tone {
        Tone::Confirmed => Style::Green,
        Tone::Refuted => Style::Red,
        Tone::Depends => Style::Yellow,
        Tone::Found | Tone::Bounded => Style::Cyan,
        Tone::ByDefinition => Style::Plain,
        Tone::Unresolved | Tone::Unmeasured => Style::Dim,
    }
}
