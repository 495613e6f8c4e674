//! Every chart drawn once and looked at from outside: its markup, its picture, its limits, its bytes.

mod data;
mod palette;
mod properties;
mod samples;

use super::*;

#[test]
fn svg_belongs_to_the_page() {
    for (name, Chart { svg, .. }) in samples::all() {
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{name}");
        assert!(svg.contains("role=\"img\"") && svg.contains("viewBox=\"0 0 5400 "), "{name}");
        assert!(svg.contains("currentColor"), "{name}: no ink of the page");
        assert!(!svg.contains("font-family") && !svg.contains("=\"#"), "{name}: a font or a colour of its own");
        assert!(svg.contains("<desc>A &lt;made-up&gt; chart &amp; its words.</desc>"), "{name}");
        assert!(svg.len() < 30_000, "{name}: {} bytes", svg.len());
        assert_eq!(svg.matches('<').count(), svg.matches('>').count(), "{name}: unbalanced markup");
    }
}

#[test]
fn page_and_picture_speak_their_own_language() {
    let chart = samples::ratios().unwrap();
    assert!(chart.svg.contains("<title>SSE 与 WebSocket 的比值</title>"));
    assert!(chart.svg.contains("SSE 更低") && !chart.svg.contains("SSE lower"));
    let english = |page: &str| {
        let title = Text::new(page, "Rates");
        let bar = Bar { name: Text::new(page, "SSE"), colour: Colour::Sse, value: 2.0, interval: None };
        bars(&ChartText { title, ..ChartText::default() }, Unit::Count, &[bar]).unwrap().png
    };
    assert_eq!(english("速率"), english("Débits"), "the page's language changed the picture");
}

#[test]
fn picture_is_a_png_of_the_promised_width() {
    for (name, chart) in samples::all() {
        let reader = png::Decoder::new(std::io::Cursor::new(&chart.png)).read_info().unwrap();
        assert_eq!(reader.info().width, 1160, "{name}");
        assert!(chart.png.len() < 120_000, "{name}: {} bytes", chart.png.len());
    }
}

#[test]
fn same_input_same_bytes() {
    assert_eq!(samples::all(), samples::all());
}

/// `BLESS=1 cargo test` writes the golden files again: look at them before committing.
#[test]
fn golden() {
    for (name, chart) in samples::all().into_iter().filter(|(name, _)| ["bars", "shift", "stacked"].contains(name)) {
        let path = format!("{}/src/chart/tests/golden/{name}.svg", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &chart.svg).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(golden == chart.svg, "{path} differs from what is drawn now; BLESS=1 accepts it");
    }
}

/// Writes one of each chart to `$CHART_SAMPLES`, to be looked at.
#[test]
#[ignore = "writes files to look at"]
fn samples_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var_os("CHART_SAMPLES").unwrap());
    for (name, chart) in samples::all() {
        std::fs::write(folder.join(name).with_extension("svg"), chart.svg).unwrap();
        std::fs::write(folder.join(name).with_extension("png"), chart.png).unwrap();
    }
}
