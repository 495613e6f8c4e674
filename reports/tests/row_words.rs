//! What a row says for each combination of verdicts, word by word.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::compare::{Contest, Estimability};
use reports::row::{Reach, RowVerdict, finding};
use reports::verdict::{Direction, Interval, Verdict};
use reports::{Comparison, Extent, Language, Records};
use std::sync::LazyLock;
use trial::{ExactPass, Figure, Measurement, Metric, Outcome, Plan, Quantile, Row, Tally};

static RECORDS: LazyLock<Records> = LazyLock::new(|| synthetic::records(10));

/// What one figure is made to say.
#[derive(Clone, Copy)]
enum Says {
    Lower,
    Slightly,
    Higher,
    Equal,
    /// Within 6 % (3 µs).
    Open,
    /// Within 40 % (20 µs), after ten blocks of a hundred.
    Wide,
    /// The same, and more blocks do not help.
    Stuck,
    Leans(Direction),
    Few,
    Unfit,
    NotEstimable,
}

impl Says {
    fn tell(self, contest: &mut Contest) {
        let different = |direction, beyond_margin| Verdict::Different { direction, beyond_margin };
        let open = |bound, more_blocks, leaning| Verdict::Unresolved { bound, more_blocks, leaning };
        let interval = |low, high| Some(Interval { low, high });
        contest.estimability = Estimability::PerTrial;
        (contest.base, contest.null, contest.practical) = (50_000.0, None, None);
        (contest.verdict, contest.ratio.interval) = match self {
            Self::Lower => (different(Direction::Lower, true), interval(0.7, 0.8)),
            Self::Slightly => (different(Direction::Lower, false), interval(0.9, 0.97)),
            Self::Higher => (different(Direction::Higher, true), interval(1.2, 1.3)),
            Self::Equal => (Verdict::Equivalent, interval(0.99, 1.01)),
            Self::Open => (open(1.06, Some(20), None), interval(0.99, 1.06)),
            Self::Wide => (open(1.4, Some(90), None), interval(0.99, 1.4)),
            Self::Stuck => (open(1.4, None, None), interval(0.99, 1.4)),
            Self::Leans(direction) => (open(1.1, Some(5), Some(direction)), interval(0.95, 1.1)),
            Self::Few => (Verdict::TooFewBlocks, None),
            Self::Unfit => (Verdict::Unfit, interval(0.9, 1.1)),
            Self::NotEstimable => (Verdict::Exploratory, None),
        };
        if matches!(self, Self::NotEstimable) {
            contest.estimability = Estimability::Not { have: 10, need: 2_000 };
        }
    }
}

/// The latency row where the medians of its two cells and then their p99 say this.
fn latency(says: [Says; 4], lang: Language) -> RowVerdict {
    let mut comparison = Comparison::of(&RECORDS);
    for (name, [p50, p99]) in [("latency/single", [says[0], says[2]]), ("latency/fan-out", [says[1], says[3]])] {
        let cell = comparison.cells.iter_mut().find(|cell| cell.cell.name == name).unwrap();
        let contests = cell.versus.iter_mut().flat_map(|versus| &mut versus.contests);
        for contest in contests {
            match contest.figure {
                Figure::Duration(Metric::JudgedTime, Quantile::P50) => p50.tell(contest),
                Figure::Duration(Metric::JudgedTime, Quantile::P99) => p99.tell(contest),
                _ => {}
            }
        }
    }
    finding(&comparison, Row::named("latency").unwrap(), lang).verdict
}

fn whole() -> Reach {
    Reach::default()
}

fn medians(open: &str) -> Reach {
    Reach { medians_alone: true, beside: open.to_owned() }
}

#[test]
fn a_row_says_what_holds_on_what_and_what_is_open() {
    use Says::{Equal, Few, Higher, Leans, Lower, NotEstimable, Open, Slightly, Stuck, Unfit, Wide};
    let depends = |what: &str| RowVerdict::DependsOn(format!("the case ({what})"));
    let bounded = |what: &str| RowVerdict::Bounded(what.to_owned());
    for (says, expected) in [
        ([Lower, Lower, Lower, Lower], RowVerdict::Confirmed(whole())),
        ([Equal, Higher, Equal, Equal], RowVerdict::Refuted(whole())),
        (
            [Equal, Equal, Open, Equal],
            RowVerdict::Refuted(medians("single p99 open: at most 6 % (3 µs) either way")),
        ),
        (
            [Lower, Lower, Lower, Leans(Direction::Higher)],
            RowVerdict::Confirmed(medians("fan-out p99 open: leans higher, at most 10 % (5 µs) either way")),
        ),
        ([Equal, Equal, Equal, NotEstimable], RowVerdict::Refuted(medians("fan-out p99 open: not estimable"))),
        (
            [Equal, Open, Equal, Equal],
            bounded(
                "single p50: equivalent; fan-out p50: at most 6 % (3 µs) either way; single p99: equivalent; fan-out p99: equivalent",
            ),
        ),
        ([Open, Open, Open, Open], bounded("at most 6 % (3 µs) either way")),
        (
            [Lower, Equal, Open, Equal],
            depends(
                "WebSocket: single p50: lower; single p99: at most 6 % (3 µs) either way; fan-out p50: equivalent; fan-out p99: equivalent",
            ),
        ),
        (
            [Slightly, Slightly, Slightly, Slightly],
            depends("WebSocket: perhaps slightly lower"),
        ),
        (
            [Stuck, Stuck, Stuck, Stuck],
            bounded("at most 40 % (20 µs) either way"),
        ),
        (
            [Unfit, Unfit, Unfit, Unfit],
            RowVerdict::Open("without a verdict, two copies of one arm differ as much".to_owned()),
        ),
        (
            [Few, Few, Few, Few],
            RowVerdict::Open("no bound yet; a bound takes 6 blocks (loadgen compare --seed 42 --blocks 6, 6 minutes)".to_owned()),
        ),
        (
            [Wide, Open, Equal, Equal],
            bounded(
                "single p50: at most 40 % (20 µs) either way; single p99: equivalent; fan-out p50: at most 6 % (3 µs) either way; fan-out p99: equivalent; settling 5 % takes about 100 blocks (loadgen compare --seed 42 --blocks 100, 30 minutes)",
            ),
        ),
    ] {
        assert_eq!(latency(says, Language::English), expected);
    }
}
