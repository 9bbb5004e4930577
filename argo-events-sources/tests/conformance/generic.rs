//! Upstream of a generic source: a gRPC server, which is told nothing either.

use argo_events_core::{Draft, EventSource, Result};
use argo_events_sources::generic::{self, Event, Eventing, EventingServer, Events};
use argo_events_testkit::source::{Need, Pace, SourceHarness};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Status, transport::Server};

/// Streams numbers to whoever called last.
#[derive(Default)]
pub(crate) struct Service {
    state: Arc<Mutex<State>>,
    server: Mutex<JoinSet<()>>,
}

#[derive(Default)]
struct State {
    caller: Option<mpsc::Sender<Result<Event, Status>>>,
    failed: bool,
}

struct Streams(Arc<Mutex<State>>);

#[async_trait]
impl Eventing for Streams {
    async fn start_event_source(&self, _: Request<generic::EventSource>) -> Result<Events, Status> {
        let mut state = self.0.lock().expect("nobody panicked");
        if state.failed {
            return Err(Status::unavailable("out of order"));
        }
        let (caller, events) = mpsc::channel(16);
        state.caller = Some(caller);
        Ok(ReceiverStream::new(events).boxed())
    }
}

impl Service {
    async fn stream(&self, event: Result<Event, Status>) {
        let caller = self.state.lock().expect("nobody panicked").caller.clone();
        if let Some(caller) = caller {
            // Nobody may listen any more.
            let _ = caller.send(event).await;
        }
    }

    async fn payload(&self, payload: String) {
        let (name, payload) = (String::new(), Bytes::from(payload));
        self.stream(Ok(Event { name, payload })).await;
    }
}

#[async_trait]
impl SourceHarness for Service {
    async fn source(&self) -> Result<Arc<dyn EventSource>> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let url = listener.local_addr().expect("it is bound").to_string();
        let service = EventingServer::new(Streams(Arc::clone(&self.state)));
        let serving = Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpListenerStream::new(listener));
        self.server
            .lock()
            .expect("nobody panicked")
            .spawn(async { serving.await.expect("it serves") });
        let config = json!({"url": url, "config": "", "insecure": true, "jsonBody": true});
        crate::build("generic", &config)
    }

    async fn occur(&self, number: u32) {
        self.payload(number.to_string()).await;
    }

    fn number(&self, draft: &Draft) -> Option<u32> {
        let data: Value = serde_json::from_slice(&draft.data).ok()?;
        data["body"].as_u64()?.try_into().ok()
    }

    fn lacks(&self, need: Need) -> Option<&'static str> {
        (need == Need::Answers).then_some("the protocol tells the server nothing")
    }

    async fn malformed(&self) {
        self.payload("not JSON".to_owned()).await;
    }

    async fn fail(&self) {
        self.state.lock().expect("nobody panicked").failed = true;
        self.stream(Err(Status::unavailable("out of order"))).await;
    }

    async fn repair(&self) {
        self.state.lock().expect("nobody panicked").failed = false;
    }

    fn pace(&self) -> Pace {
        Pace::REAL
    }
}
