//! How a sensor's triggers are laid out over lanes, and what the lanes are called on the bus.
//!
//! As a rule: one lane for all stateless triggers, one for those that act at most once, and shards for
//! the stateful and ordered ones. Sensors that may go back to the reference keep its consumers
//! instead, one per trigger and subject; then each trigger has a lane of its own.

use super::plan::{LaneKind, PlannedTrigger, SensorPlan};
use argo_events_core::{Error, ErrorKind, EventBus, Result, StateStore};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, num::NonZeroU32};
use tokio_util::sync::CancellationToken;

/// Where the layout is noted.
const KEY: &str = "layout";

/// Whose consumers a sensor reads through, on a bus that it shares with pods of the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Consumers {
    /// One for each lane: an event is read once, however many triggers it has.
    #[default]
    Lanes,
    /// Those of the reference, one for each trigger and subject, so that it may take the sensor back.
    /// On a bus that has no such consumers as [`Self::Lanes`].
    Reference,
}

/// How a sensor's triggers are laid out over lanes.
///
/// A property of the sensor: it is noted when the sensor first runs, and stays, since state and positions
/// belong to lanes. The default on a bus that only one process uses, or that has no state store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Layout {
    /// Whose consumers are read through.
    pub consumers: Consumers,
    /// Lanes that share the stateful and ordered triggers, each held by one replica at a time.
    pub shards: NonZeroU32,
}

impl Default for Layout {
    fn default() -> Self {
        let consumers = Consumers::default();
        let shards = NonZeroU32::MIN;
        Self { consumers, shards }
    }
}

impl Layout {
    /// Returns the layout that the sensor has on a bus, which is the one it first ran with.
    ///
    /// # Errors
    /// Those of the bus; `Closed`, transient, when stopped while a pod of the reference leads.
    pub(super) async fn settled(
        self,
        plan: &SensorPlan,
        bus: &dyn EventBus,
        stop: &CancellationToken,
    ) -> Result<Self> {
        let capabilities = bus.capabilities();
        if !capabilities.shared || !capabilities.state_store {
            return Ok(Self::default());
        }
        let mut layout = self;
        if !capabilities.named_consumers {
            layout.consumers = Consumers::Lanes;
        }
        let store = bus.state(&plan.scope()).await?;
        if bus.predecessor(&plan.name).await?.is_some() {
            // What the reference still acts on must not be acted on here too.
            let cluster = format!("{}-sensor-{}", plan.namespace, plan.name);
            tokio::select! {
                free = bus.wait_until_free(&cluster) => free?,
                () = stop.cancelled() => {
                    let message = "stopped while a pod of the reference leads the sensor";
                    return Err(Error::transient(ErrorKind::Closed, message));
                }
            }
        }
        let noted = layout.note(&*store).await?;
        if noted != layout {
            tracing::warn!(sensor = %plan.name, wanted = ?layout, ?noted, "the sensor keeps the layout it first ran with");
        }
        Ok(noted)
    }

    /// Notes the layout, and returns the one that was noted first.
    async fn note(self, store: &dyn StateStore) -> Result<Self> {
        let value = serde_json::to_vec(&self).expect("a layout is plain");
        loop {
            if let Some(found) = store.get(KEY).await? {
                return serde_json::from_slice(&found.value).map_err(|error| {
                    Error::permanent(ErrorKind::PayloadInvalid, error.to_string()).with("key", KEY)
                });
            }
            match store.put(KEY, value.clone().into(), None).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                outcome => return outcome.map(|_| self),
            }
        }
    }
}

/// Which of a kind's triggers a lane has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// All of them.
    Whole,
    /// Those whose names fall to this shard.
    Shard { index: u32, count: NonZeroU32 },
    /// One, by its index in the sensor.
    Trigger(usize),
}

/// One lane of a sensor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LaneId {
    pub(crate) kind: LaneKind,
    pub(crate) part: Part,
    label: String,
}

impl LaneId {
    /// Returns the lanes of a sensor.
    pub(crate) fn all(plan: &SensorPlan, layout: Layout) -> BTreeSet<Self> {
        let triggers = plan.triggers.iter().enumerate();
        triggers
            .map(|(index, trigger)| Self::of(index, trigger, layout))
            .collect()
    }

    fn of(index: usize, trigger: &PlannedTrigger, layout: Layout) -> Self {
        let kind = trigger.lane;
        let name = &trigger.shape.trigger;
        match (layout.consumers, kind) {
            (Consumers::Reference, _) => Self {
                kind,
                part: Part::Trigger(index),
                label: format!("trigger/{}", escaped(name)),
            },
            (Consumers::Lanes, LaneKind::Shard) => Self::shard(name, layout.shards),
            (Consumers::Lanes, _) => Self {
                kind,
                part: Part::Whole,
                label: kind.as_str().to_owned(),
            },
        }
    }

    fn shard(trigger: &str, count: NonZeroU32) -> Self {
        let index = share_of(trigger.as_bytes(), count);
        let label = match count.get() {
            1 => "shard/0".to_owned(),
            count => format!("shard/{index}of{count}"),
        };
        Self {
            kind: LaneKind::Shard,
            part: Part::Shard { index, count },
            label,
        }
    }

    /// Tells whether a trigger of the sensor belongs to this lane.
    pub(crate) fn has(&self, index: usize, trigger: &PlannedTrigger) -> bool {
        let is_part = match self.part {
            Part::Whole => true,
            Part::Trigger(only) => only == index,
            Part::Shard { index, count } => {
                share_of(trigger.shape.trigger.as_bytes(), count) == index
            }
        };
        trigger.lane == self.kind && is_part
    }

    /// Returns the name under which the lane's group and state are found.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }
}

impl fmt::Display for LaneId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.label)
    }
}

/// Returns the share that something falls to: FNV-1a, which is the same in every version and replica.
fn share_of(bytes: &[u8], count: NonZeroU32) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // The low bits of the hash are its weakest.
    let mixed = hash ^ (hash >> 32);
    u32::try_from(mixed % u64::from(count.get())).expect("is less than the count")
}

/// Spells a name so that it can be part of a key: other bytes than letters, digits, `-` and `_` as `=XX`.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => escaped.push(char::from(byte)),
            other => escaped.push_str(&format!("={other:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_keys_and_stay_apart() {
        assert_eq!(escaped("T-4_x.y 1"), "T-4_x=2Ey=201");
        assert_ne!(escaped("a.b"), escaped("a=2Eb"));
    }

    #[test]
    fn a_name_always_falls_to_the_same_share() {
        let count = NonZeroU32::new(2).unwrap();
        let shares: Vec<_> = ["ship", "bill", "log", "mail"]
            .map(|name| share_of(name.as_bytes(), count))
            .into();
        assert_eq!(shares, [1, 1, 0, 0]);
    }
}
