//! Reads requests into event data.

use super::{WebhookConfig, form, payload};
use crate::{
    http::text,
    kit::{
        payload::lists,
        webhook::{Receiver, Refusal, Webhook, WebhookContext},
    },
};
use argo_events_core::{
    Draft, EventSource, Result, SourceContext,
    http_host::{Admission, BodyFault, Request, Response},
    registry::BuildSource,
};
use argo_events_expr::gojson;
use async_trait::async_trait;
use http::{Method, StatusCode, header::CONTENT_TYPE, request::Parts};
use std::{borrow::Cow, sync::Arc};

/// Content that is read as a form; with anything added, such as a charset, it is not.
const FORM: &[u8] = b"application/x-www-form-urlencoded";

impl BuildSource for WebhookConfig {
    fn build(self) -> Result<Arc<dyn EventSource>> {
        Ok(Arc::new(Webhook::new(Requests(self.context))))
    }
}

/// Reads the requests of one event.
struct Requests(WebhookContext);

#[async_trait]
impl Receiver for Requests {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn context(&self) -> &WebhookContext {
        &self.0
    }

    fn admit(&self, head: &Parts) -> Admission {
        if head.method.as_str() != self.0.method {
            return Admission::Answer(bad_request("http method does not match"));
        }
        if head.method == Method::POST {
            Admission::Read
        } else {
            Admission::Skip
        }
    }

    async fn receive(&self, request: Request, _: &SourceContext) -> Result<Vec<Draft>, Refusal> {
        let body = body(&request)?;
        let data = payload::of_request(request.headers(), &body, &self.0.metadata)
            .map_err(|error| not_json(&error))?;
        Ok(vec![Draft::json(data)])
    }

    fn unreadable(&self, _: &Parts, fault: BodyFault) -> Refusal {
        let reason = match fault {
            BodyFault::TooLarge => "http: request body too large".to_owned(),
            BodyFault::CutOff => "unexpected EOF".to_owned(),
            BodyFault::TooSlow => "it did not arrive in time".to_owned(),
            BodyFault::Broken(reason) => reason,
            _ => "it could not be read".to_owned(),
        };
        refuse(format!("failed to parse request body, {reason}"))
    }
}

/// Returns the JSON that stands for what was sent.
fn body(request: &Request) -> Result<Cow<'_, [u8]>, Refusal> {
    let query = || form::read(request.uri().query().unwrap_or_default().as_bytes());
    match *request.method() {
        Method::GET => Ok(lists(&query().0).into()),
        Method::POST if is_form(request) => {
            let (values, fault) = form::read(request.body());
            match fault.or_else(|| query().1) {
                Some(fault) => Err(refuse(fault.to_string())),
                None => Ok(lists(&values).into()),
            }
        }
        Method::POST => Ok(request.body().as_ref().into()),
        ref other => Err(refuse(format!("unsupoorted method: {other}"))),
    }
}

fn is_form(request: &Request) -> bool {
    request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes() == FORM)
}

/// The reference's words, which callers may have come to know.
fn not_json(error: &gojson::Error) -> Refusal {
    let reason = match error {
        gojson::Error::RawMessage(reason) => reason,
        other => other,
    };
    refuse(format!(
        "json: error calling MarshalJSON for type *json.RawMessage: {reason}"
    ))
}

fn refuse(reason: String) -> Refusal {
    Refusal::counted(bad_request(reason.clone()), reason)
}

fn bad_request(reason: impl Into<bytes::Bytes>) -> Response {
    text(StatusCode::BAD_REQUEST, reason)
}
