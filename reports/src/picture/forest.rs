//! The forest of ratios, which plotters has not: rows with their words above their marks, so that long names stay whole on
//! a phone.

use super::{block, colour, file_name, without_titles};
use crate::chart::{Axis, BESIDE, ChartError, ChartText, Colour, ENDS, Key, Label, Mark, Plot, Shape, Unit};
use crate::compare::{CellComparison, Comparison, Contest, Estimability};
use crate::document::Block;
use crate::number;
use crate::text::Language;
use crate::verdict::{Direction, Interval, Verdict};
use plotters::style::text_anchor::HPos;
use trial::Figure;

const ROW: f64 = 46.0;
/// Room below the ticks for what each side means.
const SIDES: f64 = 24.0;
/// From the top of a row, as a share of its height.
const WORDS: f64 = 12.0 / ROW;
/// Nearer to the words above than to those below.
const MARKS: f64 = 29.0 / ROW;

/// One figure.
pub(super) struct Row {
    pub name: String,
    /// The ratio of the two arms; a row whose ratio is not finite and positive shows a dash.
    pub ratio: f64,
    pub interval: Option<(f64, f64)>,
    /// The interval of the null arm: what the same cell differs from itself.
    pub null: Option<(f64, f64)>,
    /// Says which side it falls on, or that it falls on none.
    pub colour: Colour,
}

/// What the legend and the ends of the axis say.
pub(super) struct Words {
    pub ratio: String,
    pub null: String,
    pub margin: String,
    /// What a ratio below 1 and one above 1 mean.
    pub sides: [String; 2],
}

/// The headline ratios of some cells around 1, with the null arm's interval behind each. One that is the other way round than
/// the rest has no place among them; it stands in the tables.
pub(crate) fn forest(comparison: &Comparison, cells: &[&CellComparison], name: &str, lang: Language) -> Option<Block> {
    // Without a test there is no interval to show.
    if comparison.family == 0 {
        return None;
    }
    let headlines = |cell: &CellComparison| {
        let contests = cell.pair().into_iter().flat_map(|versus| &versus.contests);
        let shown = contests
            .filter(|contest| contest.headline && contest.estimability == Estimability::PerTrial)
            .filter(|contest| contest.verdict != Verdict::Refused);
        shown.map(|contest| row(cell, contest)).collect::<Vec<_>>()
    };
    let rows: Vec<Row> = cells.iter().filter(|cell| !cell.turned).flat_map(|cell| headlines(cell)).collect();
    let margin = 1.0 + Figure::Duration(trial::Metric::ResponseTime, trial::Quantile::P50).margin();
    let sides = comparison.sides();
    block(lang, lang.forest_caption(), file_name(name, "ratios"), |l| {
        let [base, other] = sides.map(|arm| l.arm(arm));
        let words = Words {
            ratio: l.over(sides),
            null: l.null_interval(&base),
            margin: l.margin_of(number::percent(margin - 1.0)),
            sides: [format!("← {}", l.is_lower(&other)), format!("{} →", l.is_higher(&other))],
        };
        let text = without_titles(l.forest_title(&other, &base), l.forest_subtitle(comparison.family));
        forest_of(text, words, margin, &rows)
    })
}

fn row(cell: &CellComparison, contest: &Contest) -> Row {
    let bounds = |interval: Option<Interval>| interval.map(|bounds| (bounds.low, bounds.high));
    let quantile = match contest.figure {
        Figure::Duration(_, quantile) => format!(" {quantile}"),
        _ => String::new(),
    };
    Row {
        name: format!("{}{quantile}", cell.short_name()),
        ratio: contest.ratio.value,
        interval: bounds(contest.ratio.interval),
        null: contest.null.as_ref().and_then(|null| bounds(null.interval)),
        colour: match contest.verdict {
            Verdict::Different { direction: Direction::Lower, .. } => colour(cell, contest.arms[1]),
            Verdict::Different { direction: Direction::Higher, .. } => colour(cell, contest.arms[0]),
            Verdict::Equivalent | Verdict::Unresolved { .. } | Verdict::TooFewBlocks => Colour::Null,
            Verdict::Unfit | Verdict::Refused | Verdict::Exploratory => Colour::Null,
        },
    }
}

/// Ratios with their intervals on a logarithmic axis, over the null arm's own and what counts as the same: a ratio up to
/// `margin`.
pub(super) fn forest_of(text: ChartText, words: Words, margin: f64, rows: &[Row]) -> Result<Plot, ChartError> {
    if !rows.iter().any(|row| row.is_known()) {
        return Err(ChartError::Empty);
    }
    let intervals = rows.iter().flat_map(|row| [row.interval, row.null]).flatten().flat_map(<[f64; 2]>::from);
    let ratios = rows.iter().map(|row| row.ratio).chain(intervals).chain([1.0 / margin, margin]);
    let bottom = rows.len() as f64;
    let y = Axis::names(rows.iter().map(|_| String::new())).turned();
    let mut plot = Plot::new(text, Axis::ratio(&ratios.collect::<Vec<_>>())?, y);
    let (null_ink, margin_ink) = (Colour::Null.at(0.5), Colour::Ink.at(0.08));
    plot.marks.push(Mark::block(margin_ink, (1.0 / margin, 0.0), (margin, bottom)));
    rows.iter().enumerate().for_each(|(n, row)| row.add_to(&mut plot, n as f64));
    let [below, above] = words.sides;
    let side = |x, by, side, text| Label { at: (x, bottom), by: (by, 40.0), side, text, remark: true };
    plot.labels.extend([side(ENDS.0, -BESIDE, HPos::Left, below), side(ENDS.1, BESIDE, HPos::Right, above)]);
    plot.keys.push(Key::new(words.ratio, Shape::Dots, Colour::Ink.at(0.8)));
    if rows.iter().any(|row| row.null.is_some()) {
        plot.keys.push(Key::new(words.null, Shape::Area, null_ink));
    }
    plot.keys.push(Key::new(words.margin, Shape::Area, margin_ink));
    Ok(Plot { height: bottom * ROW, below: SIDES, ..plot })
}

impl Row {
    fn is_known(&self) -> bool {
        self.ratio.is_finite() && self.ratio > 0.0
    }

    /// Its name at the left end, its figures at the right one, its marks below.
    fn add_to(&self, plot: &mut Plot, top: f64) {
        let (y, ink) = (top + MARKS, self.colour.solid());
        let ordered = |(low, high): (f64, f64)| (low.min(high), low.max(high));
        // The line at 1 spares the words above it.
        plot.marks.push(Mark::new(Shape::Line(1.0), Colour::Ink.at(0.75), [(1.0, y - 0.21), (1.0, y + 0.21)]));
        let null = self.null.map(ordered);
        plot.marks.extend(null.map(|(low, high)| Mark::block(Colour::Null.at(0.5), (low, y - 0.12), (high, y + 0.12))));
        let whisker = self.interval.map(|interval| Mark::whisker(ink, ordered(interval), y, 0.1));
        plot.marks.extend(whisker.into_iter().flatten());
        plot.marks.push(Mark::new(Shape::Dots, ink, [(self.ratio, y)]));
        let figures = self.figures();
        let name = Plot::beside(&self.name, &figures);
        let label = |x, by, side, text| Label { at: (x, top + WORDS), by: (by, 0.0), side, text, remark: false };
        plot.labels.extend([label(ENDS.0, -BESIDE, HPos::Left, name), label(ENDS.1, BESIDE, HPos::Right, figures)]);
    }

    /// The ratio and its interval in digits, a third decimal where two would not tell its ends apart.
    fn figures(&self) -> String {
        match self.interval {
            _ if !self.is_known() => "–".to_owned(),
            None => Unit::Ratio.show(self.ratio),
            Some((low, high)) if low > 0.5 && high < 2.0 && high - low < 0.02 => {
                format!("{:.3}× [{low:.3}, {high:.3}]", self.ratio)
            }
            Some((low, high)) => {
                let [ratio, low, high] = [self.ratio, low, high].map(|value| Unit::Ratio.show(value));
                format!("{ratio} [{}, {}]", low.trim_end_matches('×'), high.trim_end_matches('×'))
            }
        }
    }
}
