//! Puts other text in the place of matches.

use super::{Captures, Regex, template::Template};

impl Regex {
    /// Replaces all matches by a template in which `$1`, `$name` and `${name}` are groups and `$$`
    /// is a dollar sign.
    ///
    /// A name reaches as far as letters, digits and `_` do, so `$1x` is the group named `1x`.
    /// What names no group is empty.
    #[must_use]
    pub fn replace_all(&self, text: &[u8], template: &[u8]) -> Vec<u8> {
        let template = Template::new(template, self.group_names());
        self.replace_by(text, |out, captures| template.expand(out, text, captures))
    }

    /// Replaces all matches by a text as it is.
    #[must_use]
    pub fn replace_all_literal(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        self.replace_by(text, |out, _| out.extend_from_slice(replacement))
    }

    fn replace_by(&self, text: &[u8], replace: impl Fn(&mut Vec<u8>, &Captures)) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut end = 0;
        for captures in self.all_captures(text) {
            let range = captures.range();
            out.extend_from_slice(&text[end..range.start]);
            replace(&mut out, &captures);
            end = range.end;
        }
        out.extend_from_slice(&text[end..]);
        out
    }
}

/// Escapes what has a meaning in patterns, so that the result matches the text itself.
#[must_use]
pub fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if br"\.+*?()|[]{}^$".contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, text: &str, template: &str) -> String {
        let regex = Regex::new(pattern).expect("a valid pattern");
        String::from_utf8(regex.replace_all(text.as_bytes(), template.as_bytes())).expect("UTF-8")
    }

    #[test]
    fn templates_name_groups() {
        for (pattern, text, template, out) in [
            (r"(\w)(\w)", "abcd", "$2$1", "badc"),
            ("(a)", "a", "$1x|${1}x|$0|$$|$", "|ax|a|$|$"),
            ("(?P<n>a)", "aa", "[${n}][$n-]", "[a][a-][a][a-]"),
            ("(?P<n>a)|(?P<n>b)", "b", "$n", "b"),
            ("a", "a", "${1", "${1"),
            ("a", "a", "$01 $é $", "  $"),
            ("x*", "axb", "-", "-a-b-"),
        ] {
            assert_eq!(
                replaced(pattern, text, template),
                out,
                "{pattern} {template}"
            );
        }
    }

    #[test]
    fn literal_replacements_keep_dollar_signs() {
        let regex = Regex::new("a").expect("a valid pattern");
        assert_eq!(regex.replace_all_literal(b"ab\xff", b"$0"), b"$0b\xff");
    }

    #[test]
    fn quoted_text_matches_itself() {
        let text = br"a.b*[c]\d{2}^$(|)+?";
        let regex = Regex::new(quote_meta(text)).expect("a valid pattern");
        assert_eq!(regex.find(text), Some(0..text.len()));
    }
}
