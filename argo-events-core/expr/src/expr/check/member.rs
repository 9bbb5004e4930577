//! Members, indexes and slices.

use super::{
    super::{
        ast::{NodeId, NodeKind},
        error::Error,
        method,
        types::{Type, shown},
    },
    Checker, Found, Visited, named,
};

impl Checker<'_> {
    pub(super) fn member(
        &mut self,
        id: NodeId,
        base_id: NodeId,
        property_id: NodeId,
        is_callee: bool,
    ) -> Result<Visited, Error> {
        let base = self.type_of(base_id)?;
        let property = self.type_of(property_id)?;
        let name = match self.tree.kind(property_id) {
            NodeKind::Text(name) => Some(String::from_utf8_lossy(name).into_owned()),
            _ => None,
        };
        if matches!(self.tree.kind(base_id), NodeKind::Identifier(name) if &**name == "$env") {
            return Ok(name.map_or_else(|| Type::Any.into(), |name| named(&name)));
        }
        if let (Some(name), None) = (&name, &base) {
            return Err(self.fail(id, format!("type <nil> has no field {name}")));
        }
        if let (Some(name), Some(base)) = (&name, &base)
            && let Some(known) = method::of_type(base, name)
        {
            if let NodeKind::Member { method, .. } = &mut self.tree.get_mut(id).kind {
                *method = Some(name.as_str().into());
            }
            return Ok(Type::Function(known.signature().into()).into());
        }
        match &base {
            Some(found) if found.is_any() => Ok(Type::Any.into()),
            Some(Type::Map(map)) => self.map_member(property_id, &base, &map.0, &property),
            Some(Type::List(_)) => self.list_element(property_id, &base, &property),
            Some(Type::Time) if name.is_some() => {
                let what = if is_callee { "method" } else { "field" };
                let name = name.unwrap_or_default();
                Err(self.fail(id, format!("type time.Time has no {what} {name}")))
            }
            _ => {
                let (base, property) = (shown(&base), shown(&property));
                Err(self.fail(id, format!("type {base}[{property}] is undefined")))
            }
        }
    }

    fn map_member(
        &self,
        id: NodeId,
        base: &Found,
        name: &Type,
        property: &Found,
    ) -> Result<Visited, Error> {
        if let Some(property) = property
            && !property.assignable_to(name)
            && !property.is_any()
        {
            let base = shown(base);
            let message = format!("cannot use {property} to get an element from {base}");
            return Err(self.fail(id, message));
        }
        Ok(base.as_ref().and_then(Type::element).into())
    }

    fn list_element(&self, id: NodeId, base: &Found, property: &Found) -> Result<Visited, Error> {
        if !is_index(property) {
            let property = shown(property);
            return Err(self.fail(
                id,
                format!("array elements can only be selected using an integer (got {property})"),
            ));
        }
        Ok(base.as_ref().and_then(Type::element).into())
    }

    pub(super) fn slice(
        &mut self,
        id: NodeId,
        base: NodeId,
        from: Option<NodeId>,
        to: Option<NodeId>,
    ) -> Result<Visited, Error> {
        let found = self.type_of(base)?;
        match &found {
            Some(Type::Text | Type::List(_)) => {}
            Some(other) if other.is_any() => {}
            _ => return Err(self.fail(id, format!("cannot slice {}", shown(&found)))),
        }
        for bound in [from, to].into_iter().flatten() {
            let found = self.type_of(bound)?;
            if !is_index(&found) {
                let message = format!("non-integer slice index {}", shown(&found));
                return Err(self.fail(bound, message));
            }
        }
        Ok(found.into())
    }
}

fn is_index(found: &Found) -> bool {
    found
        .as_ref()
        .is_some_and(|found| found.is_integer() || found.is_any())
}
