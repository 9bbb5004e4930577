//! Source `webhook`, from manifest to bus.

use crate::{
    bus::Recorder,
    client::{get, post, send, send_tls},
    tls,
};
use argo_events_core::{
    Error, ErrorKind, Registry, Result, Secret, SecretSource, api,
    http_host::{HttpHost, Route, RouteGuard, TlsPair},
    secret::{KeySelector, MemorySecrets},
};
use argo_events_sources::{
    http::WebServer,
    register,
    runtime::{Running, SourceRuntime},
};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

const GRACE: Duration = Duration::from_secs(60);

struct Rig {
    bus: Arc<Recorder>,
    server: WebServer,
    running: Running,
}

impl Rig {
    async fn start(config: Value) -> Self {
        let (bus, server) = (
            Recorder::new(),
            WebServer::builder().address(Ipv4Addr::LOCALHOST).build(),
        );
        let secrets = MemorySecrets::default()
            .with_secret("token", "value", "s3cr3t\n")
            .with_secret("tls", "certificate", tls::CERTIFICATE)
            .with_secret("tls", "key", tls::KEY);
        let runtime = SourceRuntime::new(bus.clone())
            .registry(register(Registry::default()))
            .secrets(Arc::new(secrets))
            .host(Arc::new(server.clone()));
        let running = runtime.start(&source(json!({"webhook": {"example": config}})));
        running.settled().await;
        Self {
            bus,
            server,
            running,
        }
    }

    fn address(&self) -> SocketAddr {
        self.server.address("0").unwrap()
    }
}

pub(crate) fn source(spec: Value) -> api::EventSource {
    serde_json::from_value(json!({"metadata": {"name": "shop"}, "spec": spec})).unwrap()
}

fn example() -> Value {
    json!({"endpoint": "/example", "port": "0", "method": "POST"})
}

#[tokio::test]
async fn a_post_becomes_an_event_before_it_is_answered() {
    let rig = Rig::start(example()).await;
    let answer = post(rig.address(), "/example", r#"{ "a": [1, "<"] }"#).await;
    assert_eq!((answer.status, &*answer.body), (200, "success"));
    let event = &rig.bus.events()[0];
    assert_eq!(
        (event.source(), event.subject(), event.event_type()),
        ("shop", "example", "webhook")
    );
    assert_eq!(event.id().len(), 32);
    assert!(event.time().is_some());
    let wanted = r#"{"header":{"Content-Length":["17"]},"body":{"a":[1,"\u003c"]}}"#;
    assert_eq!(rig.bus.bodies(), [wanted]);
}

#[tokio::test]
async fn a_bus_that_refuses_makes_the_caller_keep_the_event() {
    let rig = Rig::start(example()).await;
    rig.bus
        .refuse(Error::permanent(ErrorKind::TooLarge, "too large"));
    let answer = post(rig.address(), "/example", "1").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (500, "failed to record event")
    );
    assert!(rig.bus.events().is_empty());
}

#[tokio::test]
async fn a_caller_must_present_the_token() {
    let mut config = example();
    config["authSecret"] = json!({"name": "token", "key": "value"});
    let rig = Rig::start(config).await;
    let with = |value: &str| format!("POST /example HTTP/1.1\r\nAuthorization: {value}");
    for (value, status) in [
        ("Bearer s3cr3t", 200),
        ("Bearer s3cr3", 401),
        ("Basic s3cr3t", 401),
    ] {
        assert_eq!(
            send(rig.address(), &with(value), "1").await.status,
            status,
            "{value}"
        );
    }
    assert_eq!(
        post(rig.address(), "/example", "1").await.body,
        "Invalid Authorization Header"
    );
    assert!(rig.bus.bodies()[0].contains(r#""Authorization":["*** Masked Auth Secret ***"]"#));
}

#[tokio::test]
async fn what_is_no_json_is_refused_once() {
    let rig = Rig::start(example()).await;
    let answer = post(rig.address(), "/example", "{").await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.ends_with("unexpected end of JSON input"),
        "{}",
        answer.body
    );
    let form = "POST /example HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded";
    let answer = send(rig.address(), form, "a=1;b=2").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (400, "invalid semicolon separator in query")
    );
}

#[tokio::test]
async fn a_trace_travels_with_the_event() {
    let rig = Rig::start(example()).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    send(
        rig.address(),
        &format!("POST /example HTTP/1.1\r\nTraceparent: {trace}"),
        "1",
    )
    .await;
    assert_eq!(rig.bus.events()[0].extensions()["traceparent"], trace);
}

#[tokio::test]
async fn a_query_is_the_body_of_a_get() {
    let rig = Rig::start(json!({"endpoint": "/e", "port": "0", "method": "GET"})).await;
    assert_eq!(get(rig.address(), "/e?b=2&a=1&a=3;x&a=4").await.status, 200);
    assert!(rig.bus.bodies()[0].ends_with(r#""body":{"a":["1","4"],"b":["2"]}}"#));
}

#[tokio::test]
async fn a_stopped_event_gives_its_port_back() {
    let rig = Rig::start(example()).await;
    assert!(rig.running.is_ready());
    assert_eq!(rig.running.drain(GRACE).await, [""; 0]);
    assert_eq!(rig.server.address("0"), None);
}

#[tokio::test]
async fn a_port_with_a_certificate_speaks_tls_and_tells_those_who_do_not() {
    let mut config = example();
    config["serverCertSecret"] = json!({"name": "tls", "key": "certificate"});
    config["serverKeySecret"] = json!({"name": "tls", "key": "key"});
    let rig = Rig::start(config).await;
    let answer = send_tls(rig.address(), "POST /example HTTP/1.1", "1").await;
    assert_eq!(answer.body, "success");
    assert_eq!(post(rig.address(), "/example", "1").await.status, 400);
    assert_eq!(rig.bus.events().len(), 1);
}

#[tokio::test]
async fn a_certificate_that_is_none_is_named() {
    let mut config = example();
    config["serverCertSecret"] = json!({"name": "token", "key": "value"});
    config["serverKeySecret"] = json!({"name": "tls", "key": "key"});
    let rig = Rig::start(config).await;
    let status = rig.running.status("example").unwrap().borrow().to_string();
    assert!(
        status.contains("the server's certificate cannot be used"),
        "{status}"
    );
}

#[tokio::test]
async fn an_event_is_published_only_if_its_filter_keeps_it() {
    let mut config = example();
    config["filter"] = json!({"expression": "body.a == 1 && now().Year() > 2000"});
    let rig = Rig::start(config).await;
    // The second has another value, the third none that compares, the last no member at all.
    for body in [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":[1]}"#, "7"] {
        assert_eq!(
            post(rig.address(), "/example", body).await.status,
            200,
            "{body}"
        );
    }
    let bodies = rig.bus.bodies();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert!(bodies[0].ends_with(r#""body":{"a":1}}"#), "{bodies:?}");
}

#[tokio::test]
async fn an_event_whose_filter_is_wrong_is_not_started() {
    let mut config = example();
    config["filter"] = json!({"expression": "body.a = 1"});
    let rig = Rig::start(config).await;
    let status = rig.running.status("example").unwrap().borrow().to_string();
    let wanted = "filter.expression: line 1, column 8: unexpected token Operator(\"=\"); \
                  equality is tested by ==";
    assert!(status.contains(wanted), "{status}");
}

/// Holds a certificate and a key that change, and takes note of what is shown.
#[derive(Debug)]
struct Vault {
    pair: Mutex<(&'static str, &'static str)>,
    shown: tokio::sync::watch::Sender<Vec<TlsPair>>,
}

#[async_trait]
impl SecretSource for Vault {
    async fn secret(&self, selector: &KeySelector) -> Result<Secret<String>> {
        let (certificate, key) = *self.pair.lock().unwrap();
        let value = if selector.key == "key" {
            key
        } else {
            certificate
        };
        Ok(Secret::new(value.to_owned()))
    }

    async fn config(&self, _: &KeySelector) -> Result<String> {
        Err(Error::permanent(ErrorKind::NotFound, "only secrets"))
    }
}

#[async_trait]
impl HttpHost for Vault {
    async fn serve(&self, route: Route) -> Result<RouteGuard> {
        self.shown.send_modify(|shown| shown.extend(route.tls));
        Ok(RouteGuard::new(|| {}))
    }

    async fn renew(&self, _: &str, pair: TlsPair) -> Result<()> {
        if pair.key.expose() == "half" {
            return Err(Error::permanent(ErrorKind::ConfigInvalid, "no pair"));
        }
        self.shown.send_modify(|shown| shown.push(pair));
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_read_again_when_its_secret_changes() {
    let vault = Arc::new(Vault {
        pair: Mutex::new(("one", "one")),
        shown: tokio::sync::watch::Sender::default(),
    });
    let runtime = SourceRuntime::new(Recorder::new())
        .registry(register(Registry::default()))
        .secrets(vault.clone())
        .host(vault.clone());
    let _running = runtime.start(&source(json!({"webhook": {"example": {
        "port": "12000", "endpoint": "/a", "method": "POST",
        "serverCertSecret": {"name": "tls", "key": "certificate"},
        "serverKeySecret": {"name": "tls", "key": "key"},
    }}})));
    let mut shown = vault.shown.subscribe();
    shown.wait_for(|shown| shown.len() == 1).await.unwrap();
    *vault.pair.lock().unwrap() = ("two", "half");
    tokio::time::sleep(Duration::from_secs(60)).await;
    *vault.pair.lock().unwrap() = ("two", "two");
    let shown = shown.wait_for(|shown| shown.len() == 2).await.unwrap();
    let keys: Vec<_> = shown.iter().map(|it| it.key.expose().as_str()).collect();
    assert_eq!(keys, ["one", "two"]);
}

#[tokio::test]
async fn a_bus_that_is_down_asks_the_caller_to_come_again_and_soon() {
    let rig = Rig::start(json!({"port": "0", "endpoint": "/a", "method": "POST"})).await;
    let down = Error::transient(ErrorKind::Unavailable, "the disk is full");
    // Whoever waited so long and asked again would find the bus well.
    rig.bus.refuse(down.retry_after(Duration::from_secs(3)));
    let answer = post(rig.address(), "/a", "{}").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (503, "failed to record event")
    );
    assert!(
        answer.head.to_lowercase().contains("\r\nretry-after: 5"),
        "{}",
        answer.head
    );
    assert!(rig.bus.events().is_empty());
}
