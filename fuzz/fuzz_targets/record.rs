//! One line of records: whatever it says, it is read or refused; what is read is written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trial::Line;

fuzz_target!(|input: &str| {
    let Ok(line) = Line::parse(input) else { return };
    let mut text = Vec::new();
    line.write(&mut text).expect("a Vec takes everything");
    let again = Line::parse(str::from_utf8(&text).expect("JSON is UTF-8").trim_end());
    // A float that no JSON has (1e400) is refused on the way back; anything else comes back.
    assert!(again.is_err() || again.as_ref().ok() == Some(&line));
});
