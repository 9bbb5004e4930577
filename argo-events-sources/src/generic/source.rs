//! Listens to a gRPC server.

use super::{
    Event, GenericConfig,
    message::{self, METHOD},
    payload::{Body, GenericEventData},
};
use crate::kit::insist;
use argo_events_core::{
    Draft, Error, ErrorKind, EventSource, Result, SourceContext, registry::BuildSource,
};
use async_trait::async_trait;
use http::uri::PathAndQuery;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use tonic::{
    Code, Request, Status, Streaming,
    client::Grpc,
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use tonic_prost::ProstCodec;
use tracing::info;

/// How long to wait before a stream that the server ended is opened again, as in the reference.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// How often the system asks whether the server is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

impl BuildSource for GenericConfig {
    fn build(self) -> Result<Arc<dyn EventSource>> {
        Ok(Arc::new(Generic(self)))
    }
}

struct Generic(GenericConfig);

impl Generic {
    async fn connect(&self, context: &SourceContext) -> Result<Channel> {
        let wrong = |error: tonic::transport::Error| {
            Error::permanent(ErrorKind::ConfigInvalid, reason(&error)).with("url", &self.0.url)
        };
        let mut endpoint = Endpoint::from_shared(self.0.uri())
            .map_err(wrong)?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_keepalive(Some(KEEP_ALIVE));
        if !self.0.insecure {
            endpoint = endpoint
                .tls_config(self.tls(context).await?)
                .map_err(wrong)?;
        }
        endpoint.connect().await.map_err(|error| {
            let message = format!("cannot connect: {}", reason(&error));
            Error::transient(ErrorKind::Unavailable, message).with("url", &self.0.url)
        })
    }

    async fn tls(&self, context: &SourceContext) -> Result<ClientTlsConfig> {
        let (secrets, given) = (context.secrets(), self.0.tls.clone().unwrap_or_default());
        let mut config = ClientTlsConfig::new();
        config = match &given.ca_cert_secret {
            Some(authority) => {
                let authority = secrets.secret(authority).await?;
                config.ca_certificate(Certificate::from_pem(authority.expose()))
            }
            None => config.with_native_roots(),
        };
        if let (Some(certificate), Some(key)) =
            (&given.client_cert_secret, &given.client_key_secret)
        {
            let (certificate, key) = (
                secrets.secret(certificate).await?,
                secrets.secret(key).await?,
            );
            config = config.identity(Identity::from_pem(certificate.expose(), key.expose()));
        }
        Ok(config)
    }

    async fn open(&self, channel: Channel, context: &SourceContext) -> Result<Streaming<Event>> {
        let name = context.event().to_owned();
        let config = self.0.config.clone().into();
        let mut request = Request::new(message::EventSource { name, config });
        if let Some(token) = self.token(context).await? {
            request.metadata_mut().insert("authorization", token);
        }
        let mut grpc = Grpc::new(channel);
        grpc.ready().await.map_err(|error| {
            Error::transient(ErrorKind::Unavailable, reason(&error)).with("url", &self.0.url)
        })?;
        let codec = ProstCodec::<message::EventSource, Event>::default();
        let stream = grpc
            .server_streaming(request, PathAndQuery::from_static(METHOD), codec)
            .await;
        stream
            .map(tonic::Response::into_inner)
            .map_err(|status| self.refused(&status))
    }

    async fn token(&self, context: &SourceContext) -> Result<Option<MetadataValue<Ascii>>> {
        let Some(secret) = &self.0.auth_secret else {
            return Ok(None);
        };
        let token = context.secrets().secret(secret).await?;
        let value = format!("Bearer {}", token.expose()).parse::<MetadataValue<Ascii>>();
        let mut value = value.map_err(|_| {
            let message = "the token has characters that a header cannot have";
            Error::permanent(ErrorKind::ConfigInvalid, message).with("secret", secret)
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    fn refused(&self, status: &Status) -> Error {
        let message = format!("the server said {:?}: {}", status.code(), status.message());
        let kind = match status.code() {
            Code::Unauthenticated | Code::PermissionDenied => ErrorKind::Unauthorized,
            Code::Unimplemented | Code::InvalidArgument => ErrorKind::Rejected,
            Code::ResourceExhausted => ErrorKind::RateLimited,
            _ => ErrorKind::Unavailable,
        };
        let error = match kind {
            ErrorKind::Unauthorized | ErrorKind::Rejected => Error::permanent(kind, message),
            _ => Error::transient(kind, message),
        };
        error.with("url", &self.0.url)
    }

    /// Publishes one event after the other until the server ends the stream.
    async fn listen(&self, mut stream: Streaming<Event>, context: &SourceContext) -> Result<()> {
        loop {
            let event = tokio::select! {
                // After the stop signal nothing new is begun, even if it is there already.
                biased;
                () = context.stopped() => return Ok(()),
                event = stream.message() => event.map_err(|status| self.refused(&status))?,
            };
            let Some(event) = event else {
                info!(
                    url = self.0.url,
                    "the server ended the stream, it is opened again"
                );
                return Ok(());
            };
            match self.draft(&event) {
                Ok(draft) => insist(draft, context).await,
                Err(reason) => context.skip(&reason),
            }
        }
    }

    fn draft(&self, event: &Event) -> Result<Draft, String> {
        // An empty payload is not sent at all, which reads as null in the reference.
        let payload = Some(&*event.payload).filter(|payload| !payload.is_empty());
        let body = match payload {
            Some(payload) if self.0.json_body => Body::Json(payload),
            payload => Body::Bytes(payload),
        };
        let data = GenericEventData {
            body,
            metadata: &self.0.metadata,
        };
        data.encode()
            .map(Draft::json)
            .map_err(|error| format!("the payload is not JSON: {error}"))
    }
}

#[async_trait]
impl EventSource for Generic {
    fn kind(&self) -> &'static str {
        "generic"
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        loop {
            let listening = async {
                let channel = self.connect(&context).await?;
                let stream = self.open(channel, &context).await?;
                context.ready();
                Ok(stream)
            };
            let stream = tokio::select! {
                () = context.stopped() => return Ok(()),
                stream = listening => stream?,
            };
            self.listen(stream, &context).await?;
            tokio::select! {
                () = context.stopped() => return Ok(()),
                () = sleep(PAUSE) => {}
            }
        }
    }
}

/// Returns the innermost reason; what wraps it says "transport error".
fn reason(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => reason(source),
        None => error.to_string(),
    }
}
