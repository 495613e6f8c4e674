//! One realistic example of every chart, with made-up numbers.

use super::super::*;

/// Every chart with the name of its file.
pub(super) fn all() -> Vec<(&'static str, Chart)> {
    let charts = [
        ("spectrum", spectrum()),
        ("timeline", seconds()),
        ("overhead", bytes()),
        ("memory", slopes()),
        ("forest", ratios()),
        ("shift", shifted()),
        ("bars", rates()),
        ("stacked", parts()),
    ];
    charts.map(|(name, chart)| (name, chart.unwrap())).into()
}

fn text(title: (&str, &str), subtitle: (&str, &str), x: (&str, &str), y: (&str, &str)) -> ChartText {
    let [title, subtitle, x, y] = [title, subtitle, x, y].map(|(page, image)| Text::new(page, image));
    ChartText { title, subtitle, x, y, description: "A <made-up> chart & its words.".into() }
}

/// The quantiles that an HdrHistogram would list, and a response time that grows into the tail.
fn tail(scale: f64, heavy: f64) -> Vec<(f64, f64)> {
    let place = |n: i32| 1.0 - 10_f64.powf(-f64::from(n) / 100.0);
    let noise = |n: i32| 1.0 + 0.06 * (f64::from(n) * 0.7).sin();
    (0..=430).map(|n| (place(n), scale * noise(n / 9) * (1.0 + (f64::from(n) / 130.0).powf(heavy)))).collect()
}

pub(super) fn spectrum() -> Result<Chart, ChartError> {
    let series = |name: &str, colour, points| Series { name: name.into(), colour, points };
    percentile_spectrum(
        &text(
            (
                "响应时间:SSE 与 WebSocket 在 p99 之前相同",
                "Response time: SSE and WebSocket agree up to the 99th percentile",
            ),
            ("扇出 100,256 B,每秒 1,000 个事件。越低越好。", "Fan-out to 100, 256 B, 1,000 events/s. Lower is better."),
            ("百分位", "Percentile of events"),
            ("响应时间(对数)", "Response time (log)"),
        ),
        &[
            series("SSE", Colour::Sse, tail(61_000.0, 3.2)),
            series("WebSocket", Colour::WebSocket, tail(58_000.0, 2.9)),
            series("http-stream", Colour::Control, tail(52_000.0, 2.7)),
        ],
    )
}

fn per_second(base: f64, stall: usize) -> Vec<(f64, f64)> {
    let wave = |n: usize| 1.0 + 0.18 * (n as f64 * 1.3).sin() + 0.1 * (n as f64 * 0.37).cos();
    (0..60).map(|n| (n as f64, base * wave(n) * if n == stall { 14.0 } else { 1.0 })).collect()
}

pub(super) fn seconds() -> Result<Chart, ChartError> {
    let mut arms = [
        Arm { name: "SSE".into(), colour: Colour::Sse, p50: per_second(64e3, 70), p99: per_second(310e3, 31) },
        Arm {
            name: "WebSocket".into(),
            colour: Colour::WebSocket,
            p50: per_second(57e3, 70),
            p99: per_second(240e3, 12),
        },
    ];
    arms[0].p99[45].1 = f64::NAN;
    timeline(
        &text(
            ("逐秒响应时间", "Response time second by second"),
            ("服务器在第 31 秒停顿 200 ms", "The server stalled for 200 ms in second 31"),
            ("开始后的秒数", "Seconds since the start"),
            ("响应时间(对数)", "Response time (log)"),
        ),
        &arms,
    )
}

pub(super) fn bytes() -> Result<Chart, ChartError> {
    let column = |name: &str, colour, measured: f64, theory| Column { name: name.into(), colour, measured, theory };
    let group = |label: &str, sse: f64, ws: f64, control: f64| ColumnGroup {
        label: label.into(),
        columns: vec![
            column("SSE", Colour::Sse, sse, Some(sse - 0.7)),
            column("WebSocket", Colour::WebSocket, ws, Some(ws)),
            column("http-stream", Colour::Control, control, Some(control - 0.4)),
            column("long-poll", Colour::LongPoll, 182.0 + control, None),
        ],
    };
    overhead(
        &text(
            ("每个事件的额外字节", "SSE costs 30 bytes more per event than WebSocket"),
            ("", "Bytes at the socket above the payload, measured on loopback."),
            ("负载大小", "Payload size"),
            ("每个事件的额外字节", "Bytes per event above the payload"),
        ),
        &Text::new("理论值", "theory"),
        &[
            group("64 B", 29.7, 2.0, 6.4),
            group("256 B", 31.2, 4.0, 7.4),
            group("1 KiB", 32.0, 4.0, 7.9),
            group("16 KiB", 44.8, 4.0, 9.1),
        ],
    )
}

pub(super) fn slopes() -> Result<Chart, ChartError> {
    let point = |connections: f64, bytes| MemoryPoint { connections, bytes };
    let line = |name: &str, colour, stroke, each: f64| {
        let at = |connections: f64| point(connections, 6.2e6 + connections * each);
        let wobble = |n: f64| 1.0 + 0.03 * n.cos();
        let points = [100.0, 250.0, 500.0, 1000.0, 2000.0].map(|n| point(n, at(n).bytes * wobble(n))).into();
        MemoryLine { name: name.into(), colour, stroke, points, fit: Some([at(0.0), at(2000.0)]) }
    };
    memory(
        &text(
            ("内存", "Memory: 9.6 KiB for each SSE connection, 21.4 KiB for each WebSocket"),
            ("", "Resident set of the server; lines are least-squares fits."),
            ("连接数", "Open connections"),
            ("服务器内存", "Server memory"),
        ),
        &[
            line("SSE, equal: 9.6 KiB", Colour::Sse, Stroke::Solid, 9.6 * 1024.0),
            line("SSE, stock: 12.0 KiB", Colour::Sse, Stroke::Dashed, 12.0 * 1024.0),
            line("WebSocket, equal: 21.4 KiB", Colour::WebSocket, Stroke::Solid, 21.4 * 1024.0),
            line("WebSocket, stock: 147 KiB", Colour::WebSocket, Stroke::Dashed, 47.0 * 1024.0),
        ],
    )
}

pub(super) fn ratios() -> Result<Chart, ChartError> {
    let row = |name: &str, ratio: f64, spread: f64, colour| ForestRow {
        name: name.into(),
        ratio,
        interval: (spread > 0.0).then_some((ratio / (1.0 + spread), ratio * (1.0 + spread))),
        null: Some((0.97, 1.035)),
        colour,
    };
    let forest = Forest {
        rows: vec![
            row("p50 · single stream · 256 B · 1,000/s", 1.02, 0.03, Colour::Neutral(0)),
            row("p99 · single stream · 256 B · 1,000/s", 1.11, 0.06, Colour::WebSocket),
            row("p99.9 · fan-out to 100 · 256 B · 1,000 events/s and a very long name", 0.91, 0.17, Colour::Neutral(0)),
            row("Server CPU per event", 0.82, 0.04, Colour::Sse),
            row("Connect to first event", 1.31, 0.0, Colour::WebSocket),
            row("Not measured", f64::NAN, 0.0, Colour::Neutral(0)),
        ],
        margin: Some((0.95, 1.0 / 0.95)),
        sides: (Text::new("SSE 更低", "SSE lower"), Text::new("WebSocket 更低", "WebSocket lower")),
        ratio_name: Text::new("比值与 95% 区间", "SSE ÷ WebSocket, 95% interval"),
        null_name: Text::new("空对照", "null arm"),
        margin_name: Text::new("视为相同", "counts as the same"),
    };
    let title = ("SSE 与 WebSocket 的比值", "What differs between SSE and WebSocket");
    ratio_forest(&text(title, ("", "Ratio of each figure, 3 blocks."), ("", ""), ("", "")), &forest)
}

pub(super) fn shifted() -> Result<Chart, ChartError> {
    let quantiles = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
    let point = |quantile: f64| {
        let ratio = 1.03 + 0.25 * quantile.powi(12);
        let spread = 0.01 + 0.12 * quantile.powi(20);
        ShiftPoint { quantile, ratio, interval: Some((ratio - spread, ratio + spread)) }
    };
    let null = |quantile: f64| ShiftPoint { ratio: 1.0, interval: Some((0.97, 1.04)), quantile };
    shift(
        &text(
            ("整个分布上的差异", "SSE is slower only in the tail"),
            ("SSE ÷ WebSocket,带状为 95% 自助区间", "SSE ÷ WebSocket response time; band: 95% bootstrap interval."),
            ("百分位", "Percentile of events"),
            ("比值", "Ratio (log): above 1 WebSocket is faster"),
        ),
        &[
            Shift { name: "SSE ÷ WebSocket".into(), colour: Colour::Sse, points: quantiles.map(point).into() },
            Shift { name: "null arm".into(), colour: Colour::Null, points: quantiles.map(null).into() },
        ],
    )
}

pub(super) fn rates() -> Result<Chart, ChartError> {
    let bar = |name: &str, colour, value: f64| Bar {
        name: name.into(),
        colour,
        value,
        interval: Some((value * 0.96, value * 1.05)),
    };
    bars(
        &text(
            ("饱和吞吐量", "Events delivered per second at saturation"),
            ("", "One server core, 200 connections, 256 B."),
            ("每秒事件", "Events per second"),
            ("", ""),
        ),
        Unit::Count,
        &[
            bar("raw TCP", Colour::Floor, 1_212_000.0),
            bar("http-stream", Colour::Control, 871_000.0),
            bar("WebSocket", Colour::WebSocket, 842_000.0),
            bar("SSE", Colour::Sse, 795_000.0),
            bar("long-poll", Colour::LongPoll, 31_400.0),
        ],
    )
}

pub(super) fn parts() -> Result<Chart, ChartError> {
    let kind = |page: &str, image: &str, n| Kind { name: Text::new(page, image), colour: Colour::Neutral(n) };
    let stack = |name: &str, parts: [Option<f64>; 5], whole| Stack { name: name.into(), parts: parts.into(), whole };
    stacked(
        &text(("时间花在哪里", "Where the time goes"), ("", "Medians; they need not add up."), ("", ""), ("", "")),
        Unit::Time,
        &[
            kind("定时器", "timer", 0),
            kind("服务器", "server", 1),
            kind("线路", "wire", 2),
            kind("客户端", "client", 3),
            kind("线路与客户端", "wire and client", 2),
        ],
        &Text::new("整体中位数", "median of the whole"),
        &[
            stack("SSE", [Some(23_000.0), Some(9_300.0), Some(4_700.0), Some(10_100.0), None], 47_700.0),
            stack("WebSocket", [Some(22_100.0), Some(8_900.0), Some(4_500.0), Some(9_900.0), None], 46_200.0),
            stack("raw TCP", [Some(21_000.0), Some(6_000.0), None, None, Some(f64::NAN)], 41_000.0),
            stack("long-poll", [Some(24_000.0), Some(12_000.0), None, None, Some(40_000.0)], 77_000.0),
        ],
    )
}
