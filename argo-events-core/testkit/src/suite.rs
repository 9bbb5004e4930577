//! What the suites of [sources](crate::source) and [triggers](crate::trigger) share: a case, what it
//! needs of its world, and how it is run and reported.

use crate::bus::{Broken, Outcome, Pace};
use futures::future::BoxFuture;
use libtest_mimic::Trial;
use std::{fmt, sync::Arc, time::Duration};

/// What a case does its work with: a harness, and what every case of a suite needs around it.
pub trait World: Send + Sync + 'static {
    /// Something that not every harness has.
    type Need: Copy + Send + Sync + 'static;

    /// Returns why the harness does not have it; `None` if it does.
    fn lacks(&self, need: Self::Need) -> Option<&'static str>;

    /// Returns how the cases deal with time.
    fn pace(&self) -> Pace;
}

/// Does the work of a case.
pub(crate) type Run<W> = fn(Arc<W>) -> BoxFuture<'static, Outcome>;

/// One promise under test.
pub struct Case<W: World> {
    /// The promise, such as `SRC-01`.
    pub id: &'static str,
    /// What is promised.
    pub name: &'static str,
    pub(crate) needs: &'static [W::Need],
    pub(crate) run: Run<W>,
}

impl<W: World> Case<W> {
    /// Returns the name under which the case is reported.
    pub fn title(&self) -> String {
        format!("{} {}", self.id, self.name)
    }

    /// Returns why the case cannot run in a world; `None` if it can.
    pub fn unmet(&self, world: &W) -> Option<&'static str> {
        self.needs.iter().find_map(|need| world.lacks(*need))
    }

    /// Runs the case in a runtime of its own.
    ///
    /// # Errors
    /// How the promise was broken, or why the case cannot run.
    ///
    /// # Panics
    /// When no runtime can be made, and when the harness panics.
    pub fn run(&self, world: W) -> Outcome {
        if let Some(reason) = self.unmet(&world) {
            return Err(Broken(format!("cannot run: {reason}")));
        }
        let pace = world.pace();
        let run = (self.run)(Arc::new(world));
        runtime(pace).block_on(within(pace.patience * 6, run))
    }
}

impl<W: World> fmt::Debug for Case<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.title())
    }
}

fn runtime(pace: Pace) -> tokio::runtime::Runtime {
    let mut builder = if pace.paused {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let builder = builder.enable_all().start_paused(pace.paused);
    builder.build().expect("a runtime can be made")
}

async fn within(limit: Duration, run: BoxFuture<'static, Outcome>) -> Outcome {
    let ended = tokio::time::timeout(limit, run).await;
    ended.unwrap_or_else(|_| Err(Broken("the case did not end: a call hangs".to_owned())))
}

/// Makes a trial of every case, each with a world of its own.
pub(crate) fn trials<W: World>(
    kind: &str,
    cases: Vec<Case<W>>,
    make: impl Fn() -> W + Clone + Send + 'static,
) -> Vec<Trial> {
    let sample = make();
    let trial = |case: Case<W>| {
        let reason = case.unmet(&sample);
        let kind = reason.map_or(kind.to_owned(), |reason| format!("{kind}: {reason}"));
        let make = make.clone();
        Trial::test(case.title(), move || Ok(case.run(make())?))
            .with_kind(kind)
            .with_ignored_flag(reason.is_some())
    };
    cases.into_iter().map(trial).collect()
}

/// Returns how long something wrong is given to show itself.
pub(crate) fn settling(pace: Pace) -> Duration {
    if pace.paused {
        pace.patience / 20
    } else {
        Duration::from_millis(50)
    }
}

/// Sleeps for a time in which this machine is at work: what it stands still in between, because others keep it
/// busy, is hardly counted. For bounds of what must happen soon.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use argo_events_testkit::suite::at_work;
/// use std::time::Duration;
///
/// let answer = async { "soon" };
/// tokio::select! {
///     answer = answer => assert_eq!(answer, "soon"),
///     () = at_work(Duration::from_millis(500)) => panic!("too late"),
/// }
/// # });
/// ```
pub async fn at_work(time: Duration) {
    const STEP: Duration = Duration::from_millis(10);
    let mut left = time;
    while !left.is_zero() {
        let step = left.min(STEP);
        tokio::time::sleep(step).await;
        left -= step;
    }
}

/// Lists cases: id, name, needs, function.
macro_rules! list {
    ($need:ident: $($id:literal $name:literal [$($needs:ident),*] $run:path;)*) => {
        vec![$($crate::suite::Case {
            id: $id,
            name: $name,
            needs: &[$($need::$needs),*],
            run: |world| Box::pin(async move { $run(&world).await }),
        }),*]
    };
}

pub(crate) use list;
