//! `argo-events echo`: a target to try triggers on. Answers every request and prints it.

use crate::{
    arguments::Echo,
    exit::{Exit, Failure},
    paint::Paint,
    run::Signals,
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
};
use std::io::{self, Write as _};
use tokio::net::TcpListener;

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
    super::run::runtime()?.block_on(serve(arguments.port, printer))
}

async fn serve(port: u16, printer: Printer) -> Result<Exit, Failure> {
    let refused = |error: io::Error| {
        let message = format!("port {port}: {error}; use --port, or stop what listens there");
        Failure::new(Exit::Unreachable, message)
    };
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(refused)?;
    let port = listener.local_addr().map_err(refused)?.port();
    let status = printer.status.as_u16();
    eprintln!("answering {status} on http://localhost:{port}");
    let mut signals = Signals::listen()?;
    let app = Router::new().fallback(answer).with_state(printer);
    axum::serve(listener, app)
        .with_graceful_shutdown(async move { signals.next().await })
        .await
        .map_err(refused)?;
    Ok(Exit::Fine)
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
