//! Records files that are damaged, foreign, torn or from the future, each with one clear line.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::row::{RowVerdict, finding};
use reports::{Comparison, Language, LoadError, Notice, Withdrawn, load};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use trial::{Line, Redone, SCHEMA, Trial};

/// A whole file of a small run, and its lines.
fn whole(directory: &Path) -> (PathBuf, Vec<String>) {
    let mut records = synthetic::records(2);
    records.trials.truncate(3);
    let path = synthetic::write(&records, directory);
    let lines = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    (path, lines)
}

fn error_of(text: &[u8]) -> String {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("records.jsonl");
    fs::write(&path, text).unwrap();
    let error = load(directory.path()).unwrap_err().to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    error.replace(&path.display().to_string(), "FILE")
}

#[test]
fn a_self_check_beside_the_records_is_read_and_a_damaged_one_is_a_warning() {
    let directory = TempDir::new().unwrap();
    let mut records = synthetic::records(1);
    records.trials.truncate(1);
    synthetic::write(&records, directory.path());
    assert_eq!(load(directory.path()).unwrap().selfcheck, None);
    let path = directory.path().join("selfcheck.json");
    fs::write(&path, serde_json::to_vec(records.selfcheck.as_ref().unwrap()).unwrap()).unwrap();
    let read = load(directory.path()).unwrap();
    assert_eq!((read.selfcheck, read.warnings.len()), (records.selfcheck, 0));
    fs::write(&path, "{").unwrap();
    let read = load(directory.path()).unwrap();
    assert!(read.selfcheck.is_none() && read.warnings[0].contains("not a self-check"), "{:?}", read.warnings);
}

#[test]
fn a_directory_and_its_file_are_the_same_run() {
    let directory = TempDir::new().unwrap();
    let (path, lines) = whole(directory.path());
    let (by_directory, by_file) = (load(directory.path()).unwrap(), load(&path).unwrap());
    assert_eq!(by_directory.trials, by_file.trials);
    assert_eq!((by_file.trials.len(), by_file.end.is_some(), by_file.warnings.len()), (3, true, 0));
    assert_eq!(by_file.source, path);
    assert_eq!(lines.len(), 5);
}

#[test]
fn a_redone_block_is_kept_and_counts_no_more() {
    let directory = TempDir::new().unwrap();
    let (path, mut lines) = whole(directory.path());
    let Line::Trial(first) = Line::parse(&lines[1]).unwrap() else { panic!("the second line is a trial") };
    let again = Line::Trial(Box::new(Trial { attempt: 1, ..*first.clone() }));
    let causes = vec![trial::check::network::loopback()];
    let redone = Line::Redone(Redone { cell: first.cell.name.clone(), block: first.block, attempt: 0, causes });
    for line in [redone, again] {
        let mut text = Vec::new();
        line.write(&mut text).unwrap();
        lines.insert(4, String::from_utf8(text).unwrap().trim_end().to_owned());
    }
    lines.swap(4, 5);
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let records = load(&path).unwrap();
    assert_eq!(records.redone.len(), 1);
    assert!(records.set_aside.iter().all(|trial| trial.cell == first.cell && trial.attempt == 0));
    assert!(records.set_aside.contains(&first));
    assert!(records.trials.iter().all(|trial| *trial != *first), "what is set aside is in no figure");
    assert!(records.trials.iter().any(|trial| trial.cell == first.cell && trial.attempt == 1));
}

#[test]
fn a_torn_last_line_is_a_warning_and_the_rest_is_used() {
    let directory = TempDir::new().unwrap();
    let (path, lines) = whole(directory.path());
    let torn = lines[..3].join("\n") + "\n" + &lines[3][..lines[3].len() / 2];
    fs::write(&path, torn).unwrap();
    let records = load(&path).unwrap();
    assert_eq!((records.trials.len(), records.end.is_none()), (2, true));
    assert_eq!(records.warnings, [format!("{}: line 4 is cut off and was left out", path.display())]);
}

#[test]
fn a_last_line_that_only_lacks_its_newline_is_whole() {
    let directory = TempDir::new().unwrap();
    let (path, lines) = whole(directory.path());
    fs::write(&path, lines.join("\n")).unwrap();
    let records = load(&path).unwrap();
    assert!(records.end.is_some() && records.warnings.is_empty());
}

#[test]
fn a_torn_line_in_the_middle_is_damage() {
    let directory = TempDir::new().unwrap();
    let (_, lines) = whole(directory.path());
    let text = format!("{}\n{}\n{}\n", lines[0], &lines[1][..100], lines[2]);
    let error = error_of(text.as_bytes());
    assert!(error.starts_with("FILE: line 2: not a pushbench record: "), "{error}");
    assert!(!error.contains("line 1"), "{error}");
}

#[test]
fn each_wrong_file_is_answered_with_file_and_line() {
    let directory = TempDir::new().unwrap();
    let (_, lines) = whole(directory.path());
    let newer = lines[0].replacen(&format!("\"schema\":{SCHEMA}"), &format!("\"schema\":{}", SCHEMA + 1), 1);
    for (text, expected) in [
        (String::new(), "FILE: empty, there is no run in it".to_owned()),
        (lines[1].clone() + "\n", "FILE: line 1: the first line must be the run, this is another record".to_owned()),
        (format!("{0}\n{0}\n", lines[0]), "FILE: line 2: a second run: one file holds one run".to_owned()),
        (
            newer,
            format!(
                "FILE: line 1: record schema {} is newer than this program's {SCHEMA}: update pushbench",
                SCHEMA + 1
            ),
        ),
    ] {
        assert_eq!(error_of(text.as_bytes()), expected);
    }
    for foreign in [b"name,value\n1,2\n".as_slice(), b"\xff\xfe\x00\n", b"{\"kind\":\"run\"}\n", b"[1]\n", b"\n", b"{"]
    {
        let error = error_of(foreign);
        assert!(error.starts_with("FILE: line 1: not a pushbench record"), "{error}");
    }
}

#[test]
fn an_endless_line_is_refused_and_not_read_into_memory() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("records.jsonl");
    fs::File::create(&path).unwrap().set_len(100 << 20).unwrap();
    let error = load(&path).unwrap_err().to_string();
    assert!(error.ends_with("line 1: longer than 8 MiB: not a pushbench record"), "{error}");
}

#[test]
fn what_is_no_file_is_said_to_be_none() {
    let directory = TempDir::new().unwrap();
    for path in [directory.path().join("nowhere"), directory.path().to_owned(), PathBuf::from("/dev/null")] {
        let error = load(&path).unwrap_err();
        assert!(matches!(error, LoadError::Unreadable { .. }), "{error}");
        assert!(error.to_string().starts_with("cannot read "), "{error}");
    }
}

#[test]
fn a_notice_beside_the_records_is_shown_above_everything_and_cannot_break_a_page() {
    let directory = TempDir::new().unwrap();
    let (path, _) = whole(directory.path());
    let hostile = "p99 of </li><script>alert(1)</script> | [x](javascript:y) \u{1b}[31m";
    let entry = serde_json::json!({ "en": hostile, "zh": "延迟的 p99" });
    let notice = serde_json::json!({ "date": "2026-11-29", "errata": "../ERRATA.md", "withdrawn": [entry] });
    fs::write(path.with_file_name("withdrawn.json"), notice.to_string()).unwrap();
    let records = load(&path).unwrap();
    assert_eq!(records.notice.as_ref().unwrap().withdrawn.len(), 1);
    let page = |lang| {
        let rendered = reports::render(std::slice::from_ref(&records), directory.path(), lang).unwrap();
        fs::read_to_string(rendered.page).unwrap()
    };
    let english = page(Language::English);
    let at = |text: &str| english.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(
        at("Withdrawn on 2026-11-29") < at("class=\"answer\"") && at("href=\"../ERRATA.md\"") < at("class=\"answer\"")
    );
    assert!(!english.contains("<script>") && !english.contains('\u{1b}'));
    let summary = fs::read_to_string(directory.path().join("summary.md")).unwrap();
    assert!(
        summary.contains("[What was wrong, and what replaces it](../ERRATA.md)") && !summary.contains("](javascript")
    );
    assert!(page(Language::Chinese).contains("延迟的 p99"));
    let text = synthetic::terminal(&Comparison::of(&records), Language::English, 80, false);
    assert!(text.contains("! Withdrawn on 2026-11-29") && !text.contains('\u{1b}'), "{text}");

    fs::write(path.with_file_name("withdrawn.json"), "{}").unwrap();
    let records = load(&path).unwrap();
    assert!(records.notice.is_none() && records.warnings[0].starts_with("withdrawn.json: "), "{:?}", records.warnings);
}

#[test]
fn a_row_that_was_withdrawn_shows_none_of_its_figures() {
    let mut records = synthetic::records(10);
    let row = trial::Row::named("memory").unwrap();
    let found = |records: &_| finding(&Comparison::of(records), row, Language::English);
    assert!(!found(&records).lines.is_empty());
    let withdrawn =
        Withdrawn { en: "a setting, no transport".to_owned(), zh: "设置".to_owned(), row: Some(row.id.clone()) };
    let errata = "../ERRATA.md".to_owned();
    records.notice = Some(Notice { date: "2026-11-29".to_owned(), errata, withdrawn: vec![withdrawn] });
    let memory = found(&records);
    assert!(memory.lines.is_empty() && memory.sentence == "a setting, no transport");
    assert_eq!(memory.verdict, RowVerdict::NotMeasured("withdrawn on 2026-11-29".to_owned()));
    let other = trial::Row::named("connect-time").unwrap();
    assert!(!finding(&Comparison::of(&records), other, Language::English).lines.is_empty());
}

#[test]
fn every_notice_that_is_published_is_read() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published");
    let run = fs::read_dir(&published).unwrap().map(|entry| entry.unwrap().path());
    let peers = run.flat_map(|run| [vec![run.clone()], inside(&run)].concat());
    let notices: Vec<PathBuf> = peers.map(|run| run.join("withdrawn.json")).filter(|path| path.is_file()).collect();
    for path in notices {
        let directory = TempDir::new().unwrap();
        let (records, _) = whole(directory.path());
        fs::copy(&path, records.with_file_name("withdrawn.json")).unwrap();
        let read = load(&records).unwrap();
        let notice = read.notice.unwrap_or_else(|| panic!("{}: {:?}", path.display(), read.warnings));
        assert!(path.with_file_name(notice.errata).is_file(), "{}: its link leads nowhere", path.display());
    }
}

fn inside(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).map_or_else(|_| Vec::new(), |all| all.map(|entry| entry.unwrap().path()).collect())
}
