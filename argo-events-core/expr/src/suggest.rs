//! Finds the name that a mistyped one was meant to be.

/// The longest name, in characters, that is compared.
const MAX_CHARACTERS: usize = 64;
/// The most names that are compared.
const MAX_NAMES: usize = 1000;

/// Returns the name nearest to a mistyped one, if any is near.
pub(crate) fn nearest<'a>(mistyped: &str, names: &[&'a str]) -> Option<&'a str> {
    let lower = mistyped.to_lowercase();
    let most = lower.chars().count() / 3 + 1;
    names
        .iter()
        .take(MAX_NAMES)
        .filter_map(|name| Some((distance(&lower, &name.to_lowercase())?, *name)))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Counts the characters to add, take out, replace or swap with a neighbour.
fn distance(from: &str, to: &str) -> Option<usize> {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if from.len().max(to.len()) > MAX_CHARACTERS {
        return None;
    }
    let mut before = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut line = vec![row + 1; to.len() + 1];
        for (column, b) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(a != b);
            line[column + 1] = replaced.min(last[column + 1] + 1).min(line[column] + 1);
            let swapped = row > 0 && column > 0 && from[row - 1] == *b && to[column - 1] == *a;
            if swapped {
                line[column + 1] = line[column + 1].min(before[column - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, line);
    }
    last.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_suggested_only_if_it_is_near() {
        let names = ["build", "test", "deploy-production"];
        assert_eq!(nearest("tets", &names), Some("test"));
        assert_eq!(nearest("Build", &names), Some("build"));
        assert_eq!(
            nearest("deploy-prodction", &names),
            Some("deploy-production")
        );
        assert_eq!(nearest("review", &names), None);
        assert_eq!(nearest(&"b".repeat(1000), &names), None);
    }
}
