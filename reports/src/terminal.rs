//! The table for a terminal of any width. Refuses to draw boxes: columns line up, the rest is space.

use crate::agent::{Agent, AtDistance};
use crate::arms::Arms;
use crate::capacity::Capacity;
use crate::columns::{fit, row, width, wrap};
use crate::compare::Comparison;
use crate::evidence::{agent_effects, breakdown_lines};
use crate::findings::{Findings, run_label, run_warnings};
use crate::own_cells::OwnCells;
use crate::printed::one_line;
use crate::row::{Finding, Measured, RowVerdict};
use crate::text::Language;
use trial::Row;

/// Narrowest layout; a narrower terminal wraps by itself.
const NARROWEST: usize = 40;
/// Widest layout: longer lines are hard to read.
const WIDEST: usize = 110;
const INDENT: &str = "  ";

#[derive(Clone, Copy)]
enum Style {
    Bold,
    Dim,
    Green,
    Red,
    Yellow,
    Cyan,
}

/// Paints, or does not.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn on(self, text: &str, style: Style) -> String {
        let code = match style {
            Style::Bold => 1,
            Style::Dim => 2,
            Style::Green => 32,
            Style::Red => 31,
            Style::Yellow => 33,
            Style::Cyan => 36,
        };
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// The table of one run as text with `\n` line ends, at most `width` cells wide, with ANSI colours when `colour`.
pub fn terminal(comparison: &Comparison, lang: Language, width: usize, colour: bool) -> String {
    let (paint, width) = (Paint(colour), width.clamp(NARROWEST, WIDEST));
    let mut lines = vec![paint.on(&lang.title(), Style::Bold)];
    lines.extend(wrap(&run_label(comparison), width).iter().map(|line| paint.on(line, Style::Dim)));
    let withdrawn = comparison.records.notice.iter().flat_map(|notice| lang.notice(notice));
    let warnings: Vec<String> = withdrawn.chain(run_warnings(comparison, lang)).collect();
    for line in warnings.iter().flat_map(|warning| wrap(&format!("! {warning}"), width)) {
        lines.push(paint.on(&line, Style::Yellow));
    }
    lines.push(String::new());
    let (table, arms) = match OwnCells::of(comparison) {
        Some(own) => (of_own_cells(&own, lang, width, paint), own.arms),
        None => (of_rows(&Findings::of(comparison, lang), lang, width, paint), Arms::pair(comparison)),
    };
    lines.extend(table);
    lines.extend(breakdown(comparison, lang, width).iter().map(|line| paint.on(line, Style::Dim)));
    lines.extend(wrap(&arms.note(lang), width).iter().map(|line| paint.on(line, Style::Dim)));
    lines.join("\n") + "\n"
}

/// Where the time goes; empty where nothing was due.
fn breakdown(comparison: &Comparison, lang: Language, width: usize) -> Vec<String> {
    let said = breakdown_lines(comparison, lang);
    if said.is_empty() {
        return Vec::new();
    }
    let indented = |line: String| format!("{INDENT}{line}");
    let lines = said.iter().flat_map(|line| wrap(line, width - INDENT.len())).map(indented);
    wrap(&lang.breakdown_heading(), width).into_iter().chain(lines).chain([String::new()]).collect()
}

/// The rows of the article.
fn of_rows(findings: &Findings, lang: Language, width: usize, paint: Paint) -> Vec<String> {
    let measured = findings.rows.iter().flat_map(|(_, finding)| &finding.lines);
    let layout = Layout::of(measured, &findings.arms, lang, width, paint);
    let rows = findings.rows.iter().flat_map(|(row, finding)| layout.row(*row, finding));
    opened(&findings.answer(lang), &layout).into_iter().chain(rows).collect()
}

/// The cells of a run that feeds no row.
fn of_own_cells(own: &OwnCells, lang: Language, width: usize, paint: Paint) -> Vec<String> {
    let findings = own.findings(lang);
    let measured = findings.iter().flat_map(|(_, finding)| &finding.lines);
    let layout = Layout::of(measured, &own.arms, lang, width, paint);
    let cells = findings.iter().flat_map(|(name, finding)| layout.cell(name, finding));
    opened(&own.answer(lang), &layout).into_iter().chain(cells).collect()
}

/// The answer and the names of the columns.
fn opened(answer: &str, layout: &Layout) -> Vec<String> {
    let mut lines = wrap(answer, layout.width);
    lines.push(String::new());
    lines.extend(layout.columns(&layout.head.iter().map(String::as_str).collect::<Vec<_>>(), Some(Style::Dim)));
    lines
}

/// What a search for capacity found, as text with `\n` line ends, at most `width` cells wide.
pub fn capacity_terminal(found: &Capacity, lang: Language, width: usize, colour: bool) -> String {
    let (paint, width) = (Paint(colour), width.clamp(NARROWEST, WIDEST));
    let heading = lang.capacity_under(&found.plan.slo.to_string());
    let said = lang.capacity(found).into_iter().chain(lang.floors(found));
    let lines = said.flat_map(|line| wrap(&line, width)).collect::<Vec<_>>();
    let note = wrap(&lang.capacity_note(), width).into_iter().map(|line| paint.on(&line, Style::Dim));
    [paint.on(&heading, Style::Bold)].into_iter().chain(lines).chain(note).collect::<Vec<_>>().join("\n") + "\n"
}

/// What tool loops came to, as text with `\n` line ends, at most `width` cells wide.
pub fn agent_terminal(found: &Agent, lang: Language, width: usize, colour: bool) -> String {
    let (paint, width) = (Paint(colour), width.clamp(NARROWEST, WIDEST));
    let text = |line: String| wrap(&line, width);
    let answers = lang.agent(found).into_iter().flat_map(text).collect::<Vec<_>>();
    let places = found.places.iter().filter(|place| place.blocks > 0);
    let tables = places.flat_map(|place| agent_place(place, lang, width, paint)).collect::<Vec<_>>();
    let notes = lang.agent_missing(found).into_iter().chain(lang.agent_notes(&found.plan));
    let notes = notes.flat_map(text).map(|line| paint.on(&line, Style::Dim)).collect();
    let heading = vec![paint.on(&lang.agent_heading(), Style::Bold)];
    [heading, answers, tables, notes].concat().join("\n") + "\n"
}

/// The effects at one round trip.
fn agent_place(place: &AtDistance, lang: Language, limit: usize, paint: Paint) -> Vec<String> {
    let table = agent_effects(place, lang);
    let rows: Vec<Vec<&str>> =
        [&table.head].into_iter().chain(&table.rows).map(|row| row.iter().map(String::as_str).collect()).collect();
    let widths = fit(&rows, limit);
    let heading = [String::new(), paint.on(&lang.agent_at(place.rtt_ns), Style::Bold)];
    let lines = rows.iter().flat_map(|cells| row(cells, &widths));
    heading.into_iter().chain(lines).chain([String::new()]).collect()
}

fn head(arms: &Arms, lang: Language) -> Vec<String> {
    std::iter::once(String::new()).chain(arms.heads(lang)).collect()
}

fn cells(line: &Measured) -> Vec<&str> {
    [&line.what].into_iter().chain(line.columns()).map(String::as_str).collect()
}

fn column_widths<'a>(measured: impl Iterator<Item = &'a Measured>, head: &[String], width: usize) -> Vec<usize> {
    let measured: Vec<&Measured> = measured.collect();
    let lines = measured.iter().map(|line| cells(line));
    let rows: Vec<Vec<&str>> = std::iter::once(head.iter().map(String::as_str).collect()).chain(lines).collect();
    fit(&rows, width - INDENT.len())
}

/// What every line of the table shares.
struct Layout {
    head: Vec<String>,
    widths: Vec<usize>,
    width: usize,
    lang: Language,
    paint: Paint,
}

impl Layout {
    fn of<'a>(
        measured: impl Iterator<Item = &'a Measured>,
        arms: &Arms,
        lang: Language,
        width: usize,
        paint: Paint,
    ) -> Self {
        let head = head(arms, lang);
        Self { widths: column_widths(measured, &head, width), head, width, lang, paint }
    }

    fn row(&self, row: Row, finding: &Finding) -> Vec<String> {
        let mut lines = vec![self.heading(self.lang.row(row), &finding.verdict)];
        if let Some([sse, websocket]) = self.lang.claim(row) {
            lines.extend(self.text(&self.lang.said(sse, websocket), Some(Style::Dim)));
        }
        lines.extend(finding.lines.iter().flat_map(|line| self.columns(&cells(line), None)));
        let said = match &finding.verdict {
            RowVerdict::DependsOn(what) => self.lang.depends_on(what),
            RowVerdict::NotResolved(why) => why.clone(),
            _ => finding.sentence.clone(),
        };
        lines.extend(self.text(&said, None));
        lines.extend(self.caveats(finding));
        lines
    }

    fn cell(&self, name: &str, finding: &Finding) -> Vec<String> {
        let mut lines = vec![self.heading(&one_line(name), &finding.verdict)];
        lines.extend(finding.lines.iter().flat_map(|line| self.columns(&cells(line), None)));
        lines.extend(self.text(&finding.sentence, None));
        lines.extend(self.caveats(finding));
        lines
    }

    /// What a reader must know, and the line that ends a row.
    fn caveats(&self, finding: &Finding) -> Vec<String> {
        let caveats = finding.caveats.iter().flat_map(|caveat| self.text(&format!("! {caveat}"), Some(Style::Yellow)));
        caveats.chain([String::new()]).collect()
    }

    /// A name with its verdict at the right edge.
    fn heading(&self, name: &str, verdict: &RowVerdict) -> String {
        let (name, chip) = (name, format!("{} {}", sign(verdict), verdict.word(self.lang)));
        let gap = self.width.saturating_sub(width(name) + width(&chip)).max(2);
        let [name, chip] = [(name, Style::Bold), (chip.as_str(), style(verdict))].map(|(t, s)| self.paint.on(t, s));
        format!("{name}{}{chip}", " ".repeat(gap))
    }

    fn text(&self, text: &str, style: Option<Style>) -> Vec<String> {
        let lines = wrap(text, self.width - INDENT.len());
        lines.iter().map(|line| self.indented(line, style)).collect()
    }

    fn columns(&self, cells: &[&str], style: Option<Style>) -> Vec<String> {
        row(cells, &self.widths).iter().map(|line| self.indented(line, style)).collect()
    }

    fn indented(&self, line: &str, style: Option<Style>) -> String {
        format!("{INDENT}{}", style.map_or_else(|| line.to_owned(), |style| self.paint.on(line, style)))
    }
}

/// A sign beside the word, for those who see no colour.
pub(crate) const fn sign(verdict: &RowVerdict) -> &'static str {
    match verdict {
        RowVerdict::Confirmed => "✓",
        RowVerdict::Refuted => "✗",
        RowVerdict::DependsOn(_) => "±",
        RowVerdict::NotResolved(_) => "?",
        RowVerdict::NotMeasured(_) => "–",
        RowVerdict::Found(_) => "●",
    }
}

const fn style(verdict: &RowVerdict) -> Style {
    match verdict {
        RowVerdict::Confirmed => Style::Green,
        RowVerdict::Refuted => Style::Red,
        RowVerdict::DependsOn(_) => Style::Yellow,
        RowVerdict::Found(_) => Style::Cyan,
        RowVerdict::NotResolved(_) | RowVerdict::NotMeasured(_) => Style::Dim,
    }
}
