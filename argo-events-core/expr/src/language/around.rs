//! The world as functions of templates and expressions ask for it.

use super::World;
use crate::{gotime::Time, govalue::Host};
use std::{fmt, time::SystemTime};

/// A host that asks the world.
pub(super) struct Around(pub(super) &'static dyn World);

impl fmt::Debug for Around {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Around")
    }
}

impl Host for Around {
    fn now(&self) -> Option<Time> {
        let since = self.0.now()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let seconds = i64::try_from(since.as_secs()).ok()?;
        Some(Time::unix(seconds, since.subsec_nanos().into()))
    }

    fn random(&self) -> Option<u64> {
        self.0.random()
    }
}
