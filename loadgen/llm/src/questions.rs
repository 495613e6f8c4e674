//! What is asked, and the questions of one trial of a cell: the same for every arm of a block. Pure and seeded.
//!
//! ```text
//!  stream 0   ├ question ┄ first content · · · · · last ┤ pause ├ question ┄ …      each begins when it is due,
//!  stream 1      ├ question ┄ first content · · · · · · · · last ┤ pause ├ …        whatever the answers do
//! ```

use crate::turns::Pace;
use script::{Generation, MAX_TOKENS, Order, TokenWorkload, Trace};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use trial::{Begin, Workload};

/// From the due time of an answer's last content to the next question of its stream: the connection is free by then.
const PAUSE: Duration = Duration::from_millis(20);
/// Part of the window over which the streams begin, so that they do not move in step.
const SPREAD: u32 = 10;
/// Most questions of one trial.
const MOST: usize = 100_000;
/// Most words that are made for a recorded request.
const MAX_WORDS: u32 = 200_000;

/// One question: every arm is asked the same ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is said.
    pub prompt: Prompt,
    /// Most tokens of its answer.
    pub max_tokens: u32,
    /// What one of our own servers is told beside it; `None` for others.
    pub order: Option<Order>,
}

/// What is said to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// A text.
    Text(Arc<str>),
    /// As many words as a recorded request had tokens.
    Words(u32),
}

impl Prompt {
    /// The text.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Words(words) => Cow::Owned(" word".repeat((*words).min(MAX_WORDS) as usize)),
        }
    }
}

impl Question {
    /// The answer that one of our servers will give, as both ends draw it; `None` from others.
    pub fn answer(&self, workload: &TokenWorkload) -> Option<Generation> {
        Some(Generation::draw(workload, self.order.as_ref()?, Some(self.max_tokens)))
    }
}

/// All questions of a trial, in the order in which they are due, and when that is; none for a cell that asks nothing.
///
/// Streams ask whole answers that are due to end within the window, and at least one each. Drawn and recorded arrivals
/// begin within the window.
pub fn questions(asked: &Workload, seed: u64) -> (Vec<Question>, Pace) {
    let nothing = (Vec::new(), Pace::Closed);
    let Workload::Llm { connections, rate, asked: llm, timing } = asked else { return nothing };
    let Some(workload) = llm.parameters() else { return nothing };
    let (window, mut random) = (timing.window, fastrand::Rng::with_seed(seed));
    let mut ask = |words, tokens| Question {
        prompt: Prompt::Words(words),
        max_tokens: MAX_TOKENS,
        order: Some(Order { tokens: llm.tokens.or(tokens), ..llm.order(random.u64(..)) }),
    };
    let asked: Vec<(Duration, Question)> = match &llm.begin {
        Begin::Streams if !llm.is_paced() => return ((0..MOST).map(|_| ask(1, None)).collect(), Pace::Closed),
        Begin::Streams => side_by_side(*connections, window, || {
            let question = ask(1, None);
            let length_ns = question.answer(workload).map_or(0, |answer| answer.last_content_ns());
            (question, Duration::from_nanos(length_ns))
        }),
        Begin::Drawn(arrival) => {
            let offsets = arrival.offsets(*rate, seed).into_iter().flatten().map(Duration::from_nanos);
            offsets.take_while(|due| *due < window).take(MOST).map(|due| (due, ask(1, None))).collect()
        }
        Begin::Trace(name) => {
            let Ok(trace) = Trace::built_in(name) else { return nothing };
            let within = trace.replay(llm.speed).take_while(|request| request.offset < window).take(MOST);
            within.map(|one| (one.offset, ask(one.input_tokens, Some(one.output_tokens.max(1))))).collect()
        }
    };
    let (dues, asked) = asked.into_iter().unzip();
    (asked, Pace::Recorded(dues))
}

/// Every stream's questions, one after the other; `ask` gives a question and how long its answer is due to take.
fn side_by_side(
    streams: u32,
    window: Duration,
    mut ask: impl FnMut() -> (Question, Duration),
) -> Vec<(Duration, Question)> {
    let mut all = Vec::new();
    for stream in 0..streams {
        let mut due = window / SPREAD * stream / streams;
        for number in 0.. {
            let (question, length) = ask();
            if number > 0 && due + length > window || all.len() == MOST {
                break;
            }
            all.push((due, question));
            due += length + PAUSE;
        }
    }
    all.sort_by_key(|(due, _)| *due);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::Plan;

    fn asking(lines: &str) -> Workload {
        let head = "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'a'\nwhy = 'b'\nscenario = 'llm'\nwindow = '1s'\n";
        Plan::from_toml(&format!("{head}{lines}\n")).unwrap().cells.remove(0).workload
    }

    /// Questions and when they are due; no due times in a closed loop.
    fn asked(asking: &Workload, seed: u64) -> (Vec<Question>, Vec<Duration>) {
        let (questions, pace) = questions(asking, seed);
        (questions, if let Pace::Recorded(dues) = pace { dues } else { Vec::new() })
    }

    #[test]
    fn streams_ask_whole_answers_that_end_within_the_window() {
        let asking = asking("workload = 'code'\ntokens = 20\nconnections = 3");
        let workload = TokenWorkload::named("code").unwrap();
        let (questions, dues) = asked(&asking, 7);
        assert!((6..=12).contains(&questions.len()) && dues.len() == questions.len() && dues.is_sorted(), "{dues:?}");
        for (question, due) in questions.iter().zip(&dues) {
            let answer = question.answer(workload).unwrap();
            assert!(*due + Duration::from_nanos(answer.last_content_ns()) <= Duration::from_secs(1));
            assert_eq!(answer.tokens(), 20);
        }
        assert_eq!((questions, dues), asked(&asking, 7));
        assert_ne!(asked(&asking, 7), asked(&asking, 8));
    }

    #[test]
    fn every_stream_asks_once_even_where_an_answer_is_longer_than_the_window() {
        assert_eq!(asked(&asking("workload = 'chat'\ntokens = 500\nconnections = 5"), 1).0.len(), 5);
    }

    #[test]
    fn arrivals_are_drawn_or_recorded_and_without_a_schedule_there_are_none() {
        let (drawn, dues) = asked(&asking("workload = 'code'\narrival = 'poisson'\nrate = 50"), 1);
        assert!((30..75).contains(&drawn.len()) && dues.len() == drawn.len());
        let (traced, _) = asked(&asking("workload = 'code'\narrival = 'trace:azure2023_code'\nspeed = 20"), 1);
        let first = Trace::built_in("azure2023_code").unwrap().requests()[0];
        assert_eq!(traced[0].order.as_ref().unwrap().tokens, Some(first.output_tokens));
        assert_eq!(traced[0].prompt, Prompt::Words(first.input_tokens));
        assert!(asked(&asking("workload = 'max'"), 1).1.is_empty());
    }
}
