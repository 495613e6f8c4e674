//! What the instrument shows where the answer is known: two copies of one arm, and the self-check.

use super::table_or;
use crate::compare::{CellComparison, Comparison, Contest};
use crate::document::{Block, Table};
use crate::number::{self, NONE};
use crate::text::Language;
use crate::verdict::Ratio;
use trial::{Case, ProbeResult};

/// The cell, a contest of the figure, and the null arm's ratio.
type NullArm<'a> = (&'a str, &'a Contest, &'a Ratio);

fn of_cell<'a>(cell: &'a CellComparison) -> Vec<NullArm<'a>> {
    cell.nulls().into_iter().map(|(contest, null)| (cell.cell.name.as_str(), contest, null)).collect()
}

/// Every null arm of a headline figure: its ratio must hold 1.
pub(super) fn null_arms(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let nulls: Vec<NullArm> = comparison.cells.iter().flat_map(of_cell).collect();
    let table = Table::of(
        lang.null_arms_caption(),
        &nulls,
        [
            (lang.cell_head(), &|(cell, ..)| (*cell).to_owned()),
            (lang.what_head(), &|(_, contest, _)| lang.figure(contest.figure)),
            (lang.null_head(), &|(.., null)| number::ratio(null)),
            (lang.blocks_head(), &|(.., null)| null.blocks.to_string()),
            (lang.p_head(), &|(_, it, _)| it.null_adjusted_p.map_or(NONE.to_owned(), number::probability)),
        ],
    );
    vec![Block::Heading(lang.null_arms_heading()), table_or(table, lang.no_null_arms())]
}

/// The self-check beside the records, line by line.
pub(in crate::section) fn selfcheck(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let Some(selfcheck) = &comparison.records.selfcheck else {
        return vec![Block::Note(lang.no_selfcheck())];
    };
    let failed = selfcheck.failures();
    let verdict = match failed {
        0 if selfcheck.passed() => Block::Text(lang.selfcheck_passed(selfcheck.started.clone())),
        _ => Block::Warning(lang.selfcheck_failed(failed, selfcheck.checks.len())),
    };
    let rows: Vec<[String; 6]> = selfcheck.checks.iter().flat_map(|check| check_rows(check, lang)).collect();
    let table = Table {
        caption: lang.selfcheck_caption(),
        head: vec![
            lang.check_head(),
            lang.injected_head(),
            lang.expected_head(),
            lang.found_head(),
            lang.pass_head(),
            lang.remark(),
        ],
        rows: rows.into_iter().map(Vec::from).collect(),
    };
    vec![verdict, table_or(table, lang.no_selfcheck())]
}

/// A line for the check, and one for each of its cases.
fn check_rows(check: &ProbeResult, lang: Language) -> Vec<[String; 6]> {
    let own = row([&check.name, &check.injected, &check.expected, &check.found], check.pass, &check.note, lang);
    let case = |case: &Case| row([&check.name, &case.injected, &case.expected, &case.found], Some(case.pass), "", lang);
    std::iter::once(own).chain(check.cases.iter().map(case)).collect()
}

fn row(texts: [&String; 4], pass: Option<bool>, note: &str, lang: Language) -> [String; 6] {
    let pass = match pass {
        Some(true) => lang.passed(),
        Some(false) => lang.not_passed(),
        None => lang.unmeasured(),
    };
    let text = |text: &String| if text.is_empty() { NONE.to_owned() } else { text.clone() };
    let [check, injected, expected, found] = texts.map(text);
    [check, injected, expected, found, pass, note.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_a_check_is_a_line_below_it() {
        let text = |text: &str| text.to_owned();
        let case = Case { injected: text("SSE, 50 ms"), expected: text("50 ms"), found: text("90 ms"), pass: false };
        let check = ProbeResult {
            name: text("V2 freeze"),
            injected: text("stops"),
            expected: text("their lengths"),
            found: text("0 of 1 as expected"),
            pass: Some(false),
            note: text("try 3 of 3"),
            cases: vec![case],
        };
        let rows = check_rows(&check, Language::English);
        assert_eq!(rows[0][3..], ["0 of 1 as expected", "✗ fail", "try 3 of 3"]);
        assert_eq!(rows[1], ["V2 freeze", "SSE, 50 ms", "50 ms", "90 ms", "✗ fail", ""]);
    }
}
