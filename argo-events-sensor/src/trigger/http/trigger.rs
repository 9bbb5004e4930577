//! The HTTP trigger.

use super::{
    HttpConfig,
    client::{Client, Proxies, Tls},
    plan::{Draft, Plan},
};
use crate::{
    param::{Parameters, Purpose},
    trigger::decode::Decoder,
};
use argo_events_core::{
    Error, ErrorKind, Executed, FieldPath, Firing, Problems, Rendered, Result, SecretSource,
    Trigger, TriggerContext,
    registry::{BuildTrigger, TriggerBuild},
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};

/// How long a request may take unless the manifest says otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);
const METHOD: &str = "POST";

/// Sends an HTTP request. See the [module](super).
#[derive(Debug)]
pub struct HttpTrigger {
    name: String,
    plan: Planned,
    client: Arc<Client>,
    secrets: Arc<dyn SecretSource>,
}

/// A plan, or what is needed to make one for each firing.
#[derive(Debug)]
enum Planned {
    Fixed(Arc<Plan>),
    PerFiring {
        parameters: Parameters,
        config: Vec<u8>,
        decoder: Decoder,
    },
}

impl BuildTrigger for HttpConfig {
    fn build(self, build: &TriggerBuild) -> Result<Arc<dyn Trigger>> {
        if let Some(mistake) = self.tls.as_ref().and_then(super::TlsConfig::mistake) {
            return Err(Error::permanent(ErrorKind::ConfigInvalid, mistake).with("field", "tls"));
        }
        let client = build
            .clients
            .get_or_make(&self.client_name(build), || self.client(build));
        let secrets = Arc::clone(&build.secrets);
        Ok(Arc::new(HttpTrigger {
            name: build.trigger.clone(),
            plan: Planned::new(self)?,
            client,
            secrets,
        }))
    }
}

impl HttpConfig {
    /// Returns under which name the client is found: triggers that differ in nothing that matters to
    /// connections share theirs.
    fn client_name(&self, build: &TriggerBuild) -> String {
        match (&self.tls, self.timeout) {
            (None, None) => String::new(),
            _ => build.trigger.clone(),
        }
    }

    fn client(&self, build: &TriggerBuild) -> Client {
        let seconds = self.timeout.and_then(|seconds| u64::try_from(seconds).ok());
        let timeout = seconds
            .filter(|seconds| *seconds > 0)
            .map_or(TIMEOUT, Duration::from_secs);
        let tls = Tls::new(self.tls.clone(), Arc::clone(&build.secrets));
        Client::new(tls, Proxies::from_environment(), timeout)
    }
}

impl Planned {
    fn new(mut config: HttpConfig) -> Result<Self> {
        if config.method.is_empty() {
            METHOD.clone_into(&mut config.method);
        }
        let list = config.parameters.take().unwrap_or_default();
        let path = FieldPath::root().field("parameters");
        let parameters = Parameters::compile(&list, Purpose::Edit, None, &path).map_err(invalid)?;
        if parameters.is_empty() {
            return Ok(Self::Fixed(Arc::new(
                Plan::compile(config).map_err(invalid)?,
            )));
        }
        let config = serde_json::to_vec(&config)
            .map_err(|error| Error::permanent(ErrorKind::ConfigInvalid, error.to_string()))?;
        Ok(Self::PerFiring {
            parameters,
            config,
            decoder: Decoder::of::<HttpConfig>(),
        })
    }

    fn for_firing(&self, firing: &Firing) -> Result<Arc<Plan>> {
        match self {
            Self::Fixed(plan) => Ok(Arc::clone(plan)),
            Self::PerFiring {
                parameters,
                config,
                decoder,
            } => {
                let config: HttpConfig =
                    decoder.decode(&parameters.apply(config.clone(), firing)?)?;
                Ok(Arc::new(Plan::compile(config).map_err(invalid)?))
            }
        }
    }
}

fn invalid(problems: Problems) -> Error {
    let first = problems
        .iter()
        .next()
        .map(ToString::to_string)
        .unwrap_or_default();
    Error::permanent(ErrorKind::ConfigInvalid, first)
}

#[async_trait]
impl Trigger for HttpTrigger {
    fn kind(&self) -> &'static str {
        "http"
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        let draft = self.plan.for_firing(firing)?.draft(firing)?;
        Ok(Rendered::of(firing, draft, Draft::view))
    }

    async fn execute(&self, rendered: &Rendered, _: &TriggerContext) -> Result<Executed> {
        let draft = rendered.content::<Draft>().ok_or_else(|| {
            Error::permanent(
                ErrorKind::Unexpected,
                "what was rendered is no HTTP request",
            )
        })?;
        let request = draft.complete(self.secrets.as_ref()).await?;
        tracing::info!(
            triggerName = self.name,
            triggerType = "HTTP",
            url = draft.request.url.shown(),
            "Making a http request..."
        );
        self.client.send(&request).await.map(Executed::with_status)
    }
}
