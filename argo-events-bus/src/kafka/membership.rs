//! Under which name a subscription is a member of its group.
//!
//! Without a name it is somebody new whenever its process was started again, or was cut off for longer than
//! its session; and brokers keep its partitions for who it was before, until that session has ended. Under a name
//! it takes its place again at once. The name is the replica's, with a number for each subscription
//! that the process has in one group. What a session is, `settings` says.

use super::{failure::failure, listener::Listener, reader::Shared, settings::Settings};
use argo_events_core::{Result, Subscription, bus::Order};
use rdkafka::consumer::BaseConsumer;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// The longest name of a replica; brokers take no more than 249 characters.
const LONGEST: usize = 240;
/// Whose place is taken twice within this time shares its name.
const SUSPICIOUS: Duration = Duration::from_secs(15);

/// How a subscription comes into its group, and again when its client has failed.
#[derive(Debug)]
pub(super) struct Membership {
    settings: Arc<Settings>,
    pub(super) group: String,
    ack_wait: Duration,
    /// Reads all partitions, and is no member.
    pub(super) reads_all: bool,
    /// When somebody has taken its place.
    taken: Option<Instant>,
}

impl Membership {
    /// Makes that of a subscription.
    pub(super) fn of(settings: &Arc<Settings>, subscription: &Subscription) -> Self {
        Self {
            settings: Arc::clone(settings),
            group: settings.group(&subscription.group),
            ack_wait: subscription.ack_wait,
            reads_all: matches!(subscription.order, Order::Strict { .. }),
            taken: None,
        }
    }

    /// Makes a client, and what resolves when the group has let it in.
    pub(super) fn client(
        &self,
        shared: &Arc<Shared>,
    ) -> Result<(BaseConsumer<Listener>, oneshot::Receiver<()>)> {
        let (listener, has_joined) = Listener::new(&self.settings.topic, shared, self.ack_wait);
        let name = self.settings.replica.member(shared.seat);
        let name = name.filter(|_| !self.reads_all);
        let made =
            (self.settings.member(&self.group, name.as_deref())).create_with_context(listener);
        let consumer = made.map_err(|error| failure(error, "subscribe"))?;
        Ok((consumer, has_joined))
    }

    /// Notes that somebody has taken its place: the process itself, by a request that was under way for
    /// long, or else one of the same name.
    pub(super) fn was_taken(&mut self, now: Instant) {
        if self.taken.is_some_and(|before| now - before < SUSPICIOUS) {
            self.settings.replica.give_way();
            tracing::warn!(
                group = self.group,
                "another process or bus has the name of this replica, which from now on does without; give each its own"
            );
        }
        self.taken = Some(now);
    }
}

/// The name of this replica, until it turns out that another process, or another bus of this one, has it too.
#[derive(Debug, Default)]
pub(super) struct Replica {
    name: Option<String>,
    has_namesake: AtomicBool,
}

impl Replica {
    /// Makes it of the name that no other living process or bus should have, if there is one.
    pub(super) fn of(name: Option<&str>) -> Self {
        let name = name.filter(|name| !name.is_empty()).map(permitted);
        Self {
            name,
            has_namesake: AtomicBool::new(false),
        }
    }

    /// Returns the name of the member with a number; `None` if it has to do without.
    pub(super) fn member(&self, seat: usize) -> Option<String> {
        let name = self.name.as_ref();
        let name = name.filter(|_| !self.has_namesake.load(Relaxed))?;
        Some(format!("{name}.{seat}"))
    }

    /// Leaves the name to who else has it: each would throw the other out for ever.
    pub(super) fn give_way(&self) {
        self.has_namesake.store(true, Relaxed);
    }
}

/// Writes a name with the characters that brokers take. The end is what differs between pods.
fn permitted(name: &str) -> String {
    let is_permitted =
        |character: &char| character.is_ascii_alphanumeric() || "._-".contains(*character);
    let character = |character| Some(character).filter(is_permitted).unwrap_or('-');
    let excess = name.chars().count().saturating_sub(LONGEST);
    name.chars().skip(excess).map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_replica_have_names_of_their_own_that_brokers_take() {
        let replica = Replica::of(Some("shop/sensor 0"));
        assert_eq!(replica.member(0).as_deref(), Some("shop-sensor-0.0"));
        assert_eq!(replica.member(1).as_deref(), Some("shop-sensor-0.1"));
        let long = Replica::of(Some(&format!("{}-x7k2p", "a".repeat(300))));
        let member = long.member(12).unwrap();
        assert!(member.len() <= 249 && member.ends_with("a-x7k2p.12"));
    }

    #[test]
    fn without_a_name_of_its_own_a_replica_has_none() {
        assert_eq!(Replica::of(None).member(0), None);
        assert_eq!(Replica::of(Some("")).member(0), None);
        let replica = Replica::of(Some("a"));
        replica.give_way();
        assert_eq!(replica.member(0), None);
    }
}
