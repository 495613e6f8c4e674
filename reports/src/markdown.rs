//! `summary.md`. Refuses to let a record's text break out of its cell.

use crate::agent::Agent;
use crate::arms::Arms;
use crate::capacity::Capacity;
use crate::compare::Comparison;
use crate::evidence::breakdown_lines;
use crate::findings::{Findings, run_labels, run_warnings};
use crate::own_cells::OwnCells;
use crate::printed::one_line;
use crate::row::Finding;
use crate::terminal::sign;
use crate::text::Language;
use trial::Row;

/// `summary.md`: the table and the sentences of each run.
pub fn summary_markdown(comparisons: &[Comparison], lang: Language) -> String {
    let mut out = format!("# {}\n", lang.title());
    for (comparison, label) in comparisons.iter().zip(run_labels(comparisons)) {
        let findings = Findings::of(comparison, lang);
        if comparisons.len() > 1 {
            out += &format!("\n## {}\n", escape(&label));
        }
        out += &withdrawn(comparison, lang);
        if let Some(answers) = asked_elsewhere(comparison, lang) {
            out += "\n";
            out.extend(answers.iter().map(|line| format!("- {}\n", escape(line))));
            out += &facts(comparison, lang);
            continue;
        }
        if let Some(own) = OwnCells::of(comparison) {
            out += &own_cells(&own, lang);
            out += &breakdown(comparison, lang);
            out += &facts(comparison, lang);
            continue;
        }
        out += &format!("\n{}\n\n", escape(&findings.answer(lang)));
        out += &full_table(&findings, lang);
        out += &format!("\n{}\n\n", escape(&findings.arms.note(lang)));
        for (row, finding) in &findings.rows {
            out += &format!("- **{}**: {}\n", lang.row(*row), escape(&finding.sentence));
        }
        out += &breakdown(comparison, lang);
        out += &facts(comparison, lang);
    }
    out
}

/// The banner of a run of which figures were withdrawn; empty for others.
fn withdrawn(comparison: &Comparison, lang: Language) -> String {
    let Some(notice) = &comparison.records.notice else { return String::new() };
    let said = lang.notice(notice);
    let lines = said.iter().enumerate().map(|(at, line)| match at {
        0 => format!("> **{}** [{}]({})\n>\n", escape(line), lang.errata(), notice.errata),
        _ => format!("> - {}\n", escape(line)),
    });
    lines.fold("\n".to_owned(), |out, line| out + &line)
}

/// Where the time goes; empty where nothing was due.
fn breakdown(comparison: &Comparison, lang: Language) -> String {
    let said = breakdown_lines(comparison, lang);
    if said.is_empty() {
        return String::new();
    }
    let lines: String = said.iter().map(|line| format!("- {}\n", escape(line))).collect();
    format!("\n{}\n\n{lines}", lang.breakdown_heading())
}

/// What a run says that was asked something else than the table.
fn asked_elsewhere(comparison: &Comparison, lang: Language) -> Option<Vec<String>> {
    let capacity = Capacity::of(comparison.records).map(|found| [lang.capacity(&found), lang.floors(&found)].concat());
    capacity.or_else(|| {
        let found = Agent::of(comparison.records)?;
        let notes = lang.agent_notes(&found.plan);
        Some([lang.agent(&found), lang.agent_missing(&found)].concat().into_iter().chain(notes).collect())
    })
}

pub(crate) fn head(arms: &Arms, lang: Language) -> Vec<String> {
    let named = [lang.row_head(), lang.claim_head(), lang.what_head()].into_iter();
    named.chain(arms.heads(lang)).chain([lang.verdict_head()]).collect()
}

fn full_table(findings: &Findings, lang: Language) -> String {
    let rows = findings.rows.iter().map(|(row, finding)| {
        let named = [format!("**{}**", lang.row(*row)), claim(*row, lang)].into_iter();
        named.chain(columns(finding, &findings.arms, lang)).chain([verdict(finding, lang, "<br>")]).collect()
    });
    table(head(&findings.arms, lang), rows.collect())
}

/// What a run of cells of its own says.
fn own_cells(own: &OwnCells, lang: Language) -> String {
    let findings = own.findings(lang);
    let said = |(name, finding): &(&str, Finding)| format!("- **{}**: {}\n", escape(name), escape(&finding.sentence));
    let sentences: String = findings.iter().map(said).collect();
    let table = cells_table(&findings, &own.arms, lang);
    let note = own.arms.note(lang);
    format!("\n{}\n\n{table}\n{note}\n\n{sentences}", escape(&own.answer(lang)))
}

/// One line for each cell.
pub(crate) fn cells_table(findings: &[(&str, Finding)], arms: &Arms, lang: Language) -> String {
    let head = [lang.cell_head(), lang.what_head()].into_iter().chain(arms.heads(lang)).chain([lang.verdict_head()]);
    let row = |(name, finding): &(&str, Finding)| {
        let cells = std::iter::once(format!("**{}**", escape(name))).chain(columns(finding, arms, lang));
        cells.chain([verdict(finding, lang, "<br>")]).collect()
    };
    table(head.collect(), findings.iter().map(row).collect())
}

/// The columns of a finding, line by line.
pub(crate) fn columns(finding: &Finding, arms: &Arms, lang: Language) -> Vec<String> {
    let lines = finding.lines.iter().map(|line| [&line.what].into_iter().chain(line.columns()).collect::<Vec<_>>());
    let lines: Vec<Vec<&String>> = lines.collect();
    let column = |at: usize| lines.iter().map(|line| escape(line[at].as_str())).collect::<Vec<_>>().join("<br>");
    (0..=arms.heads(lang).len()).map(column).collect()
}

pub(crate) fn claim(row: Row, lang: Language) -> String {
    lang.claim(row).map_or(lang.no_claim(), |[sse, websocket]| format!("{sse} / {websocket}"))
}

fn verdict(finding: &Finding, lang: Language, separator: &str) -> String {
    let (word, detail) = (finding.verdict.word(lang), finding.verdict.detail(lang));
    let word = format!("{} **{word}**", sign(&finding.verdict));
    if detail.is_empty() { word } else { format!("{word}{separator}{}", escape(&detail)) }
}

fn facts(comparison: &Comparison, lang: Language) -> String {
    let run = &comparison.records.run;
    let warnings = run_warnings(comparison, lang);
    let warnings: String = warnings.iter().map(|warning| format!("- ⚠ {}\n", escape(warning))).collect();
    let facts = [
        (lang.version(), format!("{} ({}, {})", run.tool.version, run.tool.commit, run.tool.profile)),
        (lang.plan(), run.plan.name.clone()),
        (lang.seed(), run.seed.to_string()),
        (lang.started(), run.started.clone()),
        (lang.system(), format!("{} · {} · {}", run.host.os, run.host.kernel, run.host.cpu)),
    ];
    let facts: String = facts.into_iter().map(|(name, value)| format!("- {name}: {}\n", escape(&value))).collect();
    format!("\n{warnings}- {}: {}\n{facts}", lang.command(), code(&run.command))
}

pub(crate) fn table(head: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = vec!["---".to_owned(); head.len()];
    [head, rule].iter().chain(&rows).map(|cells| line(cells)).collect()
}

/// A text as code, which has no markup and takes no escapes.
fn code(text: &str) -> String {
    format!("`{}`", one_line(text).replace('`', " "))
}

/// A text that may stand in a cell: no pipe, no markup, no line break.
pub(crate) fn escape(text: &str) -> String {
    let special = |c: char| "\\|<>*_`".contains(c);
    let escaped: String =
        one_line(text).chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect();
    // Brackets belong to intervals; only a link must not come of them.
    escaped.replace("](", "]\\(")
}
