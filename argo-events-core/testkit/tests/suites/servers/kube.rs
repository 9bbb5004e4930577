//! Control planes, spoken to with a client of theirs.

use super::Promise;
use argo_events_testkit::servers::{KubeServer, Part, Server, StandIn};
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ConfigMap, Pod},
};
use kube::{
    Api, Client,
    api::{ListParams, PostParams, VersionMatch, WatchEvent, WatchParams},
};
use libtest_mimic::Failed;
use serde_json::{from_value, json};
use std::{future::Future, net::TcpStream, time::Duration};

type Outcome = Result<(), Failed>;

pub(super) const PROMISES: &[Promise] = &[
    ("a control plane keeps its objects when killed", keeps),
    ("a control plane that is wiped has no objects", wiped),
    ("a control plane stands still and goes on", paused),
    ("a stranger is not let in", strangers),
    ("watches end and old versions are gone", forgets),
    (
        "a watch begins with everything, and an older version is played",
        plays,
    ),
    ("pods are made and get ready without a node", pods),
    ("a wrong argument is shown", complaints),
];

fn keeps(server: Server) -> Outcome {
    let server = KubeServer::start(server)?;
    run(async {
        let client = server.client().await?;
        make(&client, "kept").await?;
        let url = server.url();
        server.kill()?;
        assert!(TcpStream::connect(url.trim_start_matches("https://")).is_err());
        server.part(Part::Etcd).kill()?;
        server.part(Part::Etcd).start_again()?;
        server.start_again()?;
        assert_eq!(server.url(), url);
        assert!(maps(&client).get_opt("kept").await?.is_some());
        Ok(())
    })
}

fn wiped(server: Server) -> Outcome {
    let server = KubeServer::start(server)?;
    run(async {
        make(&server.client().await?, "gone").await?;
        server.wipe()?;
        let found = maps(&server.client().await?).get_opt("gone").await?;
        assert!(found.is_none());
        server.stop()?;
        assert_eq!(server.id(), None);
        Ok(())
    })
}

fn paused(server: Server) -> Outcome {
    let server = KubeServer::start(server)?;
    run(async {
        let mut impatient = server.configuration().await?;
        impatient.read_timeout = Some(Duration::from_millis(300));
        let impatient = Client::try_from(impatient)?;
        server.pause()?;
        assert!(impatient.apiserver_version().await.is_err());
        server.resume()?;
        server.client().await?.apiserver_version().await?;
        server.part(Part::Etcd).pause()?;
        assert!(make(&impatient, "late").await.is_err());
        server.part(Part::Etcd).resume()?;
        make(&server.client().await?, "early").await
    })
}

fn strangers(server: Server) -> Outcome {
    let server = KubeServer::start(server)?;
    run(async {
        let mut stranger = server.configuration().await?;
        stranger.auth_info = Default::default();
        let refused = make(&Client::try_from(stranger)?, "any").await;
        let refused = refused.expect_err("nobody in particular");
        let message = refused.message().unwrap_or_default();
        assert!(message.contains("system:anonymous"), "{message}");
        Ok(())
    })
}

fn forgets(server: Server) -> Outcome {
    let options = KubeServer::options(server).watches_last(Duration::from_secs(1));
    let server = options.compacts_every(Duration::from_millis(200)).start()?;
    run(async {
        let client = server.client().await?;
        let old = make(&client, "first").await.map(|()| maps(&client))?;
        let version = old.list(&ListParams::default()).await?;
        let version = version.metadata.resource_version.unwrap_or_default();
        // Clients that say how long a watch shall last are obeyed.
        let watch = http::Request::get("/api/v1/namespaces/default/configmaps?watch=true");
        let watch = client
            .request_events::<ConfigMap>(watch.body(Vec::new())?)
            .await?;
        watch.count().await;
        let exact = ListParams::default().at(&version);
        let exact = exact.matching(VersionMatch::Exact);
        loop {
            // Only versions that are not the last one are forgotten.
            make(&client, "next").await.or_else(exists)?;
            match old.list(&exact).await {
                Err(kube::Error::Api(status)) => break assert_eq!(status.code, 410, "{status:?}"),
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        Ok(())
    })
}

fn plays(server: Server) -> Outcome {
    let options = KubeServer::options(server).emulating("1.32");
    let server = options.streaming_lists().start()?;
    run(async {
        let client = server.client().await?;
        make(&client, "first").await?;
        let from_the_start = WatchParams::default().initial_events();
        let maps = maps(&client);
        let mut watch = maps.watch(&from_the_start, "0").await?.boxed();
        let mut is_found = false;
        while let Some(event) = watch.try_next().await? {
            match event {
                WatchEvent::Added(map) => {
                    is_found |= map.metadata.name.as_deref() == Some("first");
                }
                WatchEvent::Bookmark(_) => break,
                other => return Err(format!("{other:?}").into()),
            }
        }
        assert!(is_found);
        Ok(())
    })
}

fn pods(server: Server) -> Outcome {
    let options = KubeServer::options(server).with(Part::ControllerManager);
    let server = options.start()?;
    run(async {
        let _nodes = StandIn::start(&server).await?;
        let client = server.client().await?;
        let deployments = Api::<Deployment>::default_namespaced(client.clone());
        deployments.create(&PostParams::default(), &web()?).await?;
        let ready = async || {
            let status = deployments.get("web").await?.status.unwrap_or_default();
            Ok(status.available_replicas == Some(2))
        };
        until(ready).await?;
        deployments.delete("web", &Default::default()).await?;
        let pods = Api::<Pod>::default_namespaced(client);
        until(async || Ok(pods.list(&ListParams::default()).await?.items.is_empty())).await
    })
}

fn web() -> serde_json::Result<Deployment> {
    from_value(json!({
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "main", "image": "none"}]},
            },
        },
    }))
}

fn complaints(server: Server) -> Outcome {
    let options = KubeServer::options(server).argument("--no-such-argument");
    let error = options.start().expect_err("such an argument").to_string();
    assert!(
        error.contains("unknown flag: --no-such-argument"),
        "{error}"
    );
    Ok(())
}

fn run(test: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let patience = Duration::from_secs(300);
        tokio::time::timeout(patience, test).await?
    })
}

async fn until(mut holds: impl AsyncFnMut() -> Result<bool, kube::Error>) -> Outcome {
    while !holds().await? {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

fn maps(client: &Client) -> Api<ConfigMap> {
    Api::default_namespaced(client.clone())
}

async fn make(client: &Client, name: &str) -> Outcome {
    let map = from_value(json!({"metadata": {"name": name}}))?;
    maps(client).create(&PostParams::default(), &map).await?;
    Ok(())
}

/// Lets pass that something is there already.
fn exists(error: Failed) -> Outcome {
    match error.message() {
        Some(message) if message.contains("already exists") => Ok(()),
        _ => Err(error),
    }
}
