//! Builds the services as a program that needs no library of the system.

use crate::command::{Outcome, cargo, output, root, run, target};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Type of the program header that names a loader of shared libraries.
const INTERPRETER: u32 = 3;

/// Returns the target for the processor of this machine.
pub(super) fn here() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// Builds the services for a target and returns the program.
///
/// The C library is linked in. With glibc 2.34 and later its own resolver needs no file at run time, and unlike musl it
/// has an allocator that many threads can use at once. OpenSSL and zlib are there for Kafka's client alone.
pub(super) fn services(triple: &str, features: &str) -> Result<PathBuf, String> {
    let mut command = cargo(&["build", "--release", "--package", "argo-events-services"]);
    command
        .args(["--features", features, "--target", triple])
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env("OPENSSL_STATIC", "1")
        .env("LIBZ_SYS_STATIC", "1");
    if let Some(commit) = commit() {
        command.env("ARGO_EVENTS_COMMIT", commit);
    }
    if triple != here() {
        cross(&mut command, triple);
    }
    run(&mut command)?;
    let program = format!("{triple}/release/argo-events-services");
    Ok(target().join(program))
}

/// Names the cross compiler as Debian does, where nobody named one.
fn cross(command: &mut Command, triple: &str) {
    let prefix = triple.replacen("-unknown", "", 1);
    let upper = triple.to_uppercase().replace('-', "_");
    let lower = triple.replace('-', "_");
    let variables = [
        (
            format!("CARGO_TARGET_{upper}_LINKER"),
            format!("{prefix}-gcc"),
        ),
        (format!("CC_{lower}"), format!("{prefix}-gcc")),
        (format!("CXX_{lower}"), format!("{prefix}-g++")),
        ("PKG_CONFIG_ALLOW_CROSS".to_owned(), "1".to_owned()),
        (
            format!("PKG_CONFIG_PATH_{lower}"),
            format!("/usr/lib/{prefix}/pkgconfig"),
        ),
    ];
    let unset = variables
        .into_iter()
        .filter(|(name, _)| std::env::var_os(name).is_none());
    command.envs(unset);
}

/// Returns what is built, for `build_info`; `None` where there is no git.
pub(super) fn commit() -> Option<String> {
    let mut command = Command::new("git");
    command.args(["rev-parse", "--short=12", "HEAD"]);
    let text = output(command.current_dir(root())).ok()?;
    Some(text.trim().to_owned())
}

/// Fails for a program that asks for a loader: there is none in the image.
pub(super) fn must_be_static(path: &Path) -> Outcome {
    let program = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    match interpreter(&program) {
        Some(false) => Ok(()),
        Some(true) => Err(format!(
            "{} is linked against libraries of the system, which the image does not have",
            path.display()
        )),
        None => Err(format!("{} is no 64-bit program of Linux", path.display())),
    }
}

/// Tells whether a program names a loader; `None` if it is no little-endian ELF file of 64 bits.
fn interpreter(program: &[u8]) -> Option<bool> {
    let is_known = program.starts_with(b"\x7fELF\x02\x01");
    let number = |at: usize, length: usize| -> Option<usize> {
        let bytes = program.get(at..at + length)?;
        let digits = bytes.iter().rev();
        Some(digits.fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    if !is_known {
        return None;
    }
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let mut kinds = (0..count).map(|index| number(table + index * size, 4));
    Some(kinds.any(|kind| kind == Some(INTERPRETER as usize)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(kinds: &[u32]) -> Vec<u8> {
        let mut program = b"\x7fELF\x02\x01".to_vec();
        program.resize(64, 0);
        program[32] = 64;
        program[54] = 56;
        program[56] = kinds.len().try_into().unwrap();
        for kind in kinds {
            program.extend(kind.to_le_bytes());
            program.resize(program.len() + 52, 0);
        }
        program
    }

    #[test]
    fn a_program_with_a_loader_is_told_from_one_without() {
        assert_eq!(interpreter(&program(&[1, 2])), Some(false));
        assert_eq!(interpreter(&program(&[6, 3, 1])), Some(true));
        assert_eq!(interpreter(b"#!/bin/sh"), None);
    }

    #[test]
    fn cross_compilers_are_called_as_debian_does() {
        let mut command = Command::new("true");
        cross(&mut command, "aarch64-unknown-linux-gnu");
        let linker = command
            .get_envs()
            .find(|(name, _)| *name == "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER");
        let linker = linker.and_then(|(_, value)| value).unwrap();
        assert_eq!(linker, "aarch64-linux-gnu-gcc");
    }
}
