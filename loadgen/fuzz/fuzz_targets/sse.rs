//! The event-stream parser alone.
#![no_main]

mod cut;

use libfuzzer_sys::fuzz_target;
use client::EventStream;

fuzz_target!(|input: &[u8]| cut::compare(input, EventStream::default));
