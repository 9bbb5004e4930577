//! What the command says at start: what listens where, and what will fire.

use crate::{
    arguments::{LogFormat, Run},
    paint::{Paint, counted},
};
use argo_events::{Manifests, Running, api, engine::BusUrl, sources::http::Listening};
use std::{io::Write as _, net::SocketAddr, path::PathBuf};

/// Prints a few lines for people; programs read the log.
pub(crate) fn print(
    arguments: &Run,
    manifests: &Manifests,
    running: &Running,
    metrics: Option<SocketAddr>,
) {
    if arguments.log == LogFormat::Json {
        let metrics = metrics.map_or_else(|| "off".to_owned(), |address| address.to_string());
        tracing::info!(metrics, "ready");
        return;
    }
    let paint = Paint::stdout();
    let mut lines = vec![head(arguments, manifests, running, paint)];
    let listening = running.listening();
    for (position, it) in listening.iter().enumerate() {
        lines.push(row(position, "listening", &listens(it), paint));
    }
    for (position, text) in fires(manifests).iter().enumerate() {
        lines.push(row(position, "fires", text, paint));
    }
    if let Some(address) = metrics {
        lines.push(row(
            0,
            "metrics",
            &format!("http://{address}/metrics"),
            paint,
        ));
    }
    // Whoever reads may have gone away; events go on.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
}

fn head(arguments: &Run, manifests: &Manifests, running: &Running, paint: Paint) -> String {
    let bus = running.bus();
    let mut shown = match bus.kind() {
        "local" => format!("local bus in {}", folder(arguments).display()),
        "jetstreamExotic" => "JetStream bus".to_owned(),
        kind => format!("{kind} bus"),
    };
    if let Some(kept) = bus.kept() {
        shown.push_str(&format!(" ({} kept)", counted(kept, "event")));
    }
    let sources = counted(manifests.event_sources.len() as u64, "source");
    let sensors = counted(manifests.sensors.len() as u64, "sensor");
    let name = paint.strong(concat!("argo-events ", env!("CARGO_PKG_VERSION")));
    format!("{name} · {shown} · {sources}, {sensors}")
}

/// Returns where the embedded bus keeps its files.
fn folder(arguments: &Run) -> PathBuf {
    let url = arguments
        .bus
        .as_deref()
        .and_then(|url| BusUrl::parse(url).ok());
    let named = url.and_then(|url| url.data_directory().map(PathBuf::from));
    named.unwrap_or_else(|| arguments.data_dir.clone())
}

fn listens(it: &Listening) -> String {
    let scheme = if it.tls { "https" } else { "http" };
    let port = it.address.port();
    let url = format!("{} {scheme}://localhost:{port}{}", it.method, it.endpoint);
    format!("{url:<44} {}", it.owner)
}

fn row(position: usize, title: &str, text: &str, paint: Paint) -> String {
    let title = if position == 0 { title } else { "" };
    format!("  {} {text}", paint.faint(format!("{title:<10}")))
}

/// Says for each trigger when it acts and what it does, in columns.
fn fires(manifests: &Manifests) -> Vec<String> {
    let mut rows = Vec::new();
    for sensor in &manifests.sensors {
        let templates = sensor
            .spec
            .triggers
            .iter()
            .filter_map(|it| it.template.as_ref());
        rows.extend(templates.map(|template| {
            let conditions = conditions(template, &sensor.spec.dependencies);
            (
                template.name.as_str(),
                format!("when {conditions}"),
                action(template),
            )
        }));
    }
    let width = |texts: &mut dyn Iterator<Item = &str>| texts.map(|it| it.chars().count()).max();
    let names = width(&mut rows.iter().map(|(name, ..)| *name)).unwrap_or(0);
    let whens = width(&mut rows.iter().map(|(_, when, _)| when.as_str())).unwrap_or(0);
    let rows = rows.iter();
    rows.map(|(name, when, action)| format!("{name:<names$}  {when:<whens$}  → {action}"))
        .collect()
}

/// Returns a trigger's condition; without one, all dependencies are needed.
fn conditions(template: &api::TriggerTemplate, dependencies: &[api::Dependency]) -> String {
    if !template.conditions.is_empty() {
        return template
            .conditions
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
    }
    let names: Vec<_> = dependencies.iter().map(|it| it.name.as_str()).collect();
    names.join(" && ")
}

fn action(template: &api::TriggerTemplate) -> String {
    let kind = template.kinds.iter().find(|(_, config)| !config.is_null());
    match kind {
        Some((kind, config)) if kind == "http" => {
            let text = |key: &str| config[key].as_str().unwrap_or_default();
            let method = if text("method").is_empty() {
                "POST"
            } else {
                text("method")
            };
            format!("http {method} {}", text("url"))
        }
        Some((kind, _)) => kind.clone(),
        None => "your program".to_owned(),
    }
}
