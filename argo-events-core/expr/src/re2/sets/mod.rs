//! The sets of characters that have a name, and how sets are combined.
//!
//! `\d`, `\s`, `\w` and the POSIX classes are ASCII; categories and scripts are those of Unicode
//! 15.0, the version Go has. Go refuses the names of scripts that have several words, such as
//! `\p{Old_Italic}`, by an oversight; here they are accepted.

mod names;

use names::{CATEGORIES, SCRIPTS};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// Gives the characters from one code to another; the surrogates between them are none.
pub(super) fn range(low: u32, high: u32) -> ClassUnicode {
    const BEFORE_SURROGATES: char = '\u{d7ff}';
    const AFTER_SURROGATES: char = '\u{e000}';
    let start = char::from_u32(low).unwrap_or(AFTER_SURROGATES);
    let end = char::from_u32(high).unwrap_or(BEFORE_SURROGATES);
    ClassUnicode::new((start <= end).then(|| ClassUnicodeRange::new(start, end)))
}

/// Adds the characters that differ from one of the set in case only.
pub(super) fn folded(mut set: ClassUnicode) -> ClassUnicode {
    set.try_case_fold_simple()
        .expect("the tables are compiled in");
    set
}

pub(super) fn negated_if(mut set: ClassUnicode, negated: bool) -> ClassUnicode {
    if negated {
        set.negate();
    }
    set
}

fn folded_if(set: ClassUnicode, fold: bool) -> ClassUnicode {
    if fold { folded(set) } else { set }
}

fn ascii(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(
        ranges
            .iter()
            .map(|(start, end)| ClassUnicodeRange::new(*start, *end)),
    )
}

/// Finds the set of `\d`, `\s`, `\w` or of its opposite by the letter.
pub(super) fn perl(letter: u8, fold: bool) -> Option<ClassUnicode> {
    let set = match letter.to_ascii_lowercase() {
        b'd' => ascii(&[('0', '9')]),
        b's' => ascii(&[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')]),
        b'w' => posix(b"word", false)?,
        _ => return None,
    };
    Some(negated_if(
        folded_if(set, fold),
        letter.is_ascii_uppercase(),
    ))
}

/// Finds the set of `[:name:]`, or of its opposite `[:^name:]`.
pub(super) fn posix(name: &[u8], fold: bool) -> Option<ClassUnicode> {
    let (name, negated) = match name.strip_prefix(b"^") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let set = ascii(match name {
        b"alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        b"alpha" => &[('A', 'Z'), ('a', 'z')],
        b"ascii" => &[('\0', '\x7f')],
        b"blank" => &[('\t', '\t'), (' ', ' ')],
        b"cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        b"digit" => &[('0', '9')],
        b"graph" => &[('!', '~')],
        b"lower" => &[('a', 'z')],
        b"print" => &[(' ', '~')],
        b"punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        b"space" => &[('\t', '\r'), (' ', ' ')],
        b"upper" => &[('A', 'Z')],
        b"word" => &[('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
        b"xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    });
    Some(negated_if(folded_if(set, fold), negated))
}

/// Finds a category or script by name; case, blanks, `_` and `-` do not matter.
pub(super) fn unicode(name: &str, fold: bool) -> Option<ClassUnicode> {
    let name: String = name
        .chars()
        .filter(|character| !matches!(character, ' ' | '_' | '-'))
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let known = |names: &[&str]| names.binary_search(&name.as_str()).is_ok();
    let set = match name.as_str() {
        "any" => range(0, char::MAX.into()),
        "ascii" => range(0, 0x7f),
        "assigned" => negated_if(category("cn"), true),
        _ if known(CATEGORIES) => category(&name),
        _ if known(SCRIPTS) => common(query(&format!("sc={name}"))),
        _ => return None,
    };
    Some(folded_if(set, fold))
}

/// Finds a category; of surrogates there are none in a text.
fn category(name: &str) -> ClassUnicode {
    let set = match name {
        "cs" | "surrogate" => ClassUnicode::empty(),
        _ => common(query(&format!("gc={name}"))),
    };
    match name {
        "c" | "cn" | "other" | "unassigned" => {
            let mut set = set;
            set.union(&negated_if(query(AGE), true));
            set
        }
        _ => set,
    }
}

/// The characters that Go's version of Unicode has.
const AGE: &str = "age=15.0";

/// Leaves the characters out that Go's version of Unicode does not have.
fn common(mut set: ClassUnicode) -> ClassUnicode {
    set.intersect(&query(AGE));
    set
}

/// Looks a property up in the tables of the engine.
fn query(property: &str) -> ClassUnicode {
    let parsed = regex_syntax::parse(&format!("\\p{{{property}}}"));
    match parsed.as_ref().map(|hir| hir.kind()) {
        Ok(HirKind::Class(Class::Unicode(set))) => set.clone(),
        // A set of one character comes as that character.
        Ok(HirKind::Literal(literal)) => {
            let text = String::from_utf8_lossy(&literal.0);
            ClassUnicode::new(
                text.chars()
                    .map(|character| ClassUnicodeRange::new(character, character)),
            )
        }
        _ => ClassUnicode::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_characters_except_surrogates() {
        for name in CATEGORIES.iter().chain(SCRIPTS) {
            let set = unicode(name, false).expect("the name is listed");
            assert_eq!(
                set.ranges().is_empty(),
                matches!(*name, "cs" | "surrogate"),
                "{name}"
            );
        }
    }

    #[test]
    fn names_are_compared_loosely_but_short_script_names_are_unknown() {
        for name in ["greek", "GREEK", "_gre-ek", "Lu", "Uppercase_Letter", "any"] {
            assert!(unicode(name, false).is_some(), "{name}");
        }
        for name in ["grek", "isgreek", "", "script=Greek", "Alphabetic"] {
            assert!(unicode(name, false).is_none(), "{name}");
        }
    }

    #[test]
    fn surrogates_are_cut_out_of_ranges() {
        assert!(range(0xd800, 0xdfff).ranges().is_empty());
        assert_eq!(range(0xd000, 0xdfff), range(0xd000, 0xd7ff));
        assert_eq!(range(0xdc00, 0xe001), range(0xe000, 0xe001));
    }

    #[test]
    fn lists_are_sorted() {
        assert!(CATEGORIES.is_sorted() && SCRIPTS.is_sorted());
    }
}
