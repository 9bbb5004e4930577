//! What may differ from run to run of one script.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::SystemTime,
};

/// How a run goes: who may stop it, what time it is, and where its random numbers start.
///
/// ```
/// use argo_events_expr::lua::{Script, Settings};
/// use std::time::{Duration, SystemTime};
/// let script = Script::compile("return {day = os.date('%F')}")?;
/// let settings = Settings::default().now(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
/// let made = script.transform_with(b"{}", &settings);
/// assert_eq!(made, Ok(br#"{"day":"1970-01-02"}"#.to_vec()));
/// # Ok::<(), argo_events_expr::lua::CompileError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Settings {
    /// Ends the run soon after it is set.
    pub cancelled: Option<Arc<AtomicBool>>,
    /// The time at which the run starts, from where `os.time` and `os.date` go on; by default the
    /// machine's.
    pub now: Option<SystemTime>,
    /// Where random numbers start until the script calls `math.randomseed`; by default each run
    /// has others.
    pub seed: Option<u64>,
}

impl Settings {
    /// Lets the run be ended from outside.
    #[must_use]
    pub fn cancelled(mut self, cancelled: Arc<AtomicBool>) -> Self {
        self.cancelled = Some(cancelled);
        self
    }

    /// Says what time it is when the run starts.
    #[must_use]
    pub fn now(mut self, now: SystemTime) -> Self {
        self.now = Some(now);
        self
    }

    /// Says where random numbers start.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}
