//! The rows of the comparison: the table with what each says, the answer in one sentence, and what lies behind each.

use super::cell::of_cell;
use crate::arms::Arms;
use crate::compare::Comparison;
use crate::document::{Block, Chip, Entry, Found, Heads, Scope, Section, Table, Tone, Verdicts};
use crate::row::{Finding, RowVerdict, evidence, finding};
use crate::text::Language;
use std::sync::Arc;
use trial::{Arm, Row, RowChart, Scenario};
use wire::Transport;

/// Verdicts about claims in the order in which they are counted.
const TALLIED: [Tone; 7] = [
    Tone::Confirmed,
    Tone::Refuted,
    Tone::ByDefinition,
    Tone::Depends,
    Tone::Bounded,
    Tone::Unresolved,
    Tone::Unmeasured,
];

/// What every row of one run says.
pub(crate) struct Findings {
    /// Rows in the order of the table, the same for every run of a report.
    rows: Vec<(Arc<Row>, Finding)>,
    /// The columns of its table.
    pub(crate) arms: Arms,
}

impl Findings {
    pub(crate) fn of(comparison: &Comparison, rows: &[Arc<Row>], lang: Language) -> Self {
        let rows = rows.iter().map(|row| (row.clone(), finding(comparison, row, lang))).collect();
        Self { rows, arms: Arms::pair(comparison) }
    }

    /// The answer in one sentence: how many of the article's claims hold, and which; without claims, what each row says.
    pub(crate) fn answer(&self, lang: Language) -> String {
        let claims: Vec<_> = self.rows.iter().filter(|(row, _)| row.claim.is_some()).collect();
        if claims.is_empty() {
            let said = |(row, finding): &(Arc<Row>, Finding)| lang.labelled(lang.of(&row.title), &finding.sentence);
            return self.rows.iter().map(said).collect::<Vec<_>>().join(" ");
        }
        if claims.iter().all(|(_, finding)| matches!(finding.verdict, RowVerdict::NotMeasured(_))) {
            return lang.nothing_measured();
        }
        let said: Vec<(Chip, &Row)> =
            claims.iter().map(|(row, finding)| (finding.verdict.chip(lang).0, &**row)).collect();
        let of = |tone: Tone| {
            let mut words: Vec<(&String, Vec<&Row>)> = Vec::new();
            for (chip, row) in said.iter().filter(|(chip, _)| chip.tone == tone) {
                match words.iter_mut().find(|(word, _)| **word == chip.word) {
                    Some((_, rows)) => rows.push(row),
                    None => words.push((&chip.word, vec![row])),
                }
            }
            let tally = |(word, rows): (&String, Vec<&Row>)| {
                lang.tally(if tone == Tone::Depends { lang.tally_depends() } else { word.clone() }, &rows)
            };
            words.into_iter().map(tally).collect::<Vec<_>>()
        };
        let tallies = TALLIED.into_iter().flat_map(of);
        lang.of_claims(claims.len(), lang.list(tallies))
    }
}

/// The name of a row's section in links; that of a row of one's own meets no other section's.
pub(super) fn anchor(row: &Row) -> String {
    if Row::named(&row.id).is_some() { row.id.clone() } else { format!("row-{}", row.id) }
}

/// The table: every row of every run.
pub(crate) fn verdicts(findings: &[Findings], labels: &[String], lang: Language) -> Verdicts {
    let entry = |(number, (row, _)): (usize, &(Arc<Row>, Finding))| {
        let claim = row.claim.as_ref().map(|claim| claim.each_ref().map(|side| lang.of(side)));
        Entry {
            name: lang.of(&row.title).to_owned(),
            anchor: Some(anchor(row)),
            claim: claim.into_iter().flatten().map(str::to_owned).collect(),
            claimed: claim.map_or_else(String::new, |[sse, websocket]| lang.said(sse, websocket)),
            glance: row.glance,
            found: findings.iter().map(|findings| found(&findings.rows[number].1, lang)).collect(),
        }
    };
    let arms =
        findings.first().map_or_else(|| Arms::protocols(Arm::of(Transport::Sse)), |findings| findings.arms.clone());
    Verdicts {
        heads: Heads { claim: lang.claim_head(), ..heads(lang.row_head(), &arms, lang) },
        runs: labels.to_vec(),
        entries: findings.first().map_or(&[][..], |findings| &findings.rows).iter().enumerate().map(entry).collect(),
    }
}

/// The table with how its ratios are to be read.
pub(super) fn comparison(findings: &[Findings], labels: &[String], lang: Language) -> Section {
    let mut all = findings.iter().map(|findings| &findings.arms);
    let first = all.next().filter(|first| all.all(|arms| arms == *first));
    let many = || lang.ratio_note(lang.pick("the other", "另一方"), lang.pick("the base", "基准"));
    let note = Block::Note(first.map_or_else(many, |arms| arms.note(lang)));
    Section {
        anchor: "comparison".to_owned(),
        heading: lang.comparison_heading(),
        headed: false,
        scope: Scope::All,
        runs: vec![vec![Block::Verdicts(verdicts(findings, labels, lang)), note]],
    }
}

/// The words around findings of some arms.
pub(super) fn heads(name: String, arms: &Arms, lang: Language) -> Heads {
    let classes = arms.all().iter().map(|arm| class(*arm));
    Heads {
        name,
        claim: String::new(),
        unclaimed: lang.no_claim(),
        what: lang.what_head(),
        sides: arms.names(lang).into_iter().zip(classes).collect(),
        ratios: arms.ratios(lang),
        verdict: lang.verdict_head(),
        evidence: lang.evidence_link(),
        caveat: lang.caveat(),
    }
}

/// The class that gives an arm its colour.
const fn class(arm: Arm) -> &'static str {
    match arm.protocol {
        Transport::Sse => "sse",
        Transport::WebSocket => "websocket",
        Transport::LongPoll | Transport::HttpStream | Transport::RawTcp => "",
    }
}

/// A finding of which nothing was claimed and which says all.
pub(super) fn entry(name: String, finding: &Finding, lang: Language) -> Entry {
    let (glance, found) = (finding.lines.len(), vec![found(finding, lang)]);
    Entry { name, anchor: None, claim: Vec::new(), claimed: String::new(), glance, found }
}

/// A finding as it is shown.
fn found(finding: &Finding, lang: Language) -> Found {
    let said = match &finding.verdict {
        RowVerdict::DependsOn(what) => lang.depends_on(what),
        RowVerdict::ByDefinition(said) | RowVerdict::Bounded(said) | RowVerdict::Open(said) => said.clone(),
        RowVerdict::Confirmed(_) | RowVerdict::Refuted(_) | RowVerdict::NotMeasured(_) | RowVerdict::Found(_) => {
            finding.sentence.clone()
        }
    };
    let (chip, detail) = finding.verdict.chip(lang);
    Found {
        chip,
        detail,
        lines: finding.lines.clone(),
        sentence: finding.sentence.clone(),
        said,
        caveats: finding.caveats.clone(),
    }
}

/// Everything behind a row: its conclusion, its evidence, each of its cells.
pub(super) fn of_row(comparison: &Comparison, findings: &Findings, row: &Row, lang: Language) -> Vec<Block> {
    let finding = findings.rows.iter().find(|(of, _)| of.id == row.id).into_iter();
    let conclusion = finding.flat_map(|(_, finding)| conclusion(finding, &findings.arms, lang));
    // Where one table compares all payloads, what each cell adds is for those who look for it.
    let folded = row.charts.contains(&RowChart::Bytes);
    let cells = comparison.row(row).flat_map(|cell| {
        let blocks = of_cell(comparison, cell, lang);
        let fold = |blocks| vec![Block::Fold { summary: cell.cell.name.clone(), blocks }];
        if folded { fold(blocks) } else { blocks }
    });
    conclusion.chain(evidence(comparison, row, lang)).chain(cells).collect()
}

/// Cells that feed no row; empty when there are none.
pub(super) fn of_other_cells(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let others = comparison.cells.iter().filter(|cell| cell.cell.row.is_none());
    let blocks: Vec<Block> = others.flat_map(|cell| of_cell(comparison, cell, lang)).collect();
    let note = (!blocks.is_empty()).then(|| Block::Text(lang.of(&Row::own(Scenario::Push).method).to_owned()));
    note.into_iter().chain(blocks).collect()
}

fn conclusion(finding: &Finding, arms: &Arms, lang: Language) -> Vec<Block> {
    let Found { chip, detail, lines, sentence, caveats, .. } = found(finding, lang);
    let sentence = (chip.tone != Tone::Unmeasured).then_some(Block::Text(sentence));
    let values = (!lines.is_empty()).then(|| Table {
        caption: lang.measured_caption(),
        head: heads(String::new(), arms, lang).of_line().cloned().collect(),
        rows: lines.iter().map(|line| line.cells().cloned().collect()).collect(),
    });
    let caveats = caveats.into_iter().map(Block::Warning);
    std::iter::once(Block::Verdict(chip, detail))
        .chain(sentence)
        .chain(caveats)
        .chain(values.map(Block::Table))
        .collect()
}
