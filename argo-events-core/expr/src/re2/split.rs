//! Cuts a text at matches.

use super::Regex;

impl Regex {
    /// Gives the pieces between matches, at most so many if there is a limit.
    ///
    /// An empty match at the very start cuts nothing off. With a limit the last piece is the whole
    /// rest.
    #[must_use]
    pub fn split<'t>(&self, text: &'t [u8], limit: Option<usize>) -> Vec<&'t [u8]> {
        if limit == Some(0) {
            return Vec::new();
        }
        if text.is_empty() && !self.pattern().is_empty() {
            return vec![text];
        }
        let mut pieces = Vec::new();
        let (mut start, mut end) = (0, 0);
        for found in self.find_all(text).take(limit.unwrap_or(usize::MAX)) {
            if limit == Some(pieces.len() + 1) {
                break;
            }
            end = found.start;
            if found.end != 0 {
                pieces.push(&text[start..end]);
            }
            start = found.end;
        }
        if end != text.len() {
            pieces.push(&text[start..]);
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pattern: &str, text: &str, limit: Option<usize>) -> Vec<String> {
        let regex = Regex::new(pattern).expect("a valid pattern");
        let pieces = regex.split(text.as_bytes(), limit);
        pieces
            .iter()
            .map(|piece| String::from_utf8_lossy(piece).into_owned())
            .collect()
    }

    #[test]
    fn pieces_lie_between_matches() {
        assert_eq!(split(",", "a,b,,c", None), ["a", "b", "", "c"]);
        assert_eq!(split(",", "a,b,c", Some(2)), ["a", "b,c"]);
        assert_eq!(split("x*", "axbxc", None), ["a", "b", "c"]);
        assert_eq!(split(",", "", None), [""]);
        assert_eq!(split(",", "a,b", Some(0)), Vec::<String>::new());
    }
}
