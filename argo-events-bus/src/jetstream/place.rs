//! What the server says of a message, in the subject on which it wants to hear of it.

use argo_events_core::Timestamp;

/// What a reply subject says of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) attempt: u32,
    pub(super) sequence: u64,
    /// Counts the deliveries of the consumer.
    pub(super) delivery: u64,
    pub(super) arrived_at: Timestamp,
}

impl Place {
    /// Reads `$JS.ACK.<stream>.<consumer>.<attempt>.<sequence>.<delivery>.<time>.<pending>`, which
    /// may have domain and account before the stream and more behind the end.
    pub(super) fn read(reply: &str) -> Option<Self> {
        let mut tokens = reply.split('.').skip(before(reply)?);
        Some(Self {
            attempt: tokens.next()?.parse().ok()?,
            sequence: tokens.next()?.parse().ok()?,
            delivery: tokens.next()?.parse().ok()?,
            arrived_at: Timestamp::from_nanos(tokens.next()?.parse().ok()?),
        })
    }
}

/// Returns how many parts come before the attempt.
fn before(reply: &str) -> Option<usize> {
    match reply.bytes().filter(|byte| *byte == b'.').count() + 1 {
        9 => Some(4),
        11.. => Some(6),
        _ => None,
    }
}

/// Returns the name of the consumer that a message came from.
pub(super) fn consumer_of(reply: &str) -> Option<&str> {
    reply.split('.').nth(before(reply)? - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_subjects_of_both_forms_are_read() {
        let place = Place {
            attempt: 2,
            sequence: 17,
            delivery: 19,
            arrived_at: Timestamp::from_nanos(1_700_000_000_000_000_001),
        };
        let rest = "default.group.2.17.19.1700000000000000001.5";
        assert_eq!(Place::read(&format!("$JS.ACK.{rest}")), Some(place));
        assert_eq!(
            Place::read(&format!("$JS.ACK.hub.account.{rest}")),
            Some(place)
        );
        assert_eq!(
            Place::read(&format!("$JS.ACK.hub.account.{rest}.token")),
            Some(place)
        );
        assert_eq!(Place::read("_INBOX.a.b"), None);
        for name in ["$JS.ACK.", "$JS.ACK.hub.account."].map(|begin| format!("{begin}{rest}")) {
            assert_eq!(consumer_of(&name), Some("group"));
        }
    }
}
