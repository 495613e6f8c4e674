//! What the judged figures of a row say together about its claim, as if that had WebSocket lower. Pure. Refuses to conclude from
//! some of its medians, or to let a tail that is open pass for one that agrees.

use crate::verdict::{Direction, Verdict};

/// What one judged figure says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice {
    /// About WebSocket.
    pub(super) verdict: Verdict,
    /// Whether it is of a quantile above the median.
    pub(super) tail: bool,
}

/// On which figures a conclusion rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// On all that are judged.
    All,
    /// On every median; in the tails something is open.
    Medians,
}

/// What all figures of the row say together about "WebSocket is lower".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conclusion {
    /// It is, beyond the margin.
    Lower(On),
    /// It is equivalent or higher.
    NotLower(On),
    /// Here it is, there it is not, or possibly by less than the margin.
    Mixed,
    /// No figure is settled, or those that are agree and a median is open.
    Open,
}

/// Joins the verdicts of all figures. Figures that are settled and disagree make a mixed conclusion whatever is open besides.
pub(super) fn conclusion(voices: &[Voice]) -> Conclusion {
    let settled = || voices.iter().filter(|voice| voice.verdict.is_resolved());
    let on = if settled().count() == voices.len() { On::All } else { On::Medians };
    let any_median = voices.iter().any(|voice| !voice.tail);
    let is_firm = |voice: &Voice| voice.verdict.is_resolved() || (voice.tail && any_median);
    let is_lower =
        |voice: &Voice| voice.verdict == Verdict::Different { direction: Direction::Lower, beyond_margin: true };
    let is_not_lower = |voice: &Voice| {
        matches!(voice.verdict, Verdict::Equivalent | Verdict::Different { direction: Direction::Higher, .. })
    };
    let firm = voices.iter().all(is_firm);
    match (settled().all(is_lower), settled().all(is_not_lower)) {
        (true, true) => Conclusion::Open,
        (true, false) if firm => Conclusion::Lower(on),
        (false, true) if firm => Conclusion::NotLower(on),
        (true, false) | (false, true) => Conclusion::Open,
        (false, false) => Conclusion::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn different(direction: Direction, beyond_margin: bool) -> Verdict {
        Verdict::Different { direction, beyond_margin }
    }

    #[test]
    fn a_row_concludes_from_every_median_and_names_open_tails() {
        use Conclusion::{Lower, Mixed, NotLower, Open};
        let [lower, slightly, higher] =
            [different(Direction::Lower, true), different(Direction::Lower, false), different(Direction::Higher, true)];
        let leans = |leaning| Verdict::Unresolved { more_blocks: Some(3), leaning };
        let (open, equal) = (leans(None), Verdict::Equivalent);
        let opposite = leans(Some(Direction::Higher));
        for (medians, tails, expected) in [
            (vec![], vec![], Open),
            (vec![open, Verdict::Unfit, Verdict::TooFewBlocks, Verdict::Exploratory], vec![], Open),
            (vec![lower], vec![lower], Lower(On::All)),
            (vec![lower], vec![open], Lower(On::Medians)),
            (vec![lower], vec![opposite], Lower(On::Medians)),
            (vec![lower, open], vec![lower], Open),
            (vec![lower, opposite], vec![], Open),
            (vec![open], vec![lower], Open),
            // Six figures of which one is equivalent say nothing of the row.
            (vec![equal, open, open], vec![open, open, open], Open),
            (vec![equal, equal, equal], vec![open, open, Verdict::Exploratory], NotLower(On::Medians)),
            (vec![equal, higher], vec![equal], NotLower(On::All)),
            (vec![equal, leans(Some(Direction::Lower))], vec![], Open),
            (vec![equal], vec![lower], Mixed),
            (vec![lower, equal], vec![open], Mixed),
            (vec![lower, equal, open], vec![], Mixed),
            (vec![lower, slightly], vec![], Mixed),
            (vec![slightly], vec![], Mixed),
            (vec![lower, higher], vec![], Mixed),
            // Without a median the tails are all there is.
            (vec![], vec![lower], Lower(On::All)),
            (vec![], vec![lower, open], Open),
        ] {
            let voice = |tail| move |&verdict: &Verdict| Voice { verdict, tail };
            let voices: Vec<Voice> = medians.iter().map(voice(false)).chain(tails.iter().map(voice(true))).collect();
            assert_eq!(conclusion(&voices), expected, "{medians:?} {tails:?}");
        }
    }
}
