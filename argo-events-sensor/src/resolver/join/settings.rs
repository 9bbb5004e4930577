//! What a join was asked to do, checked and compiled.

use super::super::plan::path_of;
use crate::program;
use argo_events_core::{
    FieldPath, Problem, Problems,
    api::{self, JoinKeep, JoinKey, JoinOnExpire},
};
use argo_events_expr::{gjson::Path, language::Mistake};
use std::{num::NonZeroU32, time::Duration};

/// What a join does, with one entry per dependency of the trigger's shape where it says so.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JoinSettings {
    /// Path of the key in the events of each dependency; absent: all events have the same key.
    pub key: Option<Vec<Path>>,
    /// How long events of a key wait for each other; for ever if absent.
    pub within: Option<Duration>,
    /// Which events of a dependency are kept.
    pub keep: JoinKeep,
    /// What happens to events whose window ended.
    pub on_expire: JoinOnExpire,
    /// How many events each dependency needs.
    pub at_least: Vec<NonZeroU32>,
    /// Most keys that wait; beyond it the oldest gives way, as if its window had ended.
    pub max_keys: usize,
    /// Most events of a dependency that `keep: all` keeps under a key; beyond it the oldest is dropped.
    pub max_kept: usize,
    /// Most events that wait under all keys together; beyond it the oldest key gives way.
    pub max_events: usize,
}

impl JoinSettings {
    /// Default of [`Self::max_keys`].
    pub const MAX_KEYS: usize = 100_000;
    /// Default of [`Self::max_kept`].
    pub const MAX_KEPT: usize = 1_000;
    /// Default of [`Self::max_events`].
    pub const MAX_EVENTS: usize = 1_000_000;
    /// The most that `atLeast` may ask for: so many events are kept for the firing.
    pub const MAX_AT_LEAST: u32 = 10_000;

    /// Makes the settings of a join without key or window over so many dependencies.
    pub fn new(dependencies: usize) -> Self {
        Self {
            key: None,
            within: None,
            keep: JoinKeep::default(),
            on_expire: JoinOnExpire::default(),
            at_least: vec![NonZeroU32::MIN; dependencies],
            max_keys: Self::MAX_KEYS,
            max_kept: Self::MAX_KEPT,
            max_events: Self::MAX_EVENTS,
        }
    }

    /// Compiles what a manifest says; `path` is the place of `join`, `named` what the condition names.
    pub fn compile(
        join: &api::Join,
        named: &[&api::Dependency],
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut found = Problems::default();
        let settings = Self {
            key: join
                .key
                .as_ref()
                .map(|key| compile_key(key, named, &path.field("key"), &mut found)),
            within: join.within.map(|within| within.to_std()),
            keep: join.keep,
            on_expire: join.on_expire,
            at_least: named
                .iter()
                .map(|dependency| at_least(dependency))
                .collect(),
            max_keys: join.max_keys.map_or(Self::MAX_KEYS, |most| most as usize),
            ..Self::new(0)
        };
        if settings.within.is_some_and(|within| within.is_zero()) {
            let problem = Problem::error(path.field("within"), "must be longer than nothing");
            found.push(
                problem.help("write a duration such as \"1h\", or leave it out to wait for ever"),
            );
        }
        if settings.max_keys == 0 {
            found.error(path.field("maxKeys"), "must be at least 1");
        }
        let sound = !found.has_errors();
        problems.extend(found);
        sound.then_some(settings)
    }
}

/// Checks `atLeast` of a dependency of the sensor at `path`.
pub fn check_at_least(dependency: &api::Dependency, path: &FieldPath, problems: &mut Problems) {
    let Some(least) = dependency.at_least else {
        return;
    };
    if least == 0 || least > JoinSettings::MAX_AT_LEAST {
        let message = format!(
            "must lie between 1 and {}, not {least}",
            JoinSettings::MAX_AT_LEAST
        );
        problems.error(path.field("atLeast"), message);
    }
}

fn at_least(dependency: &api::Dependency) -> NonZeroU32 {
    let least = dependency
        .at_least
        .unwrap_or(1)
        .min(JoinSettings::MAX_AT_LEAST);
    NonZeroU32::new(least).unwrap_or(NonZeroU32::MIN)
}

fn compile_key(
    key: &JoinKey,
    named: &[&api::Dependency],
    path: &FieldPath,
    problems: &mut Problems,
) -> Vec<Path> {
    if let JoinKey::Each(paths) = key {
        let names = || named.iter().map(|dependency| dependency.name.as_str());
        for name in paths
            .keys()
            .filter(|name| !names().any(|known| known == *name))
        {
            let known = names().collect::<Vec<_>>().join(", ");
            let message = "the trigger's condition names no such dependency";
            problems
                .push(Problem::error(path.field(name), message).help(format!("it names {known}")));
        }
    }
    let compiled = named
        .iter()
        .filter_map(|dependency| compile_path(key, &dependency.name, path, problems));
    compiled.collect()
}

fn compile_path(
    key: &JoinKey,
    dependency: &str,
    path: &FieldPath,
    problems: &mut Problems,
) -> Option<Path> {
    let place = match key {
        JoinKey::All(_) => path.clone(),
        JoinKey::Each(_) => path.field(dependency),
    };
    match path_of(key, dependency) {
        None | Some("") => {
            let help = "write the path of the key in its events, such as body.orderId";
            problems.push(Problem::error(place, "a path is required").help(help));
            None
        }
        Some(text) => Path::parse(text)
            .map_err(|error| {
                let mistake = Mistake::in_path(text, &error);
                problems.push(program::problem(place, &mistake));
            })
            .ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::api::GoDuration;

    fn dependency(name: &str) -> api::Dependency {
        api::Dependency {
            name: name.to_owned(),
            ..api::Dependency::default()
        }
    }

    fn problems(join: &api::Join) -> Vec<String> {
        let (a, b) = (dependency("a"), dependency("b"));
        let mut problems = Problems::default();
        let path = FieldPath::root().field("join");
        let settings = JoinSettings::compile(join, &[&a, &b], &path, &mut problems);
        assert_eq!(settings.is_none(), problems.has_errors());
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_join_without_anything_has_the_stated_limits() {
        let (mut found, a) = (Problems::default(), dependency("a"));
        let join = api::Join::default();
        let settings = JoinSettings::compile(&join, &[&a], &FieldPath::root(), &mut found).unwrap();
        assert_eq!(
            (settings.max_keys, settings.max_kept, settings.max_events),
            (100_000, 1_000, 1_000_000)
        );
        assert_eq!((settings.within, settings.at_least.len()), (None, 1));
    }

    #[test]
    fn a_key_needs_a_path_for_every_dependency_and_no_other() {
        let paths = [("a", "body.id"), ("c", "body.id")];
        let paths = paths
            .map(|(name, path)| (name.to_owned(), path.to_owned()))
            .into();
        let join = api::Join {
            key: Some(JoinKey::Each(paths)),
            ..api::Join::default()
        };
        assert_eq!(
            problems(&join),
            [
                "join.key.c: the trigger's condition names no such dependency; it names a, b",
                "join.key.b: a path is required; write the path of the key in its events, such as body.orderId",
            ]
        );
    }

    #[test]
    fn a_path_that_cannot_be_read_is_reported_with_what_would_be_right() {
        let paths = [
            ("a", "body.id".to_owned()),
            ("b", vec!["part"; 300].join(".")),
        ];
        let paths = paths.map(|(name, path)| (name.to_owned(), path)).into();
        let join = api::Join {
            key: Some(JoinKey::Each(paths)),
            ..api::Join::default()
        };
        assert_eq!(
            problems(&join),
            ["join.key.b: path has more than 256 parts in a row; expected a path with fewer parts"]
        );
    }

    #[test]
    fn a_window_and_the_number_of_keys_are_not_nothing() {
        let join = api::Join {
            within: Some(GoDuration(0)),
            max_keys: Some(0),
            ..api::Join::default()
        };
        let problems = problems(&join);
        assert!(
            problems[0].starts_with("join.within: must be longer"),
            "{problems:?}"
        );
        assert_eq!(problems[1], "join.maxKeys: must be at least 1");
    }

    #[test]
    fn at_least_has_bounds() {
        for (least, bad) in [(0, true), (1, false), (10_000, false), (10_001, true)] {
            let mut problems = Problems::default();
            let dependency = api::Dependency {
                at_least: Some(least),
                ..dependency("a")
            };
            check_at_least(&dependency, &FieldPath::root(), &mut problems);
            assert_eq!(problems.has_errors(), bad, "{least}");
        }
    }
}
