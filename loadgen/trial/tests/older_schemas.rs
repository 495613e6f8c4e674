//! Every distribution that schemas 1–3 stored, read here and by HdrHistogram itself: each count, each quantile, the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::Engine as _;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use std::fs;
use std::path::{Path, PathBuf};
use trial::{Distribution, Recording};

/// Plain records under a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let (directories, files): (Vec<_>, Vec<_>) =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).partition(|path| path.is_dir());
    let plain = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    plain.chain(directories.iter().flat_map(|directory| self::files(directory))).collect()
}

/// The distributions in a line: no other string of records begins like one.
fn texts(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').filter(|text| text.starts_with("HISTF"))
}

fn compare(text: &str) {
    let ours: Distribution = serde_json::from_str(&format!("\"{text}\"")).unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let theirs: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
    let counts = theirs.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value()));
    assert!(ours.counts().eq(counts) && ours.len() == theirs.len());
    let shares = (0..=1_000).map(|i| f64::from(i) / 1e3).chain([0.9995, 0.9999, 0.99999]);
    for q in shares.filter(|_| !theirs.is_empty()) {
        assert_eq!(ours.quantile(q), Some(theirs.value_at_quantile(q)), "{q}");
    }
    for at in [1, 1_000, 40_000, 1_000_000, 38_000_000, 60_000_000_000] {
        assert_eq!(ours.share_below(at).to_bits(), theirs.quantile_below(at).to_bits());
    }
    let written = serde_json::to_string(&ours).unwrap();
    assert_eq!(serde_json::from_str::<Distribution>(&written).unwrap(), ours);
}

#[test]
fn nothing_of_what_was_published_reads_differently() {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports");
    let files = [reports.join("tests/schemas"), reports.join("published")]
        .iter()
        .flat_map(|path| files(path))
        .collect::<Vec<_>>();
    let mut compared = 0;
    for file in files {
        for text in fs::read_to_string(file).unwrap().lines().flat_map(texts) {
            compare(text);
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn a_recording_is_finished_without_losing_a_count() {
    let mut recording = Recording::new();
    (0..100_000_u64).for_each(|i| recording.record(i * i));
    let collected: Distribution = (0..100_000_u64).map(|i| i * i).collect();
    assert_eq!((recording.finish().len(), recording.finish()), (100_000, collected));
}
