//! A trigger as the resolvers of a lane need it: which dependencies, which resolver, what it means.
//!
//! The meaning is what must not have changed for recorded state to be kept over a change of the
//! manifest. Blanks, redundant parentheses, limits and everything about the action are no part of it.

use super::{Join, JoinSettings, LatestWins};
use argo_events_core::{
    DependencyResolver, FieldPath, Problems,
    api::{self, JoinKey},
    resolver::Shape,
};
use argo_events_expr::condition::{Condition, Tree};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// A trigger that resolves.
#[derive(Debug)]
pub struct TriggerPlan {
    /// Names of sensor, trigger and the dependencies of the condition.
    pub shape: Arc<Shape>,
    /// For each dependency of the shape, its index in the sensor's list.
    pub dependencies: Vec<usize>,
    /// Decides when the trigger fires.
    pub resolver: Box<dyn DependencyResolver>,
    /// What recorded state is compared by.
    pub meaning: Meaning,
}

impl TriggerPlan {
    /// Plans a trigger: a join if the manifest asks for one or counts events, else the latest win.
    ///
    /// `dependencies` is the sensor's list, `path` the trigger's template.
    pub fn compile(
        shape: &Arc<Shape>,
        condition: &Condition,
        dependencies: &[api::Dependency],
        template: &api::TriggerTemplate,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Option<Self> {
        let named: Vec<_> = condition
            .dependencies()
            .iter()
            .map(|at| &dependencies[*at])
            .collect();
        let counts = named
            .iter()
            .any(|dependency| dependency.at_least.is_some_and(|least| least > 1));
        let join = template.join.as_ref();
        let resolver: Box<dyn DependencyResolver> = if counts || join.is_some() {
            let join = join.cloned().unwrap_or_default();
            let settings = JoinSettings::compile(&join, &named, &path.field("join"), problems)?;
            Box::new(Join::new(Arc::clone(shape), condition.clone(), settings))
        } else {
            Box::new(LatestWins::new(Arc::clone(shape), condition.clone()))
        };
        Some(Self {
            shape: Arc::clone(shape),
            dependencies: condition.dependencies().to_vec(),
            resolver,
            meaning: Meaning::of(condition, join, &named),
        })
    }
}

/// What recorded state is compared by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// Condition and key: if it changed, nothing that waits can be kept.
    pub trigger: u64,
    /// Source, event, filters and transform of each dependency: if one changed, its events go.
    pub dependencies: Vec<u64>,
}

impl Meaning {
    /// Returns the meaning of a trigger with these dependencies, in the order of its shape.
    pub fn of(condition: &Condition, join: Option<&api::Join>, named: &[&api::Dependency]) -> Self {
        let mut hash = Sha256::new();
        let mut spelled = Vec::new();
        spell(condition.tree(), &mut spelled);
        hash.update(spelled);
        let counts = named
            .iter()
            .any(|dependency| dependency.at_least.is_some_and(|least| least > 1));
        hash.update([u8::from(counts || join.is_some())]);
        if let Some(key) = join.and_then(|join| join.key.as_ref()) {
            for dependency in named {
                hash.update(path_of(key, &dependency.name).unwrap_or_default());
                hash.update([0]);
            }
        }
        let dependencies = named
            .iter()
            .map(|dependency| Self::of_dependency(dependency))
            .collect();
        Self {
            trigger: short(hash),
            dependencies,
        }
    }

    fn of_dependency(dependency: &api::Dependency) -> u64 {
        let unnamed = api::Dependency {
            name: String::new(),
            at_least: None,
            ..dependency.clone()
        };
        let json = serde_json::to_vec(&unnamed).expect("a dependency has text keys only");
        short(Sha256::new_with_prefix(json))
    }
}

/// Returns the path of the key in events of a dependency.
pub(crate) fn path_of<'a>(key: &'a JoinKey, dependency: &str) -> Option<&'a str> {
    match key {
        JoinKey::All(path) => Some(path),
        JoinKey::Each(paths) => paths.get(dependency).map(String::as_str),
    }
}

/// Spells a tree so that what means the same is spelled the same, order aside.
fn spell(tree: &Tree, out: &mut Vec<u8>) {
    let (parts, mark) = match tree {
        Tree::Dependency(place) => {
            out.push(b'.');
            return out.extend(place.to_le_bytes());
        }
        Tree::All(parts) | Tree::Any(parts) if parts.len() == 1 => return spell(&parts[0], out),
        Tree::All(parts) => (parts, b'&'),
        Tree::Any(parts) => (parts, b'|'),
    };
    out.push(mark);
    spell_parts(parts, mark, out);
    out.push(b';');
}

fn spell_parts(parts: &[Tree], mark: u8, out: &mut Vec<u8>) {
    for part in parts {
        match part {
            Tree::All(inner) if mark == b'&' => spell_parts(inner, mark, out),
            Tree::Any(inner) if mark == b'|' => spell_parts(inner, mark, out),
            other => spell(other, out),
        }
    }
}

fn short(hash: Sha256) -> u64 {
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &str, event_name: &str) -> api::Dependency {
        api::Dependency {
            name: name.to_owned(),
            event_source_name: "shop".to_owned(),
            event_name: event_name.to_owned(),
            ..api::Dependency::default()
        }
    }

    fn meaning(condition: &str, join: Option<&api::Join>) -> Meaning {
        let dependencies = [
            dependency("a", "one"),
            dependency("b", "two"),
            dependency("c", "three"),
        ];
        let condition = Condition::parse(condition, &["a", "b", "c"]).unwrap();
        let named: Vec<_> = condition
            .dependencies()
            .iter()
            .map(|at| &dependencies[*at])
            .collect();
        Meaning::of(&condition, join, &named)
    }

    #[test]
    fn blanks_and_parentheses_are_no_change() {
        let plain = meaning("a && b && c || a", None);
        assert_eq!(meaning("( (a&&b)  && (c) )||a", None), plain);
        assert_ne!(meaning("a && (b && c || a)", None), plain);
        assert_ne!(meaning("a || b && c", None), plain);
    }

    #[test]
    fn the_key_is_part_of_the_meaning_and_limits_are_not() {
        let key = |path: &str| api::Join {
            key: Some(JoinKey::All(path.to_owned())),
            ..api::Join::default()
        };
        let each = JoinKey::Each(
            [("a", "x"), ("b", "x")]
                .map(|(name, path)| (name.to_owned(), path.to_owned()))
                .into(),
        );
        let limited = api::Join {
            max_keys: Some(7),
            ..key("x")
        };
        let each = api::Join {
            key: Some(each),
            ..api::Join::default()
        };
        let plain = meaning("a && b", Some(&key("x")));
        assert_eq!(meaning("a && b", Some(&limited)), plain);
        assert_eq!(meaning("a && b", Some(&each)), plain);
        assert_ne!(meaning("a && b", Some(&key("y"))), plain);
        assert_ne!(meaning("a && b", None), plain);
    }

    #[test]
    fn a_renamed_source_changes_its_dependency_alone() {
        let condition = Condition::parse("a && b", &["a", "b"]).unwrap();
        let (a, b, other) = (
            dependency("a", "one"),
            dependency("b", "two"),
            dependency("b", "2"),
        );
        let before = Meaning::of(&condition, None, &[&a, &b]);
        let after = Meaning::of(&condition, None, &[&a, &other]);
        assert_eq!(before.trigger, after.trigger);
        assert_eq!(before.dependencies[0], after.dependencies[0]);
        assert_ne!(before.dependencies[1], after.dependencies[1]);
    }
}
