//! A judgement as JUnit XML, the dialect that CI systems read.

use super::{Checked, Judgement, Standing};
use crate::printed::one_line;
use crate::render::escape;

/// The whole file.
pub fn junit(judgement: &Judgement) -> String {
    let count = |standing| judgement.checks.iter().filter(|check| check.standing == standing).count();
    let (tests, failures) = (judgement.checks.len() + judgement.invalid.len(), count(Standing::Crossed));
    let errors = count(Standing::Unmeasured) + count(Standing::Invalid) + judgement.invalid.len();
    let totals = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let cases = judgement.checks.iter().map(case).chain(judgement.invalid.iter().map(|why| invalid(why)));
    let cases: String = cases.collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {totals}>\n<testsuite name=\"pushbench\" {totals}>\n\
         {cases}</testsuite>\n</testsuites>\n"
    )
}

fn case(check: &Checked) -> String {
    let cell = if check.cell.is_empty() { "pushbench" } else { &check.cell };
    let (cell, name, found) = (text(cell), text(&check.what), text(&check.found));
    let body = match check.standing {
        Standing::Passed => format!("<system-out>{found}</system-out>"),
        Standing::Crossed => format!("<failure message=\"{found}\"/>"),
        Standing::Unmeasured | Standing::Invalid => format!("<error message=\"{found}\"/>"),
    };
    format!("<testcase classname=\"{cell}\" name=\"{name}\">{body}</testcase>\n")
}

fn invalid(why: &str) -> String {
    format!("<testcase classname=\"pushbench\" name=\"validity\"><error message=\"{}\"/></testcase>\n", text(why))
}

/// A text in one line.
fn text(text: &str) -> String {
    escape(&one_line(text))
}
