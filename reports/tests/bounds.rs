//! Files made to take a reader's memory: each is answered with one line, or read, in 256 MB. One test, so that its process
//! has nothing else in it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::Engine as _;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use reports::load;
use std::fs::{self, File};
use std::io::Write as _;
use tempfile::TempDir;
use trial::container;

const MAX_PEAK_KIB: u64 = 256 << 10;
/// Buckets of a distribution.
const BUCKETS: usize = 27_648;

/// The first line and a trial of a published run.
fn lines() -> (String, serde_json::Value) {
    let path = format!("{}/tests/schemas/schema-3.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let run = format!("{}\n", lines.next().unwrap());
    (run, serde_json::from_str(lines.find(|line| line.contains("\"kind\":\"trial\"")).unwrap()).unwrap())
}

/// The trial with another value at a place inside its measurement.
fn with(trial: &serde_json::Value, place: &str, json: &str) -> String {
    let mut trial = trial.clone();
    trial["outcome"]["measured"][place] = "PLACE".into();
    let text = trial.to_string();
    format!("{}\n", text.replacen("\"PLACE\"", json, 1))
}

/// What schemas 1–3 made of one duration in every bucket: 200 bytes of text.
fn full_histogram() -> String {
    let counts = vec![2; BUCKETS];
    let numbers = [0x1c84_9313_u32, BUCKETS as u32, 0, 3].map(u32::to_be_bytes).concat();
    let bounds = [1_u64.to_be_bytes(), 60_000_000_000_u64.to_be_bytes(), 1_f64.to_be_bytes()].concat();
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&[numbers, bounds, counts].concat()).unwrap();
    let packed = encoder.finish().unwrap();
    let head = [0x1c84_9314, packed.len() as u32].map(u32::to_be_bytes).concat();
    base64::engine::general_purpose::STANDARD.encode([head, packed].concat())
}

/// Loads a compressed file of a run's first line and so many times a text.
fn load_repeated(run: &str, text: &str, times: usize) -> Result<usize, String> {
    let directory = TempDir::new().unwrap();
    let file = File::create(directory.path().join(container::PACKED)).unwrap();
    let mut encoder = GzEncoder::new(file, Compression::fast());
    encoder.write_all(run.as_bytes()).unwrap();
    (0..times).for_each(|_| encoder.write_all(text.as_bytes()).unwrap());
    encoder.finish().unwrap();
    let path = directory.path().join(container::PACKED).display().to_string();
    load(directory.path()).map(|records| records.trials.len()).map_err(|error| error.to_string().replace(&path, "FILE"))
}

fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn no_file_takes_more_than_256_mb() {
    let (run, trial) = lines();
    let slice = "{\"offset_ns\":0,\"received\":0,\"distribution\":\"\"}";
    let slices = |count: usize| with(&trial, "timeline", &format!("[{}]", vec![slice; count].join(",")));
    let browser = "{\"name\":\"\",\"version\":\"\",\"asked\":0}";
    let browsers = with(&trial, "browsers", &format!("[{}]", vec![browser; 9_000].join(",")));
    let full = full_histogram();
    let metrics = ["response-time", "service-time", "queueing", "inter-event", "round-trip", "first-event"];
    let each = |text: &str| {
        let members: Vec<_> = metrics.iter().map(|metric| format!("\"{metric}\":\"{text}\"")).collect();
        with(&trial, "distributions", &format!("{{{}}}", members.join(",")))
    };
    let many = "the file holds more than 128 MiB up to here: not the records of a run";
    let values = "the file holds more than 2,097,152 values up to here: not the records of a run";
    let kept = "the distributions up to here take more than 128 MiB: not the records of a run";
    let giant = with(&trial, "distributions", &format!("{{\"response-time\":\"HISTF{}\"}}", "A".repeat(7 << 20)));
    for (name, text, times, expected) in [
        ("a line without an end", " ".repeat(1 << 20), 100, "longer than 8 MiB: not a pushbench record"),
        ("endless slices in one line", slices(250_000), 1, "longer than 8 MiB: not a pushbench record"),
        ("many slices in one line", slices(100_000), 1, "more than 65,536 values: not a pushbench record"),
        ("more slices than are written", slices(300), 1, "more than 240 slices of one window"),
        ("a giant base64 text", giant, 1, "not a distribution"),
        ("many elements in many lines", browsers, 100, values),
        ("many trials", slices(1), 10_000, values),
        ("a full distribution in each of many trials", each(&"C".repeat(BUCKETS)), 1_000, many),
        ("the same, of schema 3", each(&full), 1_000, kept),
    ] {
        let error = load_repeated(&run, &text, times).unwrap_err();
        assert!(error.starts_with("FILE: line ") && error.contains(expected), "{name}: {error}");
        assert!(!error.contains('\n') && error.len() < 300, "{name}: {error}");
        assert!(peak_kib() <= MAX_PEAK_KIB, "{name}: {} KiB", peak_kib());
    }
    let all_slices = format!("[{}]", vec![slice.replace("\"\"", &format!("\"{full}\"")); 240].join(","));
    assert_eq!(load_repeated(&run, &with(&trial, "timeline", &all_slices), 50), Ok(50));
    println!("{} KiB at the highest", peak_kib());
    assert!(peak_kib() <= MAX_PEAK_KIB, "{} KiB", peak_kib());
}
