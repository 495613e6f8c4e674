//! What the ruler shows where the answer is known: two copies of one arm, and the self-check.

use super::table_or;
use crate::compare::{Comparison, Contest};
use crate::evidence::Block;
use crate::number::{self, NONE};
use crate::text::Language;
use trial::{Case, ProbeResult};

/// Every null arm of a headline figure: its ratio must hold 1.
pub(super) fn null_arms(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let of_cell = |cell: &crate::compare::CellComparison| {
        let contests = cell.versus.iter().flat_map(|versus| &versus.contests).filter(|contest| contest.headline);
        contests.filter_map(|contest| null_row(&cell.cell.name, contest, lang)).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = comparison.cells.iter().flat_map(of_cell).collect();
    let head = vec![lang.cell_head(), lang.what_head(), lang.null_head(), lang.blocks_head(), lang.p_head()];
    let table = table_or(lang.null_arms_caption(), head, rows, lang.no_null_arms());
    vec![Block::Heading(lang.null_arms_heading()), table]
}

fn null_row(cell: &str, contest: &Contest, lang: Language) -> Option<Vec<String>> {
    let null = contest.null?;
    let p = contest.null_adjusted_p.map_or(NONE.to_owned(), number::probability);
    let blocks = null.blocks.to_string();
    Some(vec![cell.to_owned(), lang.figure(contest.figure), number::ratio(&null), blocks, p])
}

/// The self-check beside the records, line by line.
pub(super) fn selfcheck(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let heading = Block::Heading(lang.selfcheck_heading());
    let Some(selfcheck) = &comparison.records.selfcheck else {
        return vec![heading, Block::Note(lang.no_selfcheck())];
    };
    let failed = selfcheck.failures();
    let verdict = match failed {
        0 if selfcheck.passed() => Block::Text(lang.selfcheck_passed(selfcheck.started.clone())),
        _ => Block::Warning(lang.selfcheck_failed(failed, selfcheck.checks.len())),
    };
    let head = vec![
        lang.check_head(),
        lang.injected_head(),
        lang.expected_head(),
        lang.found_head(),
        lang.pass_head(),
        lang.remark(),
    ];
    let rows = selfcheck.checks.iter().flat_map(|check| check_rows(check, lang)).collect();
    vec![heading, verdict, table_or(lang.selfcheck_caption(), head, rows, lang.no_selfcheck())]
}

/// A line for the check, and one for each of its cases.
fn check_rows(check: &ProbeResult, lang: Language) -> Vec<Vec<String>> {
    let own = row([&check.name, &check.injected, &check.expected, &check.found], check.pass, &check.note, lang);
    let case = |case: &Case| row([&check.name, &case.injected, &case.expected, &case.found], Some(case.pass), "", lang);
    std::iter::once(own).chain(check.cases.iter().map(case)).collect()
}

fn row(texts: [&String; 4], pass: Option<bool>, note: &str, lang: Language) -> Vec<String> {
    let pass = match pass {
        Some(true) => lang.passed(),
        Some(false) => lang.not_passed(),
        None => lang.unmeasured(),
    };
    let text = |text: &String| if text.is_empty() { NONE.to_owned() } else { text.clone() };
    texts.map(text).into_iter().chain([pass, note.to_owned()]).collect()
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
