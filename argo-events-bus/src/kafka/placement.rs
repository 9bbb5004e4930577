//! Which partition an event goes to.

use super::config::Partitioning;
use rdkafka::producer::Partitioner;
use std::sync::atomic::{AtomicU64, Ordering};

/// Chooses partitions as the reference does under the same name.
#[derive(Debug)]
pub(super) struct Placement {
    partitioning: Partitioning,
    turn: AtomicU64,
}

impl Placement {
    /// Makes a placement; `seed` spreads what several processes choose.
    pub(super) fn new(partitioning: Partitioning, seed: u64) -> Self {
        let turn = AtomicU64::new(seed);
        Self { partitioning, turn }
    }

    fn next(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    /// Chooses among those that have a leader, or among all if none has.
    fn any(&self, count: i32, is_available: impl Fn(i32) -> bool) -> i32 {
        let number = match self.partitioning {
            Partitioning::Random => mixed(self.next()),
            _ => self.next(),
        };
        let first = (number % u64::from(count.unsigned_abs())) as i32;
        (0..count)
            .map(|step| (first + step) % count)
            .find(|partition| is_available(*partition))
            .unwrap_or(first)
    }
}

impl Partitioner for Placement {
    fn partition(
        &self,
        _: &str,
        key: Option<&[u8]>,
        count: i32,
        is_available: impl Fn(i32) -> bool,
    ) -> i32 {
        match self.partitioning {
            _ if count <= 1 => 0,
            Partitioning::Manual => 0,
            Partitioning::Hash => hashed(key.unwrap_or_default(), count),
            Partitioning::Random | Partitioning::RoundRobin => self.any(count, is_available),
        }
    }
}

/// FNV-1a of the key; its sign goes after the division, as in the reference's client.
fn hashed(key: &[u8], count: i32) -> i32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(16_777_619);
    let hash = key.iter().fold(2_166_136_261, step);
    (hash.cast_signed() % count).abs()
}

/// Mixes the bits of a number (splitmix64).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(partitioning: Partitioning, count: i32, available: fn(i32) -> bool) -> Vec<i32> {
        let placement = Placement::new(partitioning, 7);
        let choose = |_| placement.partition("topic", Some(b"shop.paid"), count, available);
        (0..600).map(choose).collect()
    }

    #[test]
    fn random_and_round_robin_use_every_partition_alike() {
        for partitioning in [Partitioning::Random, Partitioning::RoundRobin] {
            let choices = choices(partitioning, 6, |_| true);
            for partition in 0..6 {
                let times = choices.iter().filter(|it| **it == partition).count();
                assert!((60..=140).contains(&times), "{partitioning:?}: {times}");
            }
        }
    }

    #[test]
    fn partitions_without_a_leader_are_passed_over() {
        for partitioning in [Partitioning::Random, Partitioning::RoundRobin] {
            let choices = choices(partitioning, 6, |partition| partition == 4);
            assert!(choices.iter().all(|it| *it == 4), "{partitioning:?}");
        }
    }

    #[test]
    fn a_key_stays_in_its_partition() {
        let found = choices(Partitioning::Hash, 6, |_| true);
        assert!(found.iter().all(|it| *it == found[0]));
        assert!(
            choices(Partitioning::Manual, 6, |_| true)
                .iter()
                .all(|it| *it == 0)
        );
    }

    #[test]
    fn the_hash_is_fnv_1a_with_the_sign_taken_off_last() {
        // 0xe40c292c of "a" is negative as a signed number.
        assert_eq!(
            hashed(b"a", 1000),
            (0xe40c_292c_u32.cast_signed() % 1000).abs()
        );
        assert_eq!(hashed(b"", 7), (0x811c_9dc5_u32.cast_signed() % 7).abs());
    }
}
