//! The bus itself: publishes, subscribes, and opens state.

use super::{
    JetStreamConfig,
    api::{PubAck, Refusal},
    connect::Target,
    link::Link,
    names,
    predecessor::Reference,
    reader,
    retire::retire,
    settings::StreamSettings,
    store::Store,
    stream::Stream,
};
use argo_events_core::{
    BusCapabilities, Deliveries, Error, ErrorKind, Event, EventBus, Position, Predecessor, Receipt,
    Result, SecretSource, StateStore, Subscription, api,
    event::codec,
    registry::{BuildBus, BusBuild, BusConfig as _},
    secret::MemorySecrets,
};
use async_nats::{HeaderMap, HeaderValue, header::NATS_MESSAGE_ID};
use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use std::{collections::BTreeSet, str::FromStr as _, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// For how long a publish that fails in passing is tried again.
const BOUND: Duration = Duration::from_secs(15);
/// Pauses between attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// What a message needs beside its body: its header, without the id.
const OVERHEAD: usize = 32;

/// A bus on NATS JetStream; clones are the same bus.
///
/// ```no_run
/// use argo_events_bus::JetStreamBus;
/// use argo_events_core::{Event, EventBus};
///
/// # async fn run() -> argo_events_core::Result<()> {
/// let bus = JetStreamBus::connect("nats://127.0.0.1:4222").await?;
/// bus.publish(Event::builder("1", "shop", "paid").build().into()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct JetStreamBus(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    link: Arc<Link>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.link.closing.cancel();
    }
}

impl JetStreamBus {
    /// Connects to servers without a manifest; several addresses have commas between them.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, for what is no address; transient ones when no server answers.
    pub async fn connect(url: impl Into<String>) -> Result<Self> {
        let config = api::JetStreamExoticBus {
            url: url.into(),
            ..Default::default()
        };
        Self::open(
            &JetStreamConfig(config),
            "",
            Arc::new(MemorySecrets::default()),
        )
        .await
    }

    /// Connects as a manifest says.
    ///
    /// # Errors
    /// `ConfigInvalid` or `Unauthorized`, permanent; transient ones when no server answers.
    pub async fn open(
        config: &JetStreamConfig,
        name: &str,
        secrets: Arc<dyn SecretSource>,
    ) -> Result<Self> {
        let config = &config.0;
        let text = config.stream_config.as_deref().unwrap_or_default();
        let settings = StreamSettings::read(text).map_err(|reason| {
            Error::permanent(ErrorKind::ConfigInvalid, format!("streamConfig: {reason}"))
        })?;
        let target = Target {
            url: &config.url,
            name: &format!("argo-events {name}"),
            access: config.access_secret.as_ref(),
            tls: config.tls.as_ref(),
            secrets,
        };
        let (client, connections) = target.connect().await?;
        let link = Link::new(client, connections, Stream::new(settings)).await?;
        Ok(Self(Arc::new(Inner { link })))
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        &self.0.link
    }

    /// Returns how many messages were left out because they were no events.
    pub fn undecodable(&self) -> u64 {
        self.link().poison()
    }

    fn check_size(&self, event: &Event, body: &[u8]) -> Result<()> {
        let (size, most) = (
            body.len() + event.id().len() + OVERHEAD,
            self.link().client.max_payload(),
        );
        if size > most {
            let message =
                format!("the event takes {size} bytes, and the server takes {most} (max_payload)");
            return Err(Error::permanent(ErrorKind::TooLarge, message)
                .during("publish")
                .with("id", event.id()));
        }
        Ok(())
    }

    /// Publishes until it works, for as long as that makes sense.
    async fn send(&self, subject: &str, headers: &HeaderMap, body: &Bytes) -> Result<Receipt> {
        let (begun, mut pause, mut is_repeated) = (Instant::now(), PAUSES.0, false);
        loop {
            self.link().check_open("publish")?;
            let failure = match self.try_send(subject, headers, body).await {
                // A repeat meets what an earlier attempt may have stored.
                Ok(ack) if ack.duplicate && !is_repeated => return Ok(Receipt::duplicate()),
                Ok(ack) => return Ok(self.accepted(ack)),
                Err(failure) => failure,
            };
            if begun.elapsed() > BOUND || !failure.is_passing {
                return Err(failure.error);
            }
            is_repeated |= failure.may_be_stored;
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    async fn try_send(
        &self,
        subject: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<PubAck, Failure> {
        let link = self.link();
        if link.stream.partition() == 0 {
            link.stream.ensure(&link.client).await?;
        }
        let sent = link
            .publisher
            .send(subject.to_owned(), headers.clone(), body.clone());
        match sent.await {
            Err(Refusal::NoResponders) => {
                // No stream takes the subject; if making it does not help, the bound ends it.
                link.stream.ensure(&link.client).await?;
                Err(Failure::of(Refusal::NoResponders))
            }
            sent => sent.map_err(Failure::of),
        }
    }

    fn accepted(&self, ack: PubAck) -> Receipt {
        let (partition, sequence) = (self.link().stream.partition(), ack.seq);
        Receipt::accepted(Some(Position {
            partition,
            sequence,
        }))
    }
}

/// Why an event was not published.
struct Failure {
    error: Error,
    /// It may work in a moment.
    is_passing: bool,
    /// The stream may have the event all the same.
    may_be_stored: bool,
}

impl Failure {
    fn of(refusal: Refusal) -> Self {
        let may_be_stored = matches!(refusal, Refusal::Silent | Refusal::Broken(_));
        Self {
            is_passing: refusal.is_passing(),
            may_be_stored,
            error: refusal.during("publish"),
        }
    }
}

/// For a stream that is neither found nor made.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let is_passing = error.is_transient() && error.kind() != ErrorKind::ConfigInvalid;
        Self {
            error,
            is_passing,
            may_be_stored: false,
        }
    }
}

fn headers(event: &Event) -> Result<HeaderMap> {
    let id = HeaderValue::from_str(event.id()).map_err(|_| {
        let message = "the id of the event holds a line break, so it cannot be a header";
        Error::permanent(ErrorKind::PayloadInvalid, message).during("publish")
    })?;
    let mut headers = HeaderMap::new();
    headers.insert(NATS_MESSAGE_ID, id);
    Ok(headers)
}

#[async_trait]
impl EventBus for JetStreamBus {
    fn kind(&self) -> &'static str {
        JetStreamConfig::KIND
    }

    fn capabilities(&self) -> BusCapabilities {
        let mut capabilities = BusCapabilities::default();
        capabilities.durable = true;
        capabilities.ordered = true;
        capabilities.deduplicates = true;
        capabilities.delayed_retry = true;
        capabilities.state_store = true;
        capabilities.competing_consumers = true;
        capabilities.named_consumers = true;
        capabilities.shared = true;
        capabilities
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        self.link().check_open("publish")?;
        let subject = names::subject(event.source(), event.subject())
            .map_err(|error| error.during("publish"))?;
        let body = codec::encode(&event);
        self.check_size(&event, &body)?;
        self.send(&subject, &headers(&event)?, &body.into()).await
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>> {
        self.link().check_open("subscribe")?;
        let reader = reader::open(Arc::clone(self.link()), &subscription).await;
        reader.map_err(|error| error.with("group", &subscription.group))
    }

    async fn state(&self, scope: &str) -> Result<Arc<dyn StateStore>> {
        self.link().check_open("state")?;
        Ok(Arc::new(Store::open(Arc::clone(self.link()), scope).await?))
    }

    async fn predecessor(&self, sensor: &str) -> Result<Option<Arc<dyn Predecessor>>> {
        self.link().check_open("predecessor")?;
        let found = Reference::find(Arc::clone(self.link()), sensor).await?;
        Ok(found.map(|found| Arc::new(found) as Arc<dyn Predecessor>))
    }

    async fn wait_until_free(&self, cluster: &str) -> Result<()> {
        self.wait_until_silent(cluster).await
    }

    async fn retire(&self, prefix: &str, kept: &BTreeSet<String>) -> Result<()> {
        self.link().check_open("retire")?;
        retire(self.link(), prefix, kept).await
    }

    async fn check(&self) -> Result<()> {
        let link = self.link();
        link.check_open("check")?;
        if !link.is_connected() {
            let message = "the connection to NATS is lost; trying again";
            return Err(Error::transient(ErrorKind::Unavailable, message).during("check"));
        }
        link.stream.ensure(&link.client).await.map(drop)
    }

    async fn close(&self) -> Result<()> {
        if !self.link().is_closed() {
            self.link().close().await;
        }
        Ok(())
    }
}

impl BuildBus for JetStreamConfig {
    fn build(self, build: BusBuild) -> BoxFuture<'static, Result<Arc<dyn EventBus>>> {
        Box::pin(async move {
            let bus = JetStreamBus::open(&self, &build.name, build.secrets).await?;
            Ok(Arc::new(bus) as Arc<dyn EventBus>)
        })
    }
}
