//! What is wrong with manifests, for people and for programs.
//!
//! A diagnostic is a [`Problem`](argo_events_core::Problem) that knows its file, line and object.

use argo_events_core::{FieldPath, Severity};
use serde::Serialize;
use std::fmt;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Name of the file.
    pub file: String,
    /// Line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The object, such as `Sensor/orders`; empty when the text itself is meant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// Where in the object.
    pub path: FieldPath,
    /// What is wrong, and what was found.
    pub message: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The expression and the part of it that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
}

/// A line of an expression and the part of it that is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Excerpt {
    /// The line.
    pub text: String,
    /// Which line of the expression it is, from 1.
    pub line: usize,
    /// The character of the line that is meant first, from 1.
    pub column: usize,
    /// First byte that is meant.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
}

/// Most characters of a line that are shown.
const WIDTH: usize = 100;

impl Excerpt {
    /// Takes the line of a text in which a range begins.
    pub(crate) fn of(text: &str, (start, end): (usize, usize)) -> Self {
        let start = text.floor_char_boundary(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = text
            .ceil_char_boundary(end.min(text.len()))
            .clamp(start, line_end.max(start));
        Self {
            text: text[line_start..line_end].to_owned(),
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            start: start - line_start,
            end: end - line_start,
        }
    }

    /// Returns what is shown of the line, and which of its characters are meant.
    fn window(&self) -> (String, usize, usize) {
        let before = self.text[..self.start].chars().count();
        let width = self.text[self.start..self.end].chars().count().max(1);
        if self.text.chars().count() <= WIDTH {
            return (self.text.clone(), before, width);
        }
        let skipped = before.saturating_sub(WIDTH / 2);
        let shown: String = self.text.chars().skip(skipped).take(WIDTH).collect();
        let mark = if skipped > 0 { "…" } else { "" };
        let place = before - skipped + mark.chars().count();
        (format!("{mark}{shown}…"), place, width.min(WIDTH))
    }
}

/// Shows one problem in two or three lines; the second and third show the expression, if one is meant.
///
/// ```text
/// error: sensor.yaml:31:17  Sensor/orders  spec.triggers[1].template.conditions
///   `paid && shiped`: no dependency is called `shiped`
///   |        ^^^^^^  did you mean `shipped`?
/// ```
impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.severity, self.file)?;
        if self.line > 0 {
            write!(out, ":{}:{}", self.line, self.column)?;
        }
        let path = self.path.to_string();
        for part in [&self.object, &path] {
            if !part.is_empty() {
                write!(out, "  {part}")?;
            }
        }
        match &self.excerpt {
            Some(excerpt) => self.with_excerpt(out, excerpt),
            None => {
                write!(out, "\n  {}", self.message)?;
                self.help
                    .as_ref()
                    .map_or(Ok(()), |help| write!(out, "\n  help: {help}"))
            }
        }
    }
}

impl Diagnostic {
    fn with_excerpt(&self, out: &mut fmt::Formatter<'_>, excerpt: &Excerpt) -> fmt::Result {
        let (text, place, width) = excerpt.window();
        let (blanks, carets) = (" ".repeat(place), "^".repeat(width));
        write!(out, "\n  `{text}`: {}\n  |{blanks}{carets}", self.message)?;
        if excerpt.line > 1 {
            write!(out, "  line {}, column {}", excerpt.line, excerpt.column)?;
        }
        self.help
            .as_ref()
            .map_or(Ok(()), |help| write!(out, "  {help}"))
    }
}

/// Everything that was found, in the order of files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Tells whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// Counts the errors.
    pub fn errors(&self) -> usize {
        self.iter()
            .filter(|one| one.severity == Severity::Error)
            .count()
    }

    /// Counts the warnings.
    pub fn warnings(&self) -> usize {
        self.0.len() - self.errors()
    }

    /// Tells whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts everything.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Iterates in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Makes errors of warnings.
    pub(crate) fn harden(&mut self) {
        self.0
            .iter_mut()
            .for_each(|one| one.severity = Severity::Error);
    }

    /// Orders by file, line and column; the order of files stays.
    pub(crate) fn sort(&mut self, files: &[String]) {
        let rank = |name: &str| files.iter().position(|file| file == name);
        self.0
            .sort_by_cached_key(|one| (rank(&one.file), one.line, one.column));
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter()
            .try_for_each(|diagnostic| writeln!(formatter, "{diagnostic}"))
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(excerpt: Option<Excerpt>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            file: "sensor.yaml".into(),
            line: 31,
            column: 17,
            object: "Sensor/orders".into(),
            path: FieldPath::root()
                .field("spec")
                .field("triggers")
                .index(1)
                .field("template"),
            message: "no dependency is called `shiped`".into(),
            help: Some("did you mean `shipped`?".into()),
            excerpt,
        }
    }

    #[test]
    fn carets_stand_under_what_is_meant() {
        let shown = diagnostic(Some(Excerpt::of("a ||\npaid && shiped", (13, 19)))).to_string();
        let wanted = "error: sensor.yaml:31:17  Sensor/orders  spec.triggers[1].template
  `paid && shiped`: no dependency is called `shiped`
  |        ^^^^^^  line 2, column 9  did you mean `shipped`?";
        assert_eq!(shown, wanted);
    }

    #[test]
    fn without_an_expression_help_has_a_line_of_its_own() {
        let shown = diagnostic(None).to_string();
        assert!(
            shown
                .ends_with("\n  no dependency is called `shiped`\n  help: did you mean `shipped`?"),
            "{shown}"
        );
    }

    #[test]
    fn long_lines_are_cut_around_what_is_meant() {
        let text = format!("{}HERE{}", "x".repeat(500), "y".repeat(500));
        let shown = diagnostic(Some(Excerpt::of(&text, (500, 504)))).to_string();
        let lines: Vec<_> = shown.lines().collect();
        let place = lines[2].find('^').unwrap();
        assert!(
            lines[1]
                .chars()
                .skip(place)
                .collect::<String>()
                .starts_with("HERE"),
            "{shown}"
        );
    }

    #[test]
    fn programs_get_the_same_as_json() {
        let json = serde_json::to_value(diagnostic(None)).unwrap();
        assert_eq!(json["severity"], "error");
        assert_eq!(json["path"], "spec.triggers[1].template");
    }
}
