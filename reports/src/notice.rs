//! What was withdrawn of a published run: a small file beside its records, shown above everything that was made of them.
//! Refuses text without bounds, and a link that leaves the published directories.

use serde::Deserialize;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The file beside the records.
pub(crate) const FILE_NAME: &str = "withdrawn.json";

const MAX_BYTES: u64 = 16 << 10;
const MAX_FIGURES: usize = 12;
const MAX_CHARS: usize = 400;

/// What no longer counts, and where it is explained.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// When it was withdrawn: `YYYY-MM-DD`.
    pub date: String,
    /// The page that explains it, relative to the report.
    pub errata: String,
    /// One sentence for each figure that is withdrawn.
    pub withdrawn: Vec<Withdrawn>,
}

/// Which figures are withdrawn and why, in every language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
    /// The row of the table that rests on it, which then shows none of its figures.
    #[serde(default)]
    pub row: Option<String>,
}

/// Why a file is no notice; one line each.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoticeError {
    /// Not readable.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// Not JSON of this shape.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Larger than any notice.
    #[error("larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// A date that is none.
    #[error("date must be YYYY-MM-DD")]
    Date,
    /// A link to somewhere else.
    #[error("errata must be a relative path of letters, digits and ./_-#")]
    Errata,
    /// Nothing, or more than a banner holds.
    #[error("withdrawn must hold 1 to {MAX_FIGURES} entries of 1 to {MAX_CHARS} characters a language")]
    Withdrawn,
}

impl Notice {
    /// What was withdrawn of a row as a whole.
    pub(crate) fn of_row(&self, id: &str) -> Option<&Withdrawn> {
        self.withdrawn.iter().find(|it| it.row.as_deref() == Some(id))
    }

    /// Reads the notice beside a records file; `None` where there is none.
    pub(crate) fn beside(records: &Path) -> Result<Option<Self>, NoticeError> {
        let file = match File::open(records.with_file_name(FILE_NAME)) {
            Ok(file) => file,
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(problem) => return Err(problem.into()),
        };
        let mut text = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut text)?;
        Self::parse(&text).map(Some)
    }

    fn parse(text: &[u8]) -> Result<Self, NoticeError> {
        if text.len() as u64 > MAX_BYTES {
            return Err(NoticeError::TooLarge);
        }
        let notice: Self = serde_json::from_slice(text)?;
        let is_short = |text: &String| (1..=MAX_CHARS).contains(&text.chars().count());
        match &notice {
            _ if !is_date(&notice.date) => Err(NoticeError::Date),
            _ if !is_relative(&notice.errata) => Err(NoticeError::Errata),
            _ if !(1..=MAX_FIGURES).contains(&notice.withdrawn.len()) => Err(NoticeError::Withdrawn),
            _ if !notice.withdrawn.iter().all(|it| is_short(&it.en) && is_short(&it.zh)) => Err(NoticeError::Withdrawn),
            _ => Ok(notice),
        }
    }
}

fn is_date(text: &str) -> bool {
    let dash = |at: usize| at == 4 || at == 7;
    text.len() == 10 && text.bytes().enumerate().all(|(at, b)| if dash(at) { b == b'-' } else { b.is_ascii_digit() })
}

/// Without a colon there is no scheme, without a leading slash no other root and no other host.
fn is_relative(path: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "./_-#".contains(c);
    (1..=200).contains(&path.len()) && !path.starts_with('/') && path.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(date: &str, errata: &str, english: &str) -> String {
        let entry = serde_json::json!({ "en": english, "zh": "撤回" });
        serde_json::json!({ "date": date, "errata": errata, "withdrawn": [entry] }).to_string()
    }

    #[test]
    fn only_short_text_and_links_within_what_is_published_are_taken() {
        let parse = |text: String| Notice::parse(text.as_bytes());
        let whole = parse(notice("2026-11-29", "../ERRATA.md#stalls", "p99")).unwrap();
        assert_eq!((whole.withdrawn.len(), whole.withdrawn[0].en.as_str()), (1, "p99"));
        for (text, problem) in [
            (notice("29.11.2026", "../E.md", "x"), "YYYY-MM-DD"),
            (notice("2026-11-29", "javascript:alert(1)", "x"), "relative path"),
            (notice("2026-11-29", "//example.org/x", "x"), "relative path"),
            (notice("2026-11-29", "../E.md", ""), "1 to 12 entries"),
            (notice("2026-11-29", "../E.md", &"x".repeat(401)), "1 to 12 entries"),
            (notice("2026-11-29", "../E.md", &"x".repeat(17_000)), "larger than"),
            (notice("2026-11-29", "../E.md", "x").replace("withdrawn", "figures"), "unknown field"),
            ("{".to_owned(), "EOF"),
        ] {
            let said = parse(text.clone()).unwrap_err().to_string();
            assert!(said.contains(problem), "{said}: {text}");
        }
    }
}
