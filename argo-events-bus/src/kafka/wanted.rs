//! Which records a subscription wants: told by the key where there is one, without decoding.

use argo_events_core::{Event, Subject};
use std::collections::HashMap;

/// Which records a subscription wants.
#[derive(Debug)]
pub(super) struct Wanted(HashMap<Vec<u8>, Vec<Subject>>);

impl Wanted {
    /// Makes a filter of what a subscription asks for.
    pub(super) fn new(subjects: Vec<Subject>) -> Self {
        let mut by_key: HashMap<_, Vec<_>> = HashMap::new();
        for subject in subjects {
            let key = key(&subject.source, &subject.event).into_bytes();
            by_key.entry(key).or_default().push(subject);
        }
        Self(by_key)
    }

    /// Tells whether a record may be wanted; without a key only its event tells.
    pub(super) fn may_want(&self, key: Option<&[u8]>) -> bool {
        match key {
            None | Some([]) => true,
            Some(key) => self.0.contains_key(key),
        }
    }

    /// Tells whether the event of a record with this key is wanted.
    pub(super) fn wants(&self, record: Option<&[u8]>, event: &Event) -> bool {
        let has = |key: &[u8]| {
            self.0
                .get(key)
                .is_some_and(|subjects| holds(subjects, event))
        };
        // Any producer may write to the topic, under keys that are not the event's.
        record.is_some_and(has) || has(key(event.source(), event.subject()).as_bytes())
    }
}

fn holds(subjects: &[Subject], event: &Event) -> bool {
    let mut subjects = subjects.iter();
    subjects.any(|it| it.source == event.source() && it.event == event.subject())
}

/// Returns the key of an event's record, as the reference writes it.
pub(super) fn key(source: &str, event: &str) -> String {
    format!("{source}.{event}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted::new(vec![Subject::new("a.b", "c"), Subject::new("shop", "paid")])
    }

    #[test]
    fn a_key_of_others_is_told_without_their_event() {
        assert!(!wanted().may_want(Some(b"shop.shipped")));
        for key in [None, Some(&b""[..]), Some(b"shop.paid"), Some(b"a.b.c")] {
            assert!(wanted().may_want(key), "{key:?}");
        }
    }

    #[test]
    fn keys_that_read_alike_are_told_apart_by_their_events() {
        let event = |source: &str, subject: &str| Event::builder("1", source, subject).build();
        for key in [None, Some(&b"a.b.c"[..]), Some(b"shop.paid")] {
            assert!(wanted().wants(key, &event("a.b", "c")));
            assert!(!wanted().wants(key, &event("a", "b.c")));
        }
    }
}
