//! Rows of the table: sections that a plan declares, each with its cells, its lines and the rule that concludes. The ten of the
//! built-in plans stand in `rows.toml`.

use crate::plan_check::PlanError;
use crate::{Direction, Figure, Scenario, UnknownWord};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use wire::Transport;

/// Most lines and charts of a row.
const MOST: usize = 50;

/// A text in English and in Chinese.
pub type Bilingual = [String; 2];

/// A row of the table. Texts may hold placeholders: see each field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name in plans.
    pub id: String,
    /// Its heading.
    pub title: Bilingual,
    /// What is claimed of SSE and of WebSocket; `None` where nothing is.
    pub claim: Option<[Bilingual; 2]>,
    /// Where the claim has WebSocket; `None` where it is about something else.
    pub claimed: Option<Direction>,
    /// What holds of the claim by definition: the verdict then says it, with what was measured beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Bilingual>,
    /// What concludes.
    #[serde(default)]
    pub rule: Rule,
    /// How it was measured.
    pub method: Bilingual,
    /// Whether its numbers are counts and sizes, which do not depend on when an event came.
    #[serde(default)]
    pub counted: bool,
    /// Whether only cells without `id:` lines make its lines; the others are evidence.
    #[serde(default)]
    pub without_ids: bool,
    /// What its cells are called, where that is not the part of their names after the row: of `{payload}` and `{preset}`.
    pub cell_name: Option<Bilingual>,
    /// What single cells are called.
    #[serde(default)]
    pub names: BTreeMap<String, Bilingual>,
    /// Its quantities, in the order of the lines that they make.
    #[serde(default)]
    pub lines: Vec<RowLine>,
    /// Most cells with lines and clauses of their own; the rest is in the evidence.
    pub most_cells: Option<usize>,
    /// Most lines.
    pub most_lines: Option<usize>,
    /// Lines that a reader takes in at a glance.
    #[serde(default = "three")]
    pub glance: usize,
    /// The sentence, where it is more than its `{clauses}`: of these and of `{first}`, `{first_ratio}`, `{last}` and
    /// `{last_ratio}`, the names of the first and last cell and WebSocket's share of SSE's value there.
    pub sentence: Option<Bilingual>,
    /// What is added where the row has two cells: by how much the second exceeds the first, in `{sse}` and in `{websocket}`.
    pub gain: Option<Bilingual>,
    /// What the verdict depends on: of `{ratio}`, SSE over WebSocket; and of `{met}`, `{unmet}` and `{margin}`, the cells where the
    /// claim holds, the others, and what counts as equal. With `claimed` only where cells differ, else always.
    pub condition: Option<Bilingual>,
    /// Charts and tables that compare its cells.
    #[serde(default)]
    pub charts: Vec<RowChart>,
}

const fn three() -> usize {
    3
}

/// A quantity of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowLine {
    /// The quantity; `judged:p50` is that duration of a cell by which it is judged.
    pub figure: Figure,
    /// What it is called, of `{cell}` and `{figure}`; by default the name of the quantity, and of the cell where the row has several.
    pub label: Option<Bilingual>,
    /// What it decides.
    #[serde(default)]
    pub weight: Weight,
    /// Only of cells that have this quantity as well.
    pub with: Option<Figure>,
    /// As a share of what this transport has.
    pub share_of: Option<Transport>,
    /// In brackets beside the value.
    pub beside: Option<Figure>,
    /// Added to the value.
    pub plus: Option<Figure>,
    /// Only of the first cell that has it.
    #[serde(default)]
    pub once: bool,
}

/// What a line decides. Those that are tested share the report's risk, unless they are exact counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Nothing.
    #[default]
    Shown,
    /// Nothing, but it is tested.
    Tested,
    /// It is tested and stands in the sentence.
    Told,
    /// The verdict rests on it.
    Judged,
}

/// How a row concludes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// From the contests of its judged lines, against the claimed direction where there is one.
    #[default]
    Contests,
    /// From requests, beside long polling.
    Polling,
    /// From messages that a client could send on the open connection.
    Upstream,
    /// From compatibility data and the browsers of the host.
    Browsers,
    /// From what a client needs: API, decoder, CPU.
    Decoders,
}

/// What compares the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowChart {
    /// Ratios with their intervals.
    Forest,
    /// Bars of the first judged quantity, cell by cell.
    Bars,
    /// Memory over connections.
    Memory,
    /// Bytes of each payload, beside what the specifications say.
    Bytes,
}

/// The built-in rows, and what cells that feed no row are shown in.
static BUILT_IN: LazyLock<(Vec<Arc<Row>>, [Row; 4])> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct BuiltIn {
        section: Vec<Row>,
        own: [Row; 4],
    }
    let file: BuiltIn = toml::from_str(include_str!("rows.toml")).expect("a test reads the built-in rows");
    (file.section.into_iter().map(Arc::new).collect(), file.own)
});

impl Row {
    /// The rows of the built-in plans, in the order of the table.
    pub fn built_in() -> &'static [Arc<Self>] {
        &BUILT_IN.0
    }

    /// The built-in row of this name.
    pub fn named(id: &str) -> Option<&'static Arc<Self>> {
        BUILT_IN.0.iter().find(|row| row.id == id)
    }

    /// What cells that feed no row are shown in: those that ask a language model, tool loops,
    /// endpoints of others, and all the rest.
    pub fn own(scenario: Scenario) -> &'static Self {
        let [cells, streams, loops, endpoints] = &BUILT_IN.1;
        match scenario {
            Scenario::Llm => streams,
            Scenario::ToolLoop => loops,
            Scenario::Read => endpoints,
            _ => cells,
        }
    }

    /// The quantities over which the report's risk is shared.
    pub fn headlines(&self) -> impl Iterator<Item = Figure> + '_ {
        let tested = self.lines.iter().filter(|line| line.weight >= Weight::Tested && !line.figure.is_exact());
        tested.map(|line| line.figure)
    }

    /// Whether durations decide it.
    pub fn is_timed(&self) -> bool {
        self.headlines().any(|figure| matches!(figure, Figure::Duration(..)))
    }

    /// Whether exact counts alone decide it.
    pub fn is_exact(&self) -> bool {
        self.counted && self.headlines().next().is_none()
    }

    /// The rows that cells of a plan may feed: the built-in ones and its own.
    pub(crate) fn known(own: Vec<Self>) -> Result<Vec<Arc<Self>>, PlanError> {
        let mut rows = BUILT_IN.0.clone();
        for row in own {
            let taken = rows.iter().any(|known| known.id == row.id).then(|| "its id is taken".to_owned());
            if let Some(problem) = taken.or_else(|| row.problem()) {
                return Err(PlanError::Section(row.id, problem));
            }
            rows.push(Arc::new(row));
        }
        Ok(rows)
    }

    /// The row that a cell of a plan names among the known, if it names one.
    pub(crate) fn of_cell(cell: &str, id: Option<&str>, known: &[Arc<Self>]) -> Result<Option<Arc<Self>>, PlanError> {
        let found = id.map(|id| Self::find(id, known)).transpose();
        found.map_err(|unknown| PlanError::Cell { cell: cell.to_owned(), problem: unknown.to_string() })
    }

    fn find(id: &str, known: &[Arc<Self>]) -> Result<Arc<Self>, UnknownWord> {
        let known: Vec<&Arc<Self>> = known.iter().collect();
        UnknownWord::or_found("row", id, &known, &[], |row| row.id.clone()).cloned()
    }

    /// What is wrong with a row of one's own, and what would be right.
    fn problem(&self) -> Option<String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || !self.id.chars().all(plain) {
            return Some("id must be of a-z, 0-9 and -".to_owned());
        }
        if self.rule == Rule::Contests && !self.lines.iter().any(|line| line.weight == Weight::Judged) {
            return Some("rule 'contests' needs a line with weight = 'judged'".to_owned());
        }
        if self.lines.len() > MOST || self.charts.len() > MOST {
            return Some(format!("at most {MOST} lines and {MOST} charts"));
        }
        let diagnostic = |figure: &Figure| matches!(figure, Figure::Duration(metric, _) if metric.is_diagnostic());
        if let Some(figure) = self.headlines().find(diagnostic) {
            return Some(format!("{figure} says where the time went and decides nothing: leave its weight 'shown'"));
        }
        let labels = self.lines.iter().filter_map(|line| line.label.as_ref());
        let texts = labels.map(|label| (label, &["cell", "figure"][..])).chain([(&self.title, &[][..])]);
        let optional = [
            (&self.definition, &[][..]),
            (&self.cell_name, &["payload", "preset"]),
            (&self.sentence, &["clauses", "first", "first_ratio", "last", "last_ratio"]),
            (&self.gain, &["sse", "websocket"]),
            (&self.condition, &["ratio", "met", "unmet", "margin"]),
        ];
        let optional = optional.into_iter().filter_map(|(text, known)| Some((text.as_ref()?, known)));
        texts.chain(optional).find_map(|(text, known)| problem_of(text, known))
    }
}

/// What is wrong with a text that may hold some placeholders, each once.
fn problem_of(text: &Bilingual, known: &[&str]) -> Option<String> {
    let held = |text: &str| {
        let words = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()));
        let mut words: Vec<String> = words.collect();
        words.sort_unstable();
        words
    };
    let [english, chinese] = text.each_ref().map(|text| held(text));
    let unknown = english.iter().find(|word| !known.contains(&word.as_str()));
    let unknown = unknown.map(|word| format!("{{{word}}} means nothing here (known: {})", known.join(", ")));
    let missing = text.iter().any(|text| text.trim().is_empty()) || english != chinese;
    let missing = missing.then(|| "both languages must say the same".to_owned());
    let repeated =
        english.windows(2).any(|pair| pair[0] == pair[1]).then(|| "a placeholder may stand there once".to_owned());
    unknown.or(missing).or(repeated).map(|problem| format!("'{}': {problem}", text[0]))
}

/// In a record, a built-in row is its name; another is written out.
pub(crate) fn serialize<S: Serializer>(row: &Option<Arc<Row>>, serializer: S) -> Result<S::Ok, S::Error> {
    match row {
        Some(row) if Row::named(&row.id).is_some() => serializer.serialize_some(&row.id),
        row => row.as_deref().serialize(serializer),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Arc<Row>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Name(String),
        Whole(Box<Row>),
    }
    match Option::<Written>::deserialize(deserializer)? {
        Some(Written::Name(id)) => Row::find(&id, Row::built_in()).map(Some).map_err(D::Error::custom),
        Some(Written::Whole(row)) => {
            Row::known(vec![*row]).map(|known| known.last().cloned()).map_err(D::Error::custom)
        }
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;

    #[test]
    fn the_built_in_rows_hold_what_every_row_must() {
        assert_eq!(Row::built_in().len(), 10);
        for row in Row::built_in().iter().map(|row| &**row).chain(&BUILT_IN.1) {
            assert_eq!(row.problem(), None, "{}", row.id);
            let written = serde_json::to_string(row).unwrap();
            assert_eq!(serde_json::from_str::<Row>(&written).unwrap(), *row);
        }
        let of = |is: fn(&Row) -> bool| -> Vec<&str> {
            Row::built_in().iter().filter(|row| is(row)).map(|row| row.id.as_str()).collect()
        };
        assert_eq!(of(Row::is_timed), ["latency", "bidirectional", "connect-time"]);
        assert_eq!(of(|row| row.counted && !row.is_exact()), ["memory"]);
    }

    const SECTION: &str = "[[section]]\nid = 'wake-up'\ntitle = ['Wake-up', '唤醒']\nmethod = ['m', '法']\n";
    const LINE: &str = "lines = [{ figure = 'judged:p50', weight = 'judged' }]\n";

    fn plan(section: &str) -> Result<Plan, PlanError> {
        let cells = "[[cell]]\nname = 'wake-up/a'\nrow = 'wake-up'\nwhy = 'b'\nscenario = 'push'\n";
        Plan::from_toml(&format!("name = 'p'\nwhy = 'w'\n{section}{cells}"))
    }

    #[test]
    fn a_row_of_ones_own_is_declared_in_the_plan_and_kept_in_its_record() {
        let plan = plan(&format!("{SECTION}{LINE}")).unwrap();
        let row = plan.cells[0].row.as_ref().unwrap();
        assert_eq!((row.title[1].as_str(), row.rule, row.is_timed()), ("唤醒", Rule::Contests, true));
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }

    #[test]
    fn a_row_that_cannot_be_is_refused_with_the_remedy() {
        let label = "lines = [{ figure = 'cpu', weight = 'judged', label = ['{cel}', '{cel}'] }]\n";
        for (section, expected) in [
            (SECTION.replace("'唤醒'", ""), "invalid length 1, expected an array of length 2"),
            (SECTION.replace("wake-up", "Wake up"), "section 'Wake up': id must be of a-z, 0-9 and -"),
            (format!("{SECTION}{LINE}").replace("wake-up", "latency"), "section 'latency': its id is taken"),
            (SECTION.to_owned(), "section 'wake-up': rule 'contests' needs a line with weight = 'judged'"),
            (
                format!("{SECTION}{}", LINE.replace("judged:p50", "service:p50")),
                "section 'wake-up': service:p50 says where",
            ),
            (format!("{SECTION}{}", LINE.replace("judged:p50", "cpus")), "did you mean 'cpu'?"),
            (format!("{SECTION}{label}"), "'{cel}': {cel} means nothing here (known: cell, figure)"),
            (format!("{SECTION}{LINE}").replace("'唤醒'", "' '"), "'Wake-up': both languages must say the same"),
            (
                format!("{SECTION}{LINE}").replace("'wake-up'", "'wake'"),
                "cell 'wake-up/a': unknown row 'wake-up': did you mean 'wake'?",
            ),
        ] {
            let problem = plan(&section).unwrap_err().to_string();
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
