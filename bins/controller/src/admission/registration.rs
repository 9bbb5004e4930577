//! How the API server is told of the webhook: a `ValidatingWebhookConfiguration`.

use super::WebhookSettings;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

/// Name of the configuration and of the webhook in it; the reference's.
pub(super) const NAME: &str = "webhook.argo-events.argoproj.io";

/// How long the API server waits for an answer.
const PATIENCE_SECONDS: u8 = 5;

/// Returns the webhooks of the configuration, with every default spelled out, so that what the API
/// server has can be compared with what it should have.
pub(super) fn webhooks(settings: &WebhookSettings, authorities: &str) -> Value {
    json!([{
        "name": NAME,
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": if settings.fails_closed { "Fail" } else { "Ignore" },
        "matchPolicy": "Equivalent",
        "timeoutSeconds": PATIENCE_SECONDS,
        "namespaceSelector": {},
        "objectSelector": {},
        "clientConfig": {
            "caBundle": BASE64_STANDARD.encode(authorities),
            "service": {
                "namespace": settings.namespace,
                "name": settings.service,
                "path": "/",
                "port": settings.port,
            },
        },
        "rules": [{
            "apiGroups": ["argoproj.io"],
            "apiVersions": ["v1alpha1"],
            "resources": ["eventbus", "eventsources", "sensors"],
            "operations": ["CREATE", "UPDATE"],
            "scope": "Namespaced",
        }],
    }])
}

/// Returns the configuration.
pub(super) fn configuration(webhooks: Value, owner: Option<Value>) -> Value {
    let mut metadata = json!({ "name": NAME });
    if let Some(owner) = owner {
        metadata["ownerReferences"] = json!([owner]);
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": metadata,
        "webhooks": webhooks,
    })
}
