//! Records of schemas 1–4, cut from published runs, are read for ever; and rewritten in today's form without losing a count.
//! In the file of schema 4 the library client reads, which there the cell says. Schema 2 was never published: its file is that of schema 1 with the pre-flight that schema 2 added.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use reports::{Records, load, repack};
use std::fs;
use tempfile::TempDir;
use trial::{Measurement, Metric, Outcome, Quantile, SCHEMA, container};

fn stored(schema: u32) -> String {
    let path = format!("{}/tests/schemas/schema-{schema}.jsonl", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).unwrap()
}

/// A directory with the records of a schema in it.
fn run(schema: u32) -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join(container::PLAIN), stored(schema)).unwrap();
    directory
}

fn measured(records: &Records) -> Vec<&Measurement> {
    let measurements = records.trials.iter().filter_map(|trial| match &trial.outcome {
        Outcome::Measured(measurement) => Some(&**measurement),
        Outcome::Unsupported(_) | Outcome::Failed(_) => None,
    });
    measurements.collect()
}

#[test]
fn every_schema_is_read() {
    for (schema, slices, preflight) in [(1, 1, false), (2, 1, true), (3, 10, true)] {
        let directory = run(schema);
        let records = load(directory.path()).unwrap();
        assert_eq!((records.run.schema, records.trials.len(), records.warnings.len()), (schema, 2, 0));
        assert_eq!(records.preflight.is_some(), preflight);
        for m in measured(&records) {
            let response = &m.distributions[&Metric::ResponseTime];
            assert!(!response.is_empty() && response.len() == m.counters.in_window, "{schema}");
            assert_eq!(m.timeline.iter().map(|slice| slice.received).sum::<u64>(), response.len());
            assert_eq!(m.timeline.len(), slices);
            assert!(m.timeline.iter().all(|slice| slice.distribution.is_empty()), "a report keeps no slice whole");
            assert!(m.timeline.iter().all(|slice| slice.quantile(Quantile::P99) >= slice.quantile(Quantile::P50)));
        }
    }
}

#[test]
fn what_is_repacked_is_smaller_and_says_the_same() {
    for schema in 1..=3 {
        let directory = run(schema);
        let before = load(directory.path()).unwrap();
        let packed = repack(directory.path()).unwrap();
        assert_eq!(packed, directory.path().join(container::PACKED));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");
        assert!(fs::metadata(&packed).unwrap().len() < stored(schema).len() as u64 / 2);
        let after = load(directory.path()).unwrap();
        assert_eq!(after.run.schema, SCHEMA);
        // As they are written, for diagnostics are kept less finely than those of schemas 1 to 3 were.
        let written = |records| serde_json::to_value(measured(records)).unwrap();
        assert_eq!(written(&after), written(&before));
        assert_eq!(after.preflight, before.preflight);
        let again = fs::read(&packed).unwrap();
        assert_eq!(fs::read(repack(directory.path()).unwrap()).unwrap(), again, "packed for good");
    }
}

#[test]
fn the_client_of_a_cell_of_schema_4_is_that_of_its_arms() {
    let directory = run(4);
    let arms = |records: &Records| {
        let [cell] = &records.run.plan.cells[..] else { panic!() };
        assert_eq!(cell.base().unwrap().to_string(), "sse!library");
        assert!(records.trials.iter().all(|trial| trial.cell == *cell));
        let of_trials: Vec<_> = records.trials.iter().map(|trial| trial.arm).collect();
        assert_eq!(of_trials, cell.arms);
        of_trials.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let before = load(directory.path()).unwrap();
    assert_eq!((before.run.schema, arms(&before)), (4, vec!["sse!library".to_owned(), "websocket!library".to_owned()]));
    repack(directory.path()).unwrap();
    let after = load(directory.path()).unwrap();
    assert_eq!((after.run.schema, arms(&after)), (SCHEMA, arms(&before)));
    assert_eq!(measured(&after), measured(&before));
}

#[test]
fn records_that_are_cut_off_are_not_repacked() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join(container::PLAIN);
    let text = stored(3);
    fs::write(&path, &text[..text.len() - 40]).unwrap();
    let error = repack(directory.path()).unwrap_err().to_string();
    assert_eq!(error, format!("{}: it is cut off; the records stay as they are", path.display()));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    assert_eq!(fs::metadata(&path).unwrap().len(), text.len() as u64 - 40);
}
