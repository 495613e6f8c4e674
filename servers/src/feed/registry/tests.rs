//! What has a name outlives its subscribers by a while, and no longer. Time is an argument: nothing here waits.

use super::*;
use crate::clock::now;
use crate::feed::script::rig::script;
use crate::rig;
use tokio::sync::mpsc;
use wire::Faults;

fn subscribe(registry: &Registry, worker: &Arc<WorkerHandle>, query: &str) -> Result<Subscribed, Refusal> {
    let asked = Subscription::from_query(query).unwrap();
    registry.subscribe(worker, Subscription { heartbeat: None, ..asked }, None)
}

fn names(registry: &Registry) -> (usize, usize) {
    (lock(&registry.sessions).len(), lock(&registry.groups).len())
}

#[test]
fn sessions_and_groups_linger_and_then_go() {
    let (_pacer, worker) = rig::worker();
    let registry = Registry::default();
    // Idle: a schedule's turn with the pacer would keep its topic alive for that moment.
    let stays = subscribe(&registry, &worker, "schedule=idle&group=a&sharing=shared&session=stays").unwrap();
    let goes = subscribe(&registry, &worker, "schedule=idle&group=b&sharing=shared&session=goes").unwrap();
    let private = subscribe(&registry, &worker, "schedule=idle&group=c&session=private").unwrap();
    drop((goes, private));
    registry.sweep(now());
    assert_eq!(names(&registry), (3, 3), "they may come back");
    registry.sweep(now() + LINGER);
    assert_eq!(names(&registry), (1, 2), "a shared topic lingers on its own account");
    registry.sweep(now() + 2 * LINGER);
    assert_eq!(names(&registry), (1, 1));
    drop(stays);
    registry.sweep(now() + LINGER);
    registry.sweep(now() + 2 * LINGER);
    assert_eq!(names(&registry), (0, 0));
}

#[test]
fn who_leaves_before_the_quorum_is_there_leaves_nothing_behind() {
    let (_pacer, worker) = rig::worker();
    let registry = Registry::default();
    let _stays = subscribe(&registry, &worker, "group=g&quorum=9&schedule=idle").unwrap();
    for _ in 0..1000 {
        drop(subscribe(&registry, &worker, "group=g&quorum=9&schedule=idle").unwrap());
    }
    let groups = lock(&registry.groups);
    let Streams::Private(barrier) = &groups["g"].streams else { panic!("private streams") };
    assert!(barrier.waiting() < 100, "{}", barrier.waiting());
}

#[test]
fn payload_fillers_are_shared_and_forgotten() {
    let (_pacer, worker) = rig::worker();
    let registry = Registry::default();
    let (one, two) = (registry.payload(&worker, 100).unwrap(), registry.payload(&worker, 100).unwrap());
    assert!(Arc::ptr_eq(&one, &two));
    drop((one, two));
    let _other = registry.payload(&worker, 200).unwrap();
    assert_eq!(lock(&registry.payloads).len(), 1);
}

#[test]
fn another_sharing_or_quorum_is_another_group() {
    let (_pacer, worker) = rig::worker();
    let registry = Registry::default();
    let _open = subscribe(&registry, &worker, "group=g&quorum=2&rate=5").unwrap();
    assert!(subscribe(&registry, &worker, "group=g&quorum=2&rate=9&payload=99").is_ok(), "private streams may differ");
    for other in ["group=g&quorum=3", "group=g&quorum=2&sharing=shared"] {
        let refusal = subscribe(&registry, &worker, other).map(|_| ()).unwrap_err();
        assert!(refusal.line.starts_with("group 'g' is open with other terms ('group=g&quorum=2')"), "{refusal:?}");
    }
}

#[test]
fn a_job_lingers_for_who_comes_back_and_is_then_forgotten() {
    let (_pacer, worker) = rig::worker();
    let registry = Registry::default();
    let watch = |after| {
        let watch = Watch { after, quorum: 1, heartbeat: None, faults: Faults::default() };
        let (guard, _) = ConnectionGuard::issue(&worker, mpsc::channel(1).0);
        registry.watch(&worker, "job", "terms".to_owned(), watch, || script(4), guard).map(|subscribed| subscribed.feed)
    };
    drop(watch(None).unwrap());
    registry.sweep(now());
    drop(watch(Some(1)).unwrap());
    registry.sweep(now() + 2 * LINGER);
    let refusal = watch(Some(1)).map(|_| ()).unwrap_err();
    assert!(refusal.line.starts_with("no job 'job' runs here"), "{refusal:?}");
    assert_eq!(worker.state.tally().answers_cancelled, 0);
}
