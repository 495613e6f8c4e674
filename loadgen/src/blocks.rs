//! Whether a plan has the blocks that a verdict takes: raised where it has not, said where the user wants fewer. Refuses to
//! look at anything that was measured.

use reports::compare::headline_tests;
use reports::stats::blocks_for_family;
use reports::verdict::FEWEST_BLOCKS;
use trial::{Cell, Plan};

/// Blocks with which a difference in each headline figure of some cells can be named: its interval takes six, and the
/// correction over so many tests more.
fn needed(family: usize) -> u32 {
    blocks_for_family(family).max(FEWEST_BLOCKS) as u32
}

/// Cells that are repeated for a verdict. One block alone asks for none.
fn is_judged(cell: &Cell) -> bool {
    cell.blocks > 1 && headline_tests(cell) > 0
}

fn family(plan: &Plan) -> usize {
    plan.cells.iter().filter(|cell| is_judged(cell)).map(headline_tests).sum()
}

/// Gives a plan the blocks that its verdicts take, unless the user asks for a number; in one line what was raised, or what so few
/// cannot say.
pub(crate) fn fit(plan: &mut Plan, asked: Option<u32>) -> Option<String> {
    match asked {
        Some(blocks) => shortage(plan, blocks).filter(|_| plan.verdicts),
        None => raise(plan),
    }
}

/// Gives every cell the blocks that its plan's verdicts take; in one line what was raised, `None` where nothing had to be, or
/// the plan is for a first look.
fn raise(plan: &mut Plan) -> Option<String> {
    let family = family(plan);
    let needed = needed(family);
    let short = plan.cells.iter_mut().filter(|cell| is_judged(cell) && cell.blocks < needed);
    let raised = if plan.verdicts { short.map(|cell| cell.blocks = needed).count() } else { 0 };
    (raised > 0).then(|| {
        format!("{needed} blocks, more than planned, in {raised} of the cells: a difference in one of {family} headline figures takes as many")
    })
}

/// What so many blocks in every timed cell cannot say; `None` where they are enough.
fn shortage(plan: &Plan, blocks: u32) -> Option<String> {
    let timed = plan.cells.iter().filter(|cell| cell.workload.is_timed());
    let (family, fewest) = (timed.map(headline_tests).sum(), FEWEST_BLOCKS as u32);
    let needed = needed(family);
    match blocks {
        _ if family == 0 || blocks >= needed => None,
        _ if blocks < fewest => Some(format!(
            "--blocks {blocks}: no verdict is possible, an interval takes {fewest} blocks and a difference in one of {family} headline figures {needed}"
        )),
        _ => Some(format!(
            "--blocks {blocks}: no difference can be named, one in {family} headline figures takes {needed} blocks"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::BUILT_IN;

    fn plan(head: &str, blocks: u32) -> Plan {
        let cell = |name| format!("[[cell]]\nname='{name}'\nwhy='w'\nscenario='push'\nblocks={blocks}\n");
        Plan::from_toml(&format!("name='p'\nwhy='w'\n{head}\n{}{}", cell("a"), cell("b"))).unwrap()
    }

    #[test]
    fn built_in_plans_have_the_blocks_that_their_verdicts_take() {
        for built_in in BUILT_IN {
            let mut plan = built_in.plan();
            assert_eq!(raise(&mut plan), None, "{}", built_in.name);
            assert_eq!(plan.verdicts, built_in.name != "quick");
        }
    }

    #[test]
    fn a_plan_that_cannot_name_a_difference_is_given_the_blocks_that_it_takes() {
        // Two headline figures in each of two cells: 2 / 2^8 is below 0.05 / 4, 2 / 2^7 is not.
        let mut few = plan("", 6);
        assert!(raise(&mut few).unwrap().starts_with("8 blocks, more than planned, in 2 of the cells"));
        assert!(few.cells.iter().all(|cell| cell.blocks == 8));
        assert_eq!(raise(&mut few), None);
        for (head, blocks) in [("", 1), ("verdicts = false", 2), ("", 9)] {
            let mut enough = plan(head, blocks);
            assert_eq!((raise(&mut enough), enough.cells[0].blocks), (None, blocks));
        }
        let mut alone = plan("", 6);
        alone.cells.iter_mut().for_each(|cell| cell.compare_only(vec![wire::Transport::Sse.into()]));
        assert_eq!(raise(&mut alone), None, "nothing is compared");
    }

    #[test]
    fn fewer_blocks_than_a_verdict_takes_are_run_and_said() {
        let said = |blocks| shortage(&plan("", 6), blocks);
        assert!(said(3).unwrap().starts_with("--blocks 3: no verdict is possible"));
        assert!(said(7).unwrap().starts_with("--blocks 7: no difference can be named"));
        assert_eq!(said(8), None);
    }
}
