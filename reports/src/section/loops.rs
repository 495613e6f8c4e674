//! Tool loops of an agent: the effects in each cell, every arm by itself with its verdict, and what must be known to read them.

use crate::compare::{ArmTrials, Comparison};
use crate::document::{Block, Table};
use crate::effects::{Effect, Effects};
use crate::number::{self, NONE};
use crate::row::shown;
use crate::text::Language;
use crate::warnings::trial_warnings;
use trial::Action;

/// Empty for a run without tool loops.
pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let found = Effects::of_run(comparison);
    let Some(first) = found.first() else { return Vec::new() };
    let notes = lang.loop_notes(first).map(Block::Note);
    let of_cell = |found: &Effects| {
        let trials: Vec<_> = found.cell.arms.iter().flat_map(|arm| &arm.trials).copied().collect();
        let caveats = trial_warnings(false, &trials, Action::Warn, lang).into_iter().map(Block::Warning);
        let tables = [effects(found, lang), arms(found, lang)].map(Block::Table);
        std::iter::once(Block::Heading(lang.loops_at(found.rtt()))).chain(caveats).chain(tables)
    };
    found.iter().filter(|found| found.blocks() > 0).flat_map(of_cell).chain(notes).collect()
}

/// The effects in one cell, milliseconds first.
fn effects(found: &Effects, lang: Language) -> Table {
    let doubt = |effect: &Effect| if found.is_resolved(effect) { String::new() } else { lang.effect_open(effect) };
    Table::of(
        lang.loop_effects_caption(lang.blocks(found.blocks())),
        &found.all,
        [
            (lang.loop_effect_head(), &|effect| lang.contrast(effect.contrast)),
            (lang.loop_turn_head(), &|effect| number::difference(&effect.difference)),
            (lang.loop_real_head(number::duration(found.real_turn_ns)), &|effect| number::small_share(effect.of_real)),
            (lang.loop_measured_head(), &|effect| number::small_share(effect.of_measured)),
            (lang.remark(), &doubt),
        ],
    )
}

/// Every arm with the quantities that the section declares, and its overhead over the base's.
fn arms(found: &Effects, lang: Language) -> Table {
    let cell = found.cell;
    let figures = || cell.cell.section().lines.iter().map(|line| line.figure);
    let head = std::iter::once(lang.arm_head()).chain(figures().map(|figure| lang.figure(figure)));
    let row = |arm: &ArmTrials| {
        let value = |figure| arm.median(figure).map_or(NONE.to_owned(), |value| number::of_figure(figure, value));
        let contest = found.contest(arm.arm);
        let ratio = contest.and_then(shown).map_or(NONE.to_owned(), |[.., ratio]| ratio);
        let verdict =
            contest.map_or_else(String::new, |contest| lang.brief(contest, contest.verdict, Language::at_most));
        let loops = number::count(arm.measured().count() as u64);
        std::iter::once(lang.arm(arm.arm)).chain(figures().map(value)).chain([ratio, verdict, loops]).collect()
    };
    Table {
        caption: lang.loop_arms_caption(lang.arm(cell.base)),
        head: head.chain([lang.loop_over_head(), lang.verdict_head(), lang.loops_head()]).collect(),
        rows: cell.arms.iter().filter(|arm| arm.is_measured()).map(row).collect(),
    }
}
