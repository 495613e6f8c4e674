use super::*;
use proptest::prelude::*;

fn of(values: &[u64]) -> Distribution {
    values.iter().copied().collect()
}

#[test]
fn the_text_is_what_its_drawing_says() {
    let mut distribution = Distribution::of_entries([(1000, 3), (1001, 17), (1004, 1)].into_iter());
    assert_eq!(serde_json::to_string(&distribution).unwrap(), "\"v+BGiBDC\"");
    distribution.record(1003);
    assert_eq!(distribution.counts().collect::<Vec<_>>(), [(1000, 3), (1001, 17), (1003, 1), (1004, 1)]);
}

#[test]
fn zero_and_hours_are_kept_at_the_bounds() {
    let mut distribution = of(&[0, u64::MAX]);
    assert_eq!(distribution.len(), 2);
    assert_eq!(distribution.quantile(0.0), Some(1));
    assert!(distribution.max().unwrap() >= MAX_NS);
    [0, u64::MAX].into_iter().for_each(|nanos| distribution.record(nanos));
    assert_eq!(distribution.counts().map(|(_, count)| count).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn an_empty_distribution_has_no_quantile() {
    assert_eq!(Distribution::new().quantile(0.5), None);
    assert_eq!(Distribution::new().max(), None);
    assert_eq!(Distribution::decode(String::new()).unwrap(), Distribution::new());
}

#[test]
fn what_no_writer_of_ours_makes_is_refused() {
    let beyond = format!("{}C", {
        let mut writer = Writer::default();
        writer.push(buckets::BUCKETS + 1, 1);
        writer.finish().0
    });
    for text in [
        "%%%",
        "HISTFAAAAAAA",
        "HISTF",
        "A",
        "CA",
        "ggA",
        "B",
        "BB",
        "BBC",
        "v",
        "iA",
        "C C",
        "C\u{e9}",
        &beyond,
        "//////////////B",
    ] {
        assert!(Distribution::decode(text.to_owned()).is_err(), "{text}");
    }
}

#[test]
fn a_million_equal_counts_of_a_bomb_are_refused_before_they_take_memory() {
    // 64 MiB of zeros, deflated: what a hostile file might hold for each of its slices.
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![0; 64 << 20]).unwrap();
    let packed = encoder.finish().unwrap();
    let head = [0x1c84_9314_u32.to_be_bytes(), (packed.len() as u32).to_be_bytes()].concat();
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [head, packed].concat());
    assert!(text.starts_with(hdr::BEGIN) && Distribution::decode(text).is_err());
}

/// HdrHistogram itself, as the reference.
fn reference(values: &[u64]) -> hdrhistogram::Histogram<u64> {
    let mut reference = hdrhistogram::Histogram::new_with_bounds(1, MAX_NS, 3).unwrap();
    values.iter().for_each(|&value| reference.saturating_record(value.max(1)));
    reference
}

proptest! {
    #[test]
    fn merging_equals_recording_in_one(a in proptest::collection::vec(1..MAX_NS, 0..50),
                                       b in proptest::collection::vec(1..MAX_NS, 0..50)) {
        let mut merged = of(&a);
        merged.merge(&of(&b));
        let mut one_by_one = of(&a);
        b.iter().for_each(|&nanos| one_by_one.record(nanos));
        prop_assert_eq!(&merged, &of(&[a, b].concat()));
        prop_assert_eq!(merged, one_by_one);
    }

    #[test]
    fn the_text_form_keeps_every_count(values in proptest::collection::vec(0..u64::MAX, 0..50)) {
        let distribution = of(&values);
        prop_assert_eq!(Distribution::decode(distribution.text.to_string()).unwrap(), distribution);
    }

    #[test]
    fn coarser_durations_are_as_many_and_within_0_8_percent(values in proptest::collection::vec(1..MAX_NS, 1..50)) {
        let (fine, coarse) = (of(&values), of(&values).coarsened());
        prop_assert_eq!(coarse.len(), fine.len());
        for q in [0.0, 0.5, 0.9, 1.0] {
            let (fine, coarse) = (fine.quantile(q).unwrap() as f64, coarse.quantile(q).unwrap() as f64);
            prop_assert!((coarse / fine - 1.0).abs() <= 0.009, "{} for {}", coarse, fine);
        }
        prop_assert_eq!(coarse.coarsened(), coarse, "coarse for good");
    }

    #[test]
    fn any_text_that_is_read_is_what_we_would_write(text in "[A-Za-z0-9+/]{0,12}") {
        if let Ok(read) = Distribution::decode(text.clone()) {
            prop_assert_eq!(&*Distribution::of_entries(read.entries()).text, text.as_str());
            prop_assert_eq!(read.entries().map(|entry| entry.1).sum::<u64>(), read.len());
        }
    }

    #[test]
    fn every_answer_is_that_of_hdr_histogram(bits in proptest::collection::vec((0..64_u32, any::<u64>()), 1..200),
                                             q in 0.0..1.0_f64, at in 0..2 * MAX_NS) {
        let values: Vec<u64> = bits.into_iter().map(|(shift, value)| value >> shift).collect();
        let (ours, theirs) = (of(&values), reference(&values));
        for q in [0.0, q, 0.5, 0.9, 0.99, 0.999, 1.0] {
            prop_assert_eq!(ours.quantile(q), Some(theirs.value_at_quantile(q)));
        }
        prop_assert_eq!(ours.max(), Some(theirs.max()));
        for at in values.into_iter().chain([at]) {
            prop_assert_eq!(ours.share_below(at).to_bits(), theirs.quantile_below(at.min(MAX_NS)).to_bits());
        }
        let counts = theirs.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value()));
        prop_assert_eq!(ours.counts().collect::<Vec<_>>(), counts.collect::<Vec<_>>());
    }
}
