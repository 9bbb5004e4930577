//! Groups that are no longer needed: their consumers are told to go when nobody has read them for a while.
//!
//! A consumer that stays for ever is counted as unsettled, and keeps every event of a stream that drops
//! what all have settled. Only consumers that say in their metadata which group of ours they are for
//! are touched; those of the reference say nothing. Deleting them at once would be rash: while a change is
//! rolled out, pods with the old settings and the new ones run side by side.

use super::{
    STREAM,
    api::{self, ConsumerInfo, Refusal, code},
    consumer::{create, group_of, is_leaving, leaving},
    link::Link,
};
use argo_events_core::Result;
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

/// How long a consumer outlives its last reader.
const AFTER: Duration = Duration::from_secs(3600);
/// How the server refuses to change a consumer that is not there.
const GONE: [u16; 2] = [code::CONSUMER_NOT_FOUND, code::CONSUMER_DOES_NOT_EXIST];

#[derive(Deserialize)]
struct Page {
    total: usize,
    #[serde(default)]
    consumers: Vec<ConsumerInfo>,
}

/// Lets go of groups whose names begin with a prefix, except those that are kept.
pub(super) async fn retire(link: &Link, prefix: &str, kept: &BTreeSet<String>) -> Result<()> {
    let retired = async {
        for consumer in all(link).await? {
            let group = group_of(&consumer.config);
            let group = group.filter(|it| it.starts_with(prefix) && !kept.contains(*it));
            if let Some(group) = group
                && !is_leaving(&consumer.config)
            {
                let after = AFTER.as_secs();
                tracing::info!(
                    group,
                    after,
                    "group is needed no more; it goes once it is not read"
                );
                let name = &consumer.name;
                let config = leaving(&consumer.config, AFTER);
                match create(&link.client, name, "", &config, "update").await {
                    // Gone meanwhile, which is as good.
                    Err(refusal) if refusal.is(&GONE) => {}
                    updated => drop(updated?),
                }
            }
        }
        Ok(())
    };
    retired
        .await
        .map_err(|refusal: Refusal| refusal.during("let go of groups"))
}

async fn all(link: &Link) -> Result<Vec<ConsumerInfo>, Refusal> {
    let (mut all, path) = (Vec::new(), format!("CONSUMER.LIST.{STREAM}"));
    loop {
        let request = json!({ "offset": all.len() });
        let page = match api::call::<Page>(&link.client, &path, &request).await {
            Err(refusal) if refusal.is(&[code::STREAM_NOT_FOUND]) => return Ok(all),
            page => page?,
        };
        let count = page.consumers.len();
        all.extend(page.consumers);
        if count == 0 || all.len() >= page.total {
            return Ok(all);
        }
    }
}
