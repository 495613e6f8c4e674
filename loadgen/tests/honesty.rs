//! Known damage at the server must show up as exactly that in the record: nothing more, nothing less.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use bench_side::{measured, push, pushed, server};
use trial::{Measurement, Metric, Push};
use wire::Transport;

async fn damaged(transport: Transport, faults: &str) -> Measurement {
    let server = server();
    measured(&server, pushed(Push { faults: faults.parse().unwrap(), ..push() }), transport).await
}

#[tokio::test]
async fn known_losses_are_counted_exactly() {
    for transport in Transport::ALL {
        // The last one leaves no gap behind it: only the count can tell.
        let m = damaged(transport, "drop:3,drop:4,drop:20,drop:49").await;
        assert_eq!((m.counters.lost, m.counters.received), (4, 46), "{transport}");
        assert_eq!((m.counters.duplicates, m.counters.reordered, m.counters.corrupt), (0, 0, 0), "{transport}");
    }
}

#[tokio::test]
async fn known_duplicates_are_counted_exactly() {
    for transport in Transport::ALL {
        let m = damaged(transport, "duplicate:0,duplicate:10,duplicate:49").await;
        assert_eq!((m.counters.duplicates, m.counters.received, m.counters.lost), (3, 53, 0), "{transport}");
    }
}

#[tokio::test]
async fn a_stall_of_200_ms_is_charged_to_every_event_that_it_delayed() {
    for transport in Transport::ALL {
        let m = damaged(transport, "stall:10:200ms").await;
        assert_eq!((m.counters.received, m.counters.lost), (50, 0), "{transport}");
        let response = &m.distributions[&Metric::ResponseTime];
        // Event 10 waits 200 ms; behind it, one event each 5 ms waits 5 ms less: 39 events are late by 10 ms or more.
        assert!(response.max().unwrap() >= 199_000_000, "{transport}: {:?}", response.max());
        let late: u64 = response.counts().filter(|(ns, _)| *ns >= 9_900_000).map(|(_, count)| count).sum();
        assert!(late >= 38, "{transport}: {late} events are late");
        let half = response.counts().filter(|(ns, _)| *ns >= 99_000_000).map(|(_, count)| count).sum::<u64>();
        assert!(half >= 20, "{transport}: {half} events are late by half of the stall");
        // The stall is the stream's, counted from the due time: what of it was not the pacer's lateness was queueing.
        let most = |metric| m.distributions[&metric].max().unwrap();
        let [queueing, late] = [Metric::Queueing, Metric::PacerLateness].map(most);
        assert!(queueing + late >= 199_000_000, "{transport}: {queueing} + {late}");
    }
}
