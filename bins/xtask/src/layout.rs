//! `cargo xtask layout`: every kind is a folder with the same file names, and is registered.
//!
//! Names the line that was forgotten. Does not look into the files beyond that.

use crate::command::{Outcome, root};
use std::{collections::BTreeSet, fs, path::Path};

/// Where kinds of one family live, and what each of them needs.
struct Family {
    package: &'static str,
    /// The folder of the kinds, within the package.
    folder: &'static str,
    /// The file in that folder which lists the kinds.
    list: &'static str,
    files: &'static [&'static str],
    /// How a kind is listed: `{kind}` is its folder, `{feature}` its cargo feature.
    registration: &'static str,
}

const FAMILIES: &[Family] = &[
    Family {
        package: "argo-events-sources",
        folder: "src",
        list: "lib.rs",
        files: &["mod.rs", "config.rs", "source.rs", "example.yaml"],
        registration: "descriptor!(\"{feature}\", {kind}::",
    },
    Family {
        package: "argo-events-sensor",
        folder: "src/trigger",
        list: "mod.rs",
        files: &["mod.rs", "config.rs", "trigger.rs", "example.yaml"],
        registration: "TriggerDescriptor::of::<{kind}::",
    },
    Family {
        package: "argo-events-bus",
        folder: "src",
        list: "lib.rs",
        files: &["mod.rs", "config.rs", "bus.rs"],
        registration: "{kind}::descriptor()",
    },
];

/// Most lines of a source file before it wants to be two.
const MOST_LINES: usize = 500;

pub(crate) fn run() -> Outcome {
    let mut faults = Vec::new();
    for family in FAMILIES {
        family.check(&root(), &mut faults)?;
    }
    lengths(&root(), &mut faults)?;
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n       "))
    }
}

impl Family {
    fn check(&self, root: &Path, faults: &mut Vec<String>) -> Outcome {
        let home = root.join(self.package).join(self.folder);
        let list = read(&home.join(self.list))?;
        let manifest = read(&root.join(self.package).join("Cargo.toml"))?;
        let facade = read(&root.join("Cargo.toml"))?;
        for kind in kinds(&home)? {
            let mut forgotten = |file: &str, line: String| {
                faults.push(format!("{file} does not say `{line}`"));
            };
            let place = format!("{}/{}", self.package, self.folder);
            let feature = feature(&home.join(&kind)).unwrap_or_else(|| kind.clone());
            let listing = format!("{place}/{}", self.list);
            let module = format!("mod {kind};");
            if !list.contains(&module) {
                forgotten(&listing, format!("pub {module}"));
            }
            let registration = self.registration.replace("{kind}", &kind);
            let registration = registration.replace("{feature}", &feature);
            if !list.contains(&registration) {
                forgotten(&listing, format!("{registration}…"));
            }
            if !has_line(&manifest, &format!("{feature} = [")) {
                let file = format!("{}/Cargo.toml", self.package);
                forgotten(&file, format!("{feature} = […]"));
            }
            let passed_on = format!("{feature} = [\"{}/{feature}\"", self.package);
            if !has_line(&facade, &passed_on) {
                forgotten("Cargo.toml", format!("{passed_on}]"));
            }
            self.check_files(&home.join(&kind), &format!("{place}/{kind}"), faults);
        }
        Ok(())
    }

    fn check_files(&self, home: &Path, place: &str, faults: &mut Vec<String>) {
        for file in self.files.iter().filter(|file| !home.join(file).exists()) {
            faults.push(format!("{place}/{file} is missing"));
        }
        let config = fs::read_to_string(home.join("config.rs")).unwrap_or_default();
        let shows = config.contains("include_str!(\"example.yaml\")");
        if self.files.contains(&"example.yaml") && !shows {
            let line = "const EXAMPLE: &'static str = include_str!(\"example.yaml\");";
            faults.push(format!("{place}/config.rs does not say `{line}`"));
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn has_line(text: &str, beginning: &str) -> bool {
    text.lines().any(|line| line.starts_with(beginning))
}

/// Reads the cargo feature of a kind: what its configuration states, else the kind's name.
fn feature(home: &Path) -> Option<String> {
    let config = fs::read_to_string(home.join("config.rs")).ok()?;
    let stated = |name: &str| {
        let (_, rest) = config.split_once(&format!("const {name}: &'static str = \""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    stated("FEATURE").or_else(|| stated("KIND"))
}

/// Lists the kinds: a folder is one when it holds a configuration or an example.
fn kinds(home: &Path) -> Result<BTreeSet<String>, String> {
    let entries = fs::read_dir(home).map_err(|error| format!("{}: {error}", home.display()))?;
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("config.rs").exists() || path.join("example.yaml").exists())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect())
}

fn lengths(directory: &Path, faults: &mut Vec<String>) -> Outcome {
    let entries =
        fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && !name.starts_with("target") {
            lengths(&path, faults)?;
        } else if name.ends_with(".rs") {
            let lines = fs::read_to_string(&path).map_or(0, |text| text.lines().count());
            if lines > MOST_LINES {
                faults.push(format!(
                    "{} has {lines} lines: make it two files",
                    path.display()
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const LIST: &str = "pub mod sea;\nvec![descriptor!(\"deepSea\", sea::SeaConfig)]\n";
    const CONFIG: &str = "const KIND: &'static str = \"deepSea\";\n\
        const EXAMPLE: &'static str = include_str!(\"example.yaml\");\n";

    /// A tree with one source whose folder and feature have different names.
    fn tree() -> TempDir {
        let tree = tempfile::tempdir().unwrap();
        write(
            &tree,
            "Cargo.toml",
            "deepSea = [\"argo-events-sources/deepSea\"]\n",
        );
        write(&tree, "argo-events-sources/Cargo.toml", "deepSea = []\n");
        write(&tree, "argo-events-sources/src/lib.rs", LIST);
        write(&tree, "argo-events-sources/src/kit/mod.rs", "");
        for file in ["mod.rs", "source.rs", "example.yaml"] {
            write(&tree, &format!("argo-events-sources/src/sea/{file}"), "");
        }
        write(&tree, "argo-events-sources/src/sea/config.rs", CONFIG);
        tree
    }

    fn write(tree: &TempDir, path: &str, text: &str) {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn faults(tree: &TempDir) -> Vec<String> {
        let mut faults = Vec::new();
        FAMILIES[0].check(tree.path(), &mut faults).unwrap();
        faults
    }

    #[test]
    fn a_kind_with_everything_has_no_fault() {
        assert_eq!(faults(&tree()), Vec::<String>::new());
    }

    #[test]
    fn the_forgotten_line_is_named() {
        let cases = [
            (
                "Cargo.toml",
                "Cargo.toml does not say `deepSea = [\"argo-events-sources/deepSea\"]`",
            ),
            (
                "argo-events-sources/Cargo.toml",
                "argo-events-sources/Cargo.toml does not say `deepSea = […]`",
            ),
            (
                "argo-events-sources/src/sea/config.rs",
                "argo-events-sources/src/sea/config.rs does not say \
                 `const EXAMPLE: &'static str = include_str!(\"example.yaml\");`",
            ),
        ];
        for (file, wanted) in cases {
            let tree = tree();
            let kept = if file.ends_with("config.rs") {
                "const KIND: &'static str = \"deepSea\";"
            } else {
                ""
            };
            write(&tree, file, kept);
            assert_eq!(faults(&tree), [wanted], "{file}");
        }
    }

    #[test]
    fn a_kind_that_is_not_listed_is_named_with_both_lines() {
        let tree = tree();
        write(&tree, "argo-events-sources/src/lib.rs", "");
        let wanted = [
            "argo-events-sources/src/lib.rs does not say `pub mod sea;`",
            "argo-events-sources/src/lib.rs does not say `descriptor!(\"deepSea\", sea::…`",
        ];
        assert_eq!(faults(&tree), wanted);
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let tree = tree();
        fs::remove_file(tree.path().join("argo-events-sources/src/sea/source.rs")).unwrap();
        assert_eq!(
            faults(&tree),
            ["argo-events-sources/src/sea/source.rs is missing"]
        );
    }

    #[test]
    fn a_file_that_is_too_long_is_named() {
        let (tree, mut found) = (tree(), Vec::new());
        write(&tree, "long.rs", &"\n".repeat(MOST_LINES + 1));
        write(&tree, "target/long.rs", &"\n".repeat(MOST_LINES + 1));
        lengths(tree.path(), &mut found).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].ends_with("long.rs has 501 lines: make it two files"));
    }
}
