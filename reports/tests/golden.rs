//! The document of a synthetic run and one small document in each form, compared with files. `UPDATE_GOLDEN=1 cargo test`
//! writes them again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::document::{Block, Chip, Document, Entry, Found, Heads, Line, Opening, Picture, Scope, Section, Table};
use reports::document::{Tone, Verdicts};
use reports::{
    Comparison, Extent, Language, Part, Records, document, html, load, markdown, readme_part, render, splice,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use synthetic::{golden, outline, said, summary_markdown, terminal};
use tempfile::TempDir;
use trial::{Figure, Metric, Outcome, Prediction, Preflight, Quantile, Row};

static RECORDS: LazyLock<Records> = LazyLock::new(|| synthetic::records(10));

/// The page of a run and the files beside it.
fn page(records: &[Records], lang: Language) -> (String, BTreeSet<String>) {
    let directory = TempDir::new().unwrap();
    let rendered = render(records, directory.path(), lang).unwrap();
    let name = |path: &PathBuf| path.strip_prefix(directory.path()).unwrap().display().to_string();
    assert!(rendered.files.iter().all(|path| path.is_file()) && rendered.files[0] == rendered.page);
    (fs::read_to_string(&rendered.page).unwrap(), rendered.files.iter().map(name).collect())
}

/// A run that broke in every way that leaves records behind.
fn broken() -> Records {
    let mut records = synthetic::records(6);
    records.trials.truncate(60);
    records.end = None;
    records.warnings.push("records.jsonl: line 62 is cut off and was left out".to_owned());
    records.run.warnings.push(trial::check::clock::debug_build("server".to_owned()));
    records.run.command = "loadgen <script>alert(1)</script> --seed '42' & `rm`".to_owned();
    for trial in records.trials.iter_mut().filter(|trial| trial.cell.name.starts_with("protocol-type/")) {
        trial.outcome = Outcome::Failed("</td><script>alert(\"x\")</script> | \u{1b}[31mrefused".to_owned());
    }
    records
}

/// One block of every kind, with texts that each form must escape in its own way.
fn small() -> Document {
    let text = |text: &str| text.to_owned();
    let table = Table {
        caption: text("Bytes | events"),
        head: vec![text("Arm"), text("Bytes")],
        rows: vec![vec![text("sse_*"), text("14 B")], vec![text("<b>"), text("–")]],
    };
    let picture = |name: &str, caption: &str| Picture {
        svg: text("<svg viewBox=\"0 0 1 1\"></svg>"),
        png: Vec::new(),
        caption: text(caption),
        name: text(name),
    };
    let facts = vec![(text("Seed"), text("42")), (text("Host"), text("a & b"))];
    let opening = vec![
        Block::Banner {
            title: text("Withdrawn"),
            link: [text("why"), text("../ERRATA.md")],
            points: vec![text("p99 of all")],
        },
        Block::Answer(vec![text("Of 1 claims: 1 confirmed.")]),
        Block::Source { name: text("Command"), command: text("loadgen `x` <y>"), facts: facts.clone() },
        Block::Warning(text("a debug build")),
    ];
    let evidence = vec![
        Block::Verdict(Chip { tone: Tone::Depends, word: text("depends") }, text("on the payload")),
        Block::Heading(text("latency/single")),
        Block::Text(text("One stream. ")),
        Block::Table(table.clone()),
        Block::Chart(picture("a", "first")),
        Block::Chart(picture("b", "second")),
        Block::Code { title: text("SSE"), text: text("GET / HTTP/1.1\n\n<body>") },
        Block::Fold { summary: text("Raw records"), blocks: vec![Block::Table(table)] },
        Block::Facts(facts),
    ];
    let section = |anchor, heading: &str, headed, scope, blocks| Section {
        anchor: text(anchor),
        heading: text(heading),
        headed,
        scope,
        runs: vec![blocks],
    };
    let note = Block::Note(text("Ratio: other over base."));
    Document {
        tag: "en",
        title: text("Small, measured"),
        runs: vec![Opening { label: text("2026-11-24 · plan"), blocks: opening }],
        sections: vec![
            section("comparison", "The comparison", false, Scope::All, vec![Block::Verdicts(verdicts()), note]),
            section("time", "Where time goes", true, Scope::Summary, vec![Block::List(vec![text("timer 1 µs")])]),
            section("latency", "Latency", true, Scope::Page, evidence),
        ],
        footer: text("made by a test"),
    }
}

fn verdicts() -> Verdicts {
    let text = |text: &str| text.to_owned();
    let line =
        |what: &str| Line {
            what: text(what), values: vec![text("1 µs"), text("2 µs")], ratios: vec![text("2.00×")]
        };
    let found = Found {
        chip: Chip { tone: Tone::Confirmed, word: text("confirmed") },
        detail: text("within 5 %"),
        lines: ["p50", "p99", "p99.9"].map(line).into(),
        sentence: text("p50: 2.00×, higher."),
        said: text("p50: 2.00×, higher."),
        caveats: vec![text("diluted")],
    };
    let entry = |name: &str, anchor: Option<&str>, claim: Vec<String>, claimed: &str, found: Found| Entry {
        name: text(name),
        anchor: anchor.map(text),
        claim,
        claimed: text(claimed),
        glance: 2,
        found: vec![found],
    };
    let nothing = Found {
        chip: Chip { tone: Tone::Unmeasured, word: text("not measured") },
        lines: Vec::new(),
        caveats: Vec::new(),
        ..found.clone()
    };
    let claim = vec![text("higher"), text("lower")];
    Verdicts {
        heads: Heads {
            name: text("Row"),
            claim: text("Claim"),
            unclaimed: text("nothing"),
            what: text("What"),
            sides: vec![(text("SSE"), "sse"), (text("WebSocket"), "websocket")],
            ratios: vec![text("WebSocket / SSE")],
            verdict: text("Verdict"),
            evidence: text("evidence"),
            caveat: text("warning"),
        },
        runs: Vec::new(),
        entries: vec![
            entry("Latency", Some("latency"), claim, "The claim: SSE higher, WebSocket lower", found),
            entry("An own cell", None, Vec::new(), "", nothing),
        ],
    }
}

#[test]
fn every_kind_of_block_has_its_form() {
    let small = small();
    let page = html(&small);
    let (head, body) = page.split_once("<style>").unwrap();
    golden("small.html", &format!("{head}<style>…{}", body.split_once("</style>").unwrap().1));
    golden("small.md", &markdown(&small));
    golden("small.txt", &reports::terminal(&small, 72, true));
}

#[test]
fn the_document() {
    let comparisons = [Comparison::of(&RECORDS)];
    // Its repeated runs are those that are committed: they change with every one.
    let of_set = |section: &reports::document::Section| section.anchor == "replication";
    let [mut english, mut chinese] = Language::ALL.map(|lang| document(&comparisons, lang, Extent::Whole));
    for document in [&mut english, &mut chinese] {
        assert!(document.sections.iter().any(of_set), "a load that was repeated says so");
        document.sections.retain(|section| !of_set(section));
    }
    golden("document.txt", &outline(&english));
    // What is said in one language is said in the other, number by number.
    let numbers = |document: &Document| outline(document).matches(|c: char| c.is_ascii_digit()).count();
    assert_eq!(numbers(&english), numbers(&chinese));
    let quick = synthetic::records(2);
    let summary = document(&[Comparison::of(&quick)], Language::English, Extent::Summary);
    assert!(summary.sections.iter().all(|section| section.scope != Scope::Page));
}

#[test]
fn no_line_of_the_terminal_is_wider_than_asked() {
    use unicode_width::UnicodeWidthStr as _;
    let comparison = Comparison::of(&RECORDS);
    for (lang, width) in Language::ALL.into_iter().flat_map(|lang| [60, 80, 100].map(|width| (lang, width))) {
        let text = terminal(&comparison, lang, width, false);
        let widest = text.lines().max_by_key(|line| line.width()).unwrap();
        assert!(widest.width() <= width, "{lang} {width}: {widest}");
    }
}

#[test]
fn capacities_stand_in_the_table_of_verdicts() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published/2026-11-29-capacity-epyc-2cpu");
    let said = said(&load(&published).unwrap(), Language::English);
    for words in [
        "- p99=10ms None",
        "Unresolved open (No ratio: the capacity of SSE was not found.)",
        "Events/s in all: ≥ 170,000 : ≥ 125,000 =",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_is_ahead_is_said_before_the_run() {
    let prediction = Prediction {
        cell: "latency/single".to_owned(),
        figure: Figure::Duration(Metric::ResponseTime, Quantile::P50),
        deviation: 0.05,
        resolves: 0.054,
        blocks_needed: 11,
    };
    let quiet_samples = vec![0.4, 0.03];
    let mut found = Preflight { quiet: true, quiet_samples, predictions: vec![prediction], ..Preflight::default() };
    let said = |found: &Preflight, lang| reports::terminal(&reports::preflight(found, lang), 110, false);
    let english = said(&found, Language::English);
    for words in ["yes; foreign CPUs in each sample: 0.40, 0.03", "latency/single", "5.4 %", "5 %", "11"] {
        assert!(english.contains(words), "{words}: {english}");
    }
    assert!(said(&found, Language::Chinese).contains("可分辨的最小差别"));
    found.predictions.clear();
    found.quiet_samples.clear();
    let english = said(&found, Language::English);
    assert!(english.contains("no pilot was run") && english.contains("/proc/stat cannot be read"), "{english}");
}

#[test]
fn the_readme_gets_the_table() {
    let (part, said) = readme_part(&Comparison::of(&RECORDS));
    assert_eq!(part, Part::Table);
    golden("readme-table.md", &said);
}

#[test]
fn the_page() {
    for lang in Language::ALL {
        let (page, files) = page(std::slice::from_ref(&*RECORDS), lang);
        golden("files.txt", &(files.into_iter().collect::<Vec<_>>().join("\n") + "\n"));
        assert!(page.matches("<svg").count() > 10);
        is_self_contained(&page);
        every_link_leads_somewhere(&page);
    }
}

fn is_self_contained(page: &str) {
    for forbidden in ["<script", "<link", "<img", " src=", "@import", "url(", "href=\"http"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

fn every_link_leads_somewhere(page: &str) {
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert_eq!(page.matches(&format!("id=\"{target}\"")).count(), 1, "#{target}");
    }
}

#[test]
fn a_run_that_broke_is_shown_and_cannot_break_the_page() {
    let broken = broken();
    let (page, _) = page(std::slice::from_ref(&broken), Language::English);
    is_self_contained(&page);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains('\u{1b}'));
    for said in ["debug build", "cut off", "the run ended before its turn", "refused"] {
        assert!(page.contains(said), "{said}");
    }
    let text = terminal(&Comparison::of(&broken), Language::Chinese, 80, false);
    assert!(!text.contains('\u{1b}') && text.contains("refused"), "{text}");
    let summary = summary_markdown(&[Comparison::of(&broken)], Language::English);
    assert!(!summary.contains("<script>alert(\"x\")") && summary.contains("\\| "), "{summary}");
}

#[test]
fn trials_that_were_run_are_never_more_than_those_that_were_planned() {
    let mut records = synthetic::records(2);
    let done = records.trials.len() as u64;
    let said = |records: &Records| {
        let (page, _) = page(std::slice::from_ref(records), Language::English);
        let at = page.find(" planned</dd>").unwrap();
        page[..at].rsplit("<dd>").next().unwrap().to_owned()
    };
    let end = records.end.as_mut().unwrap();
    end.planned = done + 1;
    assert_eq!(said(&records), format!("{done} of {}", done + 1));
    // What earlier records say of a plan whose cells went on until they were known well enough.
    records.end.as_mut().unwrap().planned = done / 2;
    assert_eq!(said(&records), format!("{done} of {done}"));
}

#[test]
fn several_runs_stand_side_by_side() {
    let runs = [RECORDS.clone(), broken()];
    let (page, files) = page(&runs, Language::Chinese);
    every_link_leads_somewhere(&page);
    assert_eq!(page.matches("<td class=\"run\"").count(), 2 * Row::built_in().len());
    assert!(files.contains("charts/latency-ratios-1.png") && files.contains("charts/latency-ratios-2.png"));
}

#[test]
fn cells_of_an_own_plan_are_shown_with_all_their_figures() {
    let mut plan = synthetic::plan(6);
    plan.cells.retain(|cell| ["latency/single", "memory/per-connection/stock"].contains(&cell.name.as_str()));
    plan.cells.iter_mut().for_each(|cell| cell.row = None);
    let (page, files) = page(&[synthetic::of_plan(plan)], Language::English);
    assert!(page.contains("id=\"other-cells\"") && page.contains("response time p50"));
    assert!(files.contains("charts/memory-per-connection-stock-memory.png"), "{files:?}");
}

#[test]
fn nothing_to_render_is_an_error() {
    let directory = TempDir::new().unwrap();
    assert_eq!(render(&[], directory.path(), Language::English).unwrap_err().to_string(), "no records to render");
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = render(std::slice::from_ref(&*RECORDS), &file, Language::English).unwrap_err().to_string();
    assert!(error.starts_with("cannot write ") && error.contains("file/charts"), "{error}");
}

#[test]
fn the_table_is_spliced_between_its_markers() {
    let readme = "# Title\n<!-- pushbench:table -->\nold\n<!-- /pushbench:table -->\nrest\n";
    let spliced = splice(readme, Part::Table, "| a |\n").unwrap();
    assert_eq!(spliced, "# Title\n<!-- pushbench:table -->\n| a |\n<!-- /pushbench:table -->\nrest\n");
    assert_eq!(splice(&spliced, Part::Table, "| a |\n").unwrap(), spliced);
    for (broken, expected) in [
        ("nothing", "the marker <!-- pushbench:table --> must stand in the file exactly once, it is there 0 times"),
        (
            "<!-- pushbench:table --><!-- pushbench:table --><!-- /pushbench:table -->",
            "the marker <!-- pushbench:table --> must stand in the file exactly once, it is there 2 times",
        ),
        (
            "<!-- pushbench:table -->",
            "the marker <!-- /pushbench:table --> must stand in the file exactly once, it is there 0 times",
        ),
        (
            "<!-- /pushbench:table --><!-- pushbench:table -->",
            "the marker <!-- /pushbench:table --> stands before <!-- pushbench:table -->",
        ),
    ] {
        assert_eq!(splice(broken, Part::Table, "x").unwrap_err().to_string(), expected);
    }
}
