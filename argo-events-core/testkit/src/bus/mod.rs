//! Says whether an [`EventBus`] keeps the promises `BUS-01` to `BUS-18`.
//!
//! A crate with a bus of its own implements [`BusHarness`] and lets [`bus_conformance!`] write the
//! `main` of a test binary with `harness = false`; the state store is judged there too, by
//! [`store`](crate::store). A case that the bus cannot do is reported as ignored, with the reason,
//! never as passed. [`ChaosBus`] makes trouble for those who use a bus; [`BrokenBus`] shows that
//! the cases notice.

mod broken;
mod case;
mod cases;
mod chaos;
mod relay;
mod world;

pub use broken::{Breach, BrokenBus};
pub use case::{Broken, Case, Outcome, ensure};
pub use chaos::{Chaos, ChaosBus};
pub use world::World;

pub(crate) use case::{Need, cases};

use argo_events_core::{BusCapabilities, EventBus, Result};
use async_trait::async_trait;
use libtest_mimic::{Arguments, Trial};
use std::{process::ExitCode, sync::Arc, time::Duration};

/// Opens buses of the kind under test. Each case has a harness of its own, with nothing in it yet.
#[async_trait]
pub trait BusHarness: Send + Sync + 'static {
    /// Returns what the bus says it can do; cases are chosen by it.
    fn capabilities(&self) -> BusCapabilities;

    /// Opens the bus. After a durable bus was closed, opens it again with all that was in it.
    async fn open(&self) -> Result<Arc<dyn EventBus>>;

    /// Returns how the cases deal with time.
    fn pace(&self) -> Pace {
        Pace::PAUSED
    }
}

/// How the cases deal with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pace {
    /// Time stands still while anything can go on, so that waiting takes none.
    pub paused: bool,
    /// The ack wait of cases that let it pass.
    pub ack_wait: Duration,
    /// How long a case waits for what must come.
    pub patience: Duration,
}

impl Pace {
    /// For a bus that lives within the test's runtime and waits by `tokio::time`.
    pub const PAUSED: Self = Self {
        paused: true,
        ack_wait: Duration::from_secs(30),
        patience: Duration::from_secs(600),
    };

    /// For a bus with threads, files or servers, whose time cannot be stopped.
    pub const REAL: Self = Self {
        paused: false,
        ack_wait: Duration::from_secs(1),
        patience: Duration::from_secs(60),
    };

    /// Sets how long a case waits for what must come.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets the ack wait of cases that let it pass.
    #[must_use]
    pub fn ack_wait(mut self, wait: Duration) -> Self {
        self.ack_wait = wait;
        self
    }
}

/// Returns every case, in the order of the promises.
pub fn cases() -> Vec<Case> {
    cases::all()
}

/// Makes a trial of every case of bus and state store, each with a new harness.
pub fn trials<H: BusHarness>(
    kind: &str,
    make: impl Fn() -> H + Clone + Send + 'static,
) -> Vec<Trial> {
    let capabilities = make().capabilities();
    let cases = cases().into_iter().chain(crate::store::cases());
    cases
        .map(|case| trial(kind, case, capabilities, make.clone()))
        .collect()
}

/// Makes a trial of every case of some promises, such as `BUS-01`; `STORE` stands for all of the store.
///
/// # Panics
/// When a promise has no case.
pub fn trials_of<H: BusHarness>(
    kind: &str,
    promises: &[&str],
    make: impl Fn() -> H + Clone + Send + 'static,
) -> Vec<Trial> {
    let all = trials(kind, make);
    for promise in promises {
        let has_case = all.iter().any(|trial| trial.name().starts_with(promise));
        assert!(has_case, "no case is about {promise}");
    }
    let is_chosen = |trial: &Trial| promises.iter().any(|it| trial.name().starts_with(it));
    all.into_iter().filter(is_chosen).collect()
}

fn trial<H: BusHarness>(
    kind: &str,
    case: Case,
    capabilities: BusCapabilities,
    make: impl Fn() -> H + Send + 'static,
) -> Trial {
    let reason = case.unmet(capabilities);
    let kind = reason.map_or(kind.to_owned(), |reason| format!("{kind}: {reason}"));
    Trial::test(case.title(), move || Ok(case.run(make())?))
        .with_kind(kind)
        .with_ignored_flag(reason.is_some())
}

/// Runs trials as the arguments of the process ask for.
pub fn run(trials: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Writes the `main` of a test binary that judges a bus and its state store.
///
/// It takes a name for the reports and what makes a harness.
///
/// ```no_run
/// use argo_events_core::{BusCapabilities, EventBus, Result};
/// use argo_events_testkit::bus::{BusHarness, bus_conformance};
/// use std::sync::Arc;
/// # fn my_bus() -> Arc<dyn EventBus> { unimplemented!() }
///
/// struct Mine;
///
/// #[async_trait::async_trait]
/// impl BusHarness for Mine {
///     fn capabilities(&self) -> BusCapabilities {
///         my_bus().capabilities()
///     }
///     async fn open(&self) -> Result<Arc<dyn EventBus>> {
///         Ok(my_bus())
///     }
/// }
///
/// bus_conformance!("mine", || Mine);
/// ```
#[macro_export]
macro_rules! bus_conformance {
    ($name:expr, $make:expr) => {
        fn main() -> ::std::process::ExitCode {
            $crate::bus::run($crate::bus::trials($name, $make))
        }
    };
}

pub use bus_conformance;
