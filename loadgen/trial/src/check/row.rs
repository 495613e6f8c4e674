//! The row of a check, how rows are declared, and the warnings that a check gives: things that a reader of a number must know.

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt;

/// What follows when a check fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Said, nothing more.
    Inform,
    /// Said beside every number that it bears on.
    Warn,
    /// The whole block is run again, while time allows.
    Redo,
    /// The trial stays on disk and out of every ratio.
    Void,
    /// Nothing is measured, or no verdict is given.
    Refuse,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Inform => "inform",
            Self::Warn => "warn",
            Self::Redo => "redo",
            Self::Void => "void",
            Self::Refuse => "refuse",
        })
    }
}

/// The numbers that a check bears on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BearsOn {
    /// All.
    Everything,
    /// Durations and rates: what is counted to the byte does not depend on when it came.
    Times,
    /// What is counted to the byte.
    Counts,
}

/// When a warning has a worse consequence.
type When = fn(&Warning) -> bool;

/// A row of the table.
pub struct Check {
    /// Its name in words, as records have it.
    pub id: &'static str,
    /// What follows.
    pub action: Action,
    /// What follows instead where a warning is worse than that.
    pub worse: Option<(Action, When)>,
    /// The numbers that it bears on.
    pub bears_on: BearsOn,
    /// Whether a busy host causes it, so that another attempt at the block may do without.
    pub noise: bool,
    /// The self-check that proves it, `None` where there is none.
    pub probe: Option<&'static str>,
    #[doc(hidden)]
    pub when: fn() -> String,
    #[doc(hidden)]
    pub words: fn(&Warning) -> Option<[String; 2]>,
}

impl Check {
    /// A row that says nothing: what rows leave out.
    #[doc(hidden)]
    pub const PLAIN: Self = Self {
        id: "",
        action: Action::Warn,
        worse: None,
        bears_on: BearsOn::Everything,
        noise: false,
        probe: None,
        when: String::new,
        words: |_| None,
    };

    /// From where on it counts, with the numbers that the code goes by.
    pub fn threshold(&self) -> String {
        (self.when)()
    }
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// One warning about one trial or run. Its text says what happened and what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    check: &'static Check,
    values: Map<String, Value>,
}

impl Warning {
    #[doc(hidden)]
    pub fn of(check: &'static Check) -> Self {
        Self { check, values: Map::new() }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn with(mut self, name: &str, value: &impl Serialize) -> Self {
        self.values.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    /// From a record; `None` where a number of its check is missing or of another kind.
    pub(super) fn read(check: &'static Check, values: Map<String, Value>) -> Option<Self> {
        let warning = Self { check, values };
        (check.words)(&warning).is_some().then_some(warning)
    }

    /// The check that gave it.
    pub const fn check(&self) -> &'static Check {
        self.check
    }

    /// Whether this check gave it.
    pub fn is(&self, check: &Check) -> bool {
        self.check == check
    }

    /// What follows from it.
    pub fn action(&self) -> Action {
        self.check.worse.filter(|(_, is_worse)| is_worse(self)).map_or(self.check.action, |(worse, _)| worse)
    }

    /// One of its numbers or texts; `None` where it has none of this name and kind.
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.values.get(name).unwrap_or(&Value::Null)).ok()
    }

    /// One of its numbers; not a number where it has none of this name.
    pub fn number(&self, name: &str) -> f64 {
        self.value(name).unwrap_or(f64::NAN)
    }

    /// Its texts: what others have said.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.values.values_mut().filter_map(|value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// Its text in both languages.
    pub fn words(&self) -> [String; 2] {
        // A number that is none (an empty trial's quotient) has no digits: the name says at least what was found.
        (self.check.words)(self).unwrap_or_else(|| [self.check.id, self.check.id].map(str::to_owned))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [english, _] = self.words();
        f.write_str(&english)
    }
}

impl std::error::Error for Warning {}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let id = ("warning".to_owned(), Value::from(self.check.id));
        serializer.collect_map(std::iter::once((&id.0, &id.1)).chain(&self.values))
    }
}

/// Declares checks as rows: a static, the function that gives its warning, the numbers of the warning, the name, what
/// follows; then the threshold, the words in both languages, what looks at a measured trial where that is enough to see it,
/// and the columns that are not as in [`Check::PLAIN`].
///
/// Numbers are captured by name, so a row whose translation misses one or invents one does not compile.
#[macro_export]
macro_rules! checks {
    ($($(#[$doc:meta])* $check:ident $found:ident($($value:ident: $kind:ty),*) = $id:literal, $action:ident {
        when: $when:literal $(, $when_argument:expr)*;
        en: $en:literal $(, $en_argument:expr)*;
        zh: $zh:literal $(, $zh_argument:expr)*;
        $(@look: $look:expr;)?
        $($column:ident: $is:expr;)*
    })*) => {
        $(
            $(#[$doc])*
            #[allow(clippy::useless_format, reason = "most texts have numbers")]
            pub static $check: $crate::check::Check = $crate::check::Check {
                id: $id,
                action: $crate::check::Action::$action,
                when: || format!($when $(, $when_argument)*),
                words: |_warning| {
                    $(let $value: $kind = _warning.value(stringify!($value))?; let _ = &$value;)*
                    Some([format!($en $(, $en_argument)*), format!($zh $(, $zh_argument)*)])
                },
                $($column: $is,)*
                ..$crate::check::Check::PLAIN
            };

            #[doc = concat!("The warning of [`", stringify!($check), "`].")]
            pub fn $found($($value: $kind),*) -> $crate::Warning {
                $crate::Warning::of(&$check)$(.with(stringify!($value), &$value))*
            }
        )*

        /// The checks of this subject.
        pub static CHECKS: &[&$crate::check::Check] = &[$(&$check),*];

        /// What looks at a measured trial.
        pub static LOOKS: &[fn(&$crate::Trial, &$crate::Measurement) -> Option<$crate::Warning>] = &[$($($look,)?)*];
    };
}
