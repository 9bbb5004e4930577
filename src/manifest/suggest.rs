//! Finds the name that somebody probably meant.

/// Returns the nearest of the known names, unless none is near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let most = ((name.chars().count() + 1) / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns a sentence for a problem's help: what was probably meant, and what there is.
pub(crate) fn help<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    const MOST: usize = 12;
    let there: Vec<_> = known.clone().take(MOST + 1).collect();
    let meant = nearest(name, known).map(|meant| format!("did you mean `{meant}`?"));
    match (meant, there.len()) {
        (meant, 0) => meant,
        (meant, count) if count > MOST => meant,
        (Some(meant), _) => Some(format!("{meant}  known: {}", there.join(", "))),
        (None, _) => Some(format!("known: {}", there.join(", "))),
    }
}

/// Counts the letters to change, add or leave out; longer names than these are not compared.
fn distance(one: &str, other: &str) -> usize {
    const LONGEST: usize = 64;
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().max(other.len()) > LONGEST {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_if_one_is_near() {
        let known = ["shipped", "paid", "jsonBody"];
        assert_eq!(nearest("shiped", known), Some("shipped"));
        assert_eq!(nearest("jsonbody", known), Some("jsonBody"));
        assert_eq!(nearest("cancelled", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn help_lists_what_there_is() {
        let known = ["paid", "shipped"].into_iter();
        assert_eq!(
            help("shiped", known.clone()).unwrap(),
            "did you mean `shipped`?  known: paid, shipped"
        );
        assert_eq!(help("x", known).unwrap(), "known: paid, shipped");
    }
}
