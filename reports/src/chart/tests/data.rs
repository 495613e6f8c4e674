//! Numbers, ticks, thinning and wrapping, as tables; and what each chart refuses.

use super::super::axis::{Axis, Scale};
use super::super::points::{MOST, drawable, thinned};
use super::super::typeface::Font;
use super::super::*;

const FONT: Font = Font { size: 14.0, bold: false };

#[test]
fn numbers_as_people_read_them() {
    let cases = [
        (Unit::Time, 0.0, "0 ns"),
        (Unit::Time, 850.0, "850 ns"),
        (Unit::Time, 1_250.0, "1.25 µs"),
        (Unit::Time, 999_600.0, "1 ms"),
        (Unit::Time, 61.5e9, "61.5 s"),
        (Unit::Bytes, 12.04 * 1024.0, "12 KiB"),
        (Unit::Bytes, 1024.0 * 1024.0, "1 MiB"),
        (Unit::Count, 9_540.0, "9,540"),
        (Unit::Count, 1_212_000.0, "1.21 M"),
        (Unit::Count, -31_400.0, "-31.4 k"),
        (Unit::Ratio, 1.0, "1.00×"),
        (Unit::Ratio, 12.34, "12.3×"),
        (Unit::Ratio, f64::NAN, "–"),
    ];
    for (unit, value, shown) in cases {
        assert_eq!(unit.show(value), shown);
    }
}

fn labels(axis: Option<Axis>) -> String {
    axis.unwrap().ticks.into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(" | ")
}

#[test]
fn ticks_are_few_and_round() {
    let log = |ends: [f64; 2]| labels(Axis::log(ends.into_iter(), Unit::Time));
    assert_eq!(log([61e3, 2.9e6]), "50 µs | 100 µs | 200 µs | 500 µs | 1 ms | 2 ms | 5 ms");
    assert_eq!(log([100e3, 100e3]), "50 µs | 100 µs | 200 µs");
    assert_eq!(log([1.0, 1e9]), "1 ns | 100 ns | 10 µs | 1 ms | 100 ms");
    let zero = |most, unit| labels(Axis::from_zero([most].into_iter(), unit));
    assert_eq!(zero(2000.0, Unit::Count), "0 | 500 | 1,000 | 1,500 | 2,000");
    assert_eq!(zero(96.0 * 1024.0 * 1024.0, Unit::Bytes), "0 | 20 MiB | 40 MiB | 60 MiB | 80 MiB | 100 MiB");
    let ratio = |ends: [f64; 2]| labels(Axis::ratio(ends.into_iter()));
    assert_eq!(ratio([1.0, 1.0]), "0.96× | 0.98× | 1× | 1.02× | 1.04×");
    assert_eq!(ratio([0.78, 1.31]), "0.8× | 0.9× | 1× | 1.1× | 1.2× | 1.3×");
    assert_eq!(ratio([0.5, 40.0]), "0.5× | 1× | 2× | 5× | 10× | 20×");
    assert_eq!(labels(Axis::tail([0.9995].into_iter())), "0% | 50% | 90% | 99% | 99.9%");
}

#[test]
fn every_nine_takes_the_same_room() {
    let at = |quantile| Scale::Tail.apply(quantile).unwrap();
    assert!((at(0.999) - at(0.99) - (at(0.99) - at(0.9))).abs() < 1e-9);
    assert_eq!(Scale::Tail.apply(1.0), None);
}

#[test]
fn thinning_keeps_every_spike_and_the_order() {
    let mut points: Vec<(f64, f64)> = (0..10_000).map(|n| (f64::from(n), 1.0)).collect();
    points[7_003].1 = 99.0;
    points[1_200].1 = 0.5;
    let kept = thinned(points.clone(), MOST);
    assert!(kept.len() <= MOST && kept.contains(&points[7_003]) && kept.contains(&points[1_200]));
    assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
}

#[test]
fn a_scale_leaves_out_what_it_has_no_place_for() {
    let points = [(2.0, 5.0), (f64::NAN, 1.0), (1.0, 0.0), (1.0, f64::INFINITY), (0.0, 7.0), (1.0, -3.0)];
    assert_eq!(drawable(&points, Scale::Linear, Scale::Log), [(0.0, 7.0), (2.0, 5.0)]);
}

#[test]
fn words_wrap_and_end_within_their_room() {
    let lines = FONT.wrap("a title of many words that does not fit one line of this chart at all", 120.0, 2);
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| FONT.width(line) <= 120.0) && lines[1].ends_with('…'), "{lines:?}");
    let chinese = FONT.wrap("响应时间在第九十九百分位之前相同而之后不同", 160.0, 2);
    assert!(chinese.len() == 2 && !chinese[0].ends_with('…'), "{chinese:?}");
    assert_eq!(FONT.wrap("", 120.0, 2), Vec::<String>::new());
    assert_eq!(FONT.fit("tab\tand\nline", 500.0), "tab and line");
}

#[test]
fn words_cannot_break_out_of_the_markup() {
    let title = Text::from("</title><script>alert(1)</script>");
    let bar = Bar { name: "\"/><script>".into(), colour: Colour::Sse, value: 1.0, interval: None };
    let description = "</desc><script>".to_owned();
    let text = ChartText { title, description, ..ChartText::default() };
    assert!(!bars(&text, Unit::Count, &[bar]).unwrap().svg.contains("<script"));
}

#[test]
fn a_fit_from_beyond_the_axes_is_cut_where_they_start() {
    let point = |connections, bytes| MemoryPoint { connections, bytes };
    let line = |fit| {
        let (points, stroke) = (vec![point(1000.0, 1e6)], Stroke::Dashed);
        memory(&ChartText::default(), &[MemoryLine { name: "SSE".into(), colour: Colour::Sse, stroke, points, fit }])
            .unwrap()
    };
    let cut = line(Some([point(0.0, 0.0), point(1000.0, 1e6)]));
    assert_eq!(line(Some([point(-1e15, -1e18), point(1000.0, 1e6)])), cut);
    assert_eq!(line(Some([point(-2.0, 1.0), point(-1.0, 1.0)])), line(None));
}

#[test]
fn nothing_to_show_is_refused() {
    let text = ChartText::default();
    let zeros = Series { name: "zeros".into(), colour: Colour::Sse, points: vec![(0.5, 0.0), (0.9, f64::NAN)] };
    assert!(matches!(percentile_spectrum(&text, &[zeros]), Err(ChartError::Empty)));
    assert!(matches!(timeline(&text, &[]), Err(ChartError::Empty)));
    assert!(matches!(memory(&text, &[]), Err(ChartError::Empty)));
    assert!(matches!(shift(&text, &[]), Err(ChartError::Empty)));
    assert!(matches!(overhead(&text, &Text::default(), &[]), Err(ChartError::Empty)));
    let bar = Bar { name: "none".into(), colour: Colour::Sse, value: f64::INFINITY, interval: Some((0.0, 1.0)) };
    assert!(matches!(bars(&text, Unit::Count, std::slice::from_ref(&bar)), Err(ChartError::Empty)));
    let crowd = vec![bar; 41];
    assert!(matches!(bars(&text, Unit::Count, &crowd), Err(ChartError::TooMany { count: 41, limit: 40, .. })));
}
