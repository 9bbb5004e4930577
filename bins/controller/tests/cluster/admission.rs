//! The admission webhook, asked by a real API server.
//!
//! The webhook runs in this process and registers itself. Its Service stands for an address outside of
//! the cluster, so that the API server finds it without a node; the certificate is for the Service's
//! name, as always. Nothing is admitted while it does not answer, so that no question is lost unseen.

use crate::{
    Stage,
    space::{Space, object, sensor},
    stage::{GLANCE, eventually},
};
use argo_events::{
    BuiltinKinds as _, Registry,
    core::{Clock, SystemClock, Timestamp, telemetry::Metrics},
};
use argo_events_controller::admission::{Webhook, WebhookSettings};
use k8s_openapi::api::core::v1::{Secret, Service};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

/// A promise of the webhook.
type Judged = (&'static str, fn(&Court));

pub(crate) const PROMISES: &[Judged] = &[
    (
        "admission: what is wrong is refused with the object and the place",
        refused,
    ),
    (
        "admission: a bus stays what it is, and may be scaled",
        buses,
    ),
    (
        "admission: what was wrong before can still be let go",
        let_go,
    ),
    ("admission: new certificates interrupt nothing", rotated),
];

const NAMESPACE: &str = "argo-events";
const SERVICE: &str = "events-webhook";
const SECRET: &str = "events-webhook-certs";
const NAME: &str = "webhook.argo-events.argoproj.io";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A clock that is behind by days.
#[derive(Clone, Debug)]
struct Behind(Arc<AtomicU32>);

impl Clock for Behind {
    fn now(&self) -> Timestamp {
        SystemClock.now() - DAY * self.0.load(Ordering::Relaxed)
    }
}

/// A control plane that asks a webhook.
pub(crate) struct Court {
    stage: Stage,
    clock: Behind,
    address: SocketAddr,
    /// Has something that is wrong, from before the webhook.
    early: Space,
    _webhook: JoinSet<()>,
}

impl Court {
    /// Starts both.
    pub(crate) fn start() -> Self {
        let stage = Stage::start();
        // Certificates of that day are still good, and are renewed when it is today.
        let clock = Behind(Arc::new(AtomicU32::new(250)));
        let mut webhook = JoinSet::new();
        let (early, address) = stage.handle().block_on(async {
            let early = Space::new(&stage, "early").await;
            early.make("Sensor", "wrong", wrong()).await;
            let finalizers = json!({"metadata": {"finalizers": ["example.com/mine"]}});
            early.change("Sensor", "wrong", finalizers).await;
            let own = Space::new(&stage, NAMESPACE).await;
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            serve(&stage, listener, clock.clone(), &mut webhook).await;
            let asks = async || own.refused("Sensor", "first", wrong()).await;
            eventually("the API server asks", asks).await;
            (early, address)
        });
        Self {
            stage,
            clock,
            address,
            early,
            _webhook: webhook,
        }
    }

    /// Returns the certificate that is shown, if the API server would trust it.
    async fn shown(&self) -> CertificateDer<'static> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(&self.bundle().await) {
            roots.add(authority.unwrap()).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from(format!("{SERVICE}.{NAMESPACE}.svc")).unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await.unwrap();
        let certificates = stream.get_ref().1.peer_certificates();
        certificates.unwrap()[0].clone().into_owned()
    }

    /// Returns the authorities that the API server trusts.
    async fn bundle(&self) -> Vec<u8> {
        use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
        let all = Api::<ValidatingWebhookConfiguration>::all(self.stage.client.clone());
        let registered = all.get(NAME).await.unwrap();
        registered.webhooks.unwrap()[0]
            .client_config
            .ca_bundle
            .clone()
            .unwrap()
            .0
    }
}

/// Runs the webhook, and waits until it is registered.
async fn serve(stage: &Stage, listener: TcpListener, clock: Behind, webhook: &mut JoinSet<()>) {
    let port = listener.local_addr().unwrap().port();
    let service = json!({
        "metadata": {"name": SERVICE},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    });
    let service: Service = serde_json::from_value(service).unwrap();
    let services = Api::namespaced(stage.client.clone(), NAMESPACE);
    services
        .create(&PostParams::default(), &service)
        .await
        .unwrap();
    let mut settings = WebhookSettings::new(NAMESPACE);
    settings.port = port;
    settings.fails_closed = true;
    let (client, metrics) = (stage.client.clone(), Metrics::default());
    let made = Webhook::new(client, settings, Registry::builtin(), metrics);
    let made = made.clock(Arc::new(clock));
    let readiness = made.readiness();
    webhook.spawn(made.serve_on(listener, CancellationToken::new()));
    let is_ready = async || readiness.waiting().is_empty().then_some(());
    eventually("the webhook is registered", is_ready).await;
}

/// A Sensor that the definition allows, and nobody can run.
fn wrong() -> Value {
    let mut wrong = sensor();
    wrong["triggers"][0]["template"]["conditions"] = json!("paid && shipped");
    wrong
}

impl Space {
    /// Tries to make an object; returns why it cannot be.
    async fn refused(&self, kind: &str, name: &str, spec: Value) -> Option<String> {
        let object = object(kind, name, spec);
        let tried = PostParams {
            dry_run: true,
            field_manager: None,
        };
        let made = self.all(kind).create(&tried, &object).await;
        made.err().map(said)
    }

    /// Tries to change an object.
    async fn changed(&self, kind: &str, name: &str, patch: Value) -> Result<DynamicObject, String> {
        let patch = Patch::Merge(patch);
        let changed = self
            .all(kind)
            .patch(name, &PatchParams::default(), &patch)
            .await;
        changed.map_err(said)
    }
}

/// Returns what people read of a refusal.
fn said(error: kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}

fn refused(court: &Court) {
    court.stage.run(async {
        let space = Space::new(&court.stage, "refused").await;
        let said = space.refused("Sensor", "orders", wrong()).await.unwrap();
        println!("{said}");
        for part in [
            NAME,
            "denied the request: invalid Sensor: orders: ",
            "spec.triggers[0].template.conditions: ",
            "`shipped`",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        let mut early = sensor();
        early["eventBusName"] = json!("later");
        assert_eq!(
            space.refused("Sensor", "orders", early).await,
            None,
            "before its bus"
        );
        space.make("Sensor", "orders", sensor()).await;
        let said = space
            .changed("Sensor", "orders", json!({"spec": wrong()}))
            .await;
        assert!(said.unwrap_err().contains("invalid Sensor: orders: "));
        let never = json!({"calendar": {"nightly": {"schedule": "61 * * * *"}}});
        let said = space.refused("EventSource", "shop", never).await.unwrap();
        assert!(
            said.contains("invalid EventSource: shop: spec.calendar.nightly."),
            "{said}"
        );
    });
}

fn buses(court: &Court) {
    court.stage.run(async {
        let space = Space::new(&court.stage, "judged-buses").await;
        let stream = |replicas: i64, config: &str| {
            json!({"jetstream": {"version": "latest", "replicas": replicas, "streamConfig": config}})
        };
        space.make("EventBus", "own", stream(1, "maxAge: 1h")).await;
        let change = async |spec: Value| space.changed("EventBus", "own", json!({"spec": spec})).await;
        assert!(change(stream(3, "maxAge: 1h")).await.is_ok());
        let said = change(stream(3, "maxAge: 2h")).await.unwrap_err();
        println!("{said}");
        let wanted = "invalid EventBus: own: spec.jetstream.streamConfig cannot be changed";
        assert!(said.contains(wanted), "{said}");
        let away = json!({"jetstream": null, "jetstreamExotic": {"url": "nats://there:4222"}});
        let said = change(away).await.unwrap_err();
        assert!(said.contains("cannot change from jetstream to jetstreamExotic"), "{said}");
        // Whether it may go is the controller's business: the object that uses it may go first, or last.
        space.make("Sensor", "orders", sensor()).await;
        space.delete("EventBus", "default").await;
    });
}

fn let_go(court: &Court) {
    court.stage.run(async {
        let early = &court.early;
        let labelled = json!({"metadata": {"labels": {"team": "shop"}}});
        assert!(
            early.changed("Sensor", "wrong", labelled).await.is_ok(),
            "nothing new is asked"
        );
        let scaled = json!({"spec": {"replicas": 2}});
        let said = early.changed("Sensor", "wrong", scaled).await.unwrap_err();
        assert!(said.contains("invalid Sensor: wrong: "), "{said}");
        early.delete("Sensor", "wrong").await;
        let finalizers = json!({"metadata": {"finalizers": null}});
        early.changed("Sensor", "wrong", finalizers).await.unwrap();
        early.until("Sensor", |all| all.is_empty()).await;
    });
}

/// Asks until something has come about; each question must be answered by the webhook.
async fn ask_until(space: &Space, what: &str, mut is_so: impl AsyncFnMut() -> bool) -> usize {
    let mut asked = 0;
    eventually(what, async || {
        for _ in 0..10 {
            let said = space.refused("Sensor", "orders", wrong()).await;
            let said = said.expect("nothing wrong is admitted");
            assert!(said.contains("invalid Sensor: orders: "), "{said}");
            asked += 1;
            sleep(GLANCE / 10).await;
        }
        is_so().await.then_some(())
    })
    .await;
    asked
}

fn rotated(court: &Court) {
    court.stage.run(async {
        let space = Space::new(&court.stage, "rotated").await;
        let secrets = Api::<Secret>::namespaced(court.stage.client.clone(), NAMESPACE);
        let (first, trusted) = (court.shown().await, court.bundle().await);
        court.clock.0.store(0, Ordering::Relaxed);
        let is_new = async || court.shown().await != first;
        let asked = ask_until(&space, "a new certificate is shown", is_new).await;
        println!("{asked} questions while the certificate was renewed");
        assert_eq!(court.bundle().await, trusted, "by the same authority");
        let (second, lost) = (court.shown().await, secrets.get(SECRET).await.unwrap());
        secrets
            .delete(SECRET, &DeleteParams::default())
            .await
            .unwrap();
        let is_new = async || court.shown().await != second;
        let asked = ask_until(&space, "a lost Secret is made again", is_new).await;
        println!("{asked} questions while the authority was replaced");
        let made = secrets.get(SECRET).await.unwrap();
        assert_ne!(made.uid(), lost.uid());
        assert!(
            court.bundle().await.ends_with(&trusted),
            "the old one is trusted meanwhile"
        );
    });
}
