//! Which files of a directory a source is about.

use argo_events_core::{FieldPath, Problem, Problems};
use argo_events_expr::re2::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A directory, and a file of it or an expression for several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WatchPathConfig {
    /// Absolute path of the directory; directories within it are not looked into.
    pub directory: String,
    /// Path of a file, relative to the directory.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Expression in Go's syntax that matches anywhere in the relative path of a file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path_regexp: String,
}

impl WatchPathConfig {
    /// Reports what is wrong.
    pub fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        let (directory, file) = (path.field("directory"), path.field("path"));
        if self.directory.is_empty() {
            problems.error(directory, "directory is required");
        } else if !self.directory.starts_with('/') {
            let problem = Problem::error(directory, "directory must be an absolute file path");
            problems.push(problem.help(format!("write /{}", self.directory)));
        }
        match (self.path.is_empty(), self.path_regexp.is_empty()) {
            (true, true) => problems.error(file, "either path or pathRegexp must be specified"),
            (false, false) => {
                problems.error(file, "path and pathRegexp cannot be specified together");
            }
            _ => {}
        }
        if self.path.starts_with('/') {
            let problem = Problem::error(path.field("path"), "path must be a relative file path");
            problems.push(problem.help(format!("write {}", self.path.trim_start_matches('/'))));
        }
        if let Err(error) = Regex::new(&self.path_regexp) {
            problems.error(path.field("pathRegexp"), error.to_string());
        }
    }
}

/// A compiled [`WatchPathConfig`].
#[derive(Clone, Debug)]
pub struct WatchedPath {
    directory: String,
    file: Wanted,
}

#[derive(Clone, Debug)]
enum Wanted {
    Path(String),
    Expression(Regex),
}

impl WatchedPath {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// When the expression is none.
    pub fn new(config: &WatchPathConfig) -> Result<Self, argo_events_expr::re2::Error> {
        let directory = config.directory.clone();
        let file = match config.path_regexp.as_str() {
            "" => Wanted::Path(config.path.clone()),
            expression => Wanted::Expression(Regex::new(expression)?),
        };
        Ok(Self { directory, file })
    }

    /// Returns the directory, as it was written.
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// Tells whether a file, named as an event names it, is wanted.
    ///
    /// The directory is taken off as it was written. Where it was written without a slash at its end one
    /// is left at the beginning of what remains, as in the reference; the file matches without it, too.
    pub fn wants(&self, name: &str) -> bool {
        let relative = name.strip_prefix(&*self.directory).unwrap_or(name);
        let bare = relative.trim_start_matches('/');
        match &self.file {
            Wanted::Path(path) => path == relative || path == bare,
            Wanted::Expression(regex) => {
                regex.is_match(relative.as_bytes()) || regex.is_match(bare.as_bytes())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(directory: &str, path: &str, expression: &str, name: &str) -> bool {
        let text = str::to_owned;
        let (directory, path, path_regexp) = (text(directory), text(path), text(expression));
        WatchedPath::new(&WatchPathConfig {
            directory,
            path,
            path_regexp,
        })
        .unwrap()
        .wants(name)
    }

    #[test]
    fn a_path_matches_with_and_without_a_slash_behind_the_directory() {
        assert!(wants("/in/", "a.txt", "", "/in/a.txt"));
        assert!(wants("/in", "a.txt", "", "/in/a.txt"));
        assert!(wants("/in", "a.txt", "", "a.txt"));
        assert!(!wants("/in", "a.txt", "", "/in/b/a.txt"));
    }

    #[test]
    fn an_expression_matches_anywhere() {
        assert!(wants("/in/", "", r"\.csv$", "/in/a.csv"));
        assert!(wants("/in", "", "^a", "/in/a.csv"));
        assert!(wants("/in", "", "^/a", "/in/a.csv"));
        assert!(!wants("/in", "", "^b", "/in/a.csv"));
    }
}
