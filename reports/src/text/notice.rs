//! The banner of a page whose figures were withdrawn.

use super::{Language, messages};
use crate::notice::Notice;

impl Language {
    /// What the banner says, line by line: that figures are withdrawn, then which.
    pub(crate) fn notice(self, notice: &Notice) -> Vec<String> {
        let which = notice.withdrawn.iter().map(|it| self.pick(&it.en, &it.zh).to_owned());
        std::iter::once(self.withdrawn(&notice.date)).chain(which).collect()
    }
}

messages! {
    withdrawn(date: &str)
        "Withdrawn on {date}: these figures of this page no longer count."
        "{date} 撤回：本页的以下数值不再有效。"
    errata() "What was wrong, and what replaces it" "错在哪里，由什么取代"
}
