//! Ends what hangs: a step gets a time limit, and whatever it started is killed when that is over.
//!
//! Generous limits: this is for tests that wait for ever, not for slow machines.

use crate::command::Outcome;
use std::{
    collections::BTreeSet,
    fs,
    process::{self, Command},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

/// How long after the first time what was started since is killed.
const AGAIN: Duration = Duration::from_secs(2);
/// How often that is tried before this process ends itself.
const ATTEMPTS: usize = 30;

/// Does work, and kills the processes it started if it takes longer than the limit.
pub(crate) fn within(limit: Duration, work: impl FnOnce() -> Outcome) -> Outcome {
    let (outcome, killed) = thread::scope(|scope| {
        let (done, watched) = mpsc::channel();
        let watcher = scope.spawn(move || watch(&watched, limit));
        let outcome = work();
        drop(done);
        (outcome, watcher.join().unwrap_or_default())
    });
    match killed {
        None => outcome,
        Some(running) => Err(format!(
            "took longer than {} and was killed; it was running {running}",
            shown(limit)
        )),
    }
}

/// Waits until the work is done; returns what had to be killed, if anything had.
fn watch(work: &Receiver<()>, limit: Duration) -> Option<String> {
    let (mut killed, mut pause) = (None, limit);
    for _ in 0..ATTEMPTS {
        if work.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return killed;
        }
        let running = kill_all();
        killed.get_or_insert(running);
        pause = AGAIN;
    }
    eprintln!("error: a step hangs in this process itself");
    process::exit(1);
}

fn shown(limit: Duration) -> String {
    match limit.as_secs() {
        seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

/// Kills every process that this one started, and what those started; tells which they were.
fn kill_all() -> String {
    let started = started_by(process::id());
    if started.is_empty() {
        return "nothing that it had started".to_owned();
    }
    let names: Vec<_> = started.iter().filter_map(|id| command_line(*id)).collect();
    let ids = started.iter().map(u32::to_string);
    // Some may have ended meanwhile, which is what is wanted.
    let _ = Command::new("kill").arg("-KILL").args(ids).status();
    names.join(", ")
}

fn started_by(ancestor: u32) -> BTreeSet<u32> {
    let parents: Vec<_> = processes().collect();
    let (mut found, mut known) = (BTreeSet::from([ancestor]), 0);
    while found.len() > known {
        known = found.len();
        let children = parents
            .iter()
            .filter(|(_, parent)| found.contains(parent))
            .map(|(id, _)| *id);
        found = found.iter().copied().chain(children).collect();
    }
    found.remove(&ancestor);
    found
}

/// Lists processes with their parents, where the system shows them as files.
fn processes() -> impl Iterator<Item = (u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name of the program stands in brackets, and may have brackets and blanks itself.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
        Some((id, parent.parse().ok()?))
    })
}

fn command_line(id: u32) -> Option<String> {
    const LONGEST: usize = 200;
    let words = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let words = String::from_utf8_lossy(&words).replace('\0', " ");
    let words: String = words.trim().chars().take(LONGEST).collect();
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    #[test]
    fn a_step_that_hangs_is_killed_and_named() {
        let outcome = within(Duration::from_millis(200), || {
            command::run(Command::new("sh").args(["-c", "sleep 600; true"]))
        });
        let message = outcome.unwrap_err();
        assert!(message.contains("was killed"), "{message}");
        assert!(message.contains("sleep 600"), "{message}");
    }

    #[test]
    fn what_ends_in_time_keeps_its_outcome() {
        assert_eq!(within(Duration::from_secs(60), || Ok(())), Ok(()));
        let failed = within(Duration::from_secs(60), || Err("broken".to_owned()));
        assert_eq!(failed, Err("broken".to_owned()));
    }
}
