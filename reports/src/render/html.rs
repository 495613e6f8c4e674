//! One self-contained page, readable without JavaScript, light and dark, wide and narrow, on paper. Refuses to load anything
//! from anywhere.

use super::element::{Element, Html, el};
use crate::document::{Block, Chip, Document, Entry, Found, Heads, Line, Scope, Section, Table, Verdicts};
use crate::number::NONE;

/// The whole page.
pub fn html(document: &Document) -> String {
    let several = document.runs.len() > 1;
    let runs = document.runs.iter().map(|run| {
        let name = several.then(|| el("h2").class("run").add(&run.label).line());
        Html::from_iter(name.into_iter().chain([blocks(&run.blocks)]))
    });
    let sections = document.sections.iter().filter(|section| section.scope != Scope::Summary);
    let body = el("body")
        .add(el("header").add(el("h1").add(&document.title).line()).all(runs).line())
        .add(el("main").all(sections.map(|one| section(one, document))))
        .add(el("footer").add(el("p").add(&document.footer)).line());
    let head = el("head")
        .add(Html::trusted("<meta charset=\"utf-8\">\n"))
        .add(Html::trusted("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"))
        .add(Html::trusted("<meta name=\"color-scheme\" content=\"light dark\">\n"))
        .add(el("title").add(&document.title).line())
        .add(el("style").add(Html::trusted(include_str!("../../assets/page.css"))).line());
    let page = el("html").with("lang", document.tag).add(head.line()).add(body.line()).line();
    format!("<!doctype html>\n{}", page.into_string())
}

fn section(section: &Section, document: &Document) -> Html {
    let several = section.runs.len() > 1;
    let runs = section.runs.iter().zip(&document.runs).filter(|(of_run, _)| !of_run.is_empty());
    let runs = runs.map(|(of_run, run)| {
        let name = several.then(|| el("h3").class("run").add(&run.label).line());
        Html::from_iter(name.into_iter().chain([blocks(of_run)]))
    });
    let element = el("section").with("id", &section.anchor);
    let element = if section.headed {
        element.add(el("h2").add(&section.heading).line())
    } else {
        element.with("aria-label", &section.heading)
    };
    element.all(runs).line()
}

/// Blocks in order; charts that follow each other share a grid.
fn blocks(blocks: &[Block]) -> Html {
    let groups = blocks.chunk_by(|a, b| matches!((a, b), (Block::Chart(_), Block::Chart(_))));
    let group = |group: &[Block]| match group {
        [Block::Chart(_), ..] => el("div").class("charts").all(group.iter().map(block)).line(),
        others => others.iter().map(block).collect(),
    };
    groups.map(group).collect()
}

fn block(block: &Block) -> Html {
    match block {
        Block::Answer(sentences) => sentences.iter().map(|said| el("p").class("answer").add(said).line()).collect(),
        Block::Banner { title, link: [words, target], points } => banner(title, words, target, points),
        Block::Source { command, facts, .. } => source(command, facts),
        Block::Heading(text) => el("h3").add(text).line(),
        Block::Text(text) => el("p").add(text).line(),
        Block::Note(text) => el("p").class("note").add(text).line(),
        Block::Warning(text) => {
            el("p").class("warning").add(el("span").with("aria-hidden", "true").add("⚠ ")).add(text).line()
        }
        Block::List(items) => el("ul").all(items.iter().map(|item| el("li").add(item).line())).line(),
        Block::Facts(facts) => {
            let fact = |(name, value): &(String, String)| [el("dt").add(name).line(), el("dd").add(value).line()];
            el("dl").all(facts.iter().flat_map(fact)).line()
        }
        Block::Table(data) => table(data),
        Block::Verdicts(data) => verdicts(data),
        Block::Verdict(verdict, beside) => el("p").class("conclusion").add(chip(verdict)).all(detail(beside)).line(),
        Block::Chart(picture) => {
            let caption = el("figcaption").add(&picture.caption);
            el("figure").add(Html::trusted(picture.svg.as_str())).add(caption).line()
        }
        Block::Code { title, text } => {
            let caption = el("figcaption").add(title);
            el("figure").class("wire").add(caption).add(el("pre").with("tabindex", "0").add(text)).line()
        }
        Block::Fold { summary, blocks: inside } => {
            el("details").add(el("summary").add(summary)).add(blocks(inside)).line()
        }
    }
}

fn banner(title: &str, words: &str, target: &str, points: &[String]) -> Html {
    let link = el("a").with("href", target).add(words);
    let points = el("ul").all(points.iter().map(|point| el("li").add(point).line())).line();
    let title = el("p").add(el("b").add(title)).add(" ").add(link).line();
    el("aside").class("withdrawn").add(title).add(points).line()
}

/// One compact paragraph.
fn source(command: &str, facts: &[(String, String)]) -> Html {
    let fact = |(name, value): &(String, String)| [Html::from(format!(" · {name} ")), el("b").add(value).into()];
    el("p").class("command").add(el("code").add(command)).all(facts.iter().flat_map(fact)).line()
}

fn table(data: &Table) -> Html {
    let numeric: Vec<bool> = (0..data.head.len()).map(|column| is_numeric(data, column)).collect();
    let aligned = |name, column: usize| if numeric[column] { el(name).class("number") } else { el(name) };
    let heads = data.head.iter().enumerate().map(|(column, name)| aligned("th", column).with("scope", "col").add(name));
    let row = |cells: &Vec<String>| {
        let cells = cells.iter().zip(0..data.head.len()).map(|(text, column)| match column {
            0 => el("th").with("scope", "row").add(text),
            _ => aligned("td", column).add(text),
        });
        el("tr").all(cells).line()
    };
    let table = el("table")
        .add(el("caption").add(&data.caption))
        .add(el("thead").add(el("tr").all(heads)).line())
        .add(el("tbody").all(data.rows.iter().map(row)));
    el("div").class("scroll").with("tabindex", "0").add(table).line()
}

/// Whether a column holds numbers rather than words that may begin with one. The first names the row.
fn is_numeric(data: &Table, column: usize) -> bool {
    let texts = data.rows.iter().filter_map(|row| row.get(column)).filter(|text| *text != NONE && !text.is_empty());
    let (numbers, words): (Vec<_>, Vec<_>) = texts.partition(|text| is_number(text));
    column > 0 && numbers.len() >= words.len()
}

/// Whether a text is a number with perhaps a unit, to be aligned at the right.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().count() < 48
}

/// One run with a column for each quantity, several runs with a column each; then the sentences that no section has.
fn verdicts(data: &Verdicts) -> Html {
    let sides = if data.runs.len() > 1 { side_by_side(data) } else { single(data) };
    let told = data.entries.iter().filter(|entry| entry.anchor.is_none());
    let told = told.flat_map(|entry| {
        let said = entry.found.iter().filter(|found| !found.sentence.is_empty());
        said.map(|found| el("p").add(el("b").add(&entry.name)).add(": ").add(&found.sentence).line())
    });
    Html::from_iter(std::iter::once(el("div").class("scroll").add(sides).line()).chain(told))
}

fn head(names: impl IntoIterator<Item = (String, String)>) -> Html {
    let names = names.into_iter().filter(|(class, name)| !(class == "claim" && name.is_empty()));
    let heads = names.map(|(class, name)| el("th").class(&class).with("scope", "col").add(name));
    el("thead").add(el("tr").all(heads)).line()
}

fn single(data: &Verdicts) -> Element {
    let Heads { name, claim, what, sides, ratios, verdict, .. } = &data.heads;
    let before = [("", name), ("claim", claim), ("what", what)];
    let named = |(class, name): (&str, &String)| (class.to_owned(), name.clone());
    let sides = sides.iter().map(|(name, class)| (format!("number {class}"), name.clone()));
    let after = ratios.iter().map(|name| ("number", name)).chain([("verdict", verdict)]);
    let heads = head(before.map(named).into_iter().chain(sides).chain(after.map(named)));
    let bodies = data.entries.iter().flat_map(|entry| entry.found.iter().map(|found| body(entry, found, &data.heads)));
    el("table").class("overview").add(heads).all(bodies)
}

/// An entry is a body of its own: its measured lines are the rows inside it.
fn body(entry: &Entry, found: &Found, heads: &Heads) -> Html {
    let lines: Vec<&Line> = found.lines.iter().take(entry.glance).collect();
    let height = lines.len().max(1).to_string();
    let name = el("th").class("row").with("scope", "rowgroup").with("rowspan", &height);
    let claim = claim(entry, heads).map(|claim| claim.with("rowspan", &height).with("data-label", &heads.claim));
    let caveat = (!found.caveats.is_empty()).then_some(&heads.caveat);
    let links = std::iter::once(&heads.evidence).chain(caveat).filter(|_| entry.anchor.is_some());
    let verdict = el("td")
        .class("verdict")
        .with("rowspan", &height)
        .add(chip(&found.chip))
        .all(links.map(|words| link(entry, words)))
        .all(detail(&found.detail));
    let measured = lines.first().map_or_else(|| nothing(heads), |line| cells(line, heads));
    let first = el("tr").add(name.add(link(entry, &entry.name))).all(claim).all(measured);
    let rest = lines.iter().skip(1).map(|line| el("tr").all(cells(line, heads)).line());
    el("tbody").class(found.chip.tone.class()).add(first.add(verdict).line()).all(rest).line()
}

/// A text that leads to the section of an entry, if it has one.
fn link(entry: &Entry, text: &str) -> Html {
    match &entry.anchor {
        Some(anchor) => el("a").with("href", &format!("#{anchor}")).add(text).into(),
        None => text.into(),
    }
}

fn cells(line: &Line, heads: &Heads) -> Vec<Html> {
    let values = line.values.iter().zip(&heads.sides);
    let values = values.map(|(value, (_, class))| el("td").class(&format!("number {class}")).add(value));
    let ratios = line.ratios.iter().zip(&heads.ratios);
    let ratios = ratios.map(|(ratio, name)| el("td").class("number ratio").with("data-label", name).add(ratio));
    std::iter::once(el("td").class("what").add(&line.what)).chain(values).chain(ratios).map(Html::from).collect()
}

fn nothing(heads: &Heads) -> Vec<Html> {
    let width = heads.of_line().count().to_string();
    vec![el("td").class("what nothing").with("colspan", &width).add(NONE).into()]
}

/// What is claimed of each side; `None` where the table has no claims.
fn claim(entry: &Entry, heads: &Heads) -> Option<Element> {
    if heads.claim.is_empty() {
        return None;
    }
    let cell = el("td").class("claim");
    if entry.claim.is_empty() {
        return Some(cell.add(el("span").class("nothing").add(&heads.unclaimed)));
    }
    let said = heads.sides.iter().zip(&entry.claim).map(|((name, class), claim)| {
        let name = el("span").class(&format!("name {class}")).add(name);
        el("span").class("said").add(name).add(" ").add(claim)
    });
    Some(cell.all(said))
}

/// The verdict as a coloured word with a sign.
fn chip(chip: &Chip) -> Html {
    let sign = el("span").with("aria-hidden", "true").add(chip.tone.sign()).add(" ");
    el("span").class(&format!("chip {}", chip.tone.class())).add(sign).add(&chip.word).into()
}

/// What stands beside the word; nothing where the word says it all.
fn detail(text: &str) -> Option<Element> {
    (!text.is_empty()).then(|| el("span").class("detail").add(text))
}

fn side_by_side(data: &Verdicts) -> Element {
    let before = [("", &data.heads.name), ("claim", &data.heads.claim)];
    let runs = data.runs.iter().map(|label| ("run", label));
    let heads = head(before.into_iter().chain(runs).map(|(class, name)| (class.to_owned(), name.clone())));
    let bodies = data.entries.iter().map(|entry| {
        let runs = entry.found.iter().zip(&data.runs).map(|(found, label)| {
            el("td").class("run").with("data-label", label).add(run_cell(entry, found, &data.heads))
        });
        let name = el("th").class("row").with("scope", "row").add(link(entry, &entry.name));
        el("tr").add(name).all(claim(entry, &data.heads)).all(runs).line()
    });
    el("table").class("overview runs").add(heads).add(el("tbody").all(bodies))
}

fn run_cell(entry: &Entry, found: &Found, heads: &Heads) -> Html {
    let lines = found.lines.iter().take(entry.glance).map(|line| {
        let values = line.values.iter().zip(&heads.sides);
        el("span")
            .class("measured")
            .add(el("span").class("what").add(&line.what))
            .all(values.map(|(value, (_, class))| el("span").class(class).add(value)))
            .all(line.ratios.iter().map(|ratio| el("span").class("ratio").add(ratio)))
            .into()
    });
    std::iter::once(chip(&found.chip)).chain(detail(&found.detail).map(Html::from)).chain(lines).collect()
}
