//! Tool loops of an agent: the effects at each round trip, every arm by itself, and what must be known to read them.

use crate::agent::{Agent, AtDistance, Effect};
use crate::compare::Comparison;
use crate::document::{Block, Table};
use crate::number;
use crate::text::Language;

/// Empty for a run without tool loops.
pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let Some(found) = Agent::of(comparison.records) else { return Vec::new() };
    let places = found.places.iter().filter(|place| place.blocks > 0).flat_map(|place| {
        [
            Block::Heading(lang.agent_at(place.rtt_ns)),
            Block::Table(effects(place, lang)),
            Block::Table(arms(place, lang)),
        ]
    });
    places.chain(lang.agent_notes(&found.plan).map(Block::Note)).collect()
}

/// The effects at one round trip, milliseconds first.
fn effects(place: &AtDistance, lang: Language) -> Table {
    let doubt = |effect: &Effect| if place.is_resolved(effect) { String::new() } else { lang.effect_open(effect) };
    Table::of(
        lang.agent_effects_caption(lang.blocks(place.blocks)),
        &place.effects,
        [
            (lang.agent_effect_head(), &|effect| lang.agent_contrast(effect.contrast)),
            (lang.agent_turn_head(), &|effect| number::difference(&effect.difference)),
            (lang.agent_real_head(number::duration(place.real_turn_ns)), &|effect| number::small_share(effect.of_real)),
            (lang.agent_measured_head(), &|effect| number::small_share(effect.of_measured)),
            (lang.remark(), &doubt),
        ],
    )
}

fn arms(place: &AtDistance, lang: Language) -> Table {
    Table::of(
        lang.agent_arms_caption(),
        &place.arms,
        [
            (lang.agent_arm_head(), &|arm| lang.agent_arm(arm.arm)),
            (lang.agent_overhead_head(), &|arm| number::duration(arm.overhead_ns)),
            (lang.agent_late_head(), &|arm| number::duration(arm.first_content_late_ns)),
            (lang.agent_first_up_head(), &|arm| number::bytes(arm.up_bytes[0])),
            (lang.agent_last_up_head(), &|arm| number::bytes(arm.up_bytes[1])),
            (lang.agent_down_head(), &|arm| number::bytes(arm.down_bytes)),
            (lang.agent_connections_head(), &|arm| number::quotient(arm.connections)),
            (lang.agent_loops_head(), &|arm| number::count(arm.loops as u64)),
        ],
    )
}
