//! Small files that are large once they are read.

use super::{Case, bases, compressed};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

const MIB: usize = 1 << 20;

/// So many times a text, compressed, behind a first part.
fn repeated(first: &str, text: &str, times: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(first.as_bytes()).unwrap();
    (0..times).for_each(|_| encoder.write_all(text.as_bytes()).unwrap());
    encoder.finish().unwrap()
}

/// None of them becomes a report.
pub(super) fn all() -> Vec<Case> {
    let run = bases().swap_remove(2).lines.swap_remove(0) + "\n";
    let spaces = " ".repeat(MIB);
    let bombs = [
        ("1 GiB of spaces", repeated("", &spaces, 1_024)),
        ("1 GiB of spaces behind a run", repeated(&run, &spaces, 1_024)),
        ("256 MiB of line ends", repeated("", &"\n".repeat(MIB), 256)),
        ("256 MiB of line ends behind a run", repeated(&run, &"\n".repeat(MIB), 256)),
        ("brackets without end", repeated(&run, &"[".repeat(MIB), 64)),
        ("a text without end", repeated(&run, &format!("\"{}", "x".repeat(MIB)), 64)),
        ("NULs without end", repeated(&run, &"\0".repeat(MIB), 1_024)),
        ("compressed twice", compressed(&repeated(&run, &spaces, 64))),
        ("a thousand empty parts, then nothing", compressed(b"").repeat(1_000)),
        ("names without end", repeated(&run, &format!("{{\"kind\":\"{}", "k".repeat(MIB)), 9)),
    ];
    let case = |(name, bytes): (&str, Vec<u8>)| Case { name: name.to_owned(), bytes, is_read: Some(false) };
    bombs.into_iter().map(case).collect()
}
