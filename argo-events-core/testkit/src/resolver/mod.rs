//! Says whether a [`DependencyResolver`] keeps the promises `RES-01` to `RES-12`.
//!
//! A crate with a resolver of its own implements [`ResolverHarness`] and either calls [`check`] in an
//! ordinary test or hands [`trials`] to [`bus::run`](crate::bus::run). A case that the
//! harness does not support is reported as ignored, never as passed. [`BrokenResolver`] shows that
//! the cases notice.

mod broken;
mod cases;
mod script;

pub use broken::{Breach, BrokenResolver};
pub use script::Script;

use argo_events_core::{DependencyResolver, api::Join, resolver::Shape};
use libtest_mimic::Trial;
use std::{fmt, sync::Arc};

/// Makes resolvers of the kind under test.
///
/// ```no_run
/// use argo_events_core::DependencyResolver;
/// use argo_events_testkit::resolver::{ResolverHarness, Setup, check};
/// # fn my_resolver(_: &Setup) -> Box<dyn DependencyResolver> { unimplemented!() }
///
/// struct Mine;
///
/// impl ResolverHarness for Mine {
///     fn resolver(&self, setup: &Setup) -> Option<Box<dyn DependencyResolver>> {
///         // This one knows neither keys nor counts.
///         let plain = setup.join.is_none() && setup.at_least.iter().all(|least| *least == 1);
///         plain.then(|| my_resolver(setup))
///     }
/// }
///
/// print!("{}", check(&Mine));
/// ```
pub trait ResolverHarness {
    /// Makes a resolver in which nothing waits; `None` if this kind does not do what is asked for.
    ///
    /// Two resolvers of the same setup must be able to read each other's records.
    fn resolver(&self, setup: &Setup) -> Option<Box<dyn DependencyResolver>>;
}

/// What a case wants a resolver for.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Names of sensor, trigger and dependencies.
    pub shape: Arc<Shape>,
    /// The condition over the dependencies of the shape.
    pub condition: &'static str,
    /// How many events each dependency needs.
    pub at_least: Vec<u32>,
    /// Keys and windows, if the case is about them.
    pub join: Option<Join>,
}

impl Setup {
    /// Asks for a condition over dependencies in the order of their first use.
    pub fn new(condition: &'static str, dependencies: &[&str]) -> Self {
        let shape = Arc::new(Shape {
            sensor: "sensor".to_owned(),
            trigger: "trigger".to_owned(),
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
        });
        Self {
            at_least: vec![1; dependencies.len()],
            shape,
            condition,
            join: None,
        }
    }

    /// Asks for a join.
    #[must_use]
    pub fn join(mut self, join: Join) -> Self {
        self.join = Some(join);
        self
    }

    /// Asks for several events of the first dependency.
    #[must_use]
    pub fn at_least(mut self, least: u32) -> Self {
        self.at_least[0] = least;
        self
    }
}

/// One promise under test.
#[derive(Clone, Copy)]
pub struct Case {
    /// The promise, such as `RES-01`.
    pub id: &'static str,
    /// What is promised.
    pub name: &'static str,
    setup: fn() -> Setup,
    run: fn(&mut Script<'_>),
}

impl Case {
    /// Returns the name under which the case is reported.
    pub fn title(&self) -> String {
        format!("{} {}", self.id, self.name)
    }

    /// Tells whether a harness makes what the case needs.
    pub fn is_supported(&self, harness: &dyn ResolverHarness) -> bool {
        harness.resolver(&(self.setup)()).is_some()
    }

    /// Runs the case.
    ///
    /// # Panics
    /// When the promise is broken; the message says what was expected. Also when it is not
    /// supported.
    pub fn run(&self, harness: &dyn ResolverHarness) {
        (self.run)(&mut Script::new(harness, (self.setup)()));
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.title())
    }
}

/// Returns every case, in the order of the promises.
pub fn cases() -> &'static [Case] {
    cases::ALL
}

/// Makes a trial of each case, for a test binary with `harness = false`.
pub fn trials<H: ResolverHarness + Clone + Send + 'static>(harness: &H) -> Vec<Trial> {
    let trial = |case: &'static Case| {
        let supported = case.is_supported(harness);
        let harness = harness.clone();
        let run = move || {
            case.run(&harness);
            Ok(())
        };
        Trial::test(case.title(), run)
            .with_kind("resolver")
            .with_ignored_flag(!supported)
    };
    cases().iter().map(trial).collect()
}

/// Runs every case that is supported and returns a line for each.
///
/// # Panics
/// At the first broken promise.
pub fn check(harness: &dyn ResolverHarness) -> String {
    let mut report = String::new();
    for case in cases() {
        let supported = case.is_supported(harness);
        if supported {
            case.run(harness);
        }
        let outcome = if supported {
            "ok"
        } else {
            "ignored: not supported"
        };
        report += &format!("{} ... {outcome}\n", case.title());
    }
    report
}
