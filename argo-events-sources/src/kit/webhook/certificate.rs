//! The certificate of a webhook's port: read at the start, and again when its secret may have changed.

use super::WebhookContext;
use argo_events_core::{
    Result, SourceContext,
    http_host::{HttpHost, TlsPair},
};
use std::time::Duration;
use tokio::time::sleep;
use tracing::{info, warn};

/// How often the secrets are looked at; certificates are renewed days before they end.
const LOOK: Duration = Duration::from_secs(10);

/// Reads certificate and key; `None` where the port speaks plain HTTP.
pub(super) async fn read(
    settings: &WebhookContext,
    context: &SourceContext,
) -> Result<Option<TlsPair>> {
    let (Some(certificate), Some(key)) =
        (&settings.server_cert_secret, &settings.server_key_secret)
    else {
        return Ok(None);
    };
    let secrets = context.secrets();
    let (certificate, key) = (
        secrets.secret(certificate).await?,
        secrets.secret(key).await?,
    );
    Ok(Some(TlsPair { certificate, key }))
}

/// Shows a new certificate once its secret has one; never ends.
///
/// Until a new one can be used, which it cannot while only one of its two halves is there, the port
/// goes on with the old one.
pub(super) async fn keep_fresh(
    shown: Option<TlsPair>,
    settings: &WebhookContext,
    context: &SourceContext,
    host: &dyn HttpHost,
) {
    let Some(mut shown) = shown else {
        return std::future::pending().await;
    };
    let mut said = String::new();
    loop {
        sleep(LOOK).await;
        let found = read(settings, context).await;
        let renewed = match found {
            Ok(Some(pair)) if pair != shown => renew(pair, &mut shown, settings, host).await,
            found => found.map(drop),
        };
        match renewed {
            Ok(()) => said.clear(),
            Err(error) if error.to_string() == said => {}
            Err(error) => {
                warn!(%error, event = context.event(), "cannot use the new certificate, going on with the old one");
                said = error.to_string();
            }
        }
    }
}

async fn renew(
    pair: TlsPair,
    shown: &mut TlsPair,
    settings: &WebhookContext,
    host: &dyn HttpHost,
) -> Result<()> {
    host.renew(&settings.port, pair.clone()).await?;
    info!(port = settings.port, "shows a new certificate");
    *shown = pair;
    Ok(())
}
