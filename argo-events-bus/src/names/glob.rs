//! Patterns of names: `*`, `?`, `[a-c]`, `[!a]` and `{one,two}`.

/// Tells whether a pattern matches the whole of a text.
///
/// ```
/// use argo_events_bus::names::matches;
/// assert!(matches("es-{a,b}*", "es-b1") && !matches("[!x]s-a", "xs-a"));
/// ```
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    rest_matches(&pattern, &text)
}

fn rest_matches(pattern: &[char], text: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return text.is_empty();
    };
    match first {
        '*' => (0..=text.len()).any(|skipped| rest_matches(rest, &text[skipped..])),
        '?' => !text.is_empty() && rest_matches(rest, &text[1..]),
        '[' => one_of(rest, text),
        '{' => alternatives(rest, text),
        '\\' if !rest.is_empty() => begins(rest[0], &rest[1..], text),
        other => begins(*other, rest, text),
    }
}

fn begins(first: char, rest: &[char], text: &[char]) -> bool {
    text.first() == Some(&first) && rest_matches(rest, &text[1..])
}

fn one_of(pattern: &[char], text: &[char]) -> bool {
    let Some(end) = pattern.iter().position(|c| *c == ']') else {
        return false;
    };
    let (set, rest) = (&pattern[..end], &pattern[end + 1..]);
    let (is_negated, set) = match set.split_first() {
        Some(('!', set)) => (true, set),
        _ => (false, set),
    };
    let Some((first, text)) = text.split_first() else {
        return false;
    };
    let is_in = match set {
        [low, '-', high] => (low..=high).contains(&first),
        set => set.contains(first),
    };
    is_in != is_negated && rest_matches(rest, text)
}

fn alternatives(pattern: &[char], text: &[char]) -> bool {
    let Some(end) = closing(pattern) else {
        return false;
    };
    let (inner, rest) = (&pattern[..end], &pattern[end + 1..]);
    split(inner)
        .into_iter()
        .any(|one| rest_matches(&[one, rest].concat(), text))
}

/// Returns where the brace closes that was opened before.
fn closing(pattern: &[char]) -> Option<usize> {
    let mut depth = 0_usize;
    pattern.iter().position(|c| {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return true,
            '}' => depth -= 1,
            _ => {}
        }
        false
    })
}

/// Splits at commas that lie in no further braces.
fn split(pattern: &[char]) -> Vec<&[char]> {
    let mut depth = 0_usize;
    pattern
        .split(|c| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *c == ',' && depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, wanted) in [
            ("*", "", true),
            ("es-**", "es-a__ev", true),
            ("e?", "e", false),
            ("[e]s-a", "es-a", true),
            ("[a-c]1", "b1", true),
            ("{ev,x{1,2}}-*", "x2-", true),
            ("{ev,x", "x", false),
            ("ev", "evx", false),
        ] {
            assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
        }
    }
}
