//! A judgement for GitHub Actions: a job summary in Markdown, and annotations. Refuses to let a name become markup or a
//! command.

use super::{Judgement, Standing};
use crate::document::{Block, Table};
use crate::printed::one_line;
use crate::render::{blocks, joined, table as table_of};
use crate::text::Language;

/// Markdown for the file that `GITHUB_STEP_SUMMARY` names.
pub fn summary(judgement: &Judgement, lang: Language) -> String {
    let table = Table::of(
        String::new(),
        &judgement.checks,
        [
            (String::new(), &|check| check.standing.sign().to_owned()),
            (lang.check_head(), &|check| check.what.clone()),
            (lang.cell_head(), &|check| check.cell.clone()),
            (lang.found_head(), &|check| check.found.clone()),
        ],
    );
    let invalid = judgement.invalid.iter().map(|why| Block::Warning(lang.invalid_result(why)));
    let lists = invalid.chain([Block::List(judgement.notes.clone())]).collect::<Vec<_>>();
    joined(["## pushbench\n".to_owned(), table_of(&table), blocks(&lists)])
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
