//! One line of records: whatever it says, it is read or refused, and what was read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trial::Line;

fuzz_target!(|input: &str| {
    let Ok(line) = Line::parse(input) else { return };
    // A loop of an older record is written as the trial that it was, which its run alone can say.
    if matches!(line, Line::AgentLoop(_)) {
        return;
    }
    let mut text = Vec::new();
    line.write(&mut text).expect("a Vec takes everything");
    let text = str::from_utf8(&text).expect("JSON is UTF-8");
    // Not compared: the last bit of a float may differ between what was read and what is written.
    assert!(Line::parse(text.trim_end()).is_ok(), "{text}");
});
