//! What the command says at start: what listens where, and what will fire.

use crate::{
    arguments::{LogFormat, Run},
    paint::Paint,
};
use argo_events::{Manifests, Running, api, sources::http::Listening};
use std::io::Write as _;

/// Prints a few lines for people; programs read the log.
pub(crate) async fn print(arguments: &Run, manifests: &Manifests, running: &Running) {
    if arguments.log == LogFormat::Json {
        return;
    }
    let paint = Paint::stdout();
    let mut lines = vec![head(arguments, manifests, running, paint)];
    let listening = running.listening();
    for (position, it) in listening.iter().enumerate() {
        lines.push(row(position, "listening", &listens(it), paint));
    }
    let triggers = manifests
        .sensors
        .iter()
        .flat_map(|sensor| &sensor.spec.triggers);
    for (position, trigger) in triggers.filter_map(|it| it.template.as_ref()).enumerate() {
        lines.push(row(position, "fires", &fires(trigger), paint));
    }
    lines.push(row(
        0,
        "metrics",
        &format!("http://{}/metrics", arguments.metrics),
        paint,
    ));
    // Whoever reads may have gone away; events go on.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
}

fn head(arguments: &Run, manifests: &Manifests, running: &Running, paint: Paint) -> String {
    let bus = match running.bus().kind() {
        "local" => format!("local bus in {}", arguments.data_dir.display()),
        kind => format!("{kind} bus"),
    };
    let sources = counted(manifests.event_sources.len(), "source");
    let sensors = counted(manifests.sensors.len(), "sensor");
    let name = paint.strong(concat!("argo-events ", env!("CARGO_PKG_VERSION")));
    format!("{name} · {bus} · {sources}, {sensors}")
}

fn listens(it: &Listening) -> String {
    let scheme = if it.tls { "https" } else { "http" };
    let url = format!(
        "{} {scheme}://localhost:{}{}",
        it.method,
        it.address.port(),
        it.endpoint
    );
    format!("{url:<44} {}", it.owner)
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

fn row(position: usize, title: &str, text: &str, paint: Paint) -> String {
    let title = if position == 0 { title } else { "" };
    format!("  {} {text}", paint.faint(format!("{title:<10}")))
}

fn fires(template: &api::TriggerTemplate) -> String {
    let conditions = match template.conditions.as_str() {
        "" => "all dependencies",
        conditions => conditions,
    };
    let kind = template.kinds.iter().find(|(_, config)| !config.is_null());
    let action = match kind {
        Some((kind, config)) if kind == "http" => {
            let text = |key: &str| config[key].as_str().unwrap_or_default().to_owned();
            let method = if text("method").is_empty() {
                "POST".to_owned()
            } else {
                text("method")
            };
            format!("http {method} {}", text("url"))
        }
        Some((kind, _)) => kind.clone(),
        None => "nothing".to_owned(),
    };
    format!("{:<12} when {conditions} → {action}", template.name)
}
