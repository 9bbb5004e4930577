//! A strict rate limit: attempts are evenly spaced, and idle time earns nothing.

use argo_events_core::api::RateLimit;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Spaces attempts evenly.
///
/// ```
/// use argo_events_core::api::RateLimit;
/// use argo_events_sensor::policy::RateLimiter;
/// use std::time::Duration;
///
/// let limit = RateLimit { unit: "Minute".into(), requests_per_unit: 30 };
/// assert_eq!(RateLimiter::new(&limit).unwrap().interval(), Duration::from_secs(2));
/// ```
#[derive(Debug)]
pub struct RateLimiter {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl RateLimiter {
    /// Makes a limiter; `None` for a limit that is not positive, which the reference does not apply.
    pub fn new(limit: &RateLimit) -> Option<Self> {
        let per_unit = u32::try_from(limit.requests_per_unit)
            .ok()
            .filter(|&count| count > 0)?;
        let unit = match limit.unit.as_str() {
            "Minute" => Duration::from_secs(60),
            "Hour" => Duration::from_secs(3600),
            // The reference takes every other word for seconds.
            _ => Duration::from_secs(1),
        };
        Some(Self {
            interval: unit / per_unit,
            next: Mutex::new(None),
        })
    }

    /// Returns the time between attempts.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Waits for the next free place; returns whether it had to.
    ///
    /// # Cancel safety
    /// A dropped future gives up its place, which stays unused.
    pub async fn acquire(&self) -> bool {
        let now = Instant::now();
        let place = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let place = next.map_or(now, |next| next.max(now));
            *next = Some(place + self.interval);
            place
        };
        tokio::time::sleep_until(place).await;
        place > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn five_a_second() -> RateLimiter {
        let limit = RateLimit {
            unit: "Second".into(),
            requests_per_unit: 5,
        };
        RateLimiter::new(&limit).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_are_evenly_spaced() {
        let (limiter, began) = (five_a_second(), Instant::now());
        for _ in 0..3 {
            limiter.acquire().await;
        }
        assert_eq!(began.elapsed(), Duration::from_millis(400));
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_earns_no_credit() {
        let limiter = five_a_second();
        limiter.acquire().await;
        tokio::time::advance(Duration::from_secs(60)).await;
        let began = Instant::now();
        for _ in 0..3 {
            limiter.acquire().await;
        }
        assert_eq!(began.elapsed(), Duration::from_millis(400));
    }

    #[test]
    fn a_unit_is_a_second_a_minute_or_an_hour() {
        for (unit, seconds) in [("", 1), ("Second", 1), ("Minute", 60), ("Hour", 3600)] {
            let limit = RateLimit {
                unit: unit.into(),
                requests_per_unit: 2,
            };
            let interval = RateLimiter::new(&limit).unwrap().interval();
            assert_eq!(interval * 2, Duration::from_secs(seconds), "{unit}");
        }
    }

    #[test]
    fn a_limit_that_is_not_positive_does_not_limit() {
        for count in [0, -1, i32::MIN] {
            let limit = RateLimit {
                unit: String::new(),
                requests_per_unit: count,
            };
            assert!(RateLimiter::new(&limit).is_none());
        }
    }
}
