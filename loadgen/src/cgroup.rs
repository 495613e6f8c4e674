//! A control group (version 2) of a server's own, so that its CPU time is charged to it and to nothing else. Refuses to
//! insist: where the hierarchy is not writable, the server's own clock is as exact.
//!
//! A process that is killed leaves its group behind. Whoever makes the next one beside it removes it.

use servers::scheduler::{CGROUP_PREFIX, cgroup_directory};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread::sleep;
use std::time::Duration;

/// Attempts to remove the directory of a process that is about to be gone, and the pause between two.
const ATTEMPTS: (u32, Duration) = (20, Duration::from_millis(5));

/// The directory; it is removed on drop, when its process must have been ended.
#[derive(Debug)]
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    /// A new group below this process's own, with the process `pid` in it; `None` where that is not allowed. Groups of dead
    /// processes there are removed.
    pub(crate) fn holding(pid: u32) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{CGROUP_PREFIX}{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let parent = cgroup_directory()?;
        sweep(&parent);
        let directory = parent.join(name);
        fs::create_dir(&directory).ok()?;
        let group = Self(directory);
        fs::write(group.0.join("cgroup.procs"), pid.to_string()).ok()?;
        Some(group)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let (attempts, pause) = ATTEMPTS;
        for _ in 0..attempts {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            sleep(pause);
        }
    }
}

/// Removes the groups in a directory whose makers are dead. One that still holds a process stays: the kernel refuses.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let maker = maker(&entry.file_name().to_string_lossy());
        if maker.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// The process in the name of a group; `None` for names that are not ours.
fn maker(name: &str) -> Option<u32> {
    let (pid, number) = name.strip_prefix(CGROUP_PREFIX)?.split_once('-')?;
    number.parse::<u32>().ok()?;
    pid.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, id};

    #[test]
    fn what_a_dead_process_left_is_removed_and_nothing_else() {
        let mut child = Command::new("true").spawn().unwrap();
        let dead = child.id();
        child.wait().unwrap();
        let parent = tempfile::tempdir().unwrap();
        let names = [
            format!("pushbench-{dead}-0"),
            format!("pushbench-{dead}-17"),
            format!("pushbench-{}-0", id()),
            format!("pushbench-{dead}"),
            format!("other-{dead}-0"),
            format!("pushbench-{dead}-0.scope"),
        ];
        names.iter().for_each(|name| fs::create_dir(parent.path().join(name)).unwrap());
        sweep(parent.path());
        let kept: Vec<bool> = names.iter().map(|name| parent.path().join(name).exists()).collect();
        assert_eq!(kept, [false, false, true, true, true, true]);
        sweep(Path::new("/nonexistent"));
    }
}
