//! Since when each browser has `EventSource` and `WebSocket`: two entries of MDN's compatibility data and what can be
//! computed from them. Refuses to know what the browsers of this machine do: that is the live probe's answer.
//!
//! The data is a committed file with its version and date; `scripts/browser-compat.mjs` writes it again from npm.

use serde::Deserialize;
use std::sync::LazyLock;

/// The committed data.
pub fn support() -> &'static Support {
    static SUPPORT: LazyLock<Support> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../assets/browser-compat.json")).expect("the committed data parses: tested")
    });
    &SUPPORT
}

/// The compatibility data with its origin.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Support {
    /// Version of the package.
    pub data_version: String,
    /// Day of that version, `YYYY-MM-DD`.
    pub data_date: String,
    /// Where the package is published.
    pub source: String,
    /// SPDX name of its licence.
    pub licence: String,
    /// `EventSource`, `WebSocket` and those parts of them that came later somewhere.
    pub features: Vec<Feature>,
}

impl Support {
    /// The entry of that name.
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.name == name)
    }

    /// What a browser needs for SSE.
    pub fn event_source(&self) -> &Feature {
        self.feature("EventSource").expect("the committed data has it: tested")
    }

    /// What a browser needs for a WebSocket server of today: the protocol of RFC 6455, not the drafts before it.
    pub fn websocket(&self) -> &Feature {
        self.feature("WebSocket of RFC 6455").expect("the committed data has it: tested")
    }
}

/// One feature in every browser that the data knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Such as `EventSource`.
    pub name: String,
    /// Where it is specified.
    pub spec_url: String,
    /// Whether that specification is on a standards track.
    pub standard_track: bool,
    /// Every browser that the data knows, with or without the feature.
    pub browsers: Vec<BrowserSince>,
}

/// What a browser runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Desktop browsers.
    Desktop,
    /// Phones and tablets, and the web views of their systems.
    Mobile,
    /// Headsets.
    Xr,
    /// JavaScript servers: no browsers, so counted apart.
    Server,
}

/// Since when one browser has a feature.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserSince {
    /// The data's own name, such as `safari_ios`.
    pub id: String,
    /// Name in prose.
    pub name: String,
    /// What it runs on.
    pub kind: Kind,
    /// Whether it has no current release any more (Internet Explorer).
    pub retired: bool,
    /// First version that has the feature without prefix, flag or restriction; `None` when no version has.
    /// `≤15` means 15 or earlier.
    pub version: Option<String>,
    /// Release day of that version, `YYYY-MM-DD`; `None` when it is not known.
    pub date: Option<String>,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Browsers with the feature.
    pub with: usize,
    /// Browsers in all.
    pub of: usize,
}

/// Chrome, Edge, Firefox and Safari on desktop and mobile: every engine that is still developed.
const MAJOR: [&str; 7] = ["chrome", "chrome_android", "edge", "firefox", "firefox_android", "safari", "safari_ios"];

impl Feature {
    /// How many living browsers of these kinds have the feature.
    pub fn share(&self, kinds: &[Kind]) -> Share {
        let living = || self.browsers.iter().filter(|browser| !browser.retired && kinds.contains(&browser.kind));
        Share { with: living().filter(|browser| browser.version.is_some()).count(), of: living().count() }
    }

    /// How many living browsers have the feature; servers do not count.
    pub fn browser_share(&self) -> Share {
        self.share(&[Kind::Desktop, Kind::Mobile, Kind::Xr])
    }

    /// The last of the major browsers (Chrome, Edge, Firefox, Safari; desktop and mobile) that got the feature: all of
    /// them have it since that day. `None` while one lacks it or hides its day.
    pub fn everywhere_since(&self) -> Option<&BrowserSince> {
        let major = || self.browsers.iter().filter(|browser| MAJOR.contains(&browser.id.as_str()));
        let complete = major().filter(|browser| browser.date.is_some()).count() == MAJOR.len();
        major().max_by_key(|browser| &browser.date).filter(|_| complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser(id: &str, kind: Kind, version: Option<&str>, date: Option<&str>) -> BrowserSince {
        let [version, date] = [version, date].map(|text| text.map(str::to_owned));
        BrowserSince { id: id.to_owned(), name: id.to_owned(), kind, retired: id == "ie", version, date }
    }

    fn feature(browsers: Vec<BrowserSince>) -> Feature {
        Feature { name: "F".to_owned(), spec_url: String::new(), standard_track: true, browsers }
    }

    fn is_day(text: &str) -> bool {
        let widths = text.split('-').map(|part| part.parse::<u16>().map(|_| part.len()));
        widths.collect::<Result<Vec<_>, _>>() == Ok(vec![4, 2, 2])
    }

    #[test]
    fn the_committed_data_is_whole() {
        let support = support();
        assert!(is_day(&support.data_date) && support.licence == "CC0-1.0", "{support:?}");
        assert_eq!((support.event_source().name.as_str(), support.features.len()), ("EventSource", 5));
        for feature in [support.event_source(), support.websocket()] {
            assert!(feature.standard_track && feature.spec_url.starts_with("https://"));
            assert!(feature.browsers.iter().flat_map(|browser| &browser.date).all(|date| is_day(date)));
            assert!(MAJOR.iter().all(|id| feature.browsers.iter().any(|browser| browser.id == *id)));
        }
    }

    #[test]
    fn every_living_browser_has_both() {
        for feature in [support().event_source(), support().websocket()] {
            let share = feature.browser_share();
            assert!(share.with == share.of && share.of >= 13, "{}: {share:?}", feature.name);
        }
    }

    #[test]
    fn the_last_major_browser_sets_the_day() {
        let day = |feature: &Feature| feature.everywhere_since().and_then(|last| last.date.clone());
        assert_eq!(day(support().event_source()).as_deref(), Some("2020-01-15"));
        assert_eq!(day(support().websocket()).as_deref(), Some("2015-07-29"));
    }

    #[test]
    fn one_major_browser_without_it_is_not_everywhere() {
        let mut browsers: Vec<_> =
            MAJOR.iter().map(|id| browser(id, Kind::Desktop, Some("1"), Some("2010-01-01"))).collect();
        assert!(feature(browsers.clone()).everywhere_since().is_some());
        browsers[6] = browser("safari_ios", Kind::Mobile, None, None);
        let feature = feature(browsers);
        assert_eq!(feature.everywhere_since(), None);
    }

    #[test]
    fn servers_and_retired_browsers_are_counted_apart() {
        let feature = feature(vec![
            browser("chrome", Kind::Desktop, Some("6"), Some("2010-09-02")),
            browser("opera", Kind::Desktop, Some("≤15"), None),
            browser("ie", Kind::Desktop, None, None),
            browser("deno", Kind::Server, Some("1.38"), Some("2009-01-01")),
        ]);
        assert_eq!(feature.browser_share(), Share { with: 2, of: 2 });
        assert_eq!(feature.share(&[Kind::Server]), Share { with: 1, of: 1 });
    }
}
