//! What stands behind the effects of an agent's tool loops: the effects at each round trip, and every arm by itself.

use super::{Block, Table};
use crate::agent::{Agent, ArmFigures, AtDistance, Effect};
use crate::number;
use crate::text::Language;

/// The answer, the effects at each round trip with the arms behind them, and what must be known to read them.
pub(crate) fn of_agent(found: &Agent, lang: Language) -> Vec<Block> {
    let answers = lang.agent(found).into_iter().map(Block::Text);
    let places = found.places.iter().filter(|place| place.blocks > 0).flat_map(|place| {
        let tables = [effects(place, lang), arms(place, lang)].map(Block::Table);
        [Block::Heading(lang.agent_at(place.rtt_ns))].into_iter().chain(tables)
    });
    let missing = lang.agent_missing(found).into_iter().map(Block::Note);
    let notes = lang.agent_notes(&found.plan).map(Block::Note);
    answers.chain(places).chain(missing).chain(notes).collect()
}

/// The effects at one round trip, milliseconds first.
pub(crate) fn effects(place: &AtDistance, lang: Language) -> Table {
    let row = |effect: &Effect| {
        vec![
            lang.agent_contrast(effect.contrast),
            number::difference(&effect.difference),
            share(effect.of_real),
            share(effect.of_measured),
            if place.is_resolved(effect) { String::new() } else { lang.unsettled() },
        ]
    };
    Table {
        caption: lang.agent_effects_caption(lang.blocks(place.blocks)),
        head: vec![
            lang.agent_effect_head(),
            lang.agent_turn_head(),
            lang.agent_real_head(number::duration(place.real_turn_ns)),
            lang.agent_measured_head(),
            lang.remark(),
        ],
        rows: place.effects.iter().map(row).collect(),
    }
}

fn arms(place: &AtDistance, lang: Language) -> Table {
    let row = |arm: &ArmFigures| {
        let [first, last] = arm.up_bytes.map(number::bytes);
        vec![
            lang.agent_arm(arm.arm),
            number::duration(arm.overhead_ns),
            number::duration(arm.first_content_late_ns),
            first,
            last,
            number::bytes(arm.down_bytes),
            number::quotient(arm.connections),
            number::count(arm.loops as u64),
        ]
    };
    Table {
        caption: lang.agent_arms_caption(),
        head: lang.agent_arm_heads().to_vec(),
        rows: place.arms.iter().map(row).collect(),
    }
}

/// A share of a turn in percent, with three digits however small it is.
fn share(share: f64) -> String {
    format!("{} %", number::significant(100.0 * share))
}
