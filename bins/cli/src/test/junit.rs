//! Results in the XML that CI servers read.

use super::report::{self, Checked};
use std::{fmt::Write as _, path::Path};

/// Writes one suite with a test for each case.
pub(crate) fn write(file: &Path, results: &[Checked]) -> String {
    let (_, failed) = report::count(results);
    let counts = format!("tests=\"{}\" failures=\"{failed}\"", results.len());
    let name = escaped(&file.display().to_string());
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut put = |line: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(xml, "{line}");
    };
    put(format!("<testsuites {counts}>"));
    put(format!("  <testsuite name=\"{name}\" {counts}>"));
    for result in results {
        put(test_case(result));
    }
    put("  </testsuite>".to_owned());
    put("</testsuites>".to_owned());
    xml
}

fn test_case(result: &Checked) -> String {
    let (class, name) = (escaped(&result.course.sensor), escaped(&result.name));
    let (file, line) = (escaped(&result.place.file), result.place.line);
    let head = format!(
        "    <testcase classname=\"{class}\" name=\"{name}\" file=\"{file}\" line=\"{line}\""
    );
    if result.is_ok() {
        return format!("{head}/>");
    }
    let differences = result.differences.iter();
    let text: Vec<_> = differences
        .map(|it| format!("{}: expected {}, got {}", it.what, it.expected, it.got))
        .collect();
    let (message, text) = (escaped(&text[0]), escaped(&text.join("\n")));
    format!("{head}>\n      <failure message=\"{message}\">{text}</failure>\n    </testcase>")
}

/// Escapes what has a meaning in XML; signs that XML cannot hold become a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' | '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('?'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_escaped() {
        assert_eq!(
            escaped("a<b> & \"c\"\n\u{1}"),
            "a&lt;b&gt; &amp; &quot;c&quot;&#10;?"
        );
    }
}
