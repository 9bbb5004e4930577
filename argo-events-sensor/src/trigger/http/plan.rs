//! A configuration compiled: what can be known before an event is there.

use super::{
    BasicAuth, HttpConfig, SecureHeader,
    client::{Headers, Request, Url, basic, is_token},
};
use crate::param::{Parameters, Purpose};
use argo_events_core::{
    Error, ErrorKind, FieldPath, Firing, Problems, Result, SecretSource,
    api::Parameter,
    telemetry::trace::{self, TRACE_PARENT, TRACE_STATE},
};
use bytes::Bytes;
use std::{borrow::Cow, sync::Arc};

/// How to make requests.
#[derive(Debug)]
pub(super) struct Plan {
    method: Arc<str>,
    url: Result<Arc<Url>, String>,
    shown_url: String,
    host: Option<Arc<str>>,
    headers: Headers,
    dynamic: Parameters,
    payload: Option<Parameters>,
    secure: Vec<SecureHeader>,
    basic: Option<BasicAuth>,
    adds_headers: bool,
}

/// A request without what is secret.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) request: Request,
    pub(super) plan: Arc<Plan>,
}

impl Plan {
    /// Compiles a configuration.
    pub(super) fn compile(config: HttpConfig) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut compile = |list: Option<Vec<Parameter>>, purpose, name: &str| {
            let path = FieldPath::root().field(name);
            Parameters::compile(&list.unwrap_or_default(), purpose, None, &path)
                .map_err(|found| problems.extend(found))
                .unwrap_or_default()
        };
        let has_payload = config.payload.is_some();
        let payload = compile(config.payload, Purpose::Payload, "payload");
        let dynamic = compile(config.dynamic_headers, Purpose::Names, "dynamicHeaders");
        if problems.has_errors() {
            return Err(problems);
        }
        let mut headers = Headers::default();
        for (name, value) in config.headers.unwrap_or_default() {
            headers.set(name, value);
        }
        Ok(Self {
            // A parameter may have emptied the method; Go's client then asks with GET.
            method: match &*config.method {
                "" => "GET".into(),
                method => method.into(),
            },
            url: Url::parse(&config.url).map(Arc::new),
            shown_url: without_credentials(&config.url),
            host: (!config.host.is_empty()).then(|| config.host.into()),
            headers,
            dynamic,
            payload: has_payload.then_some(payload),
            secure: config.secure_headers.unwrap_or_default(),
            basic: config.basic_auth,
            adds_headers: config.firing_headers.unwrap_or(true),
        })
    }

    /// Makes the request of a firing, all but its secrets.
    pub(super) fn draft(self: &Arc<Self>, firing: &Firing) -> Result<Draft> {
        let url = self.url.clone().map_err(|reason| {
            invalid(format!("the url is not valid: {reason}")).with("url", &self.shown_url)
        })?;
        if !is_token(&self.method) {
            return Err(invalid(format!("{:?} is no HTTP method", self.method)));
        }
        let body = self.body(firing)?;
        let mut headers = self.headers.clone();
        for (name, value) in self.dynamic.named(firing)? {
            headers.set(name.to_owned(), value);
        }
        self.add_firing_headers(&mut headers, firing);
        let (method, host) = (Arc::clone(&self.method), self.host.clone());
        let request = Request {
            method,
            url,
            host,
            headers,
            body,
        };
        Ok(Draft {
            request,
            plan: Arc::clone(self),
        })
    }

    fn body(&self, firing: &Firing) -> Result<Bytes> {
        if let Some(payload) = &self.payload {
            return Ok(payload
                .payload(firing)?
                .map(Bytes::from)
                .unwrap_or_default());
        }
        if matches!(&*self.method, "POST" | "PATCH" | "PUT") {
            tracing::warn!(
                triggerName = firing.trigger(),
                "payload parameters are not specified. request payload will be an empty string"
            );
        }
        Ok(Bytes::new())
    }

    /// Adds what lets the other side recognise a repeat and follow a trace.
    fn add_firing_headers(&self, headers: &mut Headers, firing: &Firing) {
        if !self.adds_headers {
            return;
        }
        if headers.find("idempotency-key").is_none() {
            headers.set("Idempotency-Key", firing.id().as_str());
        }
        // A trace of the manifest's own is another one, with which ours has nothing to do.
        if headers.find(TRACE_PARENT).is_none()
            && let Some((parent, state)) = trace::outgoing(firing)
        {
            headers.set(TRACE_PARENT, parent);
            if let Some(state) = state {
                headers.set(TRACE_STATE, state);
            }
        }
    }
}

impl Draft {
    /// Adds what is secret: headers, then Basic authentication.
    pub(super) async fn complete(&self, secrets: &dyn SecretSource) -> Result<Cow<'_, Request>> {
        if self.plan.secure.is_empty() && self.plan.basic.is_none() {
            return Ok(Cow::Borrowed(&self.request));
        }
        let mut request = self.request.clone();
        for header in &self.plan.secure {
            let value = secure_value(header, secrets).await?;
            request.headers.set_secret(header.name.clone(), value);
        }
        if let Some(auth) = &self.plan.basic {
            let (mut name, mut password) = (Vec::new(), Vec::new());
            for (selector, part) in [(&auth.username, &mut name), (&auth.password, &mut password)] {
                if let Some(selector) = selector {
                    part.extend_from_slice(secrets.secret_bytes(selector).await?.expose());
                }
            }
            request
                .headers
                .set_secret("Authorization", basic(&name, &password));
        }
        Ok(Cow::Owned(request))
    }

    /// Shows what will be sent, without secrets.
    pub(super) fn view(&self) -> serde_json::Value {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = self
            .request
            .headers
            .iter()
            .map(|(name, value)| (name.to_owned(), text(value)));
        let mut headers: serde_json::Map<String, serde_json::Value> =
            headers.map(|(name, value)| (name, value.into())).collect();
        for header in &self.plan.secure {
            headers.insert(header.name.clone(), "(secret)".into());
        }
        if self.plan.basic.is_some() {
            headers.insert("Authorization".to_owned(), "(secret)".into());
        }
        serde_json::json!({
            "method": *self.request.method,
            "url": self.request.url.to_string(),
            "headers": headers,
            "body": text(&self.request.body),
        })
    }
}

async fn secure_value(header: &SecureHeader, secrets: &dyn SecretSource) -> Result<Vec<u8>> {
    let from = header.value_from.clone().unwrap_or_default();
    let found = match (from.secret_key_ref, from.config_map_key_ref) {
        (Some(selector), _) => secrets
            .secret_bytes(&selector)
            .await
            .map(|value| value.expose().clone()),
        (None, Some(selector)) => secrets.config(&selector).await.map(String::into_bytes),
        (None, None) => {
            let message = "the secure header names neither a secret nor a config map";
            Err(Error::permanent(ErrorKind::ConfigInvalid, message))
        }
    };
    found.map_err(|error| error.with("header", &header.name))
}

fn invalid(reason: String) -> Error {
    Error::permanent(ErrorKind::ConfigInvalid, reason)
}

/// Cuts user information out of a text that may be no URL.
fn without_credentials(url: &str) -> String {
    match (url.find("//"), url.rfind('@')) {
        (Some(start), Some(end)) if start < end => {
            format!("{}{}", &url[..start + 2], &url[end + 1..])
        }
        _ => url.to_owned(),
    }
}
