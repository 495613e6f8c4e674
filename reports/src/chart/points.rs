//! Prepares data points for a chart: leaves out what its scales cannot show, and thins what the eye cannot tell apart.

use super::axis::Scale;
use super::pen::Point;

/// The most points that one line of a chart keeps.
pub(super) const MOST: usize = 200;
/// The most that are drawn as dots, each an element of its own.
pub(super) const MOST_DOTS: usize = 16;

/// The points that both scales have a place for, in the order of x.
pub(super) fn drawable(points: &[Point], x: Scale, y: Scale) -> Vec<Point> {
    let mut kept: Vec<Point> =
        points.iter().copied().filter(|p| x.apply(p.0).is_some() && y.apply(p.1).is_some()).collect();
    kept.sort_by(|a, b| a.0.total_cmp(&b.0));
    kept
}

/// At most `most` points: the lowest and the highest of each stretch, so that no spike is lost.
pub(super) fn thinned(points: Vec<Point>, most: usize) -> Vec<Point> {
    if points.len() <= most {
        return points;
    }
    points.chunks(points.len().div_ceil(most / 2)).flat_map(extremes).collect()
}

fn extremes(stretch: &[Point]) -> impl Iterator<Item = Point> + use<> {
    let by_height = |a: &&Point, b: &&Point| a.1.total_cmp(&b.1);
    let low = stretch.iter().min_by(by_height).copied();
    let high = stretch.iter().max_by(by_height).copied();
    let (first, second) = if low.map(|p| p.0) <= high.map(|p| p.0) { (low, high) } else { (high, low) };
    first.into_iter().chain(second.filter(|_| first != second))
}
