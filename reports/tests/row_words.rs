//! What a row says for each combination of verdicts, word by word.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::compare::{Contest, Estimability};
use reports::row::{Reach, RowVerdict, finding};
use reports::verdict::{Direction, Interval, Verdict};
use reports::{Comparison, Language, Records};
use std::sync::LazyLock;
use trial::{ExactPass, Figure, Measurement, Metric, Outcome, Plan, Quantile, Row, Tally};
use wire::Transport;

/// Two cells: one reader, and a hundred.
static RECORDS: LazyLock<Records> = LazyLock::new(|| {
    let mut plan = synthetic::plan(10);
    plan.cells.retain(|cell| cell.name.starts_with("latency/"));
    synthetic::of_plan(plan)
});
static COMPARISON: LazyLock<Comparison<'static>> = LazyLock::new(|| Comparison::of(&RECORDS));

/// What one figure is made to say.
#[derive(Clone, Copy)]
enum Says {
    Lower,
    Slightly,
    Higher,
    Equal,
    /// Within 6 % (3 µs).
    Open,
    /// Within 6 % (3 µs), and too little to matter.
    Negligible,
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
        let open = |more_blocks, leaning| Verdict::Unresolved { more_blocks, leaning };
        let interval = |low, high| Some(Interval { low, high });
        contest.estimability = Estimability::PerTrial;
        (contest.base, contest.null, contest.practical) = (50_000.0, None, None);
        (contest.verdict, contest.ratio.interval) = match self {
            Self::Lower => (different(Direction::Lower, true), interval(0.7, 0.8)),
            Self::Slightly => (different(Direction::Lower, false), interval(0.9, 0.97)),
            Self::Higher => (different(Direction::Higher, true), interval(1.2, 1.3)),
            Self::Equal => (Verdict::Equivalent, interval(0.99, 1.01)),
            Self::Open | Self::Negligible => (open(Some(20), None), interval(0.99, 1.06)),
            Self::Wide => (open(Some(90), None), interval(0.99, 1.4)),
            Self::Stuck => (open(None, None), interval(0.99, 1.4)),
            Self::Leans(direction) => (open(Some(5), Some(direction)), interval(0.95, 1.1)),
            Self::Few => (Verdict::TooFewBlocks, None),
            Self::Unfit => (Verdict::Unfit, interval(0.9, 1.1)),
            Self::NotEstimable => (Verdict::Exploratory, None),
        };
        if matches!(self, Self::Negligible) {
            contest.practical = Some(20_000.0);
        }
        if matches!(self, Self::NotEstimable) {
            contest.estimability = Estimability::Not { have: 10, need: 2_000 };
        }
    }
}

/// The run where the medians of its two cells and then their p99 say this.
fn where_they_say(says: [Says; 4]) -> Comparison<'static> {
    let mut comparison = COMPARISON.clone();
    for (name, [p50, p99]) in [("latency/single", [says[0], says[2]]), ("latency/fan-out", [says[1], says[3]])] {
        let cell = comparison.cells.iter_mut().find(|cell| cell.cell.name == name).unwrap();
        for contest in cell.versus.iter_mut().flat_map(|versus| &mut versus.contests) {
            match contest.figure {
                Figure::Duration(Metric::JudgedTime, Quantile::P50) => p50.tell(contest),
                Figure::Duration(Metric::JudgedTime, Quantile::P99) => p99.tell(contest),
                _ => {}
            }
        }
    }
    comparison
}

/// What a terminal shows, in one line.
fn shown(comparison: &Comparison) -> String {
    let text = synthetic::terminal(comparison, Language::English, 100, false);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn latency(says: [Says; 4], lang: Language) -> RowVerdict {
    finding(&where_they_say(says), Row::named("latency").unwrap(), lang).verdict
}

fn whole() -> Reach {
    Reach::default()
}

fn medians(open: &str) -> Reach {
    Reach { medians_alone: true, beside: open.to_owned() }
}

#[test]
fn a_row_says_what_holds_on_what_and_what_is_open() {
    use Says::{Equal, Few, Higher, Leans, Lower, Negligible, NotEstimable, Open, Slightly, Stuck, Unfit, Wide};
    let depends = |what: &str| RowVerdict::DependsOn(format!("the case ({what})"));
    let bounded = |what: &str| RowVerdict::Bounded(what.to_owned());
    for (says, expected) in [
        ([Lower, Lower, Lower, Lower], RowVerdict::Confirmed(whole())),
        ([Equal, Higher, Equal, Equal], RowVerdict::Refuted(whole())),
        ([Equal, Equal, Open, Equal], RowVerdict::Refuted(medians("single p99 open: at most 6 % (3 µs) either way"))),
        (
            [Lower, Lower, Lower, Leans(Direction::Higher)],
            RowVerdict::Confirmed(medians("fan-out p99 open: WebSocket leans higher, at most 10 % (5 µs) either way")),
        ),
        (
            [Equal, Equal, Equal, NotEstimable],
            RowVerdict::Refuted(medians("fan-out p99 open: not estimable: 10 of 2,000 independent observations")),
        ),
        (
            [Equal, Open, Equal, Equal],
            bounded(
                "single p50: equivalent; single p99: equivalent; fan-out p50: at most 6 % (3 µs) either way; fan-out p99: equivalent",
            ),
        ),
        ([Open, Open, Open, Open], bounded("no difference larger than 6 % (3 µs) either way")),
        (
            [Negligible, Negligible, Negligible, Negligible],
            bounded("no difference larger than 6 % (3 µs) either way, no practical difference (less than 20 µs)"),
        ),
        (
            [Lower, Equal, Open, Equal],
            depends(
                "WebSocket: single p50: lower; single p99: at most 6 % (3 µs) either way; fan-out p50: equivalent; fan-out p99: equivalent",
            ),
        ),
        ([Slightly, Slightly, Slightly, Slightly], depends("WebSocket: lower, perhaps by little")),
        (
            [Leans(Direction::Lower), Leans(Direction::Lower), Leans(Direction::Lower), Leans(Direction::Lower)],
            bounded("WebSocket: leans lower, no difference larger than 10 % (5 µs) either way"),
        ),
        ([Stuck, Stuck, Stuck, Stuck], bounded("no difference larger than 40 % (20 µs) either way")),
        (
            [Unfit, Unfit, Unfit, Unfit],
            RowVerdict::Open("without a verdict, two copies of one arm differ as much".to_owned()),
        ),
        (
            [Few, Few, Few, Few],
            RowVerdict::Open(
                "no bound yet; a bound takes 10 blocks (loadgen compare --seed 42 --blocks 10, 4 minutes)".to_owned(),
            ),
        ),
        (
            [Wide, Open, Equal, Equal],
            bounded(
                "single p50: at most 40 % (20 µs) either way; single p99: equivalent; fan-out p50: at most 6 % (3 µs) either way; fan-out p99: equivalent; a verdict takes about 100 blocks (loadgen compare --seed 42 --blocks 100, 36 minutes)",
            ),
        ),
    ] {
        assert_eq!(latency(says, Language::English), expected);
    }
}

#[test]
fn chinese_says_the_same() {
    use Says::{Equal, Few, Leans, Negligible, Open, Wide};
    let lang = Language::Chinese;
    let leans = Leans(Direction::Higher);
    assert_eq!(
        latency([Equal, Equal, Open, leans], lang),
        RowVerdict::Refuted(medians(
            "single p99 未定：两个方向均不超过 6 %（3 µs）；fan-out p99 未定：WebSocket 倾向更高、两个方向均不超过 10 %（5 µs）"
        ))
    );
    assert_eq!(
        latency([Negligible; 4], lang),
        RowVerdict::Bounded("无论哪个方向，差别不超过 6 %（3 µs）、没有实际差别（不足 20 µs）".to_owned())
    );
    let RowVerdict::Bounded(said) = latency([Wide; 4], lang) else { panic!("bounded") };
    assert!(said.contains("要得出结论，约需 100 个区组（loadgen compare --seed 42 --blocks 100，"), "{said}");
    let RowVerdict::Open(said) = latency([Few; 4], lang) else { panic!("open") };
    assert!(said.starts_with("尚无上界；给出上界需要 10 个区组"), "{said}");
}

#[test]
fn the_sentence_has_the_bound_of_each_figure_and_the_answer_counts_it() {
    let comparison = where_they_say([Says::Equal, Says::Equal, Says::Wide, Says::NotEstimable]);
    let text = shown(&comparison);
    for said in [
        "1 refuted in the median (latency)",
        "[0.990, 1.40], no difference larger than 40 % (20 µs) either way; about 90 more blocks would settle it",
        "fan-out p99: not estimable: 10 of 2,000 independent observations",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let comparison = where_they_say([Says::Negligible; 4]);
    let text = shown(&comparison);
    let said = "no difference larger than 6 % (3 µs) either way, no practical difference (less than 20 µs)";
    assert!(text.contains("1 bounded (latency)") && text.contains(said), "{text}");
    assert!(!text.contains("not resolved"), "{text}");
}

#[test]
fn what_holds_by_definition_is_no_vote_and_has_what_was_measured_beside_it() {
    let mut plan = synthetic::plan(8);
    let rows = ["protocol-type", "bidirectional", "client-library", "browser-support"];
    plan.cells.retain(|cell| cell.row.as_ref().is_some_and(|row| rows.contains(&row.id.as_str())));
    let records = synthetic::of_plan(plan);
    let comparison = Comparison::of(&records);
    let said = |row: &str, lang| match finding(&comparison, Row::named(row).unwrap(), lang).verdict {
        RowVerdict::ByDefinition(said) => said,
        other => panic!("{row}: {other:?}"),
    };
    let echo = said("bidirectional", Language::English);
    assert!(
        echo.starts_with(
            "SSE alone carries nothing up, as the article says; with a POST beside it messages go both ways; measured: "
        ) && echo.contains(", WebSocket is lower"),
        "{echo}"
    );
    assert_eq!(
        said("client-library", Language::English),
        "not as the article says: in browsers both are native, elsewhere both need a decoder; measured: resumes by itself: SSE yes, WebSocket no, which supports the article in part"
    );
    assert!(said("client-library", Language::Chinese).ends_with("这部分支持文章的说法"));
    let text = shown(&comparison);
    assert!(
        text.contains("1 refuted (browser support); 3 by definition (protocol type, bidirectional, client library);"),
        "{text}"
    );
    let mut untried = records.clone();
    untried.trials.retain(|trial| trial.cell.row.as_ref().is_some_and(|row| row.id != "browser-support"));
    let found = finding(&Comparison::of(&untried), Row::named("client-library").unwrap(), Language::English);
    let RowVerdict::ByDefinition(said) = found.verdict else { panic!("{found:?}") };
    assert!(said.ends_with("measured: who resumes by itself was tried in no browser"), "{said}");
}

/// A run of the throughput row with a cell that counts, where that had this to say of every arm.
fn counted(pass: impl Fn(Transport) -> ExactPass) -> Records {
    let cell = "[[cell]]\nname='throughput/exact'\nrow='throughput'\nwhy='w'\nscenario='exact'\nnull=false\nblocks=1\n";
    let mut records = synthetic::of_plan(Plan::from_toml(&format!("name='p'\nwhy='w'\n{cell}")).unwrap());
    for trial in &mut records.trials {
        let exact = Some(pass(trial.arm.protocol));
        trial.outcome = Outcome::Measured(Box::new(Measurement { exact, ..Measurement::default() }));
    }
    records
}

#[test]
fn exact_counts_stand_in_the_row_with_a_verdict_of_their_own() {
    let tallies = |each: u64| [20, 120].map(|events| Tally { events, count: 1_000 + each * events }).to_vec();
    let records = counted(|transport| ExactPass {
        instructions: tallies(if transport == Transport::Sse { 6_000 } else { 5_000 }),
        syscalls: tallies(4),
        ..ExactPass::default()
    });
    let found = finding(&Comparison::of(&records), Row::named("throughput").unwrap(), Language::English);
    assert_eq!(found.lines[0].what, "server user instructions per event");
    let said = "WebSocket: server user instructions per event: lower; server system calls per event: equivalent";
    assert_eq!(found.verdict, RowVerdict::Found(said.to_owned()));
    assert_eq!(
        found.sentence,
        "server user instructions per event: 0.833×, WebSocket is lower; server system calls per event: 1.00×, within 2 %."
    );
}

#[test]
fn where_nothing_can_count_the_row_says_so() {
    let missing = || vec!["valgrind is not installed".to_owned()];
    let records = counted(|_| ExactPass { not_measured: missing(), ..ExactPass::default() });
    let found = finding(&Comparison::of(&records), Row::named("throughput").unwrap(), Language::English);
    let said = "server user instructions per event, server system calls per event: not measured (SSE: valgrind is not installed)";
    assert!(found.caveats.iter().any(|caveat| caveat.contains(said)), "{found:?}");
}
