//! Source `generic`, with a real gRPC server.

use crate::{bus::Recorder, tls, webhook::source};
use argo_events_core::{Registry, secret::MemorySecrets};
use argo_events_sources::{
    generic::{Event, EventSource, Eventing, EventingServer, Events},
    register,
    runtime::{Running, SourceRuntime, Status},
};
use argo_events_testkit::servers::reserve_port;
use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request,
    transport::{Identity, Server, ServerTlsConfig},
};

const GRACE: Duration = Duration::from_secs(60);

/// Streams the payloads given, and remembers who asked.
#[derive(Clone, Default)]
struct Payloads {
    payloads: Vec<&'static [u8]>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Eventing for Payloads {
    async fn start_event_source(
        &self,
        request: Request<EventSource>,
    ) -> Result<Events, tonic::Status> {
        let token = request
            .metadata()
            .get("authorization")
            .map(|value| value.to_str().unwrap());
        let config = String::from_utf8(request.get_ref().config.to_vec()).unwrap();
        let asked = format!("{} {config} {token:?}", request.get_ref().name);
        self.asked.lock().unwrap().push(asked);
        let events = self.payloads.clone().into_iter().map(|payload| {
            let (name, payload) = ("ignored".to_owned(), payload.into());
            Ok(Event { name, payload })
        });
        Ok(stream::iter(events).chain(stream::pending()).boxed())
    }
}

/// A server that runs until dropped.
struct Rig {
    address: SocketAddr,
    bus: Arc<Recorder>,
    server: JoinSet<()>,
}

impl Rig {
    async fn serve(eventing: Payloads) -> Self {
        Self::serve_with(Server::builder(), eventing).await
    }

    async fn serve_with(server: Server, eventing: Payloads) -> Self {
        let address = reserve_port().unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let mut rig = Self {
            address,
            bus: Recorder::new(),
            server: JoinSet::new(),
        };
        rig.serve_on(listener, server, eventing);
        rig
    }

    fn serve_on(&mut self, listener: TcpListener, mut server: Server, eventing: Payloads) {
        let router = server.add_service(EventingServer::new(eventing));
        self.server.spawn(async move {
            router
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
                .unwrap();
        });
    }

    fn start(&self, more: Value) -> Running {
        let secrets = MemorySecrets::default()
            .with_secret("token", "value", "s3cr3t")
            .with_secret("tls", "certificate", tls::CERTIFICATE);
        let runtime = SourceRuntime::new(self.bus.clone())
            .registry(register(Registry::default()))
            .restart_pauses(Duration::from_millis(20), Duration::from_millis(20))
            .secrets(Arc::new(secrets));
        let url = self.address.to_string();
        let mut config = json!({"url": url, "config": "topic: a", "insecure": true});
        config
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        runtime.start(&source(json!({"generic": {"example": config}})))
    }
}

#[tokio::test]
async fn what_the_server_streams_is_published() {
    let eventing = Payloads {
        payloads: vec![b"{\"a\": 1}", b""],
        ..Payloads::default()
    };
    let rig = Rig::serve(eventing.clone()).await;
    let token = json!({"authSecret": {"name": "token", "key": "value"}, "metadata": {"k": "v"}});
    let running = rig.start(token);
    rig.bus.wait_for(2).await;
    assert!(running.drain(GRACE).await.is_empty());
    let wanted = [
        r#"{"body":"eyJhIjogMX0=","metadata":{"k":"v"}}"#,
        r#"{"body":null,"metadata":{"k":"v"}}"#,
    ];
    assert_eq!(rig.bus.bodies(), wanted);
    let asked = eventing.asked.lock().unwrap().clone();
    assert_eq!(asked, [r#"example topic: a Some("Bearer s3cr3t")"#]);
}

#[tokio::test]
async fn json_is_published_as_it_is_and_what_is_none_is_skipped() {
    let payloads: Vec<&[u8]> = vec![b"{\"a\": 1}", b"no json", b"[2]"];
    let rig = Rig::serve(Payloads {
        payloads,
        ..Payloads::default()
    })
    .await;
    let running = rig.start(json!({"jsonBody": true}));
    rig.bus.wait_for(2).await;
    running.drain(GRACE).await;
    assert_eq!(rig.bus.bodies(), [r#"{"body":{"a":1}}"#, r#"{"body":[2]}"#]);
}

#[tokio::test]
async fn a_server_that_is_away_is_found_when_it_comes() {
    let mut rig = Rig::serve(Payloads::default()).await;
    rig.server.shutdown().await;
    let running = rig.start(json!({}));
    let mut status = running.status("example").unwrap();
    let failing = |status: &Status| matches!(status, Status::Failing { .. });
    let reason = status.wait_for(failing).await.unwrap().to_string();
    assert!(reason.contains("cannot connect"), "{reason}");
    let listener = TcpListener::bind(rig.address).await.unwrap();
    rig.serve_on(
        listener,
        Server::builder(),
        Payloads {
            payloads: vec![b"1"],
            ..Payloads::default()
        },
    );
    rig.bus.wait_for(1).await;
    running.drain(GRACE).await;
}

#[tokio::test]
async fn a_server_without_tls_is_refused_unless_insecure_is_said() {
    let rig = Rig::serve(Payloads::default()).await;
    let running = rig.start(json!({"insecure": false}));
    let mut status = running.status("example").unwrap();
    status
        .wait_for(|status| matches!(status, Status::Failing { .. }))
        .await
        .unwrap();
    assert!(rig.bus.events().is_empty());
}

#[tokio::test]
async fn a_server_with_tls_is_believed_when_its_authority_is_given() {
    let identity = Identity::from_pem(tls::CERTIFICATE, tls::KEY);
    let server = Server::builder()
        .tls_config(ServerTlsConfig::new().identity(identity))
        .unwrap();
    let payloads: Vec<&[u8]> = vec![b"1"];
    let rig = Rig::serve_with(
        server,
        Payloads {
            payloads,
            ..Payloads::default()
        },
    )
    .await;
    let tls = json!({"caCertSecret": {"name": "tls", "key": "certificate"}});
    let running = rig.start(json!({"insecure": false, "tls": tls}));
    rig.bus.wait_for(1).await;
    running.drain(GRACE).await;
}
