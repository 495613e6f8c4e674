//! The frame decoder alone: fuzzing would never guess the answer to a handshake.
#![no_main]

mod cut;

use libfuzzer_sys::fuzz_target;
use client::Frames;

fuzz_target!(|input: &[u8]| cut::compare(input, || Frames::new(String::new())));
