//! Table, summary and page of a synthetic run, compared with files. `UPDATE_GOLDEN=1 cargo test` writes them again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::{Comparison, Language, Part, Records, readme_part, render, splice, summary_markdown, terminal};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;
use trial::{Outcome, Row};

static RECORDS: LazyLock<Records> = LazyLock::new(|| synthetic::records(10));

fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differing = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
    let line = differing.unwrap_or(expected.lines().count().min(actual.lines().count()));
    assert!(
        expected == actual,
        "{name} differs in line {}:\n  golden: {:?}\n  actual: {:?}\nUPDATE_GOLDEN=1 accepts it",
        line + 1,
        expected.lines().nth(line),
        actual.lines().nth(line),
    );
}

/// The page of a run and the files beside it.
fn page(records: &[Records], lang: Language) -> (String, BTreeSet<String>) {
    let directory = TempDir::new().unwrap();
    let rendered = render(records, directory.path(), lang).unwrap();
    let name = |path: &PathBuf| path.strip_prefix(directory.path()).unwrap().display().to_string();
    assert!(rendered.files.iter().all(|path| path.is_file()) && rendered.files[0] == rendered.page);
    (fs::read_to_string(&rendered.page).unwrap(), rendered.files.iter().map(name).collect())
}

/// The page without its style sheet and drawings, which have tests of their own.
fn without_drawings(page: &str) -> String {
    let cut = |page: String, start: &str, end: &str| {
        let mut parts = page.split(start);
        let head = parts.next().unwrap_or_default().to_owned();
        parts.fold(head, |out, part| out + start + "…" + part.split_once(end).map_or("", |(_, rest)| rest))
    };
    cut(cut(page.to_owned(), "<svg", "</svg>"), "<style>", "</style>")
}

/// A run that broke in every way that leaves records behind.
fn broken() -> Records {
    let mut records = synthetic::records(6);
    records.trials.truncate(60);
    records.end = None;
    records.warnings.push("records.jsonl: line 62 is cut off and was left out".to_owned());
    records.run.warnings.push(trial::check::clock::debug_build("server".to_owned()));
    records.run.command = "loadgen <script>alert(1)</script> --seed '42' & `rm`".to_owned();
    for trial in records.trials.iter_mut().filter(|trial| trial.cell.row == Some(Row::ProtocolType)) {
        trial.outcome = Outcome::Failed("</td><script>alert(\"x\")</script> | \u{1b}[31mrefused".to_owned());
    }
    records
}

#[test]
fn the_terminal_table() {
    for lang in Language::ALL {
        let comparison = Comparison::of(&RECORDS);
        golden(&format!("terminal.{lang}.txt"), &terminal(&comparison, lang, 100, false));
    }
    let quick = synthetic::records(2);
    golden("terminal-quick.en.txt", &terminal(&Comparison::of(&quick), Language::English, 60, true));
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
fn the_summary() {
    for lang in Language::ALL {
        golden(&format!("summary.{lang}.md"), &summary_markdown(&[Comparison::of(&RECORDS)], lang));
    }
    let (part, said) = readme_part(&Comparison::of(&RECORDS));
    assert_eq!(part, Part::Table);
    golden("readme-table.md", &said);
}

#[test]
fn the_page() {
    for lang in Language::ALL {
        let (page, files) = page(std::slice::from_ref(&*RECORDS), lang);
        golden(&format!("report.{lang}.html"), &without_drawings(&page));
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
    assert_eq!(page.matches("<td class=\"run\"").count(), 2 * Row::ALL.len());
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
