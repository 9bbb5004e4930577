//! What a lane takes over from the reference, which ran the sensor before.
//!
//! Half-met conditions are observed again, in the order of the stream; what was not acted on is read
//! through the reference's consumers, up to the lane's own first event. Both happen once: a mark in
//! the state store says that it is done. What counts is decided in [`crate::takeover`].

use super::{
    input::{Left, Mark},
    opener::Opener,
    plan::PlannedTrigger,
};
use crate::{
    resolver::Resolvers,
    takeover::{Heir, HeirTrigger, Inheritance, InheritedTrigger, StoredEvent},
};
use argo_events_core::{NamedConsumer, Predecessor, Result};
use std::sync::Arc;

/// What is taken over, for the triggers of one lane.
pub(super) struct Inherited {
    pub(super) left: Vec<Left>,
    pub(super) mark: Mark,
    /// Events that wait, with the lane's trigger.
    stored: Vec<(usize, StoredEvent)>,
}

impl Opener {
    /// Finds what the reference left for this lane, unless that was taken over before.
    pub(super) async fn inherited(&self) -> Result<Option<Inherited>> {
        if !self.bus.capabilities().named_consumers {
            return Ok(None);
        }
        let Some(store) = self.state().await? else {
            return Ok(None);
        };
        let mark = Mark::new(store, self.id.label());
        if mark.is_set().await? {
            return Ok(None);
        }
        let Some(predecessor) = self.bus.predecessor(&self.plan.name).await? else {
            mark.set().await?;
            return Ok(None);
        };
        self.inherit(predecessor, mark).await.map(Some)
    }

    async fn inherit(&self, predecessor: Arc<dyn Predecessor>, mark: Mark) -> Result<Inherited> {
        let found = Inheritance::read(&*predecessor.state(), &self.plan).await?;
        self.tell(&found.warnings);
        let (mut left, mut stored) = (Vec::new(), Vec::new());
        for (trigger, found) in self.own(found.triggers).into_iter().enumerate() {
            self.tell(&found.warnings);
            left.extend(self.left(&*predecessor, trigger, &found).await?);
            stored.extend(found.stored.into_iter().map(|event| (trigger, event)));
        }
        stored.sort_by_key(|(_, event)| event.sequence);
        tracing::info!(sensor = %self.plan.name, lane = self.id.label(), waiting = stored.len(), "the sensor is taken over from an earlier implementation");
        Ok(Inherited { left, mark, stored })
    }

    /// Picks what the lane's triggers inherit of what the sensor's do.
    fn own(&self, found: Vec<InheritedTrigger>) -> Vec<InheritedTrigger> {
        let found = found.into_iter().zip(&self.plan.triggers).enumerate();
        found
            .filter(|(index, (_, trigger))| self.id.has(*index, trigger))
            .map(|(_, (found, _))| found)
            .collect()
    }

    /// Reads what one trigger's consumers left; nothing where the lane reads through them anyway.
    async fn left(
        &self,
        predecessor: &dyn Predecessor,
        trigger: usize,
        found: &InheritedTrigger,
    ) -> Result<Option<Left>> {
        if self.reads_through() {
            return Ok(None);
        }
        let deliveries = predecessor.backlog(&self.group(), &found.backlog).await?;
        Ok(Some(Left {
            trigger,
            deliveries,
        }))
    }

    fn tell(&self, warnings: &[String]) {
        for warning in warnings {
            tracing::warn!(sensor = %self.plan.name, lane = self.id.label(), "{warning}");
        }
    }

    /// Returns the consumers of a trigger as the reference names them.
    pub(super) fn consumers_of(&self, trigger: &PlannedTrigger) -> Vec<NamedConsumer> {
        let heir = Heir {
            sensor: &self.plan.name,
            dependencies: &self.plan.specs,
            now: self.plan.build.clock.now(),
        };
        heir.consumers(HeirTrigger {
            name: &trigger.shape.trigger,
            condition: &trigger.condition,
            resets: &trigger.resets,
        })
    }

    /// Lets the resolvers of the lane's triggers observe what waits.
    pub(super) fn observe(&self, inherited: &Inherited, resolvers: &mut Resolvers) {
        let triggers: Vec<_> = self.triggers().collect();
        // Firings stay open in the resolvers, and are begun with all that are open.
        let mut fired = Vec::new();
        for (trigger, stored) in &inherited.stored {
            let place = usize::from(stored.dependency);
            let accepted = [(triggers[*trigger].dependencies[place], stored.event.clone())];
            resolvers.dispatch_all(&accepted, Some(*trigger), stored.arrived_at, &mut fired);
        }
    }
}
