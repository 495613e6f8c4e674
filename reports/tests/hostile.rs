//! Records in which every text is an attack, whatever command wrote them: the page, the summary, the README's part, the terminal,
//! JUnit and GitHub show it and are what they were.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "this test takes only what is whole")]
mod damage;
mod synthetic;

use damage::{Base, bases};
use reports::ci::{Judgement, annotations, junit, summary};
use reports::{Comparison, Language, Records, load, readme_part, render};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use tempfile::TempDir;
use trial::{Line, container};

/// Markup of HTML, Markdown, XML and workflow commands, and what a terminal obeys.
const ATTACK: &str = "</td></svg>\"'><script>alert(1)</script><img src=x onerror=y>|`*_[x](javascript:y)\n\n# z\n::error::w\n]]>\
                      \u{1b}]0;t\u{7}\u{9b}2J\u{202e}%0A";

fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The synthetic run of the whole table, and what is stored of every other command.
fn whole() -> Vec<Base> {
    let directory = TempDir::new().unwrap();
    let plan = synthetic::plan_of(&format!("{}{}", synthetic::PLAN, synthetic::SECTION), 2);
    let path = synthetic::write(&synthetic::of_plan(plan), directory.path());
    let lines = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    bases().into_iter().chain([Base { name: "synthetic".to_owned(), lines }]).collect()
}

/// Every text that may be any text made an attack that still tells one from another.
struct Attack {
    /// By kind of line and place in it, without positions in lists.
    may_be_any: BTreeMap<String, bool>,
    replaced: BTreeSet<String>,
}

impl Attack {
    fn line(&mut self, text: &str) -> String {
        let mut line: Value = serde_json::from_str(text).unwrap();
        let mut places = Vec::new();
        damage::find(&line, String::new(), &|value: &Value| value.is_string(), &mut places);
        for place in places {
            let old = line.pointer(&place).unwrap().as_str().unwrap().to_owned();
            let general = format!("{}{}", line["kind"], place.replace(|c: char| c.is_ascii_digit(), ""));
            let attack = Value::from(format!("{old}{ATTACK}"));
            let known = self.may_be_any.get(&general).copied();
            if known == Some(false) {
                continue;
            }
            *line.pointer_mut(&place).unwrap() = attack;
            let fine = known == Some(true) || Line::parse(&line.to_string()).is_ok();
            self.may_be_any.insert(general.clone(), fine);
            if fine {
                self.replaced.insert(general)
            } else {
                *line.pointer_mut(&place).unwrap() = old.into();
                false
            };
        }
        line.to_string()
    }
}

fn attacked(base: &Base) -> (TempDir, Records, usize) {
    let mut attack = Attack { may_be_any: BTreeMap::new(), replaced: BTreeSet::new() };
    let text: String = base.lines.iter().map(|line| attack.line(line) + "\n").collect();
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join(container::PLAIN), text).unwrap();
    let records = load(directory.path()).unwrap_or_else(|error| panic!("{}: {error}", base.name));
    (directory, records, attack.replaced.len())
}

/// Markdown outside of code: no markup that the attack brought, no more columns than a table has.
fn is_safe_markdown(name: &str, text: &str) {
    assert!(!text.chars().any(is_obeyed), "{name}: {text}");
    for line in text.lines().filter(|line| !line.contains(": `")) {
        let bare =
            line.replace("\\\\", "").replace("\\<", "").replace("\\>", "").replace("\\|", "").replace("<br>", "");
        assert!(!bare.contains("<script") && !bare.contains("<img") && !bare.contains("</"), "{name}: {line}");
        assert!(!bare.contains("](javascript"), "{name}: {line}");
        assert!(!line.starts_with("# z") && !line.starts_with("::error::w"), "{name}: {line}");
    }
    let columns = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
    let mut table = None;
    for line in text.lines() {
        let now = line.starts_with('|').then(|| columns(line));
        if let (Some(before), Some(now)) = (table, now) {
            assert_eq!(before, now, "{name}: {line}");
        }
        table = now;
    }
}

fn is_safe_page(name: &str, page: &str) {
    for forbidden in ["<script", "<img", "onerror=y>|", "]]>", "href=\"javascript"] {
        assert!(!page.contains(forbidden), "{name}: {forbidden}");
    }
    assert!(!page.chars().any(|c| is_obeyed(c) && c != '\t'), "{name}");
    assert!(page.ends_with("</html>\n"), "{name}");
    for tag in ["svg", "table", "section", "details", "td"] {
        let [opened, closed] = [format!("<{tag}"), format!("</{tag}>")].map(|text| page.matches(&text).count());
        let longer = page.matches(&format!("<{tag}r")).count();
        assert_eq!(opened - longer, closed, "{name}: {tag}");
    }
}

fn is_safe_terminal(name: &str, text: &str) {
    assert!(!text.chars().any(is_obeyed), "{name}: {text}");
    assert!(!text.lines().any(|line| line.starts_with("::error::w")), "{name}: {text}");
}

#[test]
fn no_text_of_a_record_breaks_what_is_made_of_it() {
    let mut replaced = 0;
    for base in whole() {
        let (directory, records, count) = attacked(&base);
        replaced += count;
        let comparison = Comparison::of(&records);
        for lang in Language::ALL {
            let rendered = render(std::slice::from_ref(&records), directory.path(), lang).unwrap();
            is_safe_page(&base.name, &fs::read_to_string(&rendered.page).unwrap());
            let inside = |path: &std::path::PathBuf| {
                path.canonicalize().unwrap().starts_with(directory.path().canonicalize().unwrap())
            };
            assert!(rendered.files.iter().all(inside), "{}: {:?}", base.name, rendered.files);
            is_safe_markdown(&base.name, &synthetic::summary_markdown(std::slice::from_ref(&comparison), lang));
            is_safe_terminal(&base.name, &synthetic::terminal(&comparison, lang, 80, false));
            let judgement = Judgement::of(&comparison, &["response:p50<1ns".parse().unwrap()], Some(&comparison), lang);
            is_safe_markdown(&base.name, &summary(&judgement, lang));
            judgement.lines(lang).iter().for_each(|line| is_safe_terminal(&base.name, line));
            let commands = annotations(&judgement, lang);
            assert!(
                commands
                    .iter()
                    .all(|line| line.starts_with("::error title=pushbench::") && !line.chars().any(is_obeyed))
            );
            let xml = junit(&judgement);
            assert!(!xml.contains("<script") && !xml.contains("]]>") && !xml.chars().any(is_obeyed), "{}", base.name);
        }
        is_safe_markdown(&base.name, &readme_part(&comparison).1);
        records.said(Language::English).iter().for_each(|line| is_safe_terminal(&base.name, line));
    }
    assert!(replaced > 150, "only {replaced} places hold any text");
}
