//! What a report shows, as data: sections of blocks in the words of one language. `section` fills it, `render` lays it out;
//! neither knows the other. Refuses to compute.

use std::fmt;

/// A report in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The language's tag: `en`.
    pub tag: &'static str,
    /// What it is about.
    pub title: String,
    /// What is read first of each run.
    pub runs: Vec<Opening>,
    /// Sections in the order of reading.
    pub sections: Vec<Section>,
    /// By what it was made.
    pub footer: String,
}

/// What is read first of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What tells it from other runs.
    pub label: String,
    /// What was withdrawn, the answer, its source, what must be known before any number.
    pub blocks: Vec<Block>,
}

/// Where a section is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    All,
    /// On a page, which has room for all that lies behind a number.
    Page,
    /// In a summary alone, for a page has more of it elsewhere.
    Summary,
}

/// A question with what is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name in links.
    pub anchor: String,
    /// Its heading.
    pub heading: String,
    /// Whether the heading is seen; its blocks speak for themselves otherwise.
    pub headed: bool,
    /// Where it is shown.
    pub scope: Scope,
    /// The blocks of each run, in the order of the runs; one list that is of all runs.
    pub runs: Vec<Vec<Block>>,
}

/// One thing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// The answer to what a run was asked, sentence by sentence.
    Answer(Vec<String>),
    /// What was withdrawn.
    Banner {
        /// That it was.
        title: String,
        /// The words of the link to the explanation, and where it leads: a relative path.
        link: [String; 2],
        /// What was.
        points: Vec<String>,
    },
    /// The command behind the numbers, with a few facts.
    Source {
        /// What the command is called.
        name: String,
        /// The command.
        command: String,
        /// Names and values.
        facts: Vec<(String, String)>,
    },
    /// A heading below that of the section.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A remark in smaller type.
    Note(String),
    /// What limits a number.
    Warning(String),
    /// Sentences one below the other.
    List(Vec<String>),
    /// Names with their values or meanings.
    Facts(Vec<(String, String)>),
    /// A table.
    Table(Table),
    /// Findings one below the other.
    Verdicts(Verdicts),
    /// One verdict, and what stands beside its word; empty where the word says it all.
    Verdict(Chip, String),
    /// A chart.
    Chart(Picture),
    /// Text as it stood on the wire.
    Code {
        /// Whose text it is.
        title: String,
        /// The text.
        text: String,
    },
    /// Blocks that are closed at first.
    Fold {
        /// What is inside.
        summary: String,
        /// The blocks.
        blocks: Vec<Block>,
    },
}

/// A table; the first column names the row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Names of the columns.
    pub head: Vec<String>,
    /// Cells.
    pub rows: Vec<Vec<String>>,
}

/// Findings one below the other: rows of the comparison, cells of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdicts {
    /// The words around them.
    pub heads: Heads,
    /// Labels of the runs, where each entry has a finding of several.
    pub runs: Vec<String>,
    /// The findings.
    pub entries: Vec<Entry>,
}

/// Names of the columns of findings, and words that stand beside each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// What is judged.
    pub name: String,
    /// What is claimed of it; empty where nothing is claimed of any.
    pub claim: String,
    /// What is said where nothing is claimed.
    pub unclaimed: String,
    /// What was measured.
    pub what: String,
    /// The arms that are compared: names, and classes that give them their colours.
    pub sides: Vec<(String, &'static str)>,
    /// The ratios.
    pub ratios: Vec<String>,
    /// The verdict.
    pub verdict: String,
    /// The link to what lies behind it.
    pub evidence: String,
    /// The link to what limits it.
    pub caveat: String,
}

/// One thing that is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The section that has the evidence; `None` where the finding says all.
    pub anchor: Option<String>,
    /// What is claimed of each side; empty where nothing is.
    pub claim: Vec<String>,
    /// The claim as a sentence.
    pub claimed: String,
    /// Lines that a reader takes in at a glance.
    pub glance: usize,
    /// What was found: one for each run.
    pub found: Vec<Found>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The verdict.
    pub chip: Chip,
    /// What stands beside it; empty where it says it all.
    pub detail: String,
    /// Measured values, the most telling first.
    pub lines: Vec<Line>,
    /// The numbers behind the verdict in a sentence.
    pub sentence: String,
    /// What is said where one sentence has room for all.
    pub said: String,
    /// What limits it.
    pub caveats: Vec<String>,
}

/// One measured quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What was measured.
    pub what: String,
    /// Its value for each arm, in the order of the columns.
    pub values: Vec<String>,
    /// Its ratios; empty where they make no sense.
    pub ratios: Vec<String>,
}

/// A verdict in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// Its kind.
    pub tone: Tone,
    /// The word.
    pub word: String,
}

/// Kinds of verdicts: sign and colour come from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A claim holds.
    Confirmed,
    /// It does not.
    Refuted,
    /// It does, or does not, by definition.
    ByDefinition,
    /// It does under conditions.
    Depends,
    /// Nothing was claimed, something was found.
    Found,
    /// The measurement says neither, and how large a difference may be.
    Bounded,
    /// The measurement says neither.
    Unresolved,
    /// There is no measurement.
    Unmeasured,
}

impl Tone {
    /// A sign beside the word, for those who see no colour.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Confirmed => "✓",
            Self::Refuted => "✗",
            Self::ByDefinition => "≡",
            Self::Depends => "±",
            Self::Found => "●",
            Self::Bounded => "≤",
            Self::Unresolved => "?",
            Self::Unmeasured => "–",
        }
    }

    /// A name for style sheets.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Refuted => "refuted",
            Self::ByDefinition => "by-definition",
            Self::Depends => "depends",
            Self::Found => "found",
            Self::Bounded => "bounded",
            Self::Unresolved => "unresolved",
            Self::Unmeasured => "unmeasured",
        }
    }
}

/// A chart with its place in the report.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// An `<svg>` element, without a background and a font of its own.
    pub svg: String,
    /// A PNG file.
    pub png: Vec<u8>,
    /// What to see in it.
    pub caption: String,
    /// Name of the PNG, without directory and extension.
    pub name: String,
}

/// Without the drawing, which is long and says nothing to a reader of text.
impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("name", &self.name).field("caption", &self.caption).finish_non_exhaustive()
    }
}

/// A column of a table: its name, and what it says of one thing.
pub(crate) type Column<'a, T> = (String, &'a dyn Fn(&T) -> String);

impl Table {
    /// A row for each thing, column by column.
    pub(crate) fn of<T, const N: usize>(caption: String, things: &[T], columns: [Column<'_, T>; N]) -> Self {
        let rows = things.iter().map(|thing| columns.iter().map(|(_, of)| of(thing)).collect()).collect();
        Self { caption, head: columns.map(|(name, _)| name).into(), rows }
    }
}

impl Line {
    /// All that it has, in the order of the columns.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &String> {
        [&self.what].into_iter().chain(&self.values).chain(&self.ratios)
    }
}

impl Heads {
    /// The names of the columns of a line.
    pub(crate) fn of_line(&self) -> impl Iterator<Item = &String> {
        [&self.what].into_iter().chain(self.sides.iter().map(|(name, _)| name)).chain(&self.ratios)
    }
}

impl Section {
    /// Every chart with the number of its run.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = (usize, &Picture)> {
        let runs = self.runs.iter().enumerate();
        runs.flat_map(|(run, blocks)| {
            blocks.iter().filter_map(move |block| match block {
                Block::Chart(picture) => Some((run, picture)),
                _ => None,
            })
        })
    }
}

impl Verdicts {
    /// The same with what is taken in at a glance: the first line of each finding.
    pub(crate) fn brief(mut self) -> Self {
        let found = self.entries.iter_mut().flat_map(|entry| &mut entry.found);
        found.for_each(|found| found.lines.truncate(1));
        self
    }
}
