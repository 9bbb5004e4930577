//! The cases of the state store.

use crate::bus::{Broken, Case, Outcome, World, cases, ensure};
use argo_events_core::{Error, ErrorKind, EventBus, StateStore};
use bytes::Bytes;
use futures::future::join_all;
use std::{fmt::Debug, ops::Deref, sync::Arc};

/// Lists every case in the order of the promises.
pub(super) fn all() -> Vec<Case> {
    cases! {
        "STORE-01" "a value that was put is there for every later get" [StateStore] put_is_there;
        "STORE-01" "the largest value is kept whole and a larger one refused" [StateStore] largest_value;
        "STORE-01" "values survive a restart" [StateStore, Durable] survives;
        "STORE-02" "put succeeds only against the expected version" [StateStore] expected_version;
        "STORE-03" "of writers that expect the same version one succeeds" [StateStore] one_writer_wins;
        "STORE-04" "delete removes only the version named" [StateStore] delete_names_a_version;
        "STORE-05" "keys lists what begins with a prefix in byte order" [StateStore] keys_by_prefix;
        "STORE-06" "scopes do not see each other's keys" [StateStore] scopes_are_apart;
        "STORE-07" "versions grow with every write of any key" [StateStore] versions_grow;
    }
}

/// A store, with the bus that must not be dropped meanwhile.
struct Opened {
    store: Arc<dyn StateStore>,
    _bus: Arc<dyn EventBus>,
}

impl Deref for Opened {
    type Target = Arc<dyn StateStore>;

    fn deref(&self) -> &Self::Target {
        &self.store
    }
}

async fn store(world: &World) -> Outcome<Opened> {
    let bus = world.open().await?;
    let store = bus.state("sensor").await?;
    Ok(Opened { store, _bus: bus })
}

async fn value(store: &Arc<dyn StateStore>, key: &str) -> Outcome<Option<Bytes>> {
    Ok(store.get(key).await?.map(|found| found.value))
}

fn refused<T: Debug>(outcome: Result<T, Error>, kind: ErrorKind, what: &str) -> Outcome {
    match outcome {
        Ok(value) => Err(Broken(format!("{what} succeeded: {value:?}"))),
        Err(error) if error.kind() == kind && !error.is_transient() => Ok(()),
        Err(error) => Err(Broken(format!(
            "{what}: not a permanent `{kind:?}`: {error:?}"
        ))),
    }
}

async fn put_is_there(world: &World) -> Outcome {
    let store = store(world).await?;
    ensure(
        store.get("a/b").await?.is_none(),
        "an absent key has a value",
    )?;
    let version = store.put("a/b", Bytes::from_static(b"one"), None).await?;
    let found = store.get("a/b").await?;
    let found = found.ok_or_else(|| Broken("what was put is not there".to_owned()))?;
    ensure(
        (found.value, found.version) == ("one".into(), version),
        "another value or version is there",
    )?;
    store
        .put("a/b", Bytes::from_static(b"two"), Some(version))
        .await?;
    store.put("empty", Bytes::new(), None).await?;
    ensure(
        value(&store, "a/b").await? == Some("two".into()),
        "the newer value is not there",
    )?;
    ensure(
        value(&store, "empty").await? == Some(Bytes::new()),
        "an empty value is not there",
    )
}

async fn largest_value(world: &World) -> Outcome {
    let store = store(world).await?;
    let most = store.max_value_bytes();
    let largest: Bytes = (0..most).map(|index| (index % 251) as u8).collect();
    store.put("large", largest.clone(), None).await?;
    ensure(
        value(&store, "large").await? == Some(largest),
        "the largest value came back changed",
    )?;
    let too_large = store.put("larger", vec![0; most + 1].into(), None).await;
    refused(too_large, ErrorKind::TooLarge, "a value beyond the largest")?;
    ensure(
        value(&store, "larger").await?.is_none(),
        "a refused value is there",
    )
}

async fn survives(world: &World) -> Outcome {
    let bus = world.open().await?;
    let store = bus.state("sensor").await?;
    let version = store.put("kept", Bytes::from_static(b"1"), None).await?;
    let gone = store.put("gone", Bytes::from_static(b"1"), None).await?;
    store.delete("gone", gone).await?;
    drop(store);
    let bus = world.reopen(bus).await?;
    let store = bus.state("sensor").await?;
    let found = store
        .get("kept")
        .await?
        .map(|found| (found.value, found.version));
    ensure(
        found == Some(("1".into(), version)),
        format!("after the restart: {found:?}"),
    )?;
    ensure(store.keys("").await? == ["kept"], "a deleted key is back")?;
    let newer = store
        .put("kept", Bytes::from_static(b"2"), Some(version))
        .await?;
    ensure(newer > version, "the version did not grow")
}

async fn expected_version(world: &World) -> Outcome {
    let store = store(world).await?;
    let absent = store.put("key", Bytes::new(), Some(1)).await;
    refused(
        absent,
        ErrorKind::Conflict,
        "a put that expects a version of an absent key",
    )?;
    let first = store.put("key", Bytes::from_static(b"1"), None).await?;
    let again = store.put("key", Bytes::new(), None).await;
    refused(again, ErrorKind::Conflict, "a put that expects no key")?;
    let second = store
        .put("key", Bytes::from_static(b"2"), Some(first))
        .await?;
    ensure(second > first, "the version did not grow")?;
    let stale = store.put("key", Bytes::new(), Some(first)).await;
    refused(
        stale,
        ErrorKind::Conflict,
        "a put that expects an old version",
    )?;
    ensure(
        value(&store, "key").await? == Some("2".into()),
        "a refused put changed the value",
    )
}

async fn one_writer_wins(world: &World) -> Outcome {
    let store = store(world).await?;
    let mut version = None;
    for round in 0..4 {
        let put = |writer: u8| store.put("key", vec![writer].into(), version);
        let outcomes = join_all((0..16).map(put)).await;
        let mut won = Vec::new();
        for (writer, outcome) in (0_u8..).zip(outcomes) {
            match outcome {
                Ok(version) => won.push((writer, version)),
                other => refused(other, ErrorKind::Conflict, "a writer that lost")?,
            }
        }
        ensure(
            won.len() == 1,
            format!("round {round}: {} writers won", won.len()),
        )?;
        let found = store
            .get("key")
            .await?
            .map(|found| (found.value.to_vec(), found.version));
        ensure(
            found == Some((vec![won[0].0], won[0].1)),
            "the value is not the winner's",
        )?;
        version = Some(won[0].1);
    }
    Ok(())
}

async fn delete_names_a_version(world: &World) -> Outcome {
    let store = store(world).await?;
    store.delete("absent", 7).await?;
    let first = store.put("key", Bytes::from_static(b"1"), None).await?;
    let second = store
        .put("key", Bytes::from_static(b"2"), Some(first))
        .await?;
    refused(
        store.delete("key", first).await,
        ErrorKind::Conflict,
        "deleting an old version",
    )?;
    ensure(
        value(&store, "key").await? == Some("2".into()),
        "a refused delete changed the value",
    )?;
    store.delete("key", second).await?;
    ensure(
        value(&store, "key").await?.is_none(),
        "a deleted key is there",
    )?;
    store.delete("key", second).await?;
    let third = store.put("key", Bytes::from_static(b"3"), None).await?;
    ensure(third > second, "a key made anew has an old version")
}

async fn keys_by_prefix(world: &World) -> Outcome {
    let store = store(world).await?;
    let mut all: Vec<_> = [
        "a", "a/1", "a/10", "a/2", "a-b", "a.b", "a=b", "a_b", "ab", "B", "b/", "0",
    ]
    .map(str::to_owned)
    .into();
    for key in &all {
        store.put(key, Bytes::new(), None).await?;
    }
    all.sort();
    for prefix in ["", "a", "a/", "a/1", "b", "c", "a/1000"] {
        let expected: Vec<_> = all
            .iter()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        let found = store.keys(prefix).await?;
        ensure(
            found == expected,
            format!("keys({prefix:?}) is {found:?}, not {expected:?}"),
        )?;
    }
    Ok(())
}

async fn scopes_are_apart(world: &World) -> Outcome {
    let bus = world.open().await?;
    let pairs = [("a", "bc"), ("ab", "c"), ("a", "c"), ("b", "c")];
    for (scope, key) in pairs {
        let store = bus.state(scope).await?;
        store
            .put(key, Bytes::from(format!("{scope} {key}")), None)
            .await?;
    }
    for (scope, key) in pairs {
        let found = value(&bus.state(scope).await?, key).await?;
        ensure(
            found == Some(format!("{scope} {key}").into()),
            format!("{scope}/{key} is {found:?}"),
        )?;
    }
    let listed = bus.state("a").await?.keys("").await?;
    ensure(listed == ["bc", "c"], format!("a scope lists {listed:?}"))
}

async fn versions_grow(world: &World) -> Outcome {
    let store = store(world).await?;
    let first = store.put("a", Bytes::from_static(b"1"), None).await?;
    let other = store.put("b", Bytes::from_static(b"1"), None).await?;
    let second = store
        .put("a", Bytes::from_static(b"2"), Some(first))
        .await?;
    ensure(
        first < other && other < second,
        format!("one after the other the versions are {first}, {other}, {second}"),
    )
}
