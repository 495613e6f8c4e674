//! Order, catching up, interruption and ending of the pacer; never how late it is.

use super::*;
use std::sync::mpsc::{Sender, channel};

/// Reports each firing under its name and stops after `left` of them, `step_ns` apart.
struct Tick {
    name: char,
    next: Mutex<(MonoTime, u32)>,
    step_ns: u64,
    fired: Sender<(char, MonoTime, MonoTime)>,
}

impl Job for Tick {
    fn fire(self: Arc<Self>, now: MonoTime) -> Option<MonoTime> {
        let mut next = lock(&self.next);
        let (due, left) = *next;
        let _ = self.fired.send((self.name, due, now));
        *next = (due.plus_nanos(self.step_ns), left - 1);
        (next.1 > 0).then_some(next.0)
    }
}

fn tick(
    name: char,
    at: MonoTime,
    times: u32,
    step_ns: u64,
    fired: &Sender<(char, MonoTime, MonoTime)>,
) -> Arc<dyn Job> {
    Arc::new(Tick { name, next: Mutex::new((at, times)), step_ns, fired: fired.clone() })
}

const MS: u64 = 1_000_000;

#[test]
fn schedules_share_one_heap_and_fire_in_order_never_early() {
    let (pacer, (sender, fired)) = (Pacer::spawn().unwrap(), channel());
    let start = now().plus_nanos(20 * MS);
    pacer.handle().schedule(start.plus_nanos(MS), tick('b', start.plus_nanos(MS), 3, 2 * MS, &sender));
    pacer.handle().schedule(start, tick('a', start, 3, 2 * MS, &sender));
    drop(sender);
    let order: Vec<_> = fired.iter().collect();
    assert_eq!(order.iter().map(|(name, ..)| *name).collect::<String>(), "ababab");
    assert!(order.iter().all(|(_, due, at)| at >= due));
}

#[test]
fn a_late_schedule_catches_up_without_starving_the_others() {
    let (pacer, (sender, fired)) = (Pacer::spawn().unwrap(), channel());
    let past = MonoTime::from_nanos(1);
    pacer.handle().schedule(past, tick('a', past, 1000, 1, &sender));
    pacer.handle().schedule(past, tick('b', past, 1, 1, &sender));
    drop(sender);
    let order: String = fired.iter().map(|(name, ..)| name).collect();
    assert_eq!(order.len(), 1001);
    assert!(order.contains('b'));
}

#[test]
fn an_earlier_schedule_interrupts_a_long_sleep() {
    let (pacer, (sender, fired)) = (Pacer::spawn().unwrap(), channel());
    let far = now() + Duration::from_secs(3600);
    pacer.handle().schedule(far, tick('z', far, 1, 1, &sender));
    thread::sleep(Duration::from_millis(20));
    pacer.handle().schedule(now(), tick('a', now(), 1, 1, &sender));
    assert_eq!(fired.recv_timeout(Duration::from_secs(10)).unwrap().0, 'a');
    drop(pacer);
    drop(sender);
    assert!(fired.recv().is_err(), "dropping the pacer drops what it never fired");
}
