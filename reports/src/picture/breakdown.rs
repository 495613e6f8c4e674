//! Where the time goes: one stacked bar for each arm.

use super::{block, both, chart_text, file_name};
use crate::chart::{self, Colour, Kind, Stack, Unit};
use crate::compare::{Breakdown, CellComparison, Part};
use crate::document::Block;
use crate::text::Language;
use trial::Arm;

/// Every part that a bar can have, in the order of the way.
const PARTS: [Part; 5] = [Part::Timer, Part::Server, Part::Wire, Part::Client, Part::WireAndClient];

const fn colour(part: Part) -> Colour {
    match part {
        Part::Timer => Colour::Neutral(0),
        Part::Server => Colour::Neutral(1),
        Part::Wire | Part::WireAndClient => Colour::Neutral(2),
        Part::Client => Colour::Neutral(3),
    }
}

/// The bars of a cell; `None` without any.
pub(crate) fn breakdown(cell: &CellComparison, arms: &[(Arm, Breakdown)], lang: Language) -> Option<Block> {
    let relayed = cell.cell.scenario == trial::Scenario::Relay;
    let kind = |part| Kind { name: both(lang, |l| l.part(part, relayed)), colour: colour(part) };
    let stack = |(arm, found): &(Arm, Breakdown)| Stack {
        name: both(lang, |l| l.arm(*arm)),
        parts: PARTS.map(|part| found.part_ns(part)).into(),
        whole: found.whole_ns,
    };
    let text = chart_text(
        lang,
        |l| l.breakdown_title(&cell.cell.name),
        |l| l.breakdown_subtitle(),
        |_| String::new(),
        |_| String::new(),
    );
    let stacks: Vec<Stack> = arms.iter().map(stack).collect();
    let chart = chart::stacked(&text, Unit::Time, &PARTS.map(kind), &both(lang, |l| l.breakdown_whole()), &stacks);
    block(chart, lang.breakdown_note(), file_name(&cell.cell.name, "breakdown"))
}
