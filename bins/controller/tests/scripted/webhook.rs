//! The admission webhook over TLS, as the API server asks it.

use crate::{
    objects::{bus, sensor},
    server::Server,
};
use argo_events::{
    BuiltinKinds as _, Registry,
    core::{Clock, Timestamp, telemetry::Metrics},
};
use argo_events_controller::admission::{Webhook, WebhookSettings};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    time_provider::TimeProvider,
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

const NAME: &str = "webhook.argo-events.argoproj.io";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A clock that is set by hand, in days.
#[derive(Clone, Debug, Default)]
struct Days(Arc<AtomicU64>);

impl Clock for Days {
    fn now(&self) -> Timestamp {
        let days = u32::try_from(self.0.load(Ordering::Relaxed)).unwrap();
        Timestamp::EPOCH + DAY * (20_000 + days)
    }
}

/// Certificates are verified by the clock that they were made by.
impl TimeProvider for Days {
    fn current_time(&self) -> Option<UnixTime> {
        let since = self.now().since(Timestamp::EPOCH);
        Some(UnixTime::since_unix_epoch(since))
    }
}

struct Stage {
    server: Server,
    clock: Days,
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Stage {
    async fn start() -> Self {
        let (server, clock) = (Server::default(), Days::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = WebhookSettings::new("prod");
        let webhook = Webhook::new(
            server.client(),
            settings,
            Registry::builtin(),
            Metrics::default(),
        )
        .clock(Arc::new(clock.clone()));
        let readiness = webhook.readiness();
        let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
        running.spawn(webhook.serve_on(listener, stop.clone()));
        while !readiness.waiting().is_empty() {
            // It shows its certificate once it is registered.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let stage = Self {
            server,
            clock,
            address,
            stop,
            running,
        };
        stage.registered().await;
        stage
    }

    async fn registered(&self) -> Value {
        let found = |server: &Server| server.all("validatingwebhookconfigurations").pop();
        self.server.until("it is registered", found).await
    }

    /// Connects as the API server does: trusting what was registered, and nothing else.
    async fn connect(&self) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let registered = self.registered().await;
        let bundle = registered["webhooks"][0]["clientConfig"]["caBundle"]
            .as_str()
            .unwrap();
        let bundle = BASE64_STANDARD.decode(bundle).unwrap();
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(&bundle) {
            roots.add(authority.unwrap()).unwrap();
        }
        let (provider, clock) = (ring::default_provider(), self.clock.clone());
        let config = ClientConfig::builder_with_details(Arc::new(provider), Arc::new(clock))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("events-webhook.prod.svc").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }

    /// Posts a body, and returns the code and the answer.
    async fn post(&self, content_type: &str, body: String) -> (u16, Value) {
        let stream = self.connect().await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        let mut connections = JoinSet::new();
        connections.spawn(connection);
        let request = http::Request::post("/?timeout=5s")
            .header("host", "events-webhook.prod.svc")
            .header("content-type", content_type)
            .body(Full::new(bytes::Bytes::from(body)))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        let code = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (code, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn review(&self, operation: &str, kind: &str, object: &Value, old: &Value) -> Value {
        let review = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "u-1",
                "kind": { "group": "argoproj.io", "version": "v1alpha1", "kind": kind },
                "operation": operation,
                "namespace": "prod",
                "name": "orders",
                "object": object,
                "oldObject": old,
            },
        });
        let (code, answer) = self.post("application/json", review.to_string()).await;
        assert_eq!(code, 200);
        assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
        assert_eq!(answer["response"]["uid"], "u-1");
        answer["response"].clone()
    }
}

#[tokio::test]
async fn right_objects_are_admitted_and_wrong_ones_are_refused_with_the_reason() {
    let stage = Stage::start().await;
    let admitted = stage
        .review("CREATE", "Sensor", &sensor("orders"), &Value::Null)
        .await;
    assert_eq!(admitted["allowed"], true, "before its bus: {admitted}");
    let mut wrong = sensor("orders");
    wrong["spec"]["triggers"] = json!([]);
    let denied = stage.review("CREATE", "Sensor", &wrong, &Value::Null).await;
    assert_eq!(denied["allowed"], false);
    assert_eq!(
        (&denied["status"]["code"], &denied["status"]["reason"]),
        (&json!(400), &json!("BadRequest"))
    );
    let message = denied["status"]["message"].as_str().unwrap();
    assert!(message.starts_with("invalid Sensor: "), "{message}");
    let mut old = wrong.clone();
    for object in [&mut old, &mut wrong] {
        object["metadata"]["generation"] = json!(3);
    }
    let unchanged = stage.review("UPDATE", "Sensor", &wrong, &old).await;
    assert_eq!(unchanged["allowed"], true, "a finalizer must go");
    let gone = stage.review("DELETE", "Sensor", &Value::Null, &wrong).await;
    assert_eq!(gone["allowed"], true);
    assert_eq!(stage.post("text/plain", "{}".to_owned()).await.0, 415);
    assert_eq!(stage.post("application/json", "{}".to_owned()).await.0, 400);
    let mut running = stage.running;
    stage.stop.cancel();
    while running.join_next().await.is_some() {}
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_a_restart_and_trusted_before() {
    let stage = Stage::start().await;
    let secret = |server: &Server| server.get("secrets", "events-webhook-certs");
    let first = secret(&stage.server).unwrap();
    stage.connect().await.unwrap();
    for (days, whole) in [(250, false), (3_000, true)] {
        stage.clock.0.store(days, Ordering::Relaxed);
        tokio::time::pause();
        let renewed = |server: &Server| {
            let authorities = |secret: &Value| secret["data"]["ca-cert.pem"].clone();
            let now = secret(server)?;
            let is_new = if whole {
                authorities(&now) != authorities(&first)
            } else {
                now["data"] != first["data"]
            };
            is_new.then_some(())
        };
        stage.server.until("it is renewed", renewed).await;
        stage.server.quiet().await;
        tokio::time::resume();
    }
    let registered = stage.registered().await;
    stage.connect().await.unwrap();
    let bundle = registered["webhooks"][0]["clientConfig"]["caBundle"].clone();
    assert_eq!(
        bundle,
        secret(&stage.server).unwrap()["data"]["ca-cert.pem"]
    );
    stage.stop.cancel();
}

#[tokio::test]
async fn a_registration_that_somebody_changed_is_put_right() {
    let stage = Stage::start().await;
    let registered = stage.registered().await;
    assert_eq!(registered["webhooks"][0]["failurePolicy"], "Ignore");
    assert_eq!(
        registered["webhooks"][0]["rules"][0]["operations"],
        json!(["CREATE", "UPDATE"])
    );
    tokio::time::pause();
    let mut changed = registered.clone();
    changed["webhooks"][0]["clientConfig"]["caBundle"] = json!("");
    stage
        .server
        .edit(|state| state.put("validatingwebhookconfigurations", "", NAME, changed));
    let is_right = |server: &Server| {
        let now = server.all("validatingwebhookconfigurations").pop()?;
        (now["webhooks"] == registered["webhooks"]).then_some(())
    };
    stage.server.until("it is put right", is_right).await;
}

#[tokio::test]
async fn two_webhooks_share_one_certificate() {
    let stage = Stage::start().await;
    let settings = WebhookSettings::new("prod");
    let second = Webhook::new(
        stage.server.client(),
        settings,
        Registry::builtin(),
        Metrics::default(),
    )
    .clock(Arc::new(stage.clock.clone()));
    let readiness = second.readiness();
    assert!(!readiness.waiting().is_empty());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut running = JoinSet::new();
    running.spawn(second.serve_on(listener, stage.stop.clone()));
    let ready = |_: &Server| readiness.waiting().is_empty().then_some(());
    tokio::time::pause();
    stage.server.until("the second is ready", ready).await;
    let writes = stage.server.writes();
    let of = |plural: &str| writes.iter().filter(|call| call.plural == plural).count();
    assert_eq!(
        (of("secrets"), of("validatingwebhookconfigurations")),
        (1, 1)
    );
}

#[tokio::test]
async fn a_bus_is_judged_by_what_it_was() {
    let stage = Stage::start().await;
    let generation = |mut object: Value, number: i64| {
        object["metadata"]["generation"] = json!(number);
        object
    };
    let old = generation(bus(), 1);
    let mut new = generation(bus(), 2);
    new["spec"] = json!({ "jetstream": { "version": "latest" } });
    let denied = stage.review("UPDATE", "EventBus", &new, &old).await;
    let message = denied["status"]["message"].as_str().unwrap();
    assert!(message.contains("from kafka to jetstream"), "{message}");
    stage.stop.cancel();
}
