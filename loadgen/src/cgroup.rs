//! A control group (version 2) of a server's own, so that its CPU time is charged to it and to nothing else. Refuses to
//! insist: where the hierarchy is not writable, the server's own clock is as exact.

use servers::scheduler::{CGROUP_PREFIX, cgroup_directory};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread::sleep;
use std::time::Duration;

/// Attempts to remove the directory of a process that is about to be gone, and the pause between two.
const ATTEMPTS: (u32, Duration) = (20, Duration::from_millis(5));

/// The directory; it is removed on drop, when its process must have been ended.
#[derive(Debug)]
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    /// A new group below this process's own, with the process `pid` in it; `None` where that is not allowed.
    pub(crate) fn holding(pid: u32) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{CGROUP_PREFIX}{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let directory = cgroup_directory()?.join(name);
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
