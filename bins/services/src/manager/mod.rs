//! The subcommands that look after a cluster instead of running in a pod of somebody's object:
//! `controller` and `webhook-service`.
//!
//! What they do is decided in `argo-events-controller`. Here is what they are told, and their probes.

mod controller;
mod probes;
mod webhook;

use crate::flags::{Flag, list};
use argo_events_process::{Exit, Failure, Signals, install_tls, logging};
use std::{fmt, time::Duration};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// How long a connection to the API server may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);
/// Threads: they wait for the network most of the time.
const THREADS: usize = 2;

/// Runs the subcommand `controller`.
pub(crate) fn controller(arguments: &[&str]) -> Result<Exit, Failure> {
    run(
        arguments,
        controller::USAGE,
        controller::FLAGS,
        |arguments| {
            let settings = controller::Settings::read(arguments)?;
            Ok(move |stop| controller::serve(settings, stop))
        },
    )
}

/// Runs the subcommand `webhook-service`.
pub(crate) fn webhook(arguments: &[&str]) -> Result<Exit, Failure> {
    run(arguments, webhook::USAGE, webhook::FLAGS, |arguments| {
        let settings = webhook::Settings::read(arguments)?;
        Ok(move |stop| webhook::serve(settings, stop))
    })
}

fn run<S, F>(
    arguments: &[&str],
    usage: &str,
    flags: &[Flag],
    read: impl FnOnce(&[&str]) -> Result<S, Failure>,
) -> Result<Exit, Failure>
where
    S: FnOnce(CancellationToken) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    if arguments.iter().any(|one| matches!(*one, "--help" | "-h")) {
        return crate::say(&format!("{usage}\n\n{}", list(flags).trim_end()));
    }
    let serve = read(arguments)?;
    let _lines = logging::for_programs(logging::WITHOUT_TRACES);
    install_tls();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .map_err(|error| unreachable("cannot start threads", error))?;
    let exit = runtime.block_on(until_told(serve));
    runtime.shutdown_timeout(Duration::from_secs(1));
    exit.or_else(|failure| {
        error!("{}", failure.message().trim_start_matches("error: "));
        Ok(failure.exit())
    })
}

/// Serves until a signal comes, and ends in order; at a second one, at once.
async fn until_told<S, F>(serve: S) -> Result<Exit, Failure>
where
    S: FnOnce(CancellationToken) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    let mut signals = Signals::listen()?;
    let stop = CancellationToken::new();
    let mut serving = std::pin::pin!(serve(stop.clone()));
    tokio::select! {
        ended = serving.as_mut() => return ended.map(|()| Exit::Fine),
        () = signals.next() => {}
    }
    info!("stopping");
    stop.cancel();
    tokio::select! {
        ended = serving => ended.map(|()| Exit::Fine),
        () = signals.next() => Ok(Exit::Interrupted),
    }
}

/// Finds the API server: by `KUBECONFIG`, or as the cluster tells its pods.
async fn cluster() -> Result<kube::Config, Failure> {
    let mut config = kube::Config::infer().await.map_err(|error| {
        let help = "run this in a pod with a service account, or set KUBECONFIG";
        unreachable(&format!("no cluster is known ({help})"), error)
    })?;
    config.connect_timeout = Some(PATIENCE);
    // Whoever calls tries again, and says so.
    config.default_retry = false;
    Ok(config)
}

fn client(config: kube::Config) -> Result<kube::Client, Failure> {
    kube::Client::try_from(config)
        .map_err(|error| unreachable("the cluster cannot be talked to", error))
}

fn unreachable(what: &str, error: impl fmt::Display) -> Failure {
    Failure::new(Exit::Unreachable, format!("{what}: {error}"))
}
