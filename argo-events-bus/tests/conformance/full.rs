//! A disk that is full: publishers are told, nothing accepted is lost, and all goes on with room.
//!
//! The test binary starts itself with a limit on the size of files, which fails writes half-way as
//! a full disk does.

use argo_events_bus::{LocalBus, LocalConfig};
use argo_events_core::{Error, Event, EventBus as _, SystemClock};
use argo_events_testkit::bus::{Broken, Outcome, ensure};
use futures::future::join_all;
use libtest_mimic::Trial;
use std::{
    env, io,
    path::Path,
    process::{Command, ExitCode, Stdio},
    sync::Arc,
};
use tokio::runtime::{Builder, Runtime};

const DIRECTORY: &str = "ARGO_EVENTS_FULL_DIRECTORY";
/// Sets the limit, in blocks of 512 bytes: 4 MiB, half a segment. A write beyond it is to fail
/// and not to end the process.
const LIMITED: &str = "trap '' XFSZ; ulimit -f 8192; exec \"$0\"";
const AT_ONCE: usize = 16;

/// Fills the disk if this process was started to; its output says how far it came.
pub(crate) fn filler() -> Option<ExitCode> {
    let directory = env::var_os(DIRECTORY)?;
    let (accepted, error) = runtime().block_on(fill(directory.as_ref()));
    let (kind, transient) = (error.kind(), error.is_transient());
    io::Write::write_all(
        &mut io::stdout(),
        format!("{accepted}\n{kind:?} {transient}\n{}\n", error.message()).as_bytes(),
    )
    .expect("the parent reads");
    Some(ExitCode::SUCCESS)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be made")
}

fn open(directory: &Path) -> argo_events_core::Result<LocalBus> {
    LocalBus::open(directory, LocalConfig::default(), Arc::new(SystemClock))
}

fn event(id: usize) -> Arc<Event> {
    Arc::new(
        Event::builder(id.to_string(), "shop", "paid")
            .data(vec![b'x'; 10_000])
            .build(),
    )
}

/// Publishes until the disk is full, and a little longer.
async fn fill(directory: &Path) -> (u64, Error) {
    let bus = open(directory).expect("there is room at first");
    let (mut accepted, mut failures) = (0, Vec::new());
    for round in 0.. {
        let ids = round * AT_ONCE..(round + 1) * AT_ONCE;
        for outcome in join_all(ids.map(|id| bus.publish(event(id)))).await {
            match outcome {
                Ok(_) => accepted += 1,
                Err(error) => failures.push(error),
            }
        }
        if failures.len() > 3 * AT_ONCE {
            break;
        }
    }
    bus.close().await.expect("closing needs no room");
    (accepted, failures.swap_remove(0))
}

/// Makes the trial; without a POSIX shell there is no limit to set.
pub(crate) fn trial() -> Trial {
    let kind = if cfg!(unix) {
        "local"
    } else {
        "local: no limit can be set"
    };
    let trial = Trial::test(
        "a full disk refuses events and keeps what was accepted",
        || Ok(is_survived()?),
    );
    trial.with_kind(kind).with_ignored_flag(!cfg!(unix))
}

fn is_survived() -> Outcome {
    let failed = |error: io::Error| Broken(error.to_string());
    let directory = tempfile::tempdir().map_err(failed)?;
    let output = Command::new("sh")
        .args(["-c", LIMITED])
        .arg(env::current_exe().map_err(failed)?)
        .env(DIRECTORY, directory.path())
        .stderr(Stdio::inherit())
        .output()
        .map_err(failed)?;
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = output.lines().collect();
    let [accepted, refusal, message] = lines[..] else {
        return Err(Broken(format!("the filler says: {output}")));
    };
    ensure(
        refusal == "Unavailable true",
        format!("refused with {refusal}: {message}"),
    )?;
    ensure(
        message.contains("disk"),
        format!("the message does not name the cause: {message}"),
    )?;
    runtime().block_on(goes_on(directory.path(), accepted.parse().unwrap_or(0)))
}

async fn goes_on(directory: &Path, accepted: u64) -> Outcome {
    ensure(accepted > 100, format!("only {accepted} events fit"))?;
    let bus = open(directory)?;
    ensure(
        bus.kept() == Some(accepted),
        format!("{accepted} accepted, {:?} kept", bus.kept()),
    )?;
    bus.check().await?;
    let receipt = bus.publish(event(1_000_000)).await?;
    let position = receipt.position.map(|position| position.sequence);
    ensure(
        position == Some(accepted + 1),
        format!("the next position is {position:?}"),
    )?;
    Ok(bus.close().await?)
}
