//! Where a topic is paced: no pacer runs here, each is looked into.

use super::*;
use crate::feed::{Feed, Reader, Registry};
use crate::pacer::Pacer;
use crate::rig;
use wire::Subscription;

/// Two runtime threads that do not run.
fn workers() -> (Pacer, [Arc<WorkerHandle>; 2]) {
    let (pacer, state) = rig::state(2);
    (pacer, [0, 1].map(|index| Arc::new(WorkerHandle::new(Arc::clone(&state), index))))
}

fn subscribe(registry: &Registry, worker: &Arc<WorkerHandle>, query: &str) -> Feed {
    let asked = Subscription { heartbeat: None, ..Subscription::from_query(query).unwrap() };
    registry.subscribe(worker, asked, None).map(|subscribed| subscribed.feed).unwrap_or_else(|_| panic!())
}

/// Jobs that were left with each thread's pacer.
fn left(workers: &[Arc<WorkerHandle>; 2]) -> [Vec<Arc<dyn Job>>; 2] {
    [0, 1].map(|index| workers[index].pacer.take_left())
}

#[test]
fn a_stream_is_paced_by_the_thread_that_reads_it() {
    let (_pacer, workers) = workers();
    let registry = Registry::default();
    let _feeds = [0, 1, 1].map(|index| subscribe(&registry, &workers[index], "rate=1"));
    assert_eq!(left(&workers).map(|jobs| jobs.len()), [1, 2]);
}

#[test]
fn a_session_that_comes_back_on_another_thread_is_paced_there() {
    let (_pacer, workers) = workers();
    let registry = Registry::default();
    let first = subscribe(&registry, &workers[0], "rate=1000&session=s");
    let [mut jobs, _] = left(&workers);
    let job = jobs.pop().unwrap();
    assert!(Arc::clone(&job).fire(now()).is_some(), "it stays while its reader does");
    drop(first);
    assert!(Arc::clone(&job).fire(now()).is_some(), "and while nobody reads");
    let _again = subscribe(&registry, &workers[1], "rate=1000&session=s");
    assert!(job.fire(now()).is_none());
    assert_eq!(left(&workers).map(|jobs| jobs.len()), [0, 1]);
}

#[test]
fn a_topic_with_several_readers_is_paced_for_all_and_with_one_again_by_that() {
    let (_pacer, workers) = workers();
    let registry = Registry::default();
    let query = "rate=1000&sharing=shared&group=g";
    let _one = subscribe(&registry, &workers[0], query);
    let two = subscribe(&registry, &workers[1], query);
    let [mut jobs, _] = left(&workers);
    assert!(jobs.pop().unwrap().fire(now()).is_none(), "handed to the pacer for all");
    assert_eq!(left(&workers).map(|jobs| jobs.len()), [0, 0]);
    drop(two);
    let mut waited = 0;
    while left(&workers)[0].is_empty() && waited < 5_000 {
        std::thread::sleep(Duration::from_millis(1));
        waited += 1;
    }
    assert!(waited < 5_000, "the next round of the pacer for all gives it back");
}

#[test]
fn readers_of_other_threads_are_woken_through_them() {
    let (_pacer, workers) = workers();
    let registry = Registry::default();
    let topic = {
        let feed = subscribe(&registry, &workers[1], "rate=1000");
        Arc::clone(&feed.topic)
    };
    let reader = Reader::new(&workers[1], wire::SlowReader::Wait, None);
    topic.join(&reader, Begin::Newest, None);
    reader.wait(Waker::noop());
    let publisher = Publisher { topic: Arc::downgrade(&topic), home: workers[0].pacer.clone() };
    assert!(Arc::new(publisher).fire(now() + Duration::from_secs(1)).is_none());
    assert!(!reader.take_idle(), "taken, and left with its worker");
}
