//! Makes a condition's tree into something that is quick to ask.
//!
//! Small conditions become a list of masks, one of which must be there entirely. The others
//! become a short-circuit program, so that no tree can make the list explode.

use super::{BitSet, Tree};

/// The most masks of a condition; beyond that a program is smaller.
const MAX_CLAUSES: usize = 64;
/// The most comparisons of masks that making them may take.
const MAX_COMPARISONS: usize = 1 << 20;

/// A condition ready to be asked.
#[derive(Clone, Debug)]
pub(super) enum Program {
    /// Any of these masks; all places are below 64.
    Masks(Box<[u64]>),
    /// Any of these sets.
    Sets(Box<[BitSet]>),
    /// The steps in their order; what the last test said is the answer.
    Steps(Box<[Step]>),
}

/// A step of a program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Looks whether a place is there.
    Test(usize),
    /// Goes on at another step if the last test said this.
    SkipIf(bool, usize),
}

impl Program {
    pub(super) fn compile(root: &Tree, places: usize) -> Self {
        let mut comparisons = 0;
        match clauses(root, &mut comparisons) {
            Some(clauses) if places <= u64::BITS as usize => {
                Self::Masks(clauses.iter().map(BitSet::first_word).collect())
            }
            Some(clauses) => Self::Sets(clauses.into()),
            None => {
                let mut steps = Vec::new();
                write_steps(root, &mut steps);
                Self::Steps(steps.into())
            }
        }
    }

    #[inline]
    pub(super) fn holds(&self, present: &BitSet) -> bool {
        match self {
            Self::Masks(masks) => {
                let present = present.first_word();
                masks.iter().any(|mask| present & mask == *mask)
            }
            Self::Sets(sets) => sets.iter().any(|set| present.contains_all(set)),
            Self::Steps(steps) => run(steps, present),
        }
    }
}

fn run(steps: &[Step], present: &BitSet) -> bool {
    let (mut at, mut said) = (0, false);
    while let Some(step) = steps.get(at) {
        at += 1;
        match *step {
            Step::Test(place) => said = present.contains(place),
            Step::SkipIf(when, to) if said == when => at = to,
            Step::SkipIf(..) => {}
        }
    }
    said
}

/// Writes a tree as steps; skips only go forward, so that every program ends.
fn write_steps(tree: &Tree, steps: &mut Vec<Step>) {
    let (parts, decided) = match tree {
        Tree::Dependency(place) => return steps.push(Step::Test(usize::from(*place))),
        Tree::All(parts) => (parts, false),
        Tree::Any(parts) => (parts, true),
    };
    let mut skips = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            skips.push(steps.len());
            steps.push(Step::SkipIf(decided, 0));
        }
        write_steps(part, steps);
    }
    let end = steps.len();
    for skip in skips {
        steps[skip] = Step::SkipIf(decided, end);
    }
}

/// Returns the sets one of which must be present, or nothing if they are too many.
fn clauses(tree: &Tree, comparisons: &mut usize) -> Option<Vec<BitSet>> {
    match tree {
        Tree::Dependency(place) => Some(vec![[usize::from(*place)].into_iter().collect()]),
        Tree::Any(parts) => {
            let mut any = Vec::new();
            for part in parts {
                for clause in clauses(part, comparisons)? {
                    add_clause(&mut any, clause, comparisons)?;
                }
            }
            Some(any)
        }
        Tree::All(parts) => {
            let mut all = vec![BitSet::new()];
            for part in parts {
                all = both(&all, &clauses(part, comparisons)?, comparisons)?;
            }
            Some(all)
        }
    }
}

/// Returns the clauses of two lists that must both be met.
fn both(left: &[BitSet], right: &[BitSet], comparisons: &mut usize) -> Option<Vec<BitSet>> {
    let mut both = Vec::new();
    for one in left {
        for other in right {
            let mut clause = one.clone();
            clause.insert_all(other);
            add_clause(&mut both, clause, comparisons)?;
        }
    }
    Some(both)
}

/// Adds a clause unless a weaker one is there, and takes stronger ones out.
fn add_clause(clauses: &mut Vec<BitSet>, clause: BitSet, comparisons: &mut usize) -> Option<()> {
    *comparisons += 2 * clauses.len();
    if clauses.iter().any(|weaker| clause.contains_all(weaker)) {
        return Some(());
    }
    clauses.retain(|stronger| !stronger.contains_all(&clause));
    clauses.push(clause);
    (clauses.len() <= MAX_CLAUSES && *comparisons <= MAX_COMPARISONS).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any_of(parts: impl IntoIterator<Item = Tree>) -> Tree {
        Tree::Any(parts.into_iter().collect())
    }

    fn dependencies(places: impl IntoIterator<Item = u16>) -> Vec<Tree> {
        places.into_iter().map(Tree::Dependency).collect()
    }

    #[test]
    fn what_a_weaker_clause_covers_is_left_out() {
        let root = any_of([Tree::All(dependencies([0, 1])), Tree::Dependency(0)]);
        let Program::Masks(masks) = Program::compile(&root, 2) else {
            panic!("no masks")
        };
        assert_eq!(*masks, [0b01]);
    }

    #[test]
    fn sixty_four_clauses_are_masks_and_one_more_is_a_program() {
        let pairs = |count| any_of((0..count).map(|at| Tree::All(dependencies([at, at + 100]))));
        assert!(matches!(
            Program::compile(&pairs(64), 200),
            Program::Sets(_)
        ));
        assert!(matches!(
            Program::compile(&pairs(65), 200),
            Program::Steps(_)
        ));
    }

    #[test]
    fn a_product_of_alternatives_does_not_explode() {
        let pairs = (0..30).map(|at| any_of(dependencies([2 * at, 2 * at + 1])));
        let program = Program::compile(&Tree::All(pairs.collect()), 60);
        assert!(matches!(program, Program::Steps(_)));
        assert!(program.holds(&(0..30).map(|at| 2 * at + at % 2).collect()));
        assert!(!program.holds(&(2..60).collect()));
    }
}
