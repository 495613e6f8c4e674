//! Events without a stamp of ours, timed by the gaps between them. What one read brought is recorded at once.

use super::Recorder;
use trial::Metric;
use wire::MonoTime;

/// Events of one read behind its first: no time lies between them and the event before.
pub(super) struct Run {
    received: MonoTime,
    /// Their place in the window, nanoseconds.
    offset_ns: u64,
    events: u64,
    payload_bytes: u64,
}

impl Recorder {
    /// Takes an event of so many bytes, and when the event before it on the same stream came.
    #[inline]
    pub(super) fn foreign(&mut self, previous: Option<MonoTime>, bytes: usize, received: MonoTime) {
        match &mut self.run {
            Some(run) if run.received == received && previous == Some(received) => {
                run.events += 1;
                run.payload_bytes += bytes as u64;
            }
            _ => self.begin_run(previous, bytes, received),
        }
    }

    fn begin_run(&mut self, previous: Option<MonoTime>, bytes: usize, received: MonoTime) {
        self.end_run();
        let Some(offset_ns) = self.window.place(received, received) else { return };
        let gap_ns = previous.map(|previous| received.nanos_since(previous));
        self.in_window(offset_ns, bytes as u64, gap_ns.unwrap_or(0), 1);
        if let Some(gap_ns) = gap_ns {
            self.duration(Metric::InterEvent, gap_ns);
        }
        self.run = Some(Run { received, offset_ns, events: 0, payload_bytes: 0 });
    }

    /// Records what came with the latest read.
    pub(super) fn end_run(&mut self) {
        let Some(Run { offset_ns, events: events @ 1.., payload_bytes, .. }) = self.run.take() else { return };
        self.in_window(offset_ns, payload_bytes, 0, events);
        self.distributions[Metric::InterEvent as usize].record_n(0, events);
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const MS: u64 = 1_000_000;
    const WARMUP_MS: u64 = 9;
    const LENGTH_MS: u64 = 70;
    const STREAMS: usize = 3;

    proptest! {
        #[test]
        fn events_of_one_read_are_recorded_as_if_each_were_alone(
            reads in proptest::collection::vec((0..STREAMS, 1..9_usize, 0..40_usize, 0..6_u64), 1..80),
        ) {
            let (warmup, length) = (Duration::from_millis(WARMUP_MS), Duration::from_millis(LENGTH_MS));
            let window = Arc::new(Window::new(Basis::Receipt, warmup, length));
            let mut recorder = Recorder::new(Reading::Foreign, window, 0, None);
            let mut streams = [(); STREAMS].map(|()| StreamState::new(Track::anywhere()));
            // The same, each event recorded by itself.
            let (mut gaps, mut sample, mut timeline) = (Recording::new(), Sample::empty(), Timeline::of(LENGTH_MS * MS));
            let (mut in_window, mut payload_bytes) = (0, 0);
            let (mut previous, mut now_ms) = ([None; STREAMS], 0);
            for (stream, events, bytes, pause_ms) in reads {
                for _ in 0..events {
                    let event = EventRef { data: &[b'x'; 40][..bytes], id: None, kind: None, binary: false };
                    recorder.event(&mut streams[stream], event, MonoTime::from_nanos((5 + now_ms) * MS));
                    let gap_ns = previous[stream].replace(now_ms).map(|before| (now_ms - before) * MS);
                    if (WARMUP_MS..WARMUP_MS + LENGTH_MS).contains(&now_ms) {
                        in_window += 1;
                        payload_bytes += bytes as u64;
                        gap_ns.into_iter().for_each(|gap_ns| gaps.record(gap_ns));
                        sample.record(gap_ns.unwrap_or(0), 1);
                        timeline.record((now_ms - WARMUP_MS) * MS, gap_ns.unwrap_or(0), 1);
                    }
                }
                now_ms += pause_ms;
            }
            let (measurement, _) = recorder.finish();
            let counters = &measurement.counters;
            prop_assert_eq!((counters.in_window, counters.window_payload_bytes), (in_window, payload_bytes));
            let gaps = Some(gaps.finish()).filter(|gaps| !gaps.is_empty());
            prop_assert_eq!(measurement.distributions.get(&Metric::InterEvent), gaps.as_ref());
            prop_assert_eq!((measurement.timeline, measurement.dependence), (timeline.finish(), sample.dependence()));
        }
    }
}
