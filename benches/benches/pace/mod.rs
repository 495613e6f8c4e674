//! How long a bench measures: all of `cargo bench` ends within six minutes. Refuses to set it for a group, since that would
//! win over the flags of the command line.

use criterion::Criterion;
use std::time::Duration;

/// 20 samples in two seconds, unless the command line says otherwise.
pub(crate) fn pace() -> Criterion {
    let (warm_up, measurement) = (Duration::from_millis(500), Duration::from_secs(2));
    Criterion::default().warm_up_time(warm_up).measurement_time(measurement).sample_size(20)
}
