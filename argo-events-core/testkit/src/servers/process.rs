//! One process of a server: started until it is ready, signalled, ended; never outlives the tests.
//!
//! Knows nothing about which server it is. The last clone that is dropped kills the process; where
//! `setpriv` is to be had, so does the end of the tests' process, however it ends.

use super::place;
use argo_events_core::{Error, ErrorKind, Result};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// How often it is looked whether something has come about.
const GLANCE: Duration = Duration::from_millis(10);
/// How much of the log an error shows.
const TAIL: usize = 4_000;

/// Tells whether a server is ready.
pub(super) type Ready = Box<dyn Fn() -> bool + Send + Sync>;

/// What is started, and how it is known to be ready.
pub(super) struct Launch {
    /// The program.
    pub(super) program: PathBuf,
    /// Its arguments.
    pub(super) arguments: Vec<OsString>,
    /// Where its output goes.
    pub(super) log: PathBuf,
    /// Where its data are.
    pub(super) store: PathBuf,
    /// Makes the folder of the data, where the server does not do that by itself.
    pub(super) prepare: Option<Box<dyn Fn() -> Result<()> + Send + Sync>>,
    /// Asks whether it is ready.
    pub(super) ready: Ready,
    /// How long it may take to get ready, or to stop.
    pub(super) patience: Duration,
}

/// A process that can be started again.
#[derive(Clone)]
pub(super) struct Process(Arc<Inner>);

struct Inner {
    launch: Launch,
    child: Mutex<Option<Child>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = child.take() {
            // It may have ended by itself, which is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Process {
    /// Prepares a process; nothing runs yet.
    pub(super) fn new(launch: Launch) -> Self {
        let child = Mutex::new(None);
        Self(Arc::new(Inner { launch, child }))
    }

    /// Starts it if it does not run, without waiting until it is ready; ends a pause.
    pub(super) fn launch(&self) -> Result<()> {
        self.resume()?;
        let mut child = self.child();
        if let Some(running) = child.as_mut()
            && matches!(running.try_wait(), Ok(None))
        {
            return Ok(());
        }
        let Launch { store, prepare, .. } = &self.0.launch;
        if let Some(prepare) = prepare
            && !store.exists()
        {
            prepare()?;
        }
        *child = Some(self.spawn().map_err(|error| self.failed(error))?);
        Ok(())
    }

    fn spawn(&self) -> io::Result<Child> {
        let Launch { program, log, .. } = &self.0.launch;
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = guarded(program.as_os_str());
        command
            .args(&self.0.launch.arguments)
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log);
        nursery(command)
    }

    /// Waits until it is ready.
    pub(super) fn wait_until_ready(&self) -> Result<()> {
        let ready = within(self.0.launch.patience, || {
            if let Some(status) = self.ended() {
                return Some(Err(status));
            }
            (self.0.launch.ready)().then_some(Ok(()))
        });
        match ready {
            Some(Ok(())) => Ok(()),
            Some(Err(status)) => Err(self.unready(&format!("it ended with {status}"))),
            None => Err(self.unready("it did not get ready in time")),
        }
    }

    /// Starts it if it does not run, and waits until it is ready.
    pub(super) fn start(&self) -> Result<()> {
        self.launch()?;
        self.wait_until_ready()
    }

    /// Ends it at once, as a crash does.
    pub(super) fn kill(&self) -> Result<()> {
        let Some(mut child) = self.child().take() else {
            return Ok(());
        };
        child.kill().map_err(|error| self.failed(error))?;
        child.wait().map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Kills it, deletes its data and starts it, without waiting until it is ready.
    pub(super) fn wipe(&self) -> Result<()> {
        self.kill()?;
        place::delete(&self.0.launch.store)?;
        self.launch()
    }

    /// Asks it to end and waits until it has.
    pub(super) fn stop(&self) -> Result<()> {
        self.signal(Signal::TERM)?;
        // A paused process would take the request only later.
        self.signal(Signal::CONT)?;
        if within(self.0.launch.patience, || self.ended()).is_none() {
            self.kill()?;
            return Err(self.unready("it did not stop in time and was killed"));
        }
        self.child().take();
        Ok(())
    }

    /// Lets it stand still, every thread of it; connections stay open.
    pub(super) fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)?;
        let Some(id) = self.child().as_ref().map(Pid::from_child) else {
            return Ok(());
        };
        // The signal is only on its way: a busy machine would let it answer once more. Whether it
        // has ended is for others to see.
        let seen = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(id), seen).map_err(|error| self.failed(error.into()))?;
        Ok(())
    }

    /// Lets it go on after a pause.
    pub(super) fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Returns its id while it runs.
    pub(super) fn id(&self) -> Option<u32> {
        match self.ended() {
            None => self.child().as_ref().map(Child::id),
            Some(_) => None,
        }
    }

    /// Returns the end of what it has printed.
    pub(super) fn log(&self) -> String {
        let text = fs::read(&self.0.launch.log).unwrap_or_default();
        let begin = text.len().saturating_sub(TAIL);
        String::from_utf8_lossy(&text[begin..]).into_owned()
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let mut child = self.child();
        let Some(running) = child.as_mut() else {
            return Ok(());
        };
        // Waited for by nobody else, so that its id cannot be another process's meanwhile.
        if !matches!(running.try_wait(), Ok(None)) {
            return Ok(());
        }
        kill_process(Pid::from_child(running), signal).map_err(|error| self.failed(error.into()))
    }

    fn ended(&self) -> Option<ExitStatus> {
        let mut child = self.child();
        match child.as_mut() {
            Some(child) => child.try_wait().ok().flatten(),
            None => Some(ExitStatus::from_raw(0)),
        }
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.0.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unready(&self, what: &str) -> Error {
        Error::permanent(
            ErrorKind::Unavailable,
            format!("{what}; it printed\n{}", self.log()),
        )
        .during("start of a server")
        .with("program", self.0.launch.program.display())
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::permanent(ErrorKind::Unavailable, "no such process can be had")
            .with("program", self.0.launch.program.display())
            .with("reason", &error)
            .caused_by(error)
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Process");
        shown
            .field("program", &self.0.launch.program)
            .finish_non_exhaustive()
    }
}

/// Looks again and again until there is something, or patience is over.
pub(super) fn within<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a process takes real time, also where a test has stopped its own"
    )]
    let now = Instant::now;
    let end = now() + patience;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if now() > end {
            return None;
        }
        thread::sleep(GLANCE);
    }
}

/// Begins a command whose process is killed when that of the tests ends, if this machine can do that.
fn guarded(program: &OsStr) -> Command {
    static GUARD: OnceLock<bool> = OnceLock::new();
    let guard = GUARD.get_or_init(|| {
        let mut trial = Command::new("setpriv");
        trial.args(["--pdeathsig", "KILL", "true"]);
        let trial = trial.stdout(Stdio::null()).stderr(Stdio::null());
        trial.status().is_ok_and(|status| status.success())
    });
    if !guard {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}

/// Writes the calls that every server has, for one with a field `process`; `keeping` leaves out the
/// one that deletes its data.
macro_rules! verbs {
    () => {
        verbs!(keeping);

        /// Kills it, deletes its data, starts it on the same port and waits until it is ready.
        ///
        /// # Errors
        /// When the data cannot be deleted, or it does not get ready.
        pub fn wipe(&self) -> ::argo_events_core::Result<()> {
            self.process.wipe()?;
            self.process.wait_until_ready()
        }
    };
    (keeping) => {
        /// Returns the id of its process while it runs.
        pub fn id(&self) -> Option<u32> {
            self.process.id()
        }

        /// Returns the end of what it has printed.
        pub fn log(&self) -> String {
            self.process.log()
        }

        /// Ends it at once, as a crash does; the data stay.
        ///
        /// # Errors
        /// When the system refuses.
        pub fn kill(&self) -> ::argo_events_core::Result<()> {
            self.process.kill()
        }

        /// Starts it on the same port with the same data, and waits until it is ready. If it
        /// runs, it only goes on after a pause.
        ///
        /// # Errors
        /// When it does not get ready; with what it printed.
        pub fn start_again(&self) -> ::argo_events_core::Result<()> {
            self.process.start()
        }

        /// Lets it stand still: connections stay open and are still made, nothing is answered.
        ///
        /// # Errors
        /// When the system refuses.
        pub fn pause(&self) -> ::argo_events_core::Result<()> {
            self.process.pause()
        }

        /// Lets it go on after a pause.
        ///
        /// # Errors
        /// When the system refuses.
        pub fn resume(&self) -> ::argo_events_core::Result<()> {
            self.process.resume()
        }

        /// Asks it to end and waits until it has, also if it is paused; the data stay.
        ///
        /// # Errors
        /// When it does not; it is killed then.
        pub fn stop(&self) -> ::argo_events_core::Result<()> {
            self.process.stop()
        }
    };
}

pub(super) use verbs;

type Birth = (Command, mpsc::SyncSender<io::Result<Child>>);

/// Starts a process from a thread that lives as long as this process: to the system a parent is a
/// thread, and the thread of a test may end before the server should.
fn nursery(command: Command) -> io::Result<Child> {
    static NURSERY: OnceLock<mpsc::SyncSender<Birth>> = OnceLock::new();
    let nursery = NURSERY.get_or_init(|| {
        let (sender, births) = mpsc::sync_channel::<Birth>(1);
        thread::spawn(move || {
            for (mut command, answer) in births {
                // Who asked waits for the answer.
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, answered) = mpsc::sync_channel(1);
    let gone = || io::Error::other("the thread that starts servers is gone");
    nursery.send((command, answer)).map_err(|_| gone())?;
    answered.recv().map_err(|_| gone())?
}
