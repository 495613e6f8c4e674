//! The documents against the tree: places, links, sections and lengths. Refuses to judge a sentence.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TOP: [&str; 5] = ["README.md", "METHOD.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn names(directory: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(directory)).unwrap_or_else(|error| panic!("{directory}: {error}"));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The pages of the method, from the root.
fn method() -> Vec<String> {
    names("reports/method").into_iter().map(|name| format!("reports/method/{name}")).collect()
}

fn documents() -> Vec<String> {
    let beside =
        ["loadgen/README.md", "benches/PERFORMANCE.md", "reports/published/README.md", "reports/published/ERRATA.md"];
    TOP.into_iter().chain(beside).map(str::to_owned).chain(method()).collect()
}

/// What stands between backticks, in order.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The words that a reader sees: comments and table borders are none.
fn words(path: &str) -> usize {
    let visible = |line: &&str| !line.starts_with("<!--");
    let text = read(path);
    let words = text.lines().filter(visible).flat_map(str::split_whitespace);
    words.filter(|word| word.contains(char::is_alphanumeric)).count()
}

/// The anchor that a heading gets: lower case, blanks as hyphens, no punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|&c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn headings(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        code ^= line.starts_with("```");
        !code && line.starts_with('#')
    })
}

/// Directories of the layout, from the root, each with the places that it names.
fn layout() -> Vec<(String, Vec<String>)> {
    let architecture = read("ARCHITECTURE.md");
    let layout = architecture.split("\n## ").find(|section| section.starts_with("Layout")).unwrap();
    let of_directory = |part: &str| {
        let directory = quoted(part).next().unwrap().to_owned();
        let rows = part.lines().filter(|line| line.starts_with("| `"));
        let places = rows.flat_map(|row| quoted(row.split('|').nth(1).unwrap())).map(str::to_owned).collect();
        (directory, places)
    };
    layout.split("\n### ").skip(1).map(of_directory).collect()
}

#[test]
fn every_place_of_the_layout_exists() {
    for (directory, places) in layout() {
        assert!(!places.is_empty(), "{directory} names no place");
        for place in places {
            let path = root().join(&directory).join(&place);
            assert_eq!(path.is_dir(), place.ends_with('/'), "ARCHITECTURE: {directory}{place} is of the other kind");
            assert!(path.exists(), "ARCHITECTURE: {directory}{place} does not exist");
        }
    }
}

#[test]
fn every_crate_and_every_module_at_its_top_is_in_the_layout() {
    let layout = layout();
    let manifest = read("Cargo.toml");
    let members = manifest.lines().find(|line| line.starts_with("members")).unwrap();
    for member in members.split('"').skip(1).step_by(2) {
        let places = layout.iter().find(|(directory, _)| *directory == format!("{member}/"));
        let (_, places) = places.unwrap_or_else(|| panic!("ARCHITECTURE does not name the crate {member}"));
        if !root().join(member).join("src").is_dir() {
            continue;
        }
        let module = |name: &str| name.trim_end_matches(".rs").trim_end_matches('/').to_owned();
        let named: BTreeSet<_> = places.iter().filter_map(|place| place.strip_prefix("src/")).map(module).collect();
        let sources = names(&format!("{member}/src"));
        let modules =
            sources.iter().filter(|name| name.ends_with(".rs") || !name.contains('.')).map(|name| module(name));
        let missing: Vec<_> = modules.filter(|name| name != "lib" && name != "main" && !named.contains(name)).collect();
        assert!(missing.is_empty(), "ARCHITECTURE does not name, of {member}: {missing:?}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    for document in documents() {
        let text = read(&document);
        let links = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        for link in links.filter(|link| !link.contains("://")) {
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                root().join(&document)
            } else {
                root().join(&document).parent().unwrap().join(path)
            };
            assert!(target.exists(), "{document}: {link}");
            if !fragment.is_empty() && target.extension().is_some_and(|extension| extension == "md") {
                let anchors: Vec<_> = headings(&read(&target)).map(anchor).collect();
                assert!(anchors.iter().any(|anchor| anchor == fragment), "{document}: {link}, of {anchors:?}");
            }
        }
    }
}

#[test]
fn documents_are_as_short_as_promised() {
    let method = words("METHOD.md") + method().iter().map(|page| words(page)).sum::<usize>();
    for (what, found, most) in [
        ("README", words("README.md"), 900),
        ("METHOD", words("METHOD.md"), 2_500),
        ("METHOD and its pages", method, 6_000),
    ] {
        assert!(found <= most, "{what}: {found} words, at most {most}");
    }
}

/// Every file that git knows and that holds text of ours.
fn sources() -> Vec<String> {
    let git = Command::new("git")
        .arg("-C")
        .arg(root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .output();
    let listed =
        git.ok().filter(|output| output.status.success()).map(|output| String::from_utf8(output.stdout).unwrap());
    let ours = |path: &&str| [".rs", ".md", ".sh", ".toml", ".mjs"].iter().any(|end| path.ends_with(end));
    listed
        .unwrap_or_default()
        .lines()
        .filter(ours)
        .map(str::to_owned)
        .filter(|path| root().join(path).is_file())
        .collect()
}

#[test]
fn what_refers_to_the_method_refers_to_a_section_that_exists() {
    let method = read("METHOD.md");
    let numbered = headings(&method).filter_map(|heading| heading.strip_prefix("## ")?.split('.').next()?.parse().ok());
    let sections: Vec<usize> = numbered.collect();
    assert_eq!(sections, (1..=sections.len()).collect::<Vec<_>>(), "sections of METHOD are numbered");
    let this = "loadgen/tests/documents.rs";
    for path in sources().iter().filter(|path| *path != this) {
        let text = read(path);
        assert!(!text.contains(concat!("METHOD", "OLOGY")), "{path} refers to a page that is no more");
        for rest in text.split("METHOD, section ").skip(1) {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            assert!(sections.contains(&digits.parse().unwrap()), "{path}: METHOD, section {digits}");
        }
        for rest in text.split("reports/method/").skip(1) {
            let page: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect();
            let page = page.trim_end_matches('.');
            assert!(root().join("reports/method").join(page).exists(), "{path}: reports/method/{page}");
        }
    }
}

/// The rows of the code as the page shows them.
fn table_of_checks() -> String {
    let mut table = "| check | from where on | consequence | self-check |\n| --- | --- | --- | --- |\n".to_owned();
    for check in trial::check::all().chain(reports::detect::CHECKS.iter().copied()) {
        let worse = check.worse.map_or(String::new(), |(worse, _)| format!("; {worse}"));
        let probe = check.probe.and_then(|probe| probe.split(' ').next()).unwrap_or_default();
        let threshold = check.threshold().replace('|', "\\|");
        table += &format!("| `{}` | {threshold} | {}{worse} | {probe} |\n", check.id, check.action);
    }
    table
}

#[test]
fn the_page_of_checks_has_the_table_of_the_code_and_every_probe() {
    let path = "reports/method/checks.md";
    let page = read(path);
    let (head, rest) = page.split_once("<!-- checks -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- /checks -->").unwrap();
    let renewed = format!("{head}<!-- checks -->\n{}<!-- /checks -->{tail}", table_of_checks());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(root().join(path), &renewed).unwrap();
    } else {
        assert!(page == renewed, "{path}: run UPDATE_GOLDEN=1 cargo test -p loadgen --test documents");
    }
    for probe in loadgen::selfcheck::Probe::ALL {
        let number = probe.name().split(' ').next().unwrap();
        assert!(page.contains(&format!("\n| {number} | ")), "probe {number}");
    }
}
