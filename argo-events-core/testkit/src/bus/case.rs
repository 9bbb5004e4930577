//! One promise under test, and what it needs of the bus.

use super::{BusHarness, World};
use argo_events_core::BusCapabilities;
use futures::future::BoxFuture;
use std::{fmt, sync::Arc, time::Duration};

/// Why a promise is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

/// Whether a promise is kept.
pub type Outcome<T = ()> = Result<T, Broken>;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<argo_events_core::Error> for Broken {
    fn from(error: argo_events_core::Error) -> Self {
        Self(format!("unexpected error: {error}"))
    }
}

/// Breaks off unless something holds.
pub fn ensure(holds: bool, message: impl Into<String>) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(Broken(message.into()))
    }
}

/// A capability without which a case makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Durable,
    Deduplicates,
    DelayedRetry,
    StateStore,
    CompetingConsumers,
}

impl Need {
    fn unmet(self, capabilities: BusCapabilities) -> Option<&'static str> {
        let (met, reason) = match self {
            Self::Durable => (capabilities.durable, "not durable"),
            Self::Deduplicates => (capabilities.deduplicates, "does not deduplicate"),
            Self::DelayedRetry => (capabilities.delayed_retry, "has no delayed retry"),
            Self::StateStore => (capabilities.state_store, "has no state store"),
            Self::CompetingConsumers => (
                capabilities.competing_consumers,
                "has no competing consumers",
            ),
        };
        (!met).then_some(reason)
    }
}

type Run = fn(Arc<World>) -> BoxFuture<'static, Outcome>;

/// One promise under test.
#[derive(Clone, Copy)]
pub struct Case {
    /// The promise, such as `BUS-01`.
    pub id: &'static str,
    /// What is promised.
    pub name: &'static str,
    needs: &'static [Need],
    run: Run,
}

impl Case {
    pub(crate) fn new(
        id: &'static str,
        name: &'static str,
        needs: &'static [Need],
        run: Run,
    ) -> Self {
        Self {
            id,
            name,
            needs,
            run,
        }
    }

    /// Returns the name under which the case is reported.
    pub fn title(&self) -> String {
        format!("{} {}", self.id, self.name)
    }

    /// Returns why a bus with these capabilities cannot be asked for this; `None` if it can.
    pub fn unmet(&self, capabilities: BusCapabilities) -> Option<&'static str> {
        self.needs.iter().find_map(|need| need.unmet(capabilities))
    }

    /// Runs the case in a runtime of its own.
    ///
    /// # Errors
    /// How the promise was broken, or which capability is missing.
    ///
    /// # Panics
    /// When no runtime can be made.
    pub fn run(&self, harness: impl BusHarness) -> Outcome {
        if let Some(reason) = self.unmet(harness.capabilities()) {
            return Err(Broken(format!("cannot run: the bus is or {reason}")));
        }
        let pace = harness.pace();
        let runtime = if pace.paused {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build()
        } else {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
        };
        let run = (self.run)(Arc::new(World::new(harness)));
        runtime
            .expect("a runtime can be made")
            .block_on(within(pace.patience * 6, run))
    }
}

async fn within(limit: Duration, run: BoxFuture<'static, Outcome>) -> Outcome {
    let ended = tokio::time::timeout(limit, run).await;
    ended.unwrap_or_else(|_| Err(Broken("the case did not end: a call hangs".to_owned())))
}

impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.title())
    }
}

/// Lists cases: id, name, needs, function.
macro_rules! cases {
    ($($id:literal $name:literal [$($need:ident),*] $run:path;)*) => {
        vec![$($crate::bus::Case::new(
            $id,
            $name,
            &[$($crate::bus::Need::$need),*],
            |world| Box::pin(async move { $run(&world).await }),
        )),*]
    };
}

pub(crate) use cases;
