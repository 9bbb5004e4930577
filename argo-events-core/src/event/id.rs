//! Ids as the reference makes them: random UUIDs without dashes.

use std::cell::RefCell;
use uuid::Builder;

const LENGTH: usize = 16;
/// Ids made of one call for random bytes; a call for each would cost more than the rest of an event.
const AT_ONCE: usize = 256;

struct Pool {
    bytes: [u8; LENGTH * AT_ONCE],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> =
        const { RefCell::new(Pool { bytes: [0; LENGTH * AT_ONCE], used: LENGTH * AT_ONCE }) };
}

impl Pool {
    fn take(&mut self) -> [u8; LENGTH] {
        if self.used == self.bytes.len() {
            getrandom::fill(&mut self.bytes).expect("the system has random bytes");
            self.used = 0;
        }
        let mut taken = [0; LENGTH];
        taken.copy_from_slice(&self.bytes[self.used..self.used + LENGTH]);
        self.used += LENGTH;
        taken
    }
}

/// Makes an id the way the reference does: a random UUID as 32 hexadecimal digits.
///
/// ```
/// assert_eq!(argo_events_core::event::random_id().len(), 32);
/// ```
pub fn random_id() -> String {
    let bytes = POOL.with_borrow_mut(Pool::take);
    Builder::from_random_bytes(bytes)
        .into_uuid()
        .simple()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_do_not_repeat_over_many_pools() {
        let ids: BTreeSet<_> = (0..AT_ONCE * 5).map(|_| random_id()).collect();
        assert_eq!(ids.len(), AT_ONCE * 5);
    }

    #[test]
    fn an_id_is_a_version_4_uuid_without_dashes() {
        let id = random_id();
        assert!(
            id.chars()
                .all(|digit| matches!(digit, '0'..='9' | 'a'..='f'))
        );
        assert_eq!(&id[12..13], "4");
    }
}
