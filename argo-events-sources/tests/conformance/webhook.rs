//! Upstream of a webhook: whoever posts.

use argo_events_core::{Draft, EventSource, Result, SourceContext, http_host::Request};
use argo_events_testkit::source::{Answer, Need, SourceHarness, TestHost};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{sync::watch, task::JoinSet};

/// Posts numbers, each from a client of its own that waits for the answer.
#[derive(Default)]
pub(crate) struct Requests {
    host: TestHost,
    clients: Mutex<JoinSet<()>>,
    answers: Arc<watch::Sender<BTreeMap<u32, http::StatusCode>>>,
}

fn post(body: String) -> Request {
    let request = http::Request::post("/example").header("content-type", "application/json");
    request.body(body.into()).expect("it is a request")
}

#[async_trait]
impl SourceHarness for Requests {
    async fn source(&self) -> Result<Arc<dyn EventSource>> {
        let config = json!({"endpoint": "/example", "port": "12000", "method": "POST"});
        crate::build("webhook", &config)
    }

    async fn occur(&self, number: u32) {
        let (host, answers) = (self.host.clone(), Arc::clone(&self.answers));
        self.clients
            .lock()
            .expect("nobody panicked")
            .spawn(async move {
                let answer = host.call(post(number.to_string())).await.status();
                answers.send_modify(|answers| {
                    answers.insert(number, answer);
                });
            });
    }

    fn number(&self, draft: &Draft) -> Option<u32> {
        let data: Value = serde_json::from_slice(&draft.data).ok()?;
        data["body"].as_u64()?.try_into().ok()
    }

    fn lacks(&self, need: Need) -> Option<&'static str> {
        (need == Need::Breaks).then_some("a port that is bound does not fail")
    }

    async fn answered(&self, number: u32) -> Answer {
        let mut answers = self.answers.subscribe();
        let told = answers.wait_for(|answers| answers.contains_key(&number));
        if told.await.expect("the answers live")[&number].is_success() {
            Answer::Taken
        } else {
            Answer::Refused
        }
    }

    async fn malformed(&self) {
        let answer = self.host.call(post("not JSON".to_owned())).await;
        assert_eq!(answer.status(), http::StatusCode::BAD_REQUEST);
    }

    async fn fail(&self) {
        self.host.fail(true);
    }

    async fn repair(&self) {
        self.host.fail(false);
    }

    fn context(&self, context: SourceContext) -> SourceContext {
        context.with_host(Arc::new(self.host.clone()))
    }
}
