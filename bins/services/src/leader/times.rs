//! The times of a lease, as the reference's environment states them.

use argo_events::core::leader::LeaseSettings;
use std::time::Duration;
use tracing::warn;

const LEASE: Duration = Duration::from_secs(5);
const DEADLINE: Duration = Duration::from_secs(2);
const RETRY: Duration = Duration::from_secs(1);
/// Part of the lease that is left when a holder stops, at least.
const MARGIN: u32 = 5;

/// Reads `LEADER_ELECTION_LEASE_DURATION`, `_RENEW_DEADLINE` and `_RETRY_PERIOD`; `read` takes such a
/// name and its default.
///
/// A holder renews once every retry period, and gives up when that failed for the renew deadline, but
/// never later than a margin before its lease ends. Times that do not fit together are told, and the
/// defaults used.
pub(crate) fn times(read: impl Fn(&str, Duration) -> Duration) -> LeaseSettings {
    let lease = read("LEADER_ELECTION_LEASE_DURATION", LEASE);
    let deadline = read("LEADER_ELECTION_RENEW_DEADLINE", DEADLINE);
    let retry = read("LEADER_ELECTION_RETRY_PERIOD", RETRY);
    // Less than a second cannot be written into a lease; the rest is what client-go asks for.
    let is_right =
        lease >= Duration::from_secs(1) && lease > deadline && deadline > retry.mul_f64(1.2);
    let asked = settings(lease, deadline, retry);
    if is_right && asked.validate().is_ok() {
        return asked;
    }
    warn!(
        ?lease,
        ?deadline,
        ?retry,
        "a lease must last longer than the renew deadline, and that longer than 1.2 retry periods; \
         the defaults are used"
    );
    settings(LEASE, DEADLINE, RETRY)
}

fn settings(lease: Duration, deadline: Duration, retry: Duration) -> LeaseSettings {
    LeaseSettings {
        lease,
        hold: (retry + deadline).min(lease - lease / MARGIN),
        renew: retry,
        poll: retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(lease: u64, deadline: u64, retry: u64) -> LeaseSettings {
        times(|name, _| {
            Duration::from_secs(match name {
                "LEADER_ELECTION_LEASE_DURATION" => lease,
                "LEADER_ELECTION_RENEW_DEADLINE" => deadline,
                _ => retry,
            })
        })
    }

    #[test]
    fn a_holder_stops_before_its_lease_ends_whatever_is_asked() {
        let usual = times(|_, default| default);
        assert_eq!((usual.lease.as_secs(), usual.hold.as_secs()), (5, 3));
        assert_eq!((usual.renew.as_secs(), usual.poll.as_secs()), (1, 1));
        let slow = seconds(15, 10, 2);
        assert_eq!((slow.lease.as_secs(), slow.hold.as_secs()), (15, 12));
        assert_eq!(seconds(10, 9, 2).hold.as_secs(), 8);
    }

    #[test]
    fn times_that_do_not_fit_together_leave_the_defaults() {
        let usual = times(|_, default| default);
        for (lease, deadline, retry) in [(2, 5, 1), (5, 2, 2), (0, 0, 0), (15, 15, 2)] {
            assert_eq!(seconds(lease, deadline, retry), usual);
        }
    }
}
