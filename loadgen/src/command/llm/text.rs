//! What `llm` prints: what it is about to send, then what came of it. Refuses to show a key.

use crate::run_text;
use reports::one_line;
use std::fmt::Write as _;
use trial::{Arm, Figure, InVain, LlmCounts, Measurement, Metric, Quantile, Warning};

/// The name of an arm, such as `SSE`, or `SSE′ (null arm)`.
pub(super) fn arm(arm: Arm) -> String {
    format!("{}{}", arm.protocol.title(), if arm.twin { "′ (null arm)" } else { "" })
}

/// The numbers of one arm, and what must be doubted. Writing to a String cannot fail, so results are dropped.
pub(super) fn summary(of: Arm, m: &Measurement, warnings: &[Warning]) -> String {
    let Some(counts) = &m.llm else { return String::new() };
    let mut text = format!("{} over {}, model {}\n", counts.format, arm(of), counts.model);
    counted(&mut text, counts, m);
    run_text::times(&mut text, m);
    if counts.answered > 0 && !m.distributions.contains_key(&Metric::ResponseTime) {
        text.push_str("response time (added): not measured: only a base URL of one of our servers gives due times and its clock\n");
    }
    for (why, count) in &counts.failures {
        let _ = writeln!(text, "failed: {count} × {}", one_line(why));
    }
    for warning in warnings {
        let _ = writeln!(text, "warning: {}", one_line(&warning.to_string()));
    }
    text
}

/// What the server produced for answers that were given up, over all arms.
pub(super) fn in_vain(in_vain: Option<InVain>) -> String {
    in_vain.map_or_else(
        || "unsent: not measured: only our own servers count what they produce for answers that were given up\n".to_owned(),
        |InVain { answers, events, tokens, unread_events }| {
            format!(
                "unsent: the server gave up {answers} answers; {tokens} tokens ({events} events) were released and never sent, \
                 {unread_events} events sent and never received (all arms; other clients' included)\n"
            )
        },
    )
}

fn counted(text: &mut String, counts: &LlmCounts, m: &Measurement) {
    let of = |figure: Figure| figure.of(m).map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    let _ = writeln!(
        text,
        "  requests     {} sent, {} answered in full, {} failed, {} repeated, {} connections",
        counts.sent,
        counts.answered,
        counts.failed(),
        counts.retries,
        m.counters.connections
    );
    if counts.cancelled > 0 {
        let _ = writeln!(
            text,
            "  cancelled    {} given up by the client, which had {} content events of them then; {} more came",
            counts.cancelled, counts.cancelled_events, counts.late_events
        );
    }
    let stream = Figure::Duration(Metric::PerOutputToken, Quantile::P50).of(m).filter(|ns| *ns > 0.0);
    let stream = stream.map_or_else(|| "-".to_owned(), |ns| format!("{:.1}", 1e9 / ns));
    let _ = writeln!(
        text,
        "  tokens       {} in {} content events ({} an event), {} tokens/s in all, {stream} tokens/s a stream (1 / TPOT p50)",
        counts.output_tokens,
        counts.bursts.events,
        of(Figure::TokensPerEvent),
        of(Figure::TokensPerSecond)
    );
    let _ = writeln!(
        text,
        "  bytes        {} a token ({} of complete answers)",
        of(Figure::BytesPerToken),
        counts.answer_bytes
    );
    if counts.hidden_tokens > 0 {
        let _ = writeln!(
            text,
            "  note         {} tokens of reasoning were stated and not streamed: they are in no figure here",
            counts.hidden_tokens
        );
    }
    if counts.uncounted > 0 {
        let _ = writeln!(
            text,
            "  note         {} answers stated no tokens, or none beside content: their content events were counted",
            counts.uncounted
        );
    }
    if let (Some(slo), Some(good)) = (counts.slo, counts.good) {
        let share = 100.0 * Figure::SloAttainment.of(m).unwrap_or(0.0);
        let rate = of(Figure::GoodRequestsPerSecond);
        let _ =
            writeln!(text, "  goodput      {rate} requests/s within {slo} ({good} of {}, {share:.1} %)", counts.sent);
    }
}
