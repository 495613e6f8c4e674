//! Which steps each policy takes over a feed that always has more.

use super::*;
use crate::connection_guard::ConnectionGuard;
use crate::feed::script::rig::{TOKENS, script};
use crate::feed::{Registry, Watch};
use crate::rig;
use std::task::Waker;
use std::thread::sleep;
use std::time::Duration;
use tokio::sync::mpsc;
use wire::{Faults, Schedule, Subscription};

/// The first `n` steps of an unpaced stream of `payload_bytes` and `count` events, `w` for write, `F`/`f` for flush.
fn steps(flush: Flush, habit: Habit, payload_bytes: usize, count: u64, n: usize) -> String {
    let (_pacer, worker) = rig::worker();
    let schedule = Schedule::Unpaced;
    let asked =
        Subscription { schedule, payload_bytes, count: Some(count), heartbeat: None, ..Subscription::default() };
    let feed = Registry::default().subscribe(&worker, asked, None).unwrap().feed;
    let (mut outlet, mut cx) = (Outlet::new(feed, flush, habit), Context::from_waker(Waker::noop()));
    let mut step = || loop {
        match outlet.poll_step(&mut cx) {
            Poll::Ready(Step::Write(Item::End(_))) => return '.',
            Poll::Ready(Step::Write(_)) => return 'w',
            Poll::Ready(Step::Flush { more }) => return if more { 'F' } else { 'f' },
            // Until the pacer has opened the stream.
            Poll::Pending => sleep(Duration::from_millis(1)),
        }
    };
    (0..n).map(|_| step()).collect()
}

#[test]
fn each_flushes_every_event() {
    for habit in [Habit::Gathers, Habit::WritesEach] {
        assert_eq!(steps(Flush::Each, habit, 64, 3, 7), "wFwFwF.");
    }
}

#[test]
fn ready_gathers_as_many_for_all() {
    let full = "w".repeat(Flush::READY_MAX) + "F";
    for habit in [Habit::Gathers, Habit::WritesEach] {
        assert_eq!(steps(Flush::Ready, habit, 64, 100, 34), full.repeat(2));
        assert_eq!(steps(Flush::Ready, habit, GATHER_BYTES / 2, 100, 6), "wwFwwF", "bytes bound a write too");
        assert_eq!(steps(Flush::Ready, habit, 2 * GATHER_BYTES, 100, 4), "wFwF", "one event is never split");
    }
}

#[test]
fn library_leaves_each_library_its_habit() {
    assert_eq!(steps(Flush::Library, Habit::WritesEach, 64, 100, 4), "wFwF");
    assert_eq!(steps(Flush::Library, Habit::Gathers, GATHER_BYTES, 100, 40), "w".repeat(40));
}

#[test]
fn an_event_that_is_held_back_when_its_client_goes_was_in_vain() {
    let (_pacer, worker) = rig::worker();
    let (guard, _) = ConnectionGuard::issue(&worker, mpsc::channel(1).0);
    let watch = Watch { after: None, quorum: 1, heartbeat: None, faults: Faults::default() };
    let feed = Registry::default().play(&worker, script(4), watch, guard).unwrap();
    let (mut outlet, mut cx) = (Outlet::new(feed, Flush::Each, Habit::WritesEach), Context::from_waker(Waker::noop()));
    while worker.state.tally().events_published < 4 {
        sleep(Duration::from_millis(1));
    }
    let Poll::Ready(Step::Write(Item::Event(event))) = outlet.poll_step(&mut cx) else { panic!("no event") };
    outlet.feed().render(&event, &mut Vec::new());
    assert!(matches!(outlet.poll_step(&mut cx), Poll::Ready(Step::Flush { more: true })), "the next one is held");
    drop(outlet);
    let vitals = worker.state.tally();
    assert_eq!((vitals.events_sent, vitals.events_in_vain, vitals.tokens_in_vain), (1, 3, 3 * TOKENS));
    assert_eq!(vitals.answers_cancelled, 1);
}
