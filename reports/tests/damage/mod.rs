//! Damaged records files, the same each time: small records of every schema and command, each damaged in ten ways at places that
//! a seed draws; and files made to take a reader's memory.

mod bombs;

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use trial::container;

/// What a terminal would obey, and what would become markup.
pub(crate) const HOSTILE: &str =
    "\\u001b]0;x\\u0007\u{9b}2J\u{202e}</td><script>alert(1)</script>|`[x](javascript:y)\\n# y";

/// One damaged file.
pub(crate) struct Case {
    pub(crate) name: String,
    /// Plain or compressed; what it is says its first bytes.
    pub(crate) bytes: Vec<u8>,
    /// Whether a report must come of it, or must not; `None` where either is right.
    pub(crate) is_read: Option<bool>,
}

/// Records of one run that are whole.
pub(crate) struct Base {
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
}

impl Base {
    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// The stored files of schemas 1 to 3, and of what was published since the first lines of each kind.
pub(crate) fn bases() -> Vec<Base> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let stored = (1..=3).map(|schema| {
        let name = format!("schema-{schema}");
        let text = fs::read_to_string(root.join(format!("tests/schemas/{name}.jsonl"))).unwrap();
        Base { name, lines: lines(text) }
    });
    let runs = ["2026-11-24-agent", "2026-11-24-llm", "2026-11-29-capacity", "2026-11-28-jobs", "2026-11-30"];
    let published = runs.into_iter().map(|run| {
        let directory = root.join(format!("published/{run}-epyc-2cpu"));
        Base { name: run.to_owned(), lines: excerpt(&lines(container::text(&directory).unwrap())) }
    });
    stored.chain(published).collect()
}

/// Two lines of each kind, those that may be there once included.
fn excerpt(lines: &[String]) -> Vec<String> {
    let kind = |line: &String| line.split('"').nth(3).unwrap().to_owned();
    let mut kept: Vec<&String> = Vec::new();
    for line in lines {
        if kept.iter().filter(|known| kind(known) == kind(line)).count() < 2 {
            kept.push(line);
        }
    }
    kept.into_iter().cloned().collect()
}

/// Every case.
pub(crate) fn cases() -> Vec<Case> {
    let of_bases = bases().into_iter().zip(1..).flat_map(|(base, seed)| damaged(&base, seed));
    of_bases.chain(bombs::all()).collect()
}

fn damaged(base: &Base, seed: u64) -> Vec<Case> {
    let mut damage = Damage { base, text: base.text(), random: fastrand::Rng::with_seed(seed), cases: Vec::new() };
    damage.cut(20);
    damage.cut_compressed(10);
    damage.flipped(25);
    damage.flipped_compressed(12);
    damage.replaced(60);
    damage.huge(30);
    damage.without_members(12);
    damage.with_members_twice(6);
    damage.lines();
    damage.inserted();
    damage.cases
}

pub(crate) fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What comes out of a compressed file before it breaks.
pub(crate) fn recovered(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let _ = MultiGzDecoder::new(bytes).read_to_end(&mut text);
    text
}

/// Texts in place of a value: other types, numbers at and beyond every bound, nesting, markup.
fn replacements() -> Vec<String> {
    let nested = |open: &str, close: &str| open.repeat(300) + "1" + &close.repeat(300);
    let plain = [
        "null",
        "true",
        "-1",
        "0",
        "0.5",
        "1e308",
        "-1e308",
        "1e400",
        "NaN",
        "18446744073709551615",
        "18446744073709551616",
        "9223372036854775807",
        "9007199254740993",
        "[]",
        "{}",
        "[null]",
        "\"\"",
        "\"18446744073709551615\"",
        "\"HISTFAAAA\"",
        "\"AAAA\"",
        "\"\\ud800\"",
        "{\"secs\":18446744073709551615,\"nanos\":0}",
    ];
    let long = [
        nested("[", "]"),
        nested("{\"a\":", "}"),
        format!("\"{}\"", "x".repeat(100_000)),
        format!("\"{}\"", "e\u{301}".repeat(20_000)),
        format!("\"{HOSTILE}\""),
        format!("[{}1]", "1,".repeat(5_000)),
    ];
    plain.into_iter().map(str::to_owned).chain(long).collect()
}

struct Damage<'a> {
    base: &'a Base,
    text: String,
    random: fastrand::Rng,
    cases: Vec<Case>,
}

impl Damage<'_> {
    fn add(&mut self, what: String, bytes: Vec<u8>, is_read: Option<bool>) {
        self.cases.push(Case { name: format!("{}: {what}", self.base.name), bytes, is_read });
    }

    fn cut(&mut self, count: usize) {
        let ends = self.base.lines[0].len();
        for _ in 0..count {
            let at = self.random.usize(..self.text.len());
            self.add(format!("cut at {at}"), self.text.as_bytes()[..at].to_vec(), Some(at >= ends));
        }
    }

    fn cut_compressed(&mut self, count: usize) {
        let whole = compressed(self.text.as_bytes());
        for _ in 0..count {
            let at = self.random.usize(2..whole.len());
            let first_line = recovered(&whole[..at]).len() > self.base.lines[0].len();
            self.add(format!("compressed, cut at {at}"), whole[..at].to_vec(), Some(first_line));
        }
    }

    fn flipped(&mut self, count: usize) {
        for _ in 0..count {
            let (mut bytes, bits) = (self.text.clone().into_bytes(), self.random.usize(1..5));
            for _ in 0..bits {
                bytes[self.random.usize(..self.text.len())] ^= 1 << self.random.u8(..8);
            }
            self.add(format!("{bits} bits flipped"), bytes, None);
        }
    }

    fn flipped_compressed(&mut self, count: usize) {
        for _ in 0..count {
            let mut bytes = compressed(self.text.as_bytes());
            let at = self.random.usize(2..bytes.len());
            bytes[at] ^= 1 << self.random.u8(..8);
            self.add(format!("compressed, a bit of byte {at} flipped"), bytes, None);
        }
    }

    /// A line and the places of the values in it that `wanted` names.
    fn line(&mut self, wanted: impl Fn(&Value) -> bool) -> (usize, Value, Vec<String>) {
        loop {
            let at = self.random.usize(..self.base.lines.len());
            let value: Value = serde_json::from_str(&self.base.lines[at]).unwrap();
            let mut places = Vec::new();
            find(&value, String::new(), &wanted, &mut places);
            if !places.is_empty() {
                return (at, value, places);
            }
        }
    }

    fn with_line(&self, at: usize, line: &str) -> Vec<u8> {
        let mut lines = self.base.lines.clone();
        line.clone_into(&mut lines[at]);
        lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes()
    }

    /// Another text in place of one value.
    fn put(&mut self, wanted: impl Fn(&Value) -> bool, json: &str) {
        let (at, mut value, places) = self.line(wanted);
        let place = &places[self.random.usize(..places.len())];
        *value.pointer_mut(place).unwrap() = "PLACE".into();
        let line = value.to_string().replacen("\"PLACE\"", json, 1);
        let shown: String = json.chars().take(30).collect();
        let bytes = self.with_line(at, &line);
        let is_compressed = self.random.u8(..4) == 0;
        let bytes = if is_compressed { compressed(&bytes) } else { bytes };
        self.add(format!("line {}, {place} = {shown}", at + 1), bytes, None);
    }

    fn replaced(&mut self, count: usize) {
        let texts = replacements();
        for at in 0..count {
            self.put(|_| true, &texts[at % texts.len()]);
        }
    }

    fn huge(&mut self, count: usize) {
        for at in 0..count {
            let number = ["18446744073709551615", "9223372036854775807", "1.7976931348623157e308"][at % 3];
            self.put(Value::is_number, number);
        }
    }

    /// A line with a member of some object in it changed.
    fn member(&mut self, what: &str, count: usize, change: impl Fn(&str, &Value) -> String) {
        for _ in 0..count {
            let (at, mut value, places) = self.line(|value| value.as_object().is_some_and(|all| !all.is_empty()));
            let place = &places[self.random.usize(..places.len())];
            let members = value.pointer_mut(place).unwrap().as_object_mut().unwrap();
            let key = members.keys().nth(self.random.usize(..members.len())).unwrap().clone();
            let gone = members.remove(&key).unwrap();
            members.insert("PLACE".to_owned(), 0.into());
            let line = value.to_string().replacen("\"PLACE\":0", &change(&key, &gone), 1).replace(",}", "}");
            let line = line.replace("{,", "{").replace(",,", ",");
            self.add(format!("line {}, {what} {place}/{key}", at + 1), self.with_line(at, &line), None);
        }
    }

    fn without_members(&mut self, count: usize) {
        self.member("without", count, |_, _| String::new());
    }

    fn with_members_twice(&mut self, count: usize) {
        self.member("twice", count, |key, value| format!("\"{key}\":{value},\"{key}\":{value}"));
    }

    /// Whole lines where they do not belong.
    fn lines(&mut self) {
        let lines = &self.base.lines;
        let (first, last) = (lines[0].clone(), lines[lines.len() - 1].clone());
        let join = |lines: Vec<String>| lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
        let mut reversed = lines.clone();
        reversed.reverse();
        let mut empty_line = lines.clone();
        empty_line.insert(1, String::new());
        let ends = last.contains("\"kind\":\"end\"");
        for (what, bytes, is_read) in [
            ("nothing", Vec::new(), Some(false)),
            ("its first line alone", join(vec![first.clone()]), Some(true)),
            ("without its first line", join(lines[1..].to_vec()), Some(false)),
            ("backwards", join(reversed), Some(lines.len() == 1)),
            ("twice", join([lines.clone(), lines.clone()].concat()), Some(false)),
            ("two first lines", join([vec![first], lines.clone()].concat()), Some(false)),
            ("two ends", join([lines.clone(), vec![last]].concat()), ends.then_some(false)),
            ("an empty line", join(empty_line), Some(false)),
            ("lines that end as on Windows", self.text.replace('\n', "\r\n").into_bytes(), Some(true)),
            (
                "two compressed parts",
                [compressed(&self.text.as_bytes()[..99]), compressed(&self.text.as_bytes()[99..])].concat(),
                Some(true),
            ),
        ] {
            self.add(what.to_owned(), bytes, is_read);
        }
    }

    /// Bytes that no record has.
    fn inserted(&mut self) {
        for (what, bytes) in [
            ("NUL", &b"\0"[..]),
            ("half a character", b"\xe5\xbb"),
            ("an overlong slash", b"\xc0\xaf"),
            ("a surrogate", b"\xed\xa0\x80"),
            ("a byte-order mark", b"\xef\xbb\xbf"),
            ("16 KiB of NULs", &[0; 1 << 14]),
            ("another file's head", b"PK\x03\x04"),
            ("a gzip head", b"\x1f\x8b\x08\x00"),
        ] {
            let at = self.random.usize(..self.text.len());
            let text = self.text.as_bytes();
            self.add(format!("{what} at {at}"), [&text[..at], bytes, &text[at..]].concat(), None);
        }
    }
}

/// The places of all values that are wanted.
pub(crate) fn find(value: &Value, place: String, wanted: &impl Fn(&Value) -> bool, found: &mut Vec<String>) {
    if wanted(value) {
        found.push(place.clone());
    }
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| find(value, format!("{place}/{}", escaped(key)), wanted, found));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(at, value)| find(value, format!("{place}/{at}"), wanted, found));
        }
        _ => {}
    }
}
