//! `argo-events echo`: a target to try triggers on. Answers every request and prints it.

use crate::{
    arguments::Echo,
    exit::{Exit, Failure},
    paint::Paint,
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
};
use std::io::Write as _;

/// Headers that every client sends and nobody looks for.
const DULL: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "user-agent",
];

#[derive(Clone, Copy)]
struct Printer {
    status: StatusCode,
    paint: Paint,
}

pub(crate) fn run(arguments: &Echo) -> Result<Exit, Failure> {
    let status = StatusCode::from_u16(arguments.status).map_err(|_| {
        Failure::new(
            Exit::CallWrong,
            format!("{} is no status code", arguments.status),
        )
    })?;
    let printer = Printer {
        status,
        paint: Paint::stdout(),
    };
    let port = arguments.port;
    super::run::runtime()?.block_on(async move {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(|error| {
                Failure::new(
                    Exit::Unreachable,
                    format!("port {port}: {error}; use --port, or stop what listens there"),
                )
            })?;
        eprintln!("answering {} on http://localhost:{port}", status.as_u16());
        let app = Router::new().fallback(answer).with_state(printer);
        let stopped = async {
            // Without a signal handler the default action ends the process as well.
            let _ = tokio::signal::ctrl_c().await;
        };
        axum::serve(listener, app)
            .with_graceful_shutdown(stopped)
            .await
            .map_err(|error| Failure::new(Exit::Unreachable, error))?;
        Ok(Exit::Fine)
    })
}

async fn answer(
    State(printer): State<Printer>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let mut text = printer.paint.strong(format!("{method} {uri}"));
    for (name, value) in headers
        .iter()
        .filter(|(name, _)| !DULL.contains(&name.as_str()))
    {
        let value = value.to_str().unwrap_or("(not text)");
        text.push_str(&format!(
            "\n  {}",
            printer.paint.faint(format!("{name}: {value}"))
        ));
    }
    if !body.is_empty() {
        text.push_str(&format!("\n  {}", String::from_utf8_lossy(&body)));
    }
    // Nobody reads on: then there is nothing to print to.
    let _ = writeln!(std::io::stdout(), "{text}");
    printer.status
}
