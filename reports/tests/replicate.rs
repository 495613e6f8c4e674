//! Runs of one plan side by side: what is kept of each, how far they lie apart, and when they contradict each other.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::Comparison;
use reports::Records;
use reports::replicate::{Answers, Replicate, Replicated, Set, SpreadSet, Stand, committed};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use wire::Transport;

/// A run of the whole table that began in another minute.
fn run(minute: u32) -> Records {
    let mut records = synthetic::records(9);
    records.run.started = format!("2026-11-24T03:{minute:02}:00.123Z");
    records
}

/// The same with another boot.
fn rebooted(minute: u32, boot: &str) -> Records {
    let mut records = run(minute);
    records
        .trials
        .iter_mut()
        .filter_map(|trial| trial.server.as_mut())
        .for_each(|facts| facts.boot_id = boot.to_owned());
    records
}

fn replicate(records: &Records) -> Replicate {
    Replicate::of(&Comparison::of(records))
}

/// What runs with these verdicts and ratios in one figure say.
fn spread(runs: &[(Stand, f64)]) -> SpreadSet {
    let template = replicate(&run(1));
    let runs = runs.iter().enumerate().map(|(i, &(stand, ratio))| {
        let mut run = Replicate { started: i.to_string(), ..template.clone() };
        run.figures.truncate(1);
        (run.figures[0].stand, run.figures[0].ratio) = (stand, ratio);
        run.figures[0].interval = [ratio * 0.99, ratio * 1.01];
        run
    });
    SpreadSet::of(&runs.collect::<Vec<_>>())
}

#[test]
fn a_run_is_kept_as_its_headline_figures_and_little_else() {
    let kept = replicate(&run(1));
    let cells: Vec<&str> = kept.figures.iter().map(|figure| figure.key.cell.as_str()).collect();
    assert!(cells.contains(&"latency/single") && kept.figures.len() >= 6, "{cells:?}");
    assert!(kept.figures.iter().all(|figure| figure.interval[0] <= figure.ratio && figure.ratio <= figure.interval[1]));
    assert!(kept.figures.iter().any(|figure| figure.stand != Stand::Open), "{:?}", kept.figures);
    let text = serde_json::to_string(&kept).unwrap();
    assert!(text.len() < 30_000, "{} bytes", text.len());
    assert_eq!(serde_json::from_str::<Replicate>(&text).unwrap(), kept);
    let boot = |id| replicate(&rebooted(1, id)).boot;
    assert!(boot("a-boot-id").len() == 8 && boot("a-boot-id") != boot("another") && boot("").is_empty());
}

#[test]
fn loads_are_told_apart_and_windows_are_not() {
    let [mut longer, mut larger] = [1, 2].map(run);
    let cell =
        |name: &str, records: &Records| records.run.plan.cells.iter().position(|cell| cell.name == name).unwrap();
    let change = |records: &mut Records, with: &dyn Fn(&mut trial::Cell)| {
        let at = cell("latency/single", records);
        with(&mut records.run.plan.cells[at]);
        records
            .trials
            .iter_mut()
            .filter(|trial| trial.cell.name == "latency/single")
            .for_each(|trial| with(&mut trial.cell));
    };
    change(&mut longer, &|cell| cell.workload.timing_mut().unwrap().window *= 2);
    change(&mut larger, &synthetic::enlarge);
    let load = |records: &Records| {
        let figures = replicate(records).figures;
        figures.into_iter().find(|figure| figure.key.cell == "latency/single").unwrap().key.load
    };
    assert_eq!(load(&run(3)), load(&longer));
    assert_ne!(load(&run(3)), load(&larger));
}

#[test]
fn a_figure_is_answered_by_a_verdict_by_too_little_to_matter_or_by_a_bound() {
    let mut run = replicate(&run(1));
    let median = run.figures.iter().find(|figure| !figure.key.figure.is_tail()).unwrap().clone();
    let tail = run.figures.iter().find(|figure| figure.key.figure.is_tail()).unwrap().clone();
    let says = |stand, practical, high| Replicated { stand, practical, interval: [0.97, high], ..median.clone() };
    run.figures = vec![
        says(Stand::Lower, false, 1.3),
        says(Stand::Open, true, 1.3),
        says(Stand::Open, false, 1.09),
        says(Stand::Open, false, 1.14),
        says(Stand::Open, false, 1.16),
        Replicated { stand: Stand::Open, practical: false, ..tail },
    ];
    run.quiet = Some(true);
    assert_eq!(run.answers().unwrap(), Answers { verdict: 1, practical: 1, bound: 1, none: 2 });
    run.quiet = Some(false);
    assert_eq!(run.answers().unwrap().of_all(), [4, 5], "a busy host may leave more open");
    run.schema = 1;
    assert_eq!(run.answers(), None);
}

#[test]
fn opposite_directions_contradict_and_so_do_equivalent_and_beyond_the_margin() {
    use Stand::{Equivalent, Higher, HigherBeyond, Lower, LowerBeyond, Open};
    for (a, b, contradict) in [
        (Higher, Lower, true),
        (HigherBeyond, LowerBeyond, true),
        (Equivalent, HigherBeyond, true),
        (LowerBeyond, Equivalent, true),
        (Equivalent, Higher, false),
        (Higher, HigherBeyond, false),
        (Open, LowerBeyond, false),
    ] {
        assert_eq!((a.contradicts(b), b.contradicts(a)), (contradict, contradict), "{a:?} {b:?}");
    }
    let set = spread(&[(Equivalent, 1.0), (LowerBeyond, 0.9), (Open, 0.97), (Lower, 0.96)]);
    let figure = &set.figures[0];
    assert_eq!((figure.pairs, figure.decided, figure.contradicting), (6, 3, 1));
    assert!((0.03..0.05).contains(&figure.between_share().unwrap()), "{figure:?}");
    assert_eq!(figure.range, [0.9, 1.0]);
    assert_eq!(spread(&[(Open, 1.0)]).figures, [], "one run has no spread");
}

#[test]
fn a_set_keeps_a_file_a_run_and_says_how_many_there_are() {
    let directory = TempDir::new().unwrap();
    let page = || fs::read_to_string(directory.path().join("README.md")).unwrap();
    let set = Set::open(&directory.path().join("missing")).unwrap();
    set.write().unwrap();
    assert!(fs::read_to_string(directory.path().join("missing/README.md")).unwrap().contains("Runs: 0, of boots: 0."));
    let mut set = Set::open(directory.path()).unwrap();
    for records in [rebooted(5, "one"), rebooted(1, "two")] {
        let path = set.add(&Comparison::of(&records)).unwrap();
        assert!(fs::metadata(path).unwrap().len() < 30_000);
    }
    assert!(set.add(&Comparison::of(&run(5))).unwrap_err().to_string().contains("is in the set"));
    set.write().unwrap();
    assert!(page().contains("Runs: 2, of boots: 2. Of ") && page().contains("not claimed before 10 runs of 3 boots"));
    assert!(page().contains("| latency/single judged:p50, websocket / sse |"), "{}", page());
    let again = Set::open(directory.path()).unwrap();
    assert_eq!(again.runs().iter().map(|run| &run.started[14..16]).collect::<Vec<_>>(), ["01", "05"]);
    fs::write(directory.path().join("foreign.json"), "{}").unwrap();
    assert!(Set::open(directory.path()).unwrap_err().to_string().contains("foreign.json"));
}

#[test]
fn the_claim_is_made_from_ten_runs_of_three_boots_on() {
    let directory = TempDir::new().unwrap();
    let mut set = Set::open(directory.path()).unwrap();
    for minute in 0..10 {
        set.add(&Comparison::of(&rebooted(minute, ["a", "b", "c"][minute as usize % 3]))).unwrap();
    }
    set.write().unwrap();
    let page = fs::read_to_string(directory.path().join("README.md")).unwrap();
    assert!(page.contains("Runs: 10, of boots: 3.") && page.contains("The claim that at most 2 % do holds."), "{page}");
}

#[test]
fn the_committed_page_and_spread_are_those_of_the_committed_runs() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published/replicates");
    let set = Set::open(&published).unwrap();
    assert_eq!(*committed(), SpreadSet::of(set.runs()), "scripts/replicate.sh renews it");
    let written = TempDir::new().unwrap();
    for run in set.runs() {
        let name = format!("{}.json", run.started.replace(':', ""));
        fs::write(written.path().join(name), serde_json::to_string(run).unwrap()).unwrap();
    }
    Set::open(written.path()).unwrap().write().unwrap();
    let page = |directory: &Path| fs::read_to_string(directory.join("README.md")).unwrap();
    assert!(page(&published) == page(written.path()), "scripts/replicate.sh renews the page");
}

#[test]
fn a_run_without_a_headline_is_no_replicate() {
    let mut records = run(1);
    records.trials.retain(|trial| trial.arm.protocol == Transport::Sse);
    let directory = TempDir::new().unwrap();
    let refused = Set::open(directory.path()).unwrap().add(&Comparison::of(&records));
    assert!(refused.unwrap_err().to_string().contains("no headline figure"));
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none());
}
