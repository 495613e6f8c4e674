//! What a reader must know of counts: by which instrument, on what kind of interface, and what was not counted and why.

use crate::compare::CellComparison;
use crate::document::Block;
use crate::text::Language;
use std::collections::BTreeSet;
use trial::{ExactPass, Measurement};

/// The remarks of a cell, each once however many trials it was true of.
pub(super) fn remarks(cell: &CellComparison, lang: Language) -> Vec<Block> {
    let measured = || cell.arms.iter().flat_map(|arm| arm.measured()).map(|(_, measurement)| measurement);
    let exact = || measured().filter_map(|m| m.exact.as_ref());
    let words = |words: fn(&ExactPass) -> &Vec<String>| exact().flat_map(words).cloned().collect::<BTreeSet<_>>();
    let instruments = words(|exact| &exact.instruments);
    let void: BTreeSet<_> = measured().filter_map(|m| m.stamps.as_ref()?.void.clone()).collect();
    let instruments = (!instruments.is_empty()).then(|| Block::Note(lang.counted_by(lang.list(instruments))));
    let loopback = measured().any(on_loopback).then(|| Block::Warning(lang.wire_on_loopback()));
    let heap: BTreeSet<_> = measured().filter_map(|m| m.heap.as_ref()?.not_measured.clone()).collect();
    let missing = words(|exact| &exact.not_measured).into_iter().chain(void).chain(heap);
    let missing = missing.map(|why| Block::Warning(lang.not_measured_because(&why)));
    instruments.into_iter().chain(loopback).chain(missing).collect()
}

/// Whether the trial has wire figures that are no network's.
fn on_loopback(measurement: &Measurement) -> bool {
    measurement.layers.is_some_and(|layers| layers.loopback && layers.span_events > 0)
}
