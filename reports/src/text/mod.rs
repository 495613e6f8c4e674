//! Every text of the reports in every language, side by side, one function for each message. Refuses to compute: a message
//! gets finished numbers as texts and puts them into a sentence.

mod breakdown;
mod capacity;
mod ci;
mod glossary;
mod llm;
mod loops;
mod memory;
mod notice;
mod page;
mod replication;
mod row;
mod terms;
mod validity;
mod verdict;
mod why;

use std::fmt;
use std::str::FromStr;
use trial::{Arm, Bilingual};

/// Language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The language tag of `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-Hans",
        }
    }

    /// The names of base and other.
    pub(crate) fn sides(self, sides: [Arm; 2]) -> [String; 2] {
        sides.map(|arm| self.arm(arm))
    }

    /// `WebSocket / SSE`, from base and other.
    pub(crate) fn over(self, sides: [Arm; 2]) -> String {
        let [base, other] = self.sides(sides);
        self.ratio_head(&other, &base)
    }

    /// How ratios of base and other are to be read.
    pub(crate) fn ratio_note_of(self, sides: [Arm; 2]) -> String {
        let [base, other] = self.sides(sides);
        self.ratio_note(&other, &base)
    }

    /// A text that a plan declares.
    pub(crate) fn of(self, text: &Bilingual) -> &str {
        self.pick(&text[0], &text[1])
    }

    pub(crate) fn pick<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

/// A text that a plan declares with its placeholders filled.
pub(crate) fn filled(text: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.pick("en", "zh"))
    }
}

/// A word that names no language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown language '{0}' (known: en, zh)")]
pub struct ParseLanguageError(String);

impl FromStr for Language {
    type Err = ParseLanguageError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|language| word == language.to_string());
        known.ok_or_else(|| ParseLanguageError(word.to_owned()))
    }
}

/// Declares messages as methods of [`Language`]: a name, its arguments, the English and the Chinese text. Arguments are
/// captured by name, so a translation that misses one or invents one does not compile.
macro_rules! messages {
    ($($name:ident($($argument:ident: $kind:ty),*) $english:literal $chinese:literal)*) => {
        impl $crate::text::Language {
            $(#[allow(clippy::useless_format, reason = "most messages have arguments")]
            pub(crate) fn $name(self $(, $argument: $kind)*) -> String {
                match self {
                    Self::English => format!($english),
                    Self::Chinese => format!($chinese),
                }
            })*
        }
    };
}
pub(crate) use messages;

/// Declares a list of texts, each in English and in Chinese.
macro_rules! pairs {
    ($name:ident $($english:literal $chinese:literal)*) => {
        const $name: &[(&str, &str)] = &[$(($english, $chinese)),*];
    };
}
pub(crate) use pairs;
