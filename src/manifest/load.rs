//! Finds and reads files.

use super::{Manifests, diagnostics::Diagnostic, file::File};
use argo_events_core::{Error, ErrorKind, FieldPath, Result, Severity};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Most files that are read from a folder.
pub const MAX_FILES: usize = 10_000;
/// How deep folders are searched.
const MAX_FOLDERS: usize = 16;

impl Manifests {
    pub(super) fn load(&mut self, path: &Path) -> Result<()> {
        let metadata = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        if !metadata.is_dir() {
            let text = read(path).map_err(|reason| unreadable(path, reason))?;
            self.add(&File::new(path.display().to_string(), text));
            return Ok(());
        }
        let mut files = Vec::new();
        find(path, 0, &mut files).map_err(|error| unreadable(path, error))?;
        for file in &files {
            match read(file) {
                Ok(text) => self.add(&File::found(file.display().to_string(), text)),
                Err(reason) => self.cannot_read(file, &reason),
            }
        }
        if files.len() == MAX_FILES {
            self.cannot_read(
                path,
                &io::Error::other(format!("more than {MAX_FILES} files")),
            );
        }
        Ok(())
    }

    /// Reports a file of a folder that cannot be read; the others are read all the same.
    fn cannot_read(&mut self, file: &Path, reason: &io::Error) {
        let name = file.display().to_string();
        self.faults.push(Diagnostic::of_file(
            &name,
            format!("cannot be read: {reason}"),
        ));
        self.files.push(name);
    }
}

impl Diagnostic {
    /// Makes an error about a file as a whole.
    pub(super) fn of_file(name: &str, message: String) -> Self {
        Self {
            severity: Severity::Error,
            file: name.to_owned(),
            line: 0,
            column: 0,
            object: String::new(),
            path: FieldPath::root(),
            message,
            help: None,
            excerpt: None,
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    let length = fs::metadata(path)?.len();
    if length > MAX_FILE_BYTES {
        return Err(io::Error::other(format!(
            "{length} bytes are more than {MAX_FILE_BYTES}"
        )));
    }
    fs::read_to_string(path)
}

/// Lists manifests below a folder, sorted; hidden files and folders are left out.
fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries.into_iter().filter(|path| !is_hidden(path)) {
        if path.is_dir() && depth < MAX_FOLDERS {
            find(&path, depth + 1, files)?;
        } else if is_manifest(&path) && files.len() < MAX_FILES {
            files.push(path);
        }
    }
    Ok(())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn is_manifest(path: &Path) -> bool {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    path.is_file() && ending.is_some_and(|ending| ["yaml", "yml", "json"].contains(&&*ending))
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let (kind, message) = match error.kind() {
        io::ErrorKind::NotFound => (ErrorKind::NotFound, "no such file or folder".to_owned()),
        _ => (ErrorKind::ConfigInvalid, format!("cannot be read: {error}")),
    };
    Error::permanent(kind, message).with("path", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::Registry;

    #[test]
    fn what_is_no_manifest_lies_in_a_folder_undisturbed_and_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let event = folder.path().join("paid.json");
        fs::write(&event, r#"{"body": {"amount": 5}}"#).unwrap();
        fs::write(folder.path().join("lost.yaml"), "metadata: { name: x }\n").unwrap();
        let errors = |path: &Path| {
            let mut manifests = Manifests::from_path(path).unwrap();
            manifests
                .check(&Registry::default(), &super::super::Checks::default())
                .errors()
        };
        assert_eq!(errors(folder.path()), 1);
        assert_eq!(errors(&event), 1);
    }
}
