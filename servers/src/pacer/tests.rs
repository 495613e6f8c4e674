//! Order, catching up, interruption and ending of the pacer; never how late it is.

use super::*;
use std::sync::mpsc::{Sender, channel};
use std::thread;

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

/// Runs a task pacer on a thread of its own until `wait` returns, then ends its runtime.
fn on_a_task<T>(cadence: Cadence, wait: impl FnOnce(&PacerHandle) -> T) -> T {
    let handle = PacerHandle::of_task();
    let (pacer, (end, ended)) = (handle.clone(), tokio::sync::oneshot::channel::<()>());
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tokio::spawn(task::TaskPacer::new(pacer, cadence).unwrap().run());
            let _ = ended.await;
        });
    });
    let result = wait(&handle);
    let _ = end.send(());
    thread.join().unwrap();
    result
}

#[test]
fn a_task_keeps_the_same_schedules_as_a_thread() {
    for spin in [Duration::ZERO, Duration::from_millis(1)] {
        let (sender, fired) = channel();
        let order: Vec<_> = on_a_task(Cadence { spin, ..Cadence::default() }, |pacer| {
            let start = now().plus_nanos(20 * MS);
            pacer.schedule(start.plus_nanos(MS), tick('b', start.plus_nanos(MS), 3, 2 * MS, &sender));
            pacer.schedule(start, tick('a', start, 3, 2 * MS, &sender));
            drop(sender);
            fired.iter().collect()
        });
        assert_eq!(order.iter().map(|(name, ..)| *name).collect::<String>(), "ababab");
        assert!(order.iter().all(|(_, due, at)| at >= due));
    }
}

#[test]
fn an_earlier_schedule_wakes_a_task_and_its_end_drops_the_rest() {
    let (sender, fired) = channel();
    let far = now() + Duration::from_secs(3600);
    let handle = on_a_task(Cadence::default(), |pacer| {
        pacer.schedule(far, tick('z', far, 1, 1, &sender));
        thread::sleep(Duration::from_millis(20));
        pacer.schedule(now(), tick('a', now(), 1, 1, &sender));
        assert_eq!(fired.recv_timeout(Duration::from_secs(10)).unwrap().0, 'a');
        pacer.clone()
    });
    handle.schedule(now(), tick('y', now(), 1, 1, &sender));
    drop(sender);
    assert!(fired.recv().is_err(), "what was left is dropped, what comes later is ignored");
}

#[test]
fn rounds_are_a_tick_apart() {
    let cadence = Cadence { tick: Duration::from_millis(20), ..Cadence::default() };
    let rounds = |fired: std::sync::mpsc::Receiver<(char, MonoTime, MonoTime)>| {
        let at: Vec<_> = fired.iter().map(|(_, _, at)| at).collect();
        assert_eq!(at.len(), 10);
        let gaps = at.windows(2).map(|pair| pair[1].nanos_since(pair[0]));
        // A job that is late has its next turn in the next round: each of these rounds fires one event.
        assert!(gaps.min().unwrap() >= 15 * MS, "rounds begin 20 ms apart, their events a moment later");
    };
    let (sender, fired) = channel();
    let pacer = Pacer::with_cadence(cadence).unwrap();
    pacer.handle().schedule(now(), tick('a', now(), 10, MS, &sender));
    drop(sender);
    rounds(fired);
    let (sender, fired) = channel();
    on_a_task(cadence, |pacer| {
        pacer.schedule(now(), tick('a', now(), 10, MS, &sender));
        drop(sender);
        rounds(fired);
    });
}

#[test]
fn a_bell_rings_once_never_early_and_not_after_the_pacer_s_end() {
    let pacer = Pacer::spawn().unwrap();
    let (handle, at) = (pacer.handle(), now().plus_nanos(10 * MS));
    assert_eq!(handle.ring(at).blocking_recv(), Ok(()));
    assert!(now() >= at);
    assert_eq!(handle.ring(MonoTime::from_nanos(1)).blocking_recv(), Ok(()), "past is at once");
    drop(pacer);
    assert!(handle.ring(at).blocking_recv().is_err());
}
