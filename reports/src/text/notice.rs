//! The banner of a page whose figures were withdrawn.

use super::{Language, messages};
use crate::load::Records;
use crate::notice::{Notice, Withdrawn};
use crate::printed::one_line;

impl Language {
    /// What the banner says: that figures are withdrawn, then which.
    pub(crate) fn notice(self, notice: &Notice) -> (String, Vec<String>) {
        let which = notice.withdrawn.iter().map(|it| it.sentence(self));
        (self.withdrawn(&notice.date), which.collect())
    }
}

impl Withdrawn {
    pub(crate) fn sentence(&self, lang: Language) -> String {
        lang.pick(&self.en, &self.zh).to_owned()
    }
}

impl Records {
    /// What a reader must know before any figure: what was withdrawn, then what is wrong with the file; without control characters.
    pub fn said(&self, lang: Language) -> Vec<String> {
        let withdrawn = self.notice.iter().map(|notice| lang.notice(notice));
        let withdrawn = withdrawn.flat_map(|(title, which)| std::iter::once(title).chain(which));
        withdrawn.chain(self.warnings.iter().cloned()).map(|line| one_line(&line)).collect()
    }
}

messages! {
    withdrawn(date: &str)
        "Withdrawn on {date}: these figures of this page no longer count."
        "{date} 撤回：本页的以下数值不再有效。"
    withdrawn_row(date: &str) "withdrawn on {date}" "{date} 撤回"
    errata() "What was wrong, and what replaces it" "错在哪里，由什么取代"
}
