//! Reads what a git server sent: a commit on `main` with a folder, a symbolic link, and a tag.

use super::*;

const REFERENCES: &[u8] = include_bytes!("testdata/references");
const FILES: &[u8] = include_bytes!("testdata/files");

fn artifact(url: &str) -> GitArtifact {
    GitArtifact {
        url: url.into(),
        branch: "main".into(),
        file_path: "jobs/daily/a.yaml".into(),
        ..GitArtifact::default()
    }
}

fn files() -> (Id, Pack) {
    let advertised = Advertisement::read(REFERENCES).unwrap();
    let tip = advertised.find("refs/heads/main").unwrap();
    (tip, Pack::read(&wire::pack(FILES).unwrap()).unwrap())
}

#[test]
fn a_reference_beats_a_tag_and_a_tag_a_branch() {
    let mut artifact = GitArtifact::default();
    assert_eq!(reference(&artifact), "refs/heads/master");
    artifact.branch = "b".into();
    assert_eq!(reference(&artifact), "refs/heads/b");
    artifact.tag = "t".into();
    assert_eq!(reference(&artifact), "refs/tags/t");
    artifact.reference = "refs/pull/1/head".into();
    assert_eq!(reference(&artifact), "refs/pull/1/head");
}

#[test]
fn a_file_is_found_in_what_the_server_sent() {
    let (tip, files) = files();
    for (path, name) in [
        ("jobs/daily/a.yaml", "from-git}"),
        ("./jobs//daily/b.yaml", "from-git-b}"),
    ] {
        let text = files.file(tip, path).unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(text.contains(name) && text.ends_with("line 59 of a job that runs each day\n"));
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let (tip, files) = files();
    for (path, kind) in [
        ("jobs/daily/none.yaml", ErrorKind::NotFound),
        ("jobs/daily", ErrorKind::NotFound),
        ("jobs/daily/a.yaml/x", ErrorKind::NotFound),
        ("jobs/daily/link.yaml", ErrorKind::Rejected),
        ("jobs/link/a.yaml", ErrorKind::Rejected),
    ] {
        assert_eq!(files.file(tip, path).unwrap_err().kind(), kind, "{path}");
    }
}

#[test]
fn the_request_asks_for_one_commit_and_small_files() {
    let advertised = Advertisement::read(REFERENCES).unwrap();
    let tip = advertised.find("refs/heads/main").unwrap();
    let request = String::from_utf8(advertised.request(tip)).unwrap();
    assert!(request.contains(&format!("want {tip} side-band-64k")));
    assert!(request.contains("000ddeepen 1\n0019filter blob:limit=1m\n00000009done\n"));
}

#[test]
fn what_is_cut_off_is_an_error() {
    let pack = wire::pack(FILES).unwrap();
    for length in 0..pack.len() {
        // A part may be read to its end, but never with all objects.
        let read = Pack::read(&pack[..length]);
        assert!(read.is_err() || length + 20 >= pack.len(), "{length}");
    }
    assert!(Advertisement::read(b"<html>").is_err());
    assert!(Advertisement::read(b"0011ERR no such\n").is_err());
}

#[test]
fn what_is_garbled_is_no_panic() {
    let pack = wire::pack(FILES).unwrap();
    for at in 12..pack.len() {
        let mut garbled = pack.clone();
        garbled[at] ^= 0x55;
        // An error or not: only a panic would be wrong.
        let _ = Pack::read(&garbled);
    }
}

#[test]
fn ssh_and_paths_out_of_the_repository_are_refused() {
    for url in [
        "git@github.com:a/b.git",
        "ssh://host/a",
        "/srv/repo",
        "file:///srv/repo",
    ] {
        let error = Repository::new(artifact(url)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{url}");
    }
    let mut outside = artifact("https://host/a");
    outside.file_path = "../x".into();
    assert!(Repository::new(outside).is_err());
}

/// A server that knows the repository and counts how often its files are fetched.
async fn server() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use axum::{Router, http::HeaderMap, response::IntoResponse as _, routing};
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counting = count.clone();
    let references = |headers: HeaderMap| async move {
        match headers.get("authorization") {
            Some(value) if value == "Basic bWU6aHVudGVyMg==" => REFERENCES.into_response(),
            _ => axum::http::StatusCode::UNAUTHORIZED.into_response(),
        }
    };
    let files = move || {
        counting.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async { FILES }
    };
    let router = Router::new()
        .route("/r/info/refs", routing::get(references))
        .route("/r/git-upload-pack", routing::post(files));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/r", listener.local_addr().unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    tasks.detach_all();
    (url, count)
}

#[tokio::test]
async fn files_are_fetched_again_only_for_another_commit() {
    let (url, count) = server().await;
    let secrets = argo_events_core::secret::MemorySecrets::default()
        .with_secret("git", "name", "me")
        .with_secret("git", "password", "hunter2");
    let mut artifact = artifact(&url);
    artifact.creds = Some(super::super::GitCreds {
        username: Some(KeySelector::new("git", "name")),
        password: Some(KeySelector::new("git", "password")),
    });
    let (repository, fetcher) = (Repository::new(artifact).unwrap(), Fetcher::default());
    for _ in 0..3 {
        let read = repository.read(&fetcher, &secrets, Timestamp::EPOCH);
        assert!(read.await.unwrap().starts_with(b"apiVersion"));
    }
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn without_credentials_the_server_refuses_for_good() {
    let (url, _) = server().await;
    let secrets = argo_events_core::secret::MemorySecrets::default();
    let repository = Repository::new(artifact(&url)).unwrap();
    let fetcher = Fetcher::default();
    let read = repository.read(&fetcher, &secrets, Timestamp::EPOCH);
    let error = read.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::Unauthorized, false)
    );
}
