//! Tables of figures: base, other, ratio with its interval, null arm, verdict; and the pooled distributions.

use crate::compare::{Bracketed, CellComparison, Contest, Estimability, Shift, Versus};
use crate::detect::unequal_warning;
use crate::document::{Block, Table};
use crate::number::{self, NONE};
use crate::row::shown;
use crate::text::Language;
use crate::verdict::Ratio;
use trial::{Figure, Metric, Quantile};

/// The tables of one other transport against the base.
pub(super) fn tables(cell: &CellComparison, versus: &Versus, lang: Language) -> Vec<Block> {
    let exact_only = cell.cell.section().is_exact();
    let contests = versus.contests.iter().filter(|contest| is_shown(cell, contest.figure));
    let contests: Vec<_> = contests.collect();
    if contests.is_empty() {
        return Vec::new();
    }
    let [base, other] = &lang.sides([cell.base, versus.arm]);
    let none = || NONE.to_owned();
    let rows: Vec<(&Contest, [String; 3])> =
        contests.into_iter().map(|one| (one, shown(one).unwrap_or_else(|| std::array::from_fn(|_| none())))).collect();
    let table = Table::of(
        lang.contest_caption(other, base),
        &rows,
        [
            (lang.figure_head(), &|(contest, _)| lang.figure(contest.figure)),
            (base.clone(), &|(_, [base, ..])| base.clone()),
            (other.clone(), &|(_, [_, other, _])| other.clone()),
            (lang.ratio_head(other, base), &|(_, [.., ratio])| ratio.clone()),
            (lang.null_head(), &|(contest, _)| null_of(contest).map_or_else(none, number::ratio)),
            (lang.p_head(), &|(contest, _)| contest.adjusted_p.map_or_else(none, number::probability)),
            (lang.verdict_head(), &|(contest, _)| lang.verdict(contest, other)),
        ],
    );
    let refusal = unequal_warning(&versus.unequal).map(|warning| Block::Warning(lang.warning(&warning)));
    if exact_only || refusal.is_some() {
        return refusal.into_iter().chain([Block::Table(table)]).collect();
    }
    let dilution = versus.dilution.map(|dilution| {
        let [base_own, other_own] = [dilution.base, dilution.other].map(|own| number::duration(own.total_ns()));
        let undiluted = dilution.undiluted.map_or(NONE.to_owned(), number::times);
        Block::Warning(lang.dilution_warning(base_own, other_own, number::percent(dilution.share), undiluted))
    });
    let pooled = pooled_table(cell, versus, [base, other], lang).map(Block::Table);
    let disagreement = disagrees(versus).then(|| Block::Warning(lang.pooled_disagrees()));
    [Some(Block::Table(table)), dilution, pooled, disagreement].into_iter().flatten().collect()
}

/// The null arm's ratio, where the contest's own is one of trials.
fn null_of(contest: &Contest) -> Option<&Ratio> {
    contest.null.as_ref().filter(|_| contest.estimability == Estimability::PerTrial)
}

/// Rows about counts show counts, rows about time leave the counts of requests and heads to those.
fn is_shown(cell: &CellComparison, figure: Figure) -> bool {
    let of_opening = matches!(
        figure,
        Figure::RequestsPerThousand | Figure::ConnectionsPerThousand | Figure::ConnectBytesOut | Figure::ConnectBytesIn
    );
    let opens = cell.cell.row.is_none() || cell.judged() == Some(Metric::FirstEvent);
    if cell.cell.section().is_exact() { figure.is_exact() } else { opens || !of_opening }
}

/// Pooled quantiles of the judged duration with their bootstrap intervals.
fn pooled_table(cell: &CellComparison, versus: &Versus, [base, other]: [&str; 2], lang: Language) -> Option<Table> {
    let metric = versus.judged?;
    let shares = Quantile::ALL.map(|quantile| (quantile, at(versus, quantile)));
    let have = observations(cell, versus, metric);
    let rows: Vec<_> =
        shares.into_iter().filter_map(|(quantile, shift)| Some(pooled_row(quantile, shift?, have))).collect();
    (!rows.is_empty()).then(|| Table {
        caption: lang.pooled_caption(lang.metric(metric), number::count(have)),
        head: vec![lang.quantile_head(), base.to_owned(), other.to_owned(), lang.ratio_head(other, base)],
        rows,
    })
}

fn at(versus: &Versus, quantile: Quantile) -> Option<&Shift> {
    versus.shifts.iter().find(|shift| shift.share == quantile.share())
}

/// Independent observations of the smaller arm.
fn observations(cell: &CellComparison, versus: &Versus, metric: Metric) -> u64 {
    let arms = [cell.base, versus.arm].into_iter().filter_map(|arm| cell.arm(arm));
    arms.map(|arm| arm.observations(cell.cell, metric)).min().unwrap_or(0)
}

fn pooled_row(quantile: Quantile, shift: &Shift, have: u64) -> Vec<String> {
    if have < quantile.observations_needed() {
        return vec![quantile.to_string(), NONE.to_owned(), NONE.to_owned(), NONE.to_owned()];
    }
    let time = |x: Bracketed| {
        let bounds = x.interval.map(|b| format!(" [{}, {}]", number::duration(b.low), number::duration(b.high)));
        number::duration(x.value) + &bounds.unwrap_or_default()
    };
    let ratio = number::bracketed(number::times(shift.ratio.value), shift.ratio.interval);
    vec![quantile.to_string(), time(shift.base), time(shift.other), ratio]
}

/// Whether the typical trial and the whole run contradict each other: their intervals share no value.
fn disagrees(versus: &Versus) -> bool {
    let Some(metric) = versus.judged else {
        return false;
    };
    Quantile::ALL.into_iter().any(|quantile| {
        let contest = versus.contest(Figure::Duration(metric, quantile));
        let typical = contest.filter(|c| c.estimability == Estimability::PerTrial).and_then(|c| c.ratio.interval);
        let whole = at(versus, quantile).and_then(|shift| shift.ratio.interval);
        typical.zip(whole).is_some_and(|(a, b)| a.high < b.low || b.high < a.low)
    })
}
