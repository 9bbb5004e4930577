//! What is in the image: the program, the roots that it trusts, and who it runs as.

use crate::command::{Outcome, root};
use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// Who it runs as: the user of the reference, so that volumes which belong to it stay readable.
pub(super) const USER: u32 = 9731;

/// Where systems keep the roots that they trust.
const ROOTS: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// A file or a folder.
#[derive(Debug)]
pub(super) struct Entry {
    /// Path without a slash in front; that of a folder ends with one.
    pub(super) path: &'static str,
    /// Who may do what with it.
    pub(super) mode: u32,
    /// What is in it; nothing in a folder.
    pub(super) bytes: Vec<u8>,
}

impl Entry {
    fn folder(path: &'static str) -> Self {
        let mode = if path == "tmp/" { 0o1777 } else { 0o755 };
        Self {
            path,
            mode,
            bytes: Vec::new(),
        }
    }

    fn file(path: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        let mode = if path.starts_with("bin/") {
            0o755
        } else {
            0o644
        };
        Self {
            path,
            mode,
            bytes: bytes.into(),
        }
    }

    /// Tells whether it is a folder.
    pub(super) fn is_folder(&self) -> bool {
        self.path.ends_with('/')
    }
}

/// Lists the contents around a program, folders before what is in them.
pub(super) fn of(program: &Path) -> Result<Vec<Entry>, String> {
    let users = format!("root:x:0:0::/:\nargo-events:x:{USER}:{USER}::/tmp:\n");
    let groups = format!("root:x:0:\nargo-events:x:{USER}:\n");
    Ok(vec![
        Entry::file("LICENSE", read(&root().join("LICENSE"))?),
        Entry::folder("bin/"),
        Entry::file("bin/argo-events", read(program)?),
        Entry::folder("etc/"),
        Entry::file("etc/group", groups),
        Entry::file("etc/nsswitch.conf", "hosts: files dns\n"),
        Entry::file("etc/passwd", users),
        Entry::folder("etc/ssl/"),
        Entry::folder("etc/ssl/certs/"),
        Entry::file("etc/ssl/certs/ca-certificates.crt", read(&roots()?)?),
        Entry::folder("tmp/"),
    ])
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Finds the roots that this system trusts; `SSL_CERT_FILE` names others.
fn roots() -> Result<PathBuf, String> {
    if let Some(path) = env::var_os("SSL_CERT_FILE") {
        return Ok(path.into());
    }
    let found = ROOTS.iter().map(Path::new).find(|path| path.exists());
    let missing =
        "no roots of trust are here: install ca-certificates, or name a file by SSL_CERT_FILE";
    found.map(Path::to_owned).ok_or_else(|| missing.to_owned())
}

/// Writes the contents into a folder.
pub(super) fn unpack(entries: &[Entry], folder: &Path) -> Outcome {
    for entry in entries {
        let path = folder.join(entry.path);
        let failed = |error| format!("{}: {error}", path.display());
        if entry.is_folder() {
            fs::create_dir_all(&path).map_err(failed)?;
        } else {
            fs::create_dir_all(folder).map_err(failed)?;
            fs::write(&path, &entry.bytes).map_err(failed)?;
        }
        let permissions = fs::Permissions::from_mode(entry.mode);
        fs::set_permissions(&path, permissions).map_err(failed)?;
    }
    Ok(())
}
