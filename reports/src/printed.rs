//! Text that a terminal shows and does not obey: names, errors and records come from servers and files that nobody here wrote.
//! Refuses to format anything.

use std::io::{self, ErrorKind, Write};

/// What a terminal answers after it has hung up (`EIO` of Linux).
const HUNG_UP: i32 = 5;
/// What may be painted with: the codes of `terminal.rs`. They move nothing, ask nothing and set no title.
const PAINT: [&str; 7] = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m"];

/// Whether a terminal, or what lays out a line, would obey a character instead of showing it: controls (C0, DEL, C1), line and
/// paragraph separators, and what reverses the direction of text.
pub(crate) fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text as one line of visible characters: each other one becomes a space.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_obeyed(c) { ' ' } else { c }).collect()
}

/// A writer for terminals. What one would obey, line ends and tabs apart, is written as the escape that JSON has for it
/// (`\u001b`), so that JSON stays what it was. A reader that has gone (`| head -1`, a closed terminal) gets nothing more, and
/// that is no error.
#[derive(Debug)]
pub struct Printed<W> {
    to: W,
    paint: bool,
}

impl<W: Write> Printed<W> {
    /// For text without colours.
    pub fn plain(to: W) -> Self {
        Self { to, paint: false }
    }

    /// For text that this crate has painted: its colours get through.
    pub fn painted(to: W) -> Self {
        Self { to, paint: true }
    }
}

impl<W: Write> Write for Printed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = shown(&String::from_utf8_lossy(bytes), self.paint);
        unless_gone(self.to.write_all(text.as_bytes()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_gone(self.to.flush())
    }
}

fn unless_gone(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe || error.raw_os_error() == Some(HUNG_UP) => Ok(()),
        other => other,
    }
}

fn shown(text: &str, paint: bool) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(c) = rest.chars().next() {
        let code = PAINT.iter().find(|code| paint && rest.starts_with(**code));
        let end = code.map_or(c.len_utf8(), |code| code.len());
        match c {
            _ if code.is_some() => out.push_str(&rest[..end]),
            '\n' | '\t' => out.push(c),
            c if is_obeyed(c) => out += &format!("\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
        rest = &rest[end..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printed(text: &[u8], paint: bool) -> String {
        let mut out = Vec::new();
        Printed { to: &mut out, paint }.write_all(text).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_terminal_shows_what_it_would_obey() {
        for (text, shown) in [
            ("\u{1b}]0;title\u{7}", "\\u001b]0;title\\u0007"),
            ("\u{9b}31m", "\\u009b31m"),
            ("a\rb\u{8}\u{7f}", "a\\u000db\\u0008\\u007f"),
            ("\u{202e}txt.exe\u{2069}", "\\u202etxt.exe\\u2069"),
            ("one\ttwo\n延迟 µs 0.5×", "one\ttwo\n延迟 µs 0.5×"),
            ("\u{1b}[31mred\u{1b}[0m", "\\u001b[31mred\\u001b[0m"),
        ] {
            assert_eq!(printed(text.as_bytes(), false), shown);
        }
        assert_eq!(printed("\u{1b}[31mred\u{1b}[0m\u{1b}[2J".as_bytes(), true), "\u{1b}[31mred\u{1b}[0m\\u001b[2J");
        assert_eq!(printed(b"\x9b31m", true), "\u{fffd}31m");
        assert_eq!(one_line("a\nb\u{1b}c\u{2028}"), "a b c ");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error_and_a_full_disk_is_one() {
        struct Failing(io::Error);
        impl Write for Failing {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.raw_os_error().map_or(self.0.kind().into(), io::Error::from_raw_os_error))
            }
            fn flush(&mut self) -> io::Result<()> {
                self.write(&[]).map(|_| ())
            }
        }
        let write = |error: io::Error| writeln!(Printed::plain(Failing(error)), "text").map_err(|error| error.kind());
        assert_eq!(write(ErrorKind::BrokenPipe.into()), Ok(()));
        assert_eq!(write(io::Error::from_raw_os_error(HUNG_UP)), Ok(()));
        assert_eq!(write(ErrorKind::StorageFull.into()), Err(ErrorKind::StorageFull));
    }

    proptest! {
        #[test]
        fn json_reads_the_same_and_nothing_is_obeyed(text in any::<String>(), paint: bool) {
            let json = serde_json::to_string(&text).unwrap();
            let printed = printed(json.as_bytes(), paint);
            prop_assert_eq!(serde_json::from_str::<String>(&printed).unwrap(), text);
            prop_assert!(!printed.chars().any(is_obeyed));
        }
    }
}
