//! `argo-events run`: manifests in this process, until Ctrl-C.

mod banner;
mod health;
mod watch;

use crate::{
    arguments::{BusKind, LogFormat, Run},
    exit::{Exit, Failure},
    live::Live,
    logging,
};
use argo_events::{
    BuildError, Engine, EventBus, Manifests, Running,
    manifest::{Checks, LocalSecrets},
};
use std::{sync::Arc, time::Duration};
use tokio::runtime::Runtime;

/// Makes the runtime of a subcommand.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Unreachable, format!("cannot start threads: {error}")))
}

pub(crate) fn run(arguments: Run) -> Result<Exit, Failure> {
    logging::start(arguments.log);
    let runtime = runtime()?;
    let exit = runtime.block_on(serve(&arguments));
    // What hangs in a blocking call must not hold the end up.
    runtime.shutdown_timeout(Duration::from_secs(1));
    exit
}

async fn serve(arguments: &Run) -> Result<Exit, Failure> {
    let (manifests, engine) = build(arguments, None)?;
    let mut changes = watch::Changes::of(&arguments.paths);
    let mut running = start(engine).await?;
    banner::print(arguments, &manifests, &running).await;
    let health = health::serve(&arguments.metrics, &running).await?;
    let grace = Duration::from_secs(arguments.grace);
    loop {
        tokio::select! {
            () = interrupted() => break,
            () = changes.next(), if arguments.watch => {
                running = reload(arguments, running).await?;
                health.watch(&running);
            }
        }
    }
    eprintln!("draining");
    let drained = tokio::select! {
        drained = running.drain(grace) => drained,
        () = interrupted() => return Ok(Exit::Interrupted),
    };
    drained.map_err(|error| Failure::new(Exit::Unreachable, error))?;
    Ok(Exit::Fine)
}

/// Reads and checks everything; nothing is started.
fn build(arguments: &Run, bus: Option<Arc<dyn EventBus>>) -> Result<(Manifests, Engine), Failure> {
    let manifests = Manifests::from_paths(&arguments.paths)
        .map_err(|error| Failure::new(Exit::InputWrong, error))?;
    if manifests.files().is_empty() {
        let message = "no manifest was found; name a .yaml or .json file, or a folder with some";
        return Err(Failure::new(Exit::InputWrong, message));
    }
    let mut secrets = LocalSecrets::default().with_environment();
    if let Some(directory) = &arguments.secrets_dir {
        secrets = secrets.with_directory(directory);
    }
    let mut builder = Engine::builder()
        .manifests(manifests.clone())
        .checks(Checks::before_running(secrets).strict(arguments.strict))
        .data_directory(&arguments.data_dir);
    if arguments.log == LogFormat::Pretty {
        builder = builder.observer(Arc::new(Live::new()));
    }
    builder = match (bus, arguments.bus) {
        (Some(bus), _) => builder.shared_bus(bus),
        (None, Some(BusKind::Memory)) => builder.bus_kind("memory"),
        (None, Some(BusKind::Local)) => builder.bus_kind("local"),
        (None, None) => builder,
    };
    let engine = builder.build().map_err(|error| refused(&error))?;
    Ok((manifests, engine))
}

fn refused(error: &BuildError) -> Failure {
    let count = error.diagnostics().errors() + error.faults().len();
    let errors = if count == 1 { "error" } else { "errors" };
    Failure::listing(
        Exit::InputWrong,
        format!("{error}\n{count} {errors}; nothing was started"),
    )
}

async fn start(engine: Engine) -> Result<Running, Failure> {
    let running = engine
        .start()
        .await
        .map_err(|error| Failure::new(Exit::Unreachable, error))?;
    let readiness = running.ready().await;
    for waiting in &readiness.waiting {
        eprintln!("warning: {waiting}");
    }
    Ok(running)
}

/// Replaces what runs by what the manifests say now; with a mistake in them, everything goes on as it was.
async fn reload(arguments: &Run, running: Running) -> Result<Running, Failure> {
    let bus = running.bus().clone();
    match build(arguments, Some(bus)) {
        Err(failure) => {
            Exit::report(failure);
            eprintln!("the manifests changed and are wrong now; going on with what ran before");
            Ok(running)
        }
        Ok((manifests, engine)) => {
            running.stop(Duration::from_secs(arguments.grace)).await;
            let running = start(engine).await?;
            eprintln!("reloaded");
            banner::print(arguments, &manifests, &running).await;
            Ok(running)
        }
    }
}

/// Resolves at Ctrl-C, or when the system asks the process to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Without a signal handler the default action ends the process.
    let _ = tokio::signal::ctrl_c().await;
}
