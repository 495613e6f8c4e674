//! Numbers, ticks, words and colours as tables; what a plot refuses.

mod palette;

use super::axis::Scale;
use super::font::BODY;
use super::plot::thinned;
use super::*;

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

fn labels(axis: Result<Axis, ChartError>) -> String {
    let labels = axis.unwrap().ticks;
    labels.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" | ")
}

#[test]
fn ticks_are_few_and_round() {
    let log = |ends: [f64; 2]| labels(Axis::log(&ends, Unit::Time));
    assert_eq!(log([61e3, 2.9e6]), "50 µs | 100 µs | 200 µs | 500 µs | 1 ms | 2 ms | 5 ms");
    assert_eq!(log([100e3, 100e3]), "50 µs | 100 µs | 200 µs");
    assert_eq!(log([1.0, 1e9]), "1 ns | 100 ns | 10 µs | 1 ms | 100 ms");
    let zero = |most, unit| labels(Axis::from_zero(&[most], unit));
    assert_eq!(zero(2000.0, Unit::Count), "0 | 500 | 1,000 | 1,500 | 2,000");
    assert_eq!(zero(96.0 * 1024.0 * 1024.0, Unit::Bytes), "0 | 20 MiB | 40 MiB | 60 MiB | 80 MiB | 100 MiB");
    let ratio = |ends: [f64; 2]| labels(Axis::ratio(&ends));
    assert_eq!(ratio([1.0, 1.0]), "0.96× | 0.98× | 1× | 1.02× | 1.04×");
    assert_eq!(ratio([0.78, 1.31]), "0.8× | 0.9× | 1× | 1.1× | 1.2× | 1.3×");
    assert_eq!(ratio([0.5, 40.0]), "0.5× | 1× | 2× | 5× | 10× | 20×");
    assert_eq!(labels(Axis::tail(&[0.9995])), "0% | 50% | 90% | 99% | 99.9%");
}

#[test]
fn every_nine_takes_the_same_room() {
    let at = |quantile| Scale::Tail.apply(quantile).unwrap();
    assert!((at(0.999) - at(0.99) - (at(0.99) - at(0.9))).abs() < 1e-9);
    assert_eq!(Scale::Tail.apply(1.0), None);
}

#[test]
fn a_scale_leaves_out_what_it_has_no_place_for() {
    for value in [f64::NAN, f64::INFINITY, 0.0, -3.0] {
        assert_eq!(Scale::Log.apply(value), None, "{value}");
        assert!(matches!(Axis::log(&[value], Unit::Time), Err(ChartError::Empty)), "{value}");
    }
}

#[test]
fn thinning_keeps_every_spike_and_the_order() {
    let mut points: Vec<Point> = (0..10_000).map(|n| (f64::from(n), 1.0 + f64::from(n) * 1e-6)).collect();
    points[7_003].1 = 99.0;
    points[1_200].1 = 0.5;
    let kept = thinned(&points);
    assert!(kept.len() <= 200 && kept.contains(&points[7_003]) && kept.contains(&points[1_200]));
    assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
}

#[test]
fn words_wrap_and_end_within_their_room() {
    let lines = BODY.wrap("a title of many words that does not fit one line of this chart at all", 120.0, 2);
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| BODY.width(line) <= 120.0) && lines[1].ends_with('…'), "{lines:?}");
    let chinese = BODY.wrap("响应时间在第九十九百分位之前相同而之后不同", 160.0, 2);
    assert!(chinese.len() == 2 && !chinese[0].ends_with('…'), "{chinese:?}");
    assert_eq!(BODY.wrap("", 120.0, 2), Vec::<String>::new());
    assert_eq!(BODY.fit("tab\tand\nline", 500.0), "tab and line");
}

/// Rows named `name`, and nothing else.
fn rows(name: &str, count: usize) -> Plot {
    let names = std::iter::repeat_n(name.to_owned(), count);
    Plot::new(ChartText::default(), Axis::from_zero(&[1.0], Unit::Count).unwrap(), Axis::names(names))
}

#[test]
fn words_cannot_break_out_of_the_markup() {
    let mut plot = rows("\"/><script>", 1);
    plot.text.title = "</title><script>alert(1)</script>".into();
    plot.text.subtitle = "</desc><script>".to_owned();
    plot.keys.push(Key::new("<script>".into(), Shape::Dots, Colour::Sse.solid()));
    assert!(!plot.svg().unwrap().contains("<script"));
}

#[test]
fn more_than_a_reader_can_follow_is_refused() {
    assert!(rows("row", 40).svg().is_ok());
    assert!(matches!(rows("row", 41).svg(), Err(ChartError::TooMany { count: 41, limit: 40, .. })));
}

/// The left and the right end of every text of a drawing, as the bundled font sets it, with its height.
fn texts(svg: &str) -> Vec<(f64, f64, f64, String)> {
    let number = |tag: &str, name: &str| -> f64 {
        tag.split_once(&format!(" {name}=\"")).unwrap().1.split_once('"').unwrap().0.parse().unwrap()
    };
    let text = |element: &str| {
        let (tag, rest) = element.split_once(">\n").unwrap();
        let words = rest.split_once("</text>").unwrap().0.to_owned();
        let width = font::Font { size: number(tag, "font-size"), bold: false }.exact_width(&words);
        let left = match tag {
            tag if tag.contains("\"middle\"") => number(tag, "x") - width / 2.0,
            tag if tag.contains("\"end\"") => number(tag, "x") - width,
            _ => number(tag, "x"),
        };
        (left, left + width, number(tag, "y"), words)
    };
    svg.split("<text").skip(1).map(text).collect()
}

#[test]
fn labels_of_an_axis_do_not_touch_and_stay_inside() {
    for quantiles in [[0.0001, 0.9999], [0.01, 0.999], [0.1, 0.9]] {
        let (x, y) = (Axis::logit(&quantiles).unwrap(), Axis::log(&[1e3, 1e9], Unit::Time).unwrap());
        let svg = Plot::new(ChartText::default(), x, y).svg().unwrap();
        let ticks: Vec<_> = texts(&svg).into_iter().filter(|(.., words)| words.ends_with('%')).collect();
        assert!(ticks.len() >= 3, "{ticks:?}");
        assert!(ticks.windows(2).all(|pair| pair[0].1 < pair[1].0), "{ticks:?}");
        assert!(texts(&svg).iter().all(|(left, right, ..)| *left >= 0.0 && *right <= WIDTH * 10.0), "{svg}");
    }
}

#[test]
fn entries_of_a_legend_do_not_touch_and_stay_inside() {
    let mut plot = rows("row", 1);
    let names = ["sse", "websocket/h2+tls", "sse/h1+gzip, many streams", "sse@node", "long-poll"];
    plot.keys = names.map(|name| Key::new(name.into(), Shape::Line(2.0), Colour::Sse.solid())).into();
    let svg = plot.svg().unwrap();
    let entries: Vec<_> = texts(&svg).into_iter().filter(|(.., words)| names.contains(&words.as_str())).collect();
    assert_eq!(entries.len(), names.len());
    assert!(entries.iter().all(|(_, right, ..)| *right <= WIDTH * 10.0), "{entries:?}");
    assert!(entries.windows(2).all(|pair| pair[0].2 < pair[1].2 || pair[0].1 < pair[1].0), "{entries:?}");
}
