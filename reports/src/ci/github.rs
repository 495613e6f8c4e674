//! A judgement for GitHub Actions: a job summary in Markdown, and annotations. Refuses to let a name become markup or a
//! command.

use super::{Judgement, Standing};
use crate::markdown::escape;
use crate::printed::one_line;
use crate::text::Language;

/// Markdown for the file that `GITHUB_STEP_SUMMARY` names.
pub fn summary(judgement: &Judgement, lang: Language) -> String {
    let rows: String = judgement
        .checks
        .iter()
        .map(|check| {
            let cells = [check.standing.sign(), &check.what, &check.cell, &check.found].map(escape);
            format!("| {} |\n", cells.join(" | "))
        })
        .collect();
    let head = [String::new(), lang.check_head(), lang.cell_head(), lang.found_head()].join(" | ");
    let invalid = judgement.invalid.iter().map(|why| format!("- ⚠ {}\n", escape(&lang.invalid_result(why))));
    let notes = judgement.notes.iter().map(|note| format!("- {}\n", escape(note)));
    let lists: String = invalid.chain(notes).collect();
    format!("## pushbench\n\n| {head} |\n| --- | --- | --- | --- |\n{rows}\n{lists}")
}

/// One workflow command a line for what did not pass.
pub fn annotations(judgement: &Judgement, lang: Language) -> Vec<String> {
    let failed = judgement.checks.iter().filter(|check| check.standing != Standing::Passed).map(|check| check.line());
    let invalid = judgement.invalid.iter().map(|why| lang.invalid_result(why));
    failed.chain(invalid).map(|line| format!("::error title=pushbench::{}", data(&line))).collect()
}

/// A text as the data of a workflow command.
fn data(text: &str) -> String {
    one_line(text).replace('%', "%25")
}
