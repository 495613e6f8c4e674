//! Adding up what several recorders measured of one run: worker threads, generator processes, machines. The order does not
//! matter, nor how the streams were shared out; only [`Dependence`] is of the one recorder that saw most.

use super::{Bytes, Counters, Dependence, Measurement, Usage};
use crate::{Layers, LlmCounts, Metric, Second, Stalls};
use std::collections::btree_map::Entry;

impl Measurement {
    /// Adds what another recorder measured of the same run.
    ///
    /// Counts, bytes, durations, slices and late events add up, and so does what the generators used. A server is one, however
    /// many looked at it: of its usage the reading over the longer time stands, and what it sent went to all of them. What one process measures alone (memory, heads,
    /// costs, browsers, counts under an instrument) is that of the first that has it.
    pub fn merge(&mut self, other: Self) {
        self.window_ns = self.window_ns.max(other.window_ns);
        self.counters.add(&other.counters);
        self.bytes.add(&other.bytes);
        for (metric, theirs) in other.distributions {
            match self.distributions.entry(metric) {
                Entry::Occupied(mut mine) => mine.get_mut().merge(&theirs),
                Entry::Vacant(none) => drop(none.insert(theirs)),
            }
        }
        other.timeline.into_iter().for_each(|slice| self.slice(slice));
        self.server = self.server.max(other.server);
        self.schedule = self.schedule.max(other.schedule);
        add(&mut self.client, other.client, |mine, theirs| mine.add(&theirs));
        self.count_sent();
        add(&mut self.layers, other.layers, |mine: &mut Layers, theirs| mine.add(&theirs));
        add(&mut self.stamps, other.stamps, |mine, theirs| mine.add(&theirs));
        add(&mut self.stalls, other.stalls, |mine: &mut Stalls, theirs| mine.add(&theirs));
        add(&mut self.llm, other.llm, |mine: &mut LlmCounts, theirs| mine.add(&theirs));
        let longer = [self.dependence, other.dependence].into_iter().flatten();
        self.dependence = longer.max_by(Dependence::by_events);
        self.heap = self.heap.take().or(other.heap);
        self.exchange = self.exchange.take().or(other.exchange);
        self.exact = self.exact.take().or(other.exact);
        first(&mut self.memory, other.memory);
        first(&mut self.costs, other.costs);
        first(&mut self.browsers, other.browsers);
        first(&mut self.turns, other.turns);
        self.conclude();
    }

    /// Adds what another recorder measured of the same trial at another server: the servers' usage adds up too. Where one of
    /// them did not say what it used, the sum is unknown.
    pub fn join(&mut self, other: Self) {
        let sum = |mine: Option<Usage>, theirs: Option<Usage>| {
            let (mut sum, theirs) = mine.zip(theirs)?;
            sum.add(&theirs);
            Some(sum)
        };
        let (server, schedule) = (sum(self.server, other.server), sum(self.schedule, other.schedule));
        self.merge(other);
        (self.server, self.schedule) = (server, schedule);
        self.count_sent();
    }

    /// The generators received as many events as was sent; zero, unknown, without the server's word.
    fn count_sent(&mut self) {
        if let Some(client) = &mut self.client {
            client.events = self.server.map_or(0, |server| server.events);
        }
    }

    /// Drops durations that do not count: those by stamps that are void, and judged times that some paced events lack.
    pub fn conclude(&mut self) {
        if let Some(stamps) = &mut self.stamps {
            stamps.judge();
            if stamps.void.is_some() {
                self.distributions.remove(&Metric::SentToKernel);
                self.distributions.remove(&Metric::KernelToRead);
            }
        }
        let recorded = |metric| self.distributions.get(&metric).map_or(0, crate::Distribution::len);
        if recorded(Metric::JudgedTime) != recorded(Metric::ResponseTime) + recorded(Metric::RoundTrip) {
            self.distributions.remove(&Metric::JudgedTime);
        }
    }

    /// Adds another recorder's slice. Quantiles do not add up: a slice without its distribution leaves none.
    fn slice(&mut self, theirs: Second) {
        match self.timeline.binary_search_by_key(&theirs.offset_ns, |mine| mine.offset_ns) {
            Ok(at) => {
                let mine = &mut self.timeline[at];
                let mut distribution = std::mem::take(&mut mine.distribution);
                distribution.merge(&theirs.distribution);
                let received = mine.received + theirs.received;
                // Part of the durations would pass for all of them.
                *mine = if distribution.len() == received {
                    Second::of(mine.offset_ns, received, distribution)
                } else {
                    Second { offset_ns: mine.offset_ns, received, ..Second::default() }
                };
            }
            Err(at) => self.timeline.insert(at, theirs),
        }
    }
}

/// Adds theirs where both have something; else what there is stands.
fn add<T>(mine: &mut Option<T>, theirs: Option<T>, add: impl FnOnce(&mut T, T)) {
    match (mine.as_mut(), theirs) {
        (Some(mine), Some(theirs)) => add(mine, theirs),
        (None, theirs) => *mine = theirs,
        (Some(_), None) => {}
    }
}

fn first<T>(mine: &mut Vec<T>, theirs: Vec<T>) {
    if mine.is_empty() {
        *mine = theirs;
    }
}

impl Counters {
    /// Adds the counts of another worker.
    pub fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.connection_failures += other.connection_failures;
        self.disconnects += other.disconnects;
        self.requests += other.requests;
        add(&mut self.expected, other.expected, |mine, theirs| *mine += theirs);
        self.received += other.received;
        self.in_window += other.in_window;
        self.window_payload_bytes += other.window_payload_bytes;
        self.lost += other.lost;
        self.duplicates += other.duplicates;
        self.reordered += other.reordered;
        self.corrupt += other.corrupt;
        self.messages_sent += other.messages_sent;
        self.heartbeats += other.heartbeats;
        self.reads += other.reads;
        self.together += other.together;
    }
}

impl Bytes {
    fn add(&mut self, other: &Self) {
        self.connect_out += other.connect_out;
        self.connect_in += other.connect_in;
        self.stream_out += other.stream_out;
        self.stream_in += other.stream_in;
        self.payload_in += other.payload_in;
        self.payload_out += other.payload_out;
        self.close_in += other.close_in;
    }
}

impl Usage {
    /// Adds what another generator used in the same time. Both may run on one host, whose CPU time counts once.
    fn add(&mut self, other: &Self) {
        self.elapsed_ns = self.elapsed_ns.max(other.elapsed_ns);
        self.cpu_ns += other.cpu_ns;
        self.switches += other.switches;
        self.events += other.events;
        self.dropped += other.dropped;
        self.pss_bytes += other.pss_bytes;
        self.cpu_source = self.cpu_source.max(other.cpu_source);
        add(&mut self.run_queue_ns, other.run_queue_ns, |mine, theirs| *mine += theirs);
        self.host_cpu_ns = self.host_cpu_ns.max(other.host_cpu_ns);
    }
}

impl Dependence {
    /// Two recorders' events are no series: the one with more of them stands for both.
    fn by_events(&self, other: &Self) -> std::cmp::Ordering {
        self.events.cmp(&other.events).then(self.rank_lag1.total_cmp(&other.rank_lag1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CpuSource, KernelStamps, Quantile};

    fn merged(mut one: Measurement, other: &Measurement) -> Measurement {
        one.merge(other.clone());
        one
    }

    #[test]
    fn generators_add_up_and_a_server_is_one() {
        let usage = |elapsed_ns, cpu_ns| Usage { elapsed_ns, cpu_ns, events: 10, ..Usage::default() };
        let one = Measurement { server: Some(usage(900, 5)), client: Some(usage(900, 7)), ..Measurement::default() };
        let cgroup = Usage { cpu_source: CpuSource::Cgroup, ..usage(1_000, 6) };
        let other = Measurement { server: Some(cgroup), client: Some(usage(950, 8)), ..Measurement::default() };
        for whole in [merged(one.clone(), &other), merged(other.clone(), &one)] {
            assert_eq!(whole.server, Some(cgroup));
            assert_eq!(whole.client, Some(usage(950, 15)), "both were told what the one server sent");
        }
        assert_eq!(merged(one.clone(), &Measurement::default()), one);
    }

    #[test]
    fn servers_of_one_trial_add_up_where_all_say_what_they_used() {
        let usage = |elapsed_ns, cpu_ns| Usage { elapsed_ns, cpu_ns, events: 10, ..Usage::default() };
        let of = |server| Measurement { server, client: Some(usage(900, 7)), ..Measurement::default() };
        let joined = |one: &Measurement, other: &Measurement| {
            let mut whole = one.clone();
            whole.join(other.clone());
            whole
        };
        let (one, other) = (of(Some(usage(900, 5))), of(Some(usage(950, 6))));
        for whole in [joined(&one, &other), joined(&other, &one)] {
            assert_eq!(whole.server, Some(Usage { events: 20, ..usage(950, 11) }));
            assert_eq!(whole.client, Some(Usage { events: 20, ..usage(900, 14) }));
        }
        for whole in [joined(&one, &of(None)), joined(&of(None), &one)] {
            assert_eq!((whole.server, whole.client.map(|client| client.events)), (None, Some(0)));
        }
    }

    #[test]
    fn expected_events_of_all_streams_add_up() {
        let of =
            |expected| Measurement { counters: Counters { expected, ..Counters::default() }, ..Measurement::default() };
        for (one, other, both) in [(Some(3), Some(4), Some(7)), (None, Some(4), Some(4)), (None, None, None)] {
            assert_eq!(merged(of(one), &of(other)).counters.expected, both);
        }
    }

    #[test]
    fn stamps_are_judged_together() {
        let of = |stamped, clock_change_ns| {
            let durations = (0..stamped).collect();
            let mut measurement = Measurement {
                stamps: Some(KernelStamps { stamped, unstamped: 1, clock_change_ns, ..KernelStamps::default() }),
                distributions: [(Metric::KernelToRead, durations)].into(),
                ..Measurement::default()
            };
            measurement.conclude();
            measurement
        };
        let void = |measurement: &Measurement| measurement.stamps.as_ref().is_some_and(|stamps| stamps.void.is_some());
        let (none, some, moved) = (of(0, 0), of(5, -300), of(7, -1_001));
        assert_eq!([&none, &some, &moved].map(void), [true, false, true]);
        let whole = merged(none, &some);
        assert!(!void(&whole));
        assert_eq!(whole.distributions[&Metric::KernelToRead].len(), 5);
        for whole in [merged(whole.clone(), &moved), merged(moved, &whole)] {
            assert!(void(&whole) && whole.distributions.is_empty(), "{whole:?}");
            assert_eq!(whole.stamps.map(|stamps| (stamps.stamped, stamps.clock_change_ns)), Some((12, -1_001)));
        }
    }

    #[test]
    fn a_judged_time_that_some_events_lack_is_none() {
        let of = |metrics: &[Metric]| Measurement {
            distributions: metrics.iter().map(|&metric| (metric, [1, 2, 3].into_iter().collect())).collect(),
            ..Measurement::default()
        };
        let (whole, half) = (of(&[Metric::ResponseTime, Metric::JudgedTime]), of(&[Metric::ResponseTime]));
        assert_eq!(merged(whole.clone(), &whole).distributions[&Metric::JudgedTime].len(), 6);
        for both in [merged(whole.clone(), &half), merged(half, &whole)] {
            assert!(!both.distributions.contains_key(&Metric::JudgedTime));
            assert!(!merged(both, &whole).distributions.contains_key(&Metric::JudgedTime));
        }
    }

    #[test]
    fn slices_add_up_and_quantiles_need_all_of_them() {
        let slice = |offset_ns, durations: &[u64]| {
            Second::of(offset_ns, durations.len() as u64, durations.iter().copied().collect())
        };
        let of = |timeline: &[Second]| Measurement { timeline: timeline.to_vec(), ..Measurement::default() };
        let one = of(&[slice(0, &[10]), slice(5, &[])]);
        let other = of(&[slice(0, &[30, 20]), slice(5, &[7]), slice(10, &[9])]);
        let both = of(&[slice(0, &[10, 20, 30]), slice(5, &[7]), slice(10, &[9])]);
        assert_eq!((merged(one.clone(), &other), merged(other, &one)), (both.clone(), both));
        let summary = of(&[slice(0, &[30, 20]).summary()]);
        let found = &merged(one, &summary).timeline[0];
        assert_eq!((found.received, found.quantile(Quantile::P50), found.quantile(Quantile::P90)), (3, None, None));
    }
}
