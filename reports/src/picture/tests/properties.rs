//! Whatever the numbers and the words, a chart is drawn or refused: it neither panics nor runs away.

use super::*;
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

fn words() -> impl Strategy<Value = String> {
    prop_oneof![".{0,40}", "[ -~]{0,600}", "[一-龥]{0,80}"]
}

fn chart_text() -> impl Strategy<Value = ChartText> {
    (words(), words(), words()).prop_map(|(title, x, y)| ChartText { title, x, y, ..ChartText::default() })
}

fn check(plot: Result<Plot, ChartError>) -> Result<(), TestCaseError> {
    match plot.and_then(|plot| plot.svg()) {
        Ok(svg) => {
            prop_assert!(svg.len() < 60_000, "{} bytes", svg.len());
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
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn curves(text in chart_text(), name in words(), a in pairs(), b in pairs()) {
        let curves = [(a, false), (b, true)].map(|(points, back)| Curve { name: name.clone(), colour: Colour::Sse, points, back });
        check(spectrum_of(text.clone(), &curves))?;
        check(timeline_of(text.clone(), &curves))?;
        check(memory_of(text.clone(), &curves))?;
        check(pace_of(text.clone(), &curves))?;
        check(shift_of(text, &curves[0], &curves[1].points))?;
    }

    #[test]
    fn rows(
        text in chart_text(), name in words(), ratio in number(), value in number(),
        intervals in prop::collection::vec(prop::option::of(pair()), 1..12),
    ) {
        let parts = vec![(ratio, Colour::Null), (value, Colour::Part(9))];
        let bar = |&range: &Option<(f64, f64)>| Bar { name: name.clone(), parts: parts.clone(), value, range };
        check(bars_of(text.clone(), Unit::Time, &intervals.iter().map(bar).collect::<Vec<_>>()))?;
        let row = |&interval| ForestRow { name: name.clone(), ratio, interval, null: interval, colour: Colour::Other(9) };
        let words = || name.clone();
        let said = Words { ratio: words(), null: words(), margin: words(), sides: [words(), words()] };
        check(forest_of(text, said, 1.05, &intervals.iter().map(row).collect::<Vec<_>>()))?;
    }

    #[test]
    fn columns(text in chart_text(), name in words(), groups in prop::collection::vec(prop::collection::vec(pair(), 0..6), 0..8)) {
        let column = |&(measured, theory): &(f64, f64)| Column { name: name.clone(), colour: Colour::WebSocket, measured, theory: Some(theory) };
        let group = |columns: &Vec<(f64, f64)>| (name.clone(), columns.iter().map(column).collect());
        check(columns_of(text, name.clone(), &groups.iter().map(group).collect::<Vec<_>>()))?;
    }

    #[test]
    fn units(value in proptest::num::f64::ANY) {
        for unit in [Unit::Time, Unit::Bytes, Unit::Count, Unit::Ratio] {
            prop_assert!(!unit.show(value).is_empty());
        }
    }
}
