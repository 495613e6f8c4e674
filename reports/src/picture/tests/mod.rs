//! One of each chart with made-up numbers, looked at from outside: its data, its words, its markup, its picture.

mod properties;

use super::bars::{Bar, Column, bars_of, columns_of};
use super::curves::{Curve, memory_of, pace_of, shift_of, spectrum_of, timeline_of};
use super::forest::{Row as ForestRow, Words, forest_of};
use super::*;
use crate::chart::{Mark, Point, Unit};

fn text(title: &str) -> ChartText {
    let [title, subtitle, x, y] = [title, "how <to> & read it", "across", "upwards"].map(str::to_owned);
    ChartText { title, subtitle, x, y }
}

fn curve(name: &str, colour: Colour, points: impl Into<Vec<Point>>) -> Curve {
    Curve { name: name.into(), colour, points: points.into(), back: false }
}

fn spectrum_plot() -> Plot {
    let tail = |scale: f64| -> Vec<Point> {
        (0..60).map(|n| (1.0 - 10_f64.powf(-f64::from(n) / 16.0), scale * (1.0 + f64::from(n)))).collect()
    };
    let curves = [curve("SSE", Colour::Sse, tail(61e3)), curve("WebSocket", Colour::WebSocket, tail(58e3))];
    spectrum_of(text("spectrum"), &curves).unwrap()
}

fn timeline_plot() -> Plot {
    let seconds = |base: f64| (0..30).map(|n| (f64::from(n), base + f64::from(n % 7) * 1e4)).collect::<Vec<_>>();
    let mut thick = curve("SSE p99", Colour::Sse, seconds(310e3));
    thick.points[20].1 = f64::NAN;
    timeline_of(text("timeline"), &[thick, Curve { back: true, ..curve("SSE p50", Colour::Sse, seconds(64e3)) }])
        .unwrap()
}

fn memory_plot() -> Plot {
    let points = |each: f64| [250.0, 500.0, 1000.0, 2000.0].map(|n| (n, 6e6 + n * each));
    let stock = Curve { back: true, ..curve("stock", Colour::WebSocket, points(147e3)) };
    memory_of(text("memory"), &[curve("equal", Colour::WebSocket, points(12e3)), stock]).unwrap()
}

fn shift_plot() -> Plot {
    let shares = [0.01, 0.1, 0.5, 0.9, 0.99];
    let low = shares.map(|share| (share, 0.93));
    let high = shares.map(|share| (share, 1.21));
    let band: Vec<Point> = low.into_iter().chain(high.into_iter().rev()).collect();
    shift_of(text("shift"), &curve("WebSocket / SSE", Colour::WebSocket, shares.map(|share| (share, 1.06))), &band)
        .unwrap()
}

fn pace_plot() -> Plot {
    let points = [(20.0, 90e3), (100.0, 80e3), (1000.0, 75e3)];
    let many = Curve { back: true, ..curve("SSE, many streams", Colour::Sse, points) };
    pace_of(text("pace"), &[curve("SSE, one stream", Colour::Sse, points), many]).unwrap()
}

fn bar(name: &str, parts: &[f64], value: f64, range: Option<(f64, f64)>) -> Bar {
    let parts = parts.iter().enumerate().map(|(n, length)| (*length, Colour::Part(n))).collect();
    Bar { name: name.into(), parts, value, range }
}

fn bars_plot() -> Plot {
    let bars = [
        bar("SSE", &[175_000.0], 175_000.0, Some((120_000.0, 220_000.0))),
        bar("raw TCP", &[1_212_000.0], 1_212_000.0, None),
    ];
    bars_of(text("bars"), Unit::Count, &bars).unwrap()
}

fn parts_plot() -> Plot {
    let bars = [bar("SSE", &[23e3, 9e3, f64::NAN, 10e3], 47e3, None), bar("WebSocket", &[], 46e3, None)];
    bars_of(text("parts"), Unit::Time, &bars).unwrap()
}

fn columns_plot() -> Plot {
    let column = |name: &str, colour, measured, theory| Column { name: name.into(), colour, measured, theory };
    let group = |label: &str| {
        let columns = vec![column("SSE", Colour::Sse, 14.5, Some(14.0)), column("other", Colour::Other(0), 6.0, None)];
        (label.into(), columns)
    };
    columns_of(text("columns"), "理论".to_owned(), &[group("64 B"), group("16 KiB")]).unwrap()
}

fn forest_rows() -> Vec<ForestRow> {
    let row = |name: &str, ratio: f64, interval, colour| {
        let null = Some((0.97, 1.035));
        ForestRow { name: name.into(), ratio, interval, null, colour }
    };
    vec![
        row("single p50", 1.02, Some((0.99, 1.05)), Colour::Null),
        row(&"a very long name of a cell ".repeat(4), 0.5, Some((0.45, 0.56)), Colour::WebSocket),
        row("exact", 1.0004, Some((1.0001, 1.0007)), Colour::Null),
        row("not measured", f64::NAN, None, Colour::Null),
    ]
}

fn forest_plot() -> Plot {
    let sides = ["← 更低".to_owned(), "更高 →".to_owned()];
    let words = Words { ratio: "ratio".into(), null: "A/A".into(), margin: "within 5 %".into(), sides };
    forest_of(text("forest"), words, 1.05, &forest_rows()).unwrap()
}

/// Every chart with its name and the words that must stand in it.
fn all() -> Vec<(&'static str, Plot, Vec<&'static str>)> {
    vec![
        ("spectrum", spectrum_plot(), vec!["SSE", "WebSocket", "99%", "100 µs"]),
        ("timeline", timeline_plot(), vec!["SSE p99", "SSE p50", "200 µs"]),
        ("memory", memory_plot(), vec!["equal", "stock", "2,000", "200 MiB"]),
        ("shift", shift_plot(), vec!["WebSocket / SSE", "1×", "50%"]),
        ("pace", pace_plot(), vec!["SSE, one stream", "SSE, many streams", "1,000"]),
        ("bars", bars_plot(), vec!["SSE", "raw TCP", "175 k", "1.21 M"]),
        ("parts", parts_plot(), vec!["SSE", "WebSocket", "47 µs", "46 µs"]),
        ("columns", columns_plot(), vec!["SSE", "other", "理论", "64 B", "16 KiB", "14.5"]),
        (
            "forest",
            forest_plot(),
            vec!["1.02× [0.99, 1.05]", "1.000× [1.000, 1.001]", "–", "A/A", "within 5 %", "← 更低"],
        ),
    ]
}

#[test]
fn every_chart_shows_its_words_and_belongs_to_the_page() {
    for (name, plot, words) in all() {
        let (svg, png) = (plot.svg().unwrap(), plot.png().unwrap());
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{name}");
        assert!(svg.contains("role=\"img\"") && svg.contains("viewBox=\"0 0 5400 "), "{name}");
        assert!(svg.contains("currentColor"), "{name}: no ink of the page");
        assert!(!svg.contains("font-family") && !svg.contains("=\"#"), "{name}: a font or a colour of its own");
        assert!(svg.len() < 30_000, "{name}: {} bytes", svg.len());
        let heading = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        let said = format!("<title>{heading}</title>\n<desc>{heading}. how &lt;to&gt; &amp; read it</desc>");
        assert!(svg.contains(&said), "{name}");
        for words in words.into_iter().chain(["across", "upwards"]) {
            assert!(svg.contains(&format!("{words}</text>")), "{name}: {words} is missing");
        }
        let reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        assert_eq!(reader.info().width, 1160, "{name}");
        assert!(png.len() < 60_000, "{name}: {} bytes", png.len());
    }
}

#[test]
fn same_input_same_bytes_and_the_picture_is_english_on_every_page() {
    let [english, chinese, again] = [Language::English, Language::Chinese, Language::Chinese].map(|lang| {
        let plot = |l: Language| {
            let mut plot = bars_plot();
            plot.text.title = l.percentile();
            Ok(plot)
        };
        match block(lang, String::new(), String::new(), plot) {
            Some(Block::Chart(picture)) => picture,
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(chinese, again);
    assert!(english.png == chinese.png && english.svg != chinese.svg);
}

#[test]
fn a_picture_stands_on_white_and_has_the_colours_of_its_arms() {
    let png = bars_plot().png().unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels[..3], [0xff; 3]);
    let part = Colour::Part(0).solid();
    let share = |colour: [u8; 3]| {
        pixels.chunks_exact(3).filter(|pixel| **pixel == colour).count() as f64 * 300.0 / pixels.len() as f64
    };
    assert!(share([0xff; 3]) > 60.0 && share([part.0, part.1, part.2]) > 2.0);
}

#[test]
fn a_second_without_a_value_breaks_its_line() {
    let svg = timeline_plot().svg().unwrap();
    let thick = svg.lines().filter(|line| line.starts_with("<polyline") && line.contains("stroke-width=\"22\""));
    // Two stretches and the sample of the legend.
    assert_eq!(thick.count(), 3, "{svg}");
}

#[test]
fn the_fitted_line_runs_from_the_first_point_to_the_last() {
    let plot = memory_plot();
    let Mark { points, .. } = &plot.marks[0];
    let near = |(x, y): Point, to: Point| (x - to.0).abs() < 1e-6 && (y - to.1).abs() < 1.0;
    assert!(near(points[0], (250.0, 9e6)) && near(points[1], (2000.0, 30e6)), "{points:?}");
}

#[test]
fn parts_without_a_length_take_no_room() {
    let ends: Vec<f64> = parts_plot().marks.iter().map(|mark| mark.points[0].0).collect();
    assert_eq!(ends, [0.0, 23e3, 32e3]);
}

#[test]
fn values_above_columns_that_are_too_narrow_are_left_out() {
    let column = |n: usize| Column { name: "arm".into(), colour: Colour::Other(n), measured: 14.5, theory: None };
    let labels = |groups: usize| {
        let group = |_| ("64 B".into(), [0, 1, 2, 3].map(column).into());
        columns_of(text("columns"), String::new(), &(0..groups).map(group).collect::<Vec<_>>()).unwrap().labels.len()
    };
    assert_eq!((labels(2), labels(8)), (8, 0));
}

#[test]
fn nothing_to_show_is_refused() {
    let empty = |plot: Result<Plot, ChartError>| matches!(plot, Err(ChartError::Empty));
    let zeros = [curve("zeros", Colour::Sse, [(0.5, 0.0), (0.9, f64::NAN)])];
    assert!(empty(spectrum_of(text(""), &zeros)) && empty(timeline_of(text(""), &[])));
    assert!(empty(memory_of(text(""), &[])) && empty(pace_of(text(""), &zeros)));
    assert!(empty(shift_of(text(""), &curve("none", Colour::Sse, []), &[])));
    assert!(empty(columns_of(text(""), String::new(), &[])));
    assert!(empty(bars_of(text(""), Unit::Count, &[bar("none", &[f64::INFINITY], 1.0, Some((0.0, 1.0)))])));
    let words = Words { ratio: "".into(), null: "".into(), margin: "".into(), sides: ["".into(), "".into()] };
    assert!(empty(forest_of(text(""), words, 1.05, &forest_rows()[3..])));
}

/// Writes one of each chart to `$CHART_SAMPLES`, to be looked at.
#[test]
#[ignore = "writes files to look at"]
fn samples_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var_os("CHART_SAMPLES").unwrap());
    for (name, plot, _) in all() {
        std::fs::write(folder.join(name).with_extension("svg"), plot.svg().unwrap()).unwrap();
        std::fs::write(folder.join(name).with_extension("png"), plot.png().unwrap()).unwrap();
    }
}
