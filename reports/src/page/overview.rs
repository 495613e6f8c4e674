//! The first screen: title, answer in one sentence, what was run, the table.

use super::html::{Html, el};
use crate::agent::Agent;
use crate::arms::Arms;
use crate::capacity::Capacity;
use crate::compare::Comparison;
use crate::findings::{Findings, glance, run_warnings};
use crate::notice::Notice;
use crate::own_cells::OwnCells;
use crate::row::{Finding, Measured, RowVerdict};
use crate::terminal::sign;
use crate::text::Language;
use trial::Row;
use wire::Transport;

/// Title, answers, and the command that made them.
pub(super) fn header(comparisons: &[Comparison], findings: &[Findings], labels: &[String], lang: Language) -> Html {
    let several = comparisons.len() > 1;
    let runs = comparisons.iter().zip(findings).zip(labels).map(|((comparison, findings), label)| {
        let name = several.then(|| el("h2").class("run").add(label).line());
        let withdrawn = comparison.records.notice.as_ref().map(|notice| withdrawn(notice, lang));
        let answer = el("p").class("answer").add(answer(comparison, findings, lang)).line();
        Html::from_iter(name.into_iter().chain(withdrawn).chain([answer, provenance(comparison, lang)]))
    });
    el("header").add(el("h1").add(lang.title()).line()).all(runs).line()
}

/// The banner of a run of which figures were withdrawn.
fn withdrawn(notice: &Notice, lang: Language) -> Html {
    let mut said = lang.notice(notice).into_iter();
    let link = el("a").with("href", &notice.errata).add(lang.errata());
    let first = said.next().map(|line| el("p").add(el("b").add(line)).add(" ").add(link).line());
    let which = el("ul").all(said.map(|line| el("li").add(line).line())).line();
    el("aside").class("withdrawn").all(first).add(which).line()
}

/// The answer to what the run was asked.
fn answer(comparison: &Comparison, findings: &Findings, lang: Language) -> String {
    let capacity = Capacity::of(comparison.records).map(|found| lang.capacity(&found));
    let agent = || Some(lang.agent(&Agent::of(comparison.records)?));
    let streams = || Some(vec![OwnCells::of(comparison)?.answer(lang)]);
    let other = capacity.or_else(agent).or_else(streams);
    other.map_or_else(|| findings.answer(lang), |found| found.join(" "))
}

/// One run in one compact paragraph, and what must be known before any number.
fn provenance(comparison: &Comparison, lang: Language) -> Html {
    let run = &comparison.records.run;
    let pair = |name: String, value: String| Html::from_iter([format!("{name} ").into(), el("b").add(value).into()]);
    let separator = Html::from(" · ");
    let facts = [
        pair(lang.version(), format!("{} ({})", run.tool.version, run.tool.commit)),
        pair(lang.plan(), run.plan.name.clone()),
        pair(lang.seed(), run.seed.to_string()),
        pair(lang.started(), run.started.clone()),
        pair(lang.cpu(), lang.usable_cpus(run.host.cpus.len(), &run.host.cpu)),
        pair(lang.system(), format!("{} · {}", run.host.os, run.host.kernel)),
    ];
    let line = facts.into_iter().flat_map(|fact| [separator.clone(), fact]);
    let command = el("p").class("command").add(el("code").add(&run.command)).all(line);
    let warnings = run_warnings(comparison, lang).into_iter().map(|warning| warned(&warning));
    Html::from_iter(std::iter::once(command.line()).chain(warnings))
}

/// A warning with its sign.
pub(super) fn warned(warning: &str) -> Html {
    el("p").class("warning").add(el("span").with("aria-hidden", "true").add("⚠ ")).add(warning).line()
}

/// The classes of the columns with values.
const VALUES: [&str; 2] = ["number sse", "number websocket"];

/// The table: one run with a column for each quantity, several runs with a column each.
pub(super) fn table(findings: &[Findings], labels: &[String], lang: Language) -> Html {
    let table = match findings {
        [only] => single(only, lang),
        several => side_by_side(several, labels, lang),
    };
    let mut all = findings.iter().map(|findings| &findings.arms);
    let first = all.next().filter(|first| all.all(|arms| arms == *first));
    let many = || lang.ratio_note(lang.pick("the other", "另一方"), lang.pick("the base", "基准"));
    let note = first.map_or_else(many, |arms| arms.note(lang));
    el("section")
        .with("id", "comparison")
        .with("aria-label", &lang.comparison_heading())
        .add(el("div").class("scroll").add(table))
        .add(el("p").class("note").add(note))
        .line()
}

fn single(findings: &Findings, lang: Language) -> Html {
    let named = [("", lang.row_head()), ("", lang.claim_head()), ("what", lang.what_head())];
    let values = VALUES.into_iter().zip(findings.arms.names(lang));
    let ratios = findings.arms.ratios(lang).into_iter().map(|name| ("number", name));
    let head = named.into_iter().chain(values).chain(ratios).chain([("verdict", lang.verdict_head())]);
    let heads = head.map(|(class, name)| el("th").class(class).with("scope", "col").add(name));
    let bodies = findings.rows.iter().map(|(row, finding)| body(*row, finding, &findings.arms, lang));
    el("table").class("overview").add(el("thead").add(el("tr").all(heads)).line()).all(bodies).line()
}

/// A row of the table is a body of its own: its measured lines are the rows inside it.
fn body(row: Row, finding: &Finding, arms: &Arms, lang: Language) -> Html {
    let lines: Vec<&Measured> = finding.lines.iter().take(glance(row)).collect();
    let height = lines.len().max(1).to_string();
    let name = el("th").class("row").with("scope", "rowgroup").with("rowspan", &height).add(link(row, lang.row(row)));
    let claimed = el("td").class("claim").with("rowspan", &height).with("data-label", &lang.claim_head());
    let verdict = el("td").class("verdict").with("rowspan", &height).add(chip(&finding.verdict, lang));
    let caveat = (!finding.caveats.is_empty()).then(|| link(row, &lang.caveat()));
    let verdict = verdict.add(link(row, &lang.evidence_link())).all(caveat).all(detail(&finding.verdict, lang));
    let measured = lines.first().map_or_else(nothing, |line| cells(line, arms, lang));
    let first = el("tr").add(name).add(claimed.add(claim(row, lang))).all(measured);
    let rest = lines.iter().skip(1).map(|line| el("tr").all(cells(line, arms, lang)).line());
    el("tbody").class(finding.verdict.class()).add(first.add(verdict).line()).all(rest).line()
}

fn link(row: Row, text: &str) -> Html {
    el("a").with("href", &format!("#{}", row.name())).add(text).into()
}

fn cells(line: &Measured, arms: &Arms, lang: Language) -> Vec<Html> {
    let cell = |class, text: &String| el("td").class(class).add(text);
    let values = VALUES.into_iter().zip(&line.values).map(|(class, value)| cell(class, value));
    let ratios = line.ratios.iter().zip(arms.ratios(lang));
    let ratios = ratios.map(|(ratio, name)| cell("number ratio", ratio).with("data-label", &name));
    std::iter::once(cell("what", &line.what)).chain(values).chain(ratios).map(Html::from).collect()
}

fn nothing() -> Vec<Html> {
    vec![el("td").class("what nothing").with("colspan", "4").add("–").into()]
}

/// What the article says of each transport.
fn claim(row: Row, lang: Language) -> Html {
    let Some([sse, websocket]) = lang.claim(row) else {
        return el("span").class("nothing").add(lang.no_claim()).into();
    };
    let said = [("sse", Transport::Sse, sse), ("websocket", Transport::WebSocket, websocket)];
    let said = said.map(|(class, transport, claim)| {
        let name = el("span").class(&format!("name {class}")).add(lang.transport(transport));
        Html::from(el("span").class("said").add(name).add(Html::from(" ")).add(claim))
    });
    Html::from_iter(said)
}

/// The verdict as a coloured word with a sign.
pub(super) fn chip(verdict: &RowVerdict, lang: Language) -> Html {
    let sign = el("span").with("aria-hidden", "true").add(sign(verdict)).add(Html::from(" "));
    el("span").class(&format!("chip {}", verdict.class())).add(sign).add(verdict.word(lang)).into()
}

/// What stands beside the word; nothing where the word says it all.
pub(super) fn detail(verdict: &RowVerdict, lang: Language) -> Option<Html> {
    let detail = verdict.detail(lang);
    (!detail.is_empty()).then(|| el("span").class("detail").add(detail).into())
}

fn side_by_side(findings: &[Findings], labels: &[String], lang: Language) -> Html {
    let runs = labels.iter().map(String::as_str);
    let (row_head, claim_head) = (lang.row_head(), lang.claim_head());
    let heads = [row_head.as_str(), &claim_head].into_iter().chain(runs);
    let heads = heads.map(|name| el("th").with("scope", "col").add(name));
    let bodies = Row::ALL.into_iter().map(|row| {
        let runs = findings.iter().filter_map(|findings| findings.rows.iter().find(|(of, _)| *of == row));
        let runs = runs.zip(labels).map(|((_, finding), label)| {
            el("td").class("run").with("data-label", label).add(run_cell(row, finding, lang))
        });
        let name = el("th").class("row").with("scope", "row").add(link(row, lang.row(row)));
        el("tr").add(name).add(el("td").class("claim").add(claim(row, lang))).all(runs).line()
    });
    el("table")
        .class("overview runs")
        .add(el("thead").add(el("tr").all(heads)).line())
        .add(el("tbody").all(bodies))
        .line()
}

fn run_cell(row: Row, finding: &Finding, lang: Language) -> Html {
    let lines = finding.lines.iter().take(glance(row)).map(|line| {
        el("span")
            .class("measured")
            .add(el("span").class("what").add(&line.what))
            .all(
                ["sse", "websocket", "ratio"]
                    .into_iter()
                    .zip(line.columns())
                    .map(|(class, text)| el("span").class(class).add(text)),
            )
            .into()
    });
    Html::from_iter(std::iter::once(chip(&finding.verdict, lang)).chain(detail(&finding.verdict, lang)).chain(lines))
}
