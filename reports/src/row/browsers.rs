//! Which browsers have which API: the compatibility data, and what the browsers on this machine did.

use super::study::Study;
use super::{Finding, Reach, RowVerdict};
use crate::browser_support::{BrowserSince, Feature, Share, support};
use crate::compare::Comparison;
use crate::document::{Block, Line, Table};
use crate::number;
use crate::text::Language;
use trial::LiveBrowser;

pub(super) fn finding(study: &Study) -> Finding {
    let lang = study.lang;
    let (sse, websocket) = (support().event_source(), support().websocket());
    let of = |share: Share| lang.share(share.with, share.of);
    let live: Vec<&LiveBrowser> = browsers(study.comparison).collect();
    let mut lines = vec![
        Line::new(lang.browsers_with(), of(sse.browser_share()), of(websocket.browser_share())),
        Line::new(lang.every_major_since(), since(sse, lang), since(websocket, lang)),
    ];
    let (failed, opened): (Vec<_>, Vec<_>) = live.into_iter().partition(|browser| browser.failure.is_some());
    lines.extend(opened.iter().map(|browser| live_line(browser, lang)));
    let [s, w] = [sse, websocket].map(|feature| feature.browser_share().with);
    let names = |of: &[&LiveBrowser]| of.iter().map(|browser| named(browser)).collect::<Vec<_>>().join(", ");
    let live_words = match (opened.as_slice(), failed.as_slice()) {
        _ if study.comparison.row(study.row).next().is_none() => lang.no_probe_planned(),
        ([], []) => lang.no_browser_found(),
        ([], failed) => lang.no_browser_opened(names(failed)),
        (opened, []) => lang.live_found(names(opened)),
        (opened, failed) => lang.live_found_but(names(opened), names(failed)),
    };
    // The data comes with this program: it says the same of every run, and what the host's browsers did stands beside it.
    let beside = if opened.is_empty() { lang.by_data() } else { lang.by_data_and(names(&opened)) };
    let reach = Reach { beside, ..Reach::default() };
    Finding {
        lines,
        verdict: if s > w { RowVerdict::Confirmed(reach) } else { RowVerdict::Refuted(reach) },
        sentence: lang.browser_sentence(
            of(sse.browser_share()),
            of(websocket.browser_share()),
            since(sse, lang),
            since(websocket, lang),
            live_words,
        ),
        caveats: Vec::new(),
    }
}

/// The compatibility data, and what the browsers of the host did.
pub(super) fn evidence(study: &Study) -> Vec<Block> {
    let lang = study.lang;
    let data = support();
    let origin = lang.compat_origin(&data.data_version, &data.data_date, &data.source);
    let live: Vec<&LiveBrowser> = browsers(study.comparison).collect();
    let mut blocks = vec![Block::Table(compatibility(lang)), Block::Note(origin)];
    if !live.is_empty() {
        blocks.push(Block::Table(probes(&live, lang)));
    }
    blocks
}

/// Every browser that was opened, whichever cell of the run did.
pub(super) fn browsers<'a>(comparison: &'a Comparison) -> impl Iterator<Item = &'a LiveBrowser> {
    let arms = comparison.cells.iter().flat_map(|cell| &cell.arms);
    let mut seen = Vec::new();
    arms.flat_map(|arm| arm.measured()).flat_map(|(_, m)| &m.browsers).filter(move |browser| {
        let new = !seen.contains(&(&browser.name, &browser.version));
        seen.push((&browser.name, &browser.version));
        new
    })
}

fn named(browser: &LiveBrowser) -> String {
    let name = browser.name.trim();
    // Most browsers state their name in their version: "Chromium 120.0.6099.224".
    if browser.version.to_lowercase().contains(&name.to_lowercase()) {
        browser.version.trim().to_owned()
    } else {
        format!("{name} {}", browser.version.trim()).trim().to_owned()
    }
}

fn since(feature: &Feature, lang: Language) -> String {
    let last = feature.everywhere_since();
    last.map_or_else(|| lang.not_everywhere(), |last| last.date.clone().unwrap_or_default())
}

fn received(events: Option<u64>, asked: u64, lang: Language) -> String {
    events.map_or_else(|| lang.did_not_open(), |events| lang.share(events as usize, asked as usize))
}

fn live_line(browser: &LiveBrowser, lang: Language) -> Line {
    let of = |events| received(events, browser.asked, lang);
    Line::new(lang.live_label(named(browser)), of(browser.sse_events), of(browser.websocket_events))
}

fn compatibility(lang: Language) -> Table {
    let (sse, websocket) = (support().event_source(), support().websocket());
    let first = |browser: &BrowserSince| {
        let date = browser.date.as_deref().map(|date| format!(" ({date})")).unwrap_or_default();
        browser.version.as_ref().map_or(number::NONE.to_owned(), |version| format!("{version}{date}"))
    };
    // Desktop and mobile browsers first, JavaScript servers last.
    let mut browsers: Vec<&BrowserSince> = sse.browsers.iter().collect();
    browsers.sort_by_key(|browser| (browser.retired, browser.kind));
    let other = |browser: &&BrowserSince| websocket.browsers.iter().find(|other| other.id == browser.id);
    let retired = |browser: &BrowserSince| if browser.retired { lang.retired() } else { String::new() };
    Table::of(
        lang.compat_caption(),
        &browsers,
        [
            (lang.browser(), &|browser| format!("{}{}", browser.name, retired(browser))),
            (sse.name.clone(), &|browser| first(browser)),
            (websocket.name.clone(), &|browser| other(browser).map_or(number::NONE.to_owned(), first)),
        ],
    )
}

fn probes(live: &[&LiveBrowser], lang: Language) -> Table {
    let resumed = |resumed: Option<bool>| match resumed {
        Some(true) => lang.yes(),
        Some(false) => lang.no(),
        None => number::NONE.to_owned(),
    };
    Table::of(
        lang.probe_caption(),
        live,
        [
            (lang.browser(), &|browser| named(browser)),
            (lang.events_by("EventSource"), &|browser| received(browser.sse_events, browser.asked, lang)),
            (lang.events_by("WebSocket"), &|browser| received(browser.websocket_events, browser.asked, lang)),
            (lang.resumed_by("EventSource"), &|browser| resumed(browser.sse_resumed)),
            (lang.resumed_by("WebSocket"), &|browser| resumed(browser.websocket_resumed)),
            (lang.remark(), &|browser| browser.failure.clone().unwrap_or_default()),
        ],
    )
}
