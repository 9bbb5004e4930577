//! Rewrites of membership tests, ranges and filters.

use super::super::{
    ast::{Constant, Kind, NodeId, NodeKind, Tree},
    error::Location,
    types::Type,
};

/// The longest constant range that is laid out beforehand.
const MOST_ELEMENTS: i64 = 1_000_000;

fn is_int(tree: &Tree, id: NodeId) -> bool {
    tree.found(id).as_ref().map(Type::kind) == Some(Kind::Int)
}

/// Makes a set of a literal list of whole numbers or texts that something is looked for in.
pub(super) fn in_array(tree: &mut Tree, id: NodeId) {
    let NodeKind::Binary {
        operator: "in",
        left,
        right,
        ..
    } = *tree.kind(id)
    else {
        return;
    };
    let NodeKind::Array(nodes) = tree.kind(right) else {
        return;
    };
    if nodes.is_empty() {
        return;
    }
    let integers = match is_int(tree, left) {
        true => integers(tree, nodes),
        false => None,
    };
    let Some(set) = integers.or_else(|| texts(tree, nodes)) else {
        return;
    };
    if let Ok(right) = tree.add(NodeKind::Constant(set), Location::default()) {
        let kind = NodeKind::Binary {
            operator: "in",
            left,
            right,
            regex: None,
        };
        tree.replace(id, kind, None);
    }
}

fn integers(tree: &Tree, nodes: &[NodeId]) -> Option<Constant> {
    let number = |id: &NodeId| match tree.kind(*id) {
        NodeKind::Integer(number) => Some(*number),
        _ => None,
    };
    let mut set = nodes.iter().map(number).collect::<Option<Vec<_>>>()?;
    set.sort_unstable();
    Some(Constant::IntSet(set.into()))
}

fn texts(tree: &Tree, nodes: &[NodeId]) -> Option<Constant> {
    let text = |id: &NodeId| match tree.kind(*id) {
        NodeKind::Text(text) => Some(text.clone()),
        _ => None,
    };
    let mut set = nodes.iter().map(text).collect::<Option<Vec<_>>>()?;
    set.sort_unstable();
    Some(Constant::TextSet(set.into()))
}

/// Makes two comparisons of a look into a constant range.
pub(super) fn in_range(tree: &mut Tree, id: NodeId) {
    let NodeKind::Binary {
        operator: "in",
        left,
        right,
        ..
    } = *tree.kind(id)
    else {
        return;
    };
    let Some((from, to)) = bounds(tree, right).filter(|_| is_int(tree, left)) else {
        return;
    };
    let compared = |tree: &mut Tree, operator, right| {
        let kind = NodeKind::Binary {
            operator,
            left,
            right,
            regex: None,
        };
        tree.add(kind, Location::default())
    };
    let (low, high) = (compared(tree, ">=", from), compared(tree, "<=", to));
    if let (Ok(left), Ok(right)) = (low, high) {
        let kind = NodeKind::Binary {
            operator: "and",
            left,
            right,
            regex: None,
        };
        tree.replace(id, kind, None);
    }
}

/// Returns the bounds of a range between whole numbers.
fn bounds(tree: &Tree, id: NodeId) -> Option<(NodeId, NodeId)> {
    let NodeKind::Binary {
        operator: "..",
        left,
        right,
        ..
    } = *tree.kind(id)
    else {
        return None;
    };
    let is_integer = |id| matches!(tree.kind(id), NodeKind::Integer(_));
    (is_integer(left) && is_integer(right)).then_some((left, right))
}

/// Makes a constant of a range between whole numbers.
pub(super) fn constant_range(tree: &mut Tree, id: NodeId) {
    let Some((from, to)) = bounds(tree, id) else {
        return;
    };
    let (NodeKind::Integer(first), NodeKind::Integer(last)) = (tree.kind(from), tree.kind(to))
    else {
        return;
    };
    let (first, size) = (*first, last.wrapping_sub(*first).wrapping_add(1));
    if size > MOST_ELEMENTS {
        return;
    }
    let length = usize::try_from(size).unwrap_or(0);
    let range = Constant::Range { first, length };
    tree.replace(id, NodeKind::Constant(range), None);
}

/// Makes one loop of a map over a filter.
pub(super) fn filter_map(tree: &mut Tree, id: NodeId) {
    let Some(("map", arguments)) = call(tree, id) else {
        return;
    };
    let (filter, closure) = (arguments[0], arguments[1]);
    let NodeKind::Closure(body) = *tree.kind(closure) else {
        return;
    };
    let NodeKind::Builtin {
        name: "filter",
        arguments,
        map: None,
        ..
    } = tree.kind(filter)
    else {
        return;
    };
    let kind = NodeKind::Builtin {
        name: "filter",
        arguments: arguments.clone(),
        throws: false,
        map: Some(body),
    };
    tree.replace(id, kind, None);
}

fn call(tree: &Tree, id: NodeId) -> Option<(&'static str, &[NodeId])> {
    match tree.kind(id) {
        NodeKind::Builtin {
            name, arguments, ..
        } => Some((name, arguments)),
        _ => None,
    }
}

/// Makes a count of a filter's length.
pub(super) fn filter_len(tree: &mut Tree, id: NodeId) {
    let Some(("len", [list])) = call(tree, id) else {
        return;
    };
    if let Some(("filter", arguments)) = call(tree, *list) {
        let kind = NodeKind::Builtin {
            name: "count",
            arguments: arguments.to_vec(),
            throws: false,
            map: None,
        };
        tree.replace(id, kind, None);
    }
}

/// Makes a search from the back of a filter's last element.
pub(super) fn filter_last(tree: &mut Tree, id: NodeId) {
    filter_end(tree, id, -1, "last", "findLast");
}

/// Makes a search of a filter's first element.
pub(super) fn filter_first(tree: &mut Tree, id: NodeId) {
    filter_end(tree, id, 0, "first", "find");
}

fn filter_end(tree: &mut Tree, id: NodeId, index: i64, name: &str, search: &'static str) {
    let (filter, throws) = match tree.kind(id) {
        NodeKind::Member {
            base,
            property,
            is_optional: false,
            ..
        } if matches!(tree.kind(*property), NodeKind::Integer(number) if *number == index) => {
            (*base, true)
        }
        NodeKind::Builtin {
            name: called,
            arguments,
            ..
        } if *called == name && arguments.len() == 1 => (arguments[0], false),
        _ => return,
    };
    if let NodeKind::Builtin {
        name: "filter",
        arguments,
        map,
        ..
    } = tree.kind(filter)
    {
        let kind = NodeKind::Builtin {
            name: search,
            arguments: arguments.clone(),
            throws,
            map: *map,
        };
        tree.replace(id, kind, None);
    }
}
