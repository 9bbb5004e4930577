//! Rewrites a checked tree as the library does, since much of it shows: in values, errors and places.

mod fold;
mod rewrite;

use super::{
    ast::{NodeId, NodeKind, Tree, children},
    error::Error,
};

/// How often constants are folded before what is left is taken as it is.
const MOST_PASSES: usize = 1_001;

/// Rewrites a tree.
pub(super) fn optimize(tree: &mut Tree, root: NodeId) -> Result<(), Error> {
    pass(tree, root, &mut rewrite::in_array);
    for _ in 0..MOST_PASSES {
        let mut fold = fold::Fold::default();
        pass(tree, root, &mut |tree, id| fold.visit(tree, id));
        if let Some(error) = fold.error {
            return Err(error);
        }
        if !fold.applied {
            break;
        }
    }
    for step in [
        rewrite::in_range,
        rewrite::constant_range,
        rewrite::filter_map,
        rewrite::filter_len,
        rewrite::filter_last,
        rewrite::filter_first,
    ] {
        let mut step = step;
        pass(tree, root, &mut step);
    }
    Ok(())
}

/// Visits every node after its children; chains of operators without recursion.
fn pass(tree: &mut Tree, root: NodeId, visit: &mut dyn FnMut(&mut Tree, NodeId)) {
    let mut chain = Vec::new();
    let mut innermost = root;
    while let NodeKind::Binary { left, .. } = tree.kind(innermost) {
        chain.push(innermost);
        innermost = *left;
    }
    let mut below = Vec::new();
    children(tree.kind(innermost), |child| below.push(child));
    for child in below {
        pass(tree, child, visit);
    }
    visit(tree, innermost);
    while let Some(id) = chain.pop() {
        if let NodeKind::Binary { right, .. } = *tree.kind(id) {
            pass(tree, right, visit);
        }
        visit(tree, id);
    }
}
