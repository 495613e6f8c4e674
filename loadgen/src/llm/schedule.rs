//! The questions of one trial of a cell: the same for every arm of a block. Pure and seeded: refuses to send.
//!
//! ```text
//!  stream 0   ├ question ┄ first content · · · · · last ┤ pause ├ question ┄ …      each begins when it is due,
//!  stream 1      ├ question ┄ first content · · · · · · · · last ┤ pause ├ …        whatever the answers do
//! ```

use std::time::Duration;
use trial::{Begin, LlmLoad};
use wire::llm::{Generation, MAX_TOKENS, Order, Trace, Workload};

/// From the due time of an answer's last content to the next question of its stream: the connection is free by then.
const PAUSE: Duration = Duration::from_millis(20);
/// Part of the window over which the streams begin, so that they do not move in step.
const SPREAD: u32 = 10;
/// Most questions of one trial.
const MOST: usize = 100_000;

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// When it is due, from the start; `None` in a closed loop.
    pub due: Option<Duration>,
    /// What the server is told beside it.
    pub order: Order,
    /// Tokens of its prompt.
    pub input_tokens: u32,
}

impl Question {
    /// The answer that will come, as both ends draw it.
    pub fn answer(&self, workload: &Workload) -> Generation {
        Generation::draw(workload, &self.order, Some(MAX_TOKENS))
    }
}

/// All questions of a trial, in the order in which they are due; none for a cell that asks nothing.
///
/// Streams ask whole answers that are due to end within the window, and at least one each. Drawn and recorded arrivals
/// begin within the window.
pub fn questions(asked: &trial::Workload, seed: u64) -> Vec<Question> {
    let trial::Workload::Llm { connections, rate, asked: llm, timing } = asked else { return Vec::new() };
    let Some(workload) = llm.parameters() else { return Vec::new() };
    let (window, mut random) = (timing.window, fastrand::Rng::with_seed(seed));
    let mut ask = |due, tokens, input_tokens| Question {
        due,
        order: Order { tokens: llm.tokens.or(tokens), ..llm.order(random.u64(..)) },
        input_tokens,
    };
    match &llm.begin {
        Begin::Streams if !llm.is_paced() => (0..MOST).map(|_| ask(None, None, 1)).collect(),
        Begin::Streams => side_by_side(*connections, window, |due| {
            let question = ask(Some(due), None, 1);
            let length = Duration::from_nanos(question.answer(workload).last_content_ns());
            (question, length)
        }),
        Begin::Drawn(arrival) => {
            let offsets = arrival.offsets(*rate, seed).into_iter().flatten().map(Duration::from_nanos);
            offsets.take_while(|due| *due < window).take(MOST).map(|due| ask(Some(due), None, 1)).collect()
        }
        Begin::Trace(name) => {
            let recorded = recorded(name, llm, window);
            let asked = recorded.into_iter().map(|(due, input, output)| ask(Some(due), Some(output), input));
            asked.collect()
        }
    }
}

/// Every stream's questions, one after the other; `ask` gives a question and how long its answer is due to take.
fn side_by_side(
    streams: u32,
    window: Duration,
    mut ask: impl FnMut(Duration) -> (Question, Duration),
) -> Vec<Question> {
    let mut all = Vec::new();
    for stream in 0..streams {
        let mut due = window / SPREAD * stream / streams;
        for number in 0.. {
            let (question, length) = ask(due);
            if number > 0 && due + length > window || all.len() == MOST {
                break;
            }
            all.push(question);
            due += length + PAUSE;
        }
    }
    all.sort_by_key(|question| question.due);
    all
}

/// Offset, input and output tokens of the recorded requests that begin within the window.
fn recorded(name: &str, llm: &LlmLoad, window: Duration) -> Vec<(Duration, u32, u32)> {
    let Ok(trace) = Trace::built_in(name) else { return Vec::new() };
    let within = trace.replay(llm.speed).take_while(|request| request.offset < window).take(MOST);
    within.map(|request| (request.offset, request.input_tokens, request.output_tokens.max(1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::Plan;

    fn asking(lines: &str) -> trial::Workload {
        let head = "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'a'\nwhy = 'b'\nscenario = 'llm'\nwindow = '1s'\n";
        Plan::from_toml(&format!("{head}{lines}\n")).unwrap().cells.remove(0).workload
    }

    #[test]
    fn streams_ask_whole_answers_that_end_within_the_window() {
        let asking = asking("workload = 'code'\ntokens = 20\nconnections = 3");
        let workload = Workload::named("code").unwrap();
        let asked = questions(&asking, 7);
        assert!((6..=12).contains(&asked.len()) && asked.is_sorted_by_key(|question| question.due), "{}", asked.len());
        let end = |question: &Question| {
            question.due.unwrap() + Duration::from_nanos(question.answer(workload).last_content_ns())
        };
        assert!(asked.iter().all(|question| end(question) <= Duration::from_secs(1)));
        assert!(asked.iter().all(|question| question.answer(workload).tokens() == 20));
        assert_eq!(asked, questions(&asking, 7));
        assert_ne!(asked, questions(&asking, 8));
    }

    #[test]
    fn every_stream_asks_once_even_where_an_answer_is_longer_than_the_window() {
        assert_eq!(questions(&asking("workload = 'chat'\ntokens = 500\nconnections = 5"), 1).len(), 5);
    }

    #[test]
    fn arrivals_are_drawn_or_recorded_and_without_a_schedule_there_are_none() {
        let drawn = questions(&asking("workload = 'code'\narrival = 'poisson'\nrate = 50"), 1);
        assert!((30..75).contains(&drawn.len()) && drawn.iter().all(|question| question.due.is_some()));
        let traced = questions(&asking("workload = 'code'\narrival = 'trace:azure2023_code'\nspeed = 20"), 1);
        let first = Trace::built_in("azure2023_code").unwrap().requests()[0];
        assert_eq!(traced[0].order.tokens, Some(first.output_tokens));
        assert_eq!(traced[0].input_tokens, first.input_tokens);
        assert!(questions(&asking("workload = 'max'"), 1).iter().all(|question| question.due.is_none()));
    }
}
