//! Recorded requests: when each began, how long its input and its output were. Refuses to open files.
//!
//! ```text
//! offset_ms,input_tokens,output_tokens
//! 0,374,44
//! ```

use std::time::Duration;

/// Most requests of one trace.
const MAX_REQUESTS: usize = 1_000_000;
/// The first line, which names the columns.
const HEADER: &str = "offset_ms,input_tokens,output_tokens";

/// One recorded request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceRequest {
    /// When it began, from the first request on.
    pub offset: Duration,
    /// Tokens that went in.
    pub input_tokens: u32,
    /// Tokens that came out.
    pub output_tokens: u32,
}

/// A whole trace, in order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace(Vec<TraceRequest>);

/// Why a text is no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// The first line names other columns.
    #[error("line 1: expected '{HEADER}'")]
    Header,
    /// A line that is not three whole numbers.
    #[error("line {0}: expected three whole numbers: milliseconds, input tokens, output tokens")]
    Line(usize),
    /// Time runs backwards.
    #[error("line {0}: begins before the line above it: sort the trace by offset_ms")]
    Order(usize),
    /// Nothing, or too much.
    #[error("a trace has 1 to {MAX_REQUESTS} requests")]
    Size,
    /// A name that no trace here has.
    #[error("no trace '{0}' is built in (known: azure2023_conv, azure2023_code)")]
    Unknown(String),
}

impl Trace {
    /// A trace that ships with this crate (`data/README.md` has sources and licences).
    ///
    /// # Errors
    /// [`TraceError::Unknown`].
    pub fn built_in(name: &str) -> Result<Self, TraceError> {
        match name {
            "azure2023_conv" => Self::read(include_str!("../data/azure2023_conv.csv")),
            "azure2023_code" => Self::read(include_str!("../data/azure2023_code.csv")),
            _ => Err(TraceError::Unknown(name.chars().take(40).collect())),
        }
    }

    /// Reads the text of a trace.
    ///
    /// # Errors
    /// [`TraceError`] with the number of the line.
    pub fn read(text: &str) -> Result<Self, TraceError> {
        let mut lines = text.lines().enumerate();
        lines.next().filter(|(_, header)| header.trim() == HEADER).ok_or(TraceError::Header)?;
        let mut requests: Vec<TraceRequest> = Vec::new();
        for (i, line) in lines.filter(|(_, line)| !line.trim().is_empty()).take(MAX_REQUESTS + 1) {
            let request = request(line).ok_or(TraceError::Line(i + 1))?;
            if requests.last().is_some_and(|before| before.offset > request.offset) {
                return Err(TraceError::Order(i + 1));
            }
            requests.push(request);
        }
        if (1..=MAX_REQUESTS).contains(&requests.len()) { Ok(Self(requests)) } else { Err(TraceError::Size) }
    }

    /// The requests as recorded.
    pub fn requests(&self) -> &[TraceRequest] {
        &self.0
    }

    /// The requests with their offsets divided by `speed`, which is finite and above zero (else nothing comes out).
    pub fn replay(&self, speed: f64) -> impl Iterator<Item = TraceRequest> + '_ {
        let sane = speed.is_finite() && speed > 0.0;
        self.0.iter().take_while(move |_| sane).map(move |request| {
            let offset = Duration::from_nanos((request.offset.as_nanos() as f64 / speed) as u64);
            TraceRequest { offset, ..*request }
        })
    }
}

fn request(line: &str) -> Option<TraceRequest> {
    let mut fields = line.trim().split(',');
    let mut number = || fields.next()?.trim().parse::<u32>().ok();
    let (offset_ms, input_tokens, output_tokens) = (number()?, number()?, number()?);
    let offset = Duration::from_millis(u64::from(offset_ms));
    fields.next().is_none().then_some(TraceRequest { offset, input_tokens, output_tokens })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_built_in_traces_are_whole() {
        for (name, requests, first, second_ms) in
            [("azure2023_conv", 5000, (374, 44), 4315), ("azure2023_code", 3000, (4808, 10), 52)]
        {
            let trace = Trace::built_in(name).unwrap();
            let [head, next, ..] = trace.requests() else { panic!("{name} is empty") };
            assert_eq!((trace.requests().len(), (head.input_tokens, head.output_tokens)), (requests, first));
            assert_eq!(next.offset, Duration::from_millis(second_ms));
            assert_eq!(trace.replay(10.0).nth(1).unwrap().offset, Duration::from_micros(second_ms * 100));
        }
        assert_eq!(Trace::built_in("gpt"), Err(TraceError::Unknown("gpt".to_owned())));
    }

    #[test]
    fn damage_names_its_line() {
        let with = |rows: &str| Trace::read(&format!("{HEADER}\n{rows}"));
        assert_eq!(Trace::read("time,in,out\n0,1,1"), Err(TraceError::Header));
        assert_eq!(with("0,1,1\n5,x,1"), Err(TraceError::Line(3)));
        assert_eq!(with("0,1,1\n5,1"), Err(TraceError::Line(3)));
        assert_eq!(with("0,1,1\n5,1,1,1"), Err(TraceError::Line(3)));
        assert_eq!(with("9,1,1\n\n5,1,1"), Err(TraceError::Order(4)));
        assert_eq!(with(""), Err(TraceError::Size));
        assert_eq!(with("0,1,1").unwrap().replay(0.0).count(), 0);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            let _ = Trace::read(&text);
            let _ = Trace::read(&format!("{HEADER}\n{text}"));
        }
    }
}
