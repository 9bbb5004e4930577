//! Patches that carry what differs, and nothing else.

use serde_json::{Map, Value, json};

/// Returns the patch (RFC 7396) that makes one value of another; `None` if they are the same.
pub(super) fn difference(from: &Value, to: &Value) -> Option<Value> {
    if from == to {
        return None;
    }
    let (Value::Object(from), Value::Object(to)) = (from, to) else {
        return Some(to.clone());
    };
    let mut patch = Map::new();
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, value) in to {
        // A null would remove what is not there.
        let change = match from.get(key) {
            Some(before) => difference(before, value),
            None if value.is_null() => None,
            None => Some(value.clone()),
        };
        if let Some(change) = change {
            patch.insert(key.clone(), change);
        }
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// Returns the patch that makes an object's status another; `None` if it is so already.
///
/// It applies to the version of the object that is given, and to no later one.
pub(super) fn status(object: &Value, wanted: &Value) -> Option<Value> {
    let difference = difference(&object["status"], wanted)?;
    Some(json!({
        "metadata": { "resourceVersion": object["metadata"]["resourceVersion"] },
        "status": difference,
    }))
}

/// Returns the patch that gives the version given of an object a finalizer, or takes it away.
pub(super) fn finalizer(object: &Value, name: &str, is_wanted: bool) -> Value {
    let mut finalizers = object["metadata"]["finalizers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    finalizers.retain(|one| one != name);
    if is_wanted {
        finalizers.push(json!(name));
    }
    json!({
        "metadata": {
            "resourceVersion": object["metadata"]["resourceVersion"],
            "finalizers": finalizers,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 7396, as it stands there.
    fn apply(target: Value, patch: &Value) -> Value {
        let Value::Object(patch) = patch else {
            return patch.clone();
        };
        let mut target = match target {
            Value::Object(target) => target,
            _ => Map::new(),
        };
        for (key, value) in patch {
            if value.is_null() {
                target.remove(key);
            } else {
                let before = target.remove(key).unwrap_or(Value::Null);
                target.insert(key.clone(), apply(before, value));
            }
        }
        Value::Object(target)
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..3).prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::hash_map("[a-c]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_difference_makes_one_of_the_other(from in values(), to in values()) {
            let made = match difference(&from, &to) {
                Some(patch) => apply(from, &patch),
                None => from,
            };
            prop_assert_eq!(made, to);
        }
    }

    #[test]
    fn a_status_is_written_against_the_version_it_was_made_from() {
        let object = json!({
            "metadata": { "resourceVersion": "7" },
            "status": { "config": { "kafka": {} }, "conditions": [1] },
        });
        let wanted = json!({ "config": { "jetstream": {} }, "conditions": [1] });
        assert_eq!(
            status(&object, &wanted).unwrap(),
            json!({
                "metadata": { "resourceVersion": "7" },
                "status": { "config": { "kafka": null, "jetstream": {} } },
            })
        );
        assert_eq!(status(&object, &object["status"]), None);
    }

    #[test]
    fn finalizers_of_others_stay() {
        let object = json!({ "metadata": { "finalizers": ["theirs", "ours"] } });
        let removed = finalizer(&object, "ours", false);
        assert_eq!(removed["metadata"]["finalizers"], json!(["theirs"]));
        let added = finalizer(&removed, "ours", true);
        assert_eq!(added["metadata"]["finalizers"], json!(["theirs", "ours"]));
    }
}
