//! Whatever the numbers and the words, a chart is drawn or refused: it neither panics nor runs away.

use super::super::*;
use proptest::prelude::*;

/// Any float at all, and often one of those that break charts.
fn number() -> impl Strategy<Value = f64> {
    let awkward =
        [0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, 1e18, -1e18];
    prop_oneof![proptest::num::f64::ANY, 0.0..1.0, 1e3..1e9, prop::sample::select(awkward.to_vec())]
}

fn pair() -> impl Strategy<Value = (f64, f64)> {
    (number(), number())
}

fn pairs() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec(pair(), 0..300)
}

fn words() -> impl Strategy<Value = Text> {
    prop_oneof![".{0,40}", "[ -~]{0,600}", "[一-龥]{0,80}"].prop_map(Text::from)
}

fn chart_text() -> impl Strategy<Value = ChartText> {
    (words(), words(), words()).prop_map(|(title, x, y)| ChartText { title, x, y, ..ChartText::default() })
}

fn check(result: Result<Chart, ChartError>) -> Result<(), TestCaseError> {
    match result {
        Ok(Chart { svg, .. }) => {
            prop_assert!(svg.len() < 45_000, "{} bytes", svg.len());
            let mut tags = svg.split('<').filter_map(|element| element.split_once('>'));
            let far = |tag: &str| tag.split(|c: char| !c.is_ascii_digit()).any(|number| number.len() > 6);
            prop_assert_eq!(tags.find(|(tag, _)| far(tag)), None, "a mark far outside of the drawing");
        }
        Err(ChartError::Empty) => {}
        Err(other) => prop_assert!(false, "{other}"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn curves(text in chart_text(), name in words(), a in pairs(), b in pairs()) {
        let series = [a.clone(), b.clone()].map(|points| Series { name: name.clone(), colour: Colour::Sse, points });
        check(percentile_spectrum(&text, &series))?;
        check(timeline(&text, &[Arm { name: name.clone(), colour: Colour::Null, p50: a.clone(), p99: b.clone() }]))?;
        let point = |&(connections, bytes): &(f64, f64)| MemoryPoint { connections, bytes };
        let points: Vec<MemoryPoint> = a.iter().map(point).collect();
        let fit = points.first().copied().zip(points.last().copied()).map(|(from, to)| [from, to]);
        check(memory(&text, &[MemoryLine { name: name.clone(), colour: Colour::Floor, stroke: Stroke::Dashed, points, fit }]))?;
        let points = a.iter().zip(&b).map(|(p, q)| ShiftPoint { quantile: p.0, ratio: p.1, interval: Some(*q) }).collect();
        check(shift(&text, &[Shift { name, colour: Colour::Control, points }]))?;
    }

    #[test]
    fn rows(
        text in chart_text(), name in words(), ratio in number(), margin in prop::option::of(pair()),
        intervals in prop::collection::vec(prop::option::of(pair()), 1..12),
    ) {
        let bar = |&interval: &Option<(f64, f64)>| Bar { name: name.clone(), colour: Colour::LongPoll, value: ratio, interval };
        check(bars(&text, Unit::Time, &intervals.iter().map(bar).collect::<Vec<_>>()))?;
        let row = |&interval| ForestRow { name: name.clone(), ratio, interval, null: interval, colour: Colour::Neutral(9) };
        let rows = intervals.iter().map(row).collect();
        let words = || name.clone();
        let sides = (words(), words());
        let forest = Forest { rows, margin, sides, ratio_name: words(), null_name: words(), margin_name: words() };
        check(ratio_forest(&text, &forest))?;
    }

    #[test]
    fn columns(text in chart_text(), name in words(), groups in prop::collection::vec(prop::collection::vec(pair(), 0..6), 0..8)) {
        let column = |&(measured, theory): &(f64, f64)| Column { name: name.clone(), colour: Colour::WebSocket, measured, theory: Some(theory) };
        let group = |columns: &Vec<(f64, f64)>| ColumnGroup { label: name.clone(), columns: columns.iter().map(column).collect() };
        check(overhead(&text, &name, &groups.iter().map(group).collect::<Vec<_>>()))?;
    }

    #[test]
    fn units(value in proptest::num::f64::ANY) {
        for unit in [Unit::Time, Unit::Bytes, Unit::Count, Unit::Ratio] {
            prop_assert!(!unit.show(value).is_empty());
        }
    }
}
