//! Definitions out of a backup, made to fit the cluster they come to: new ids, new names, new owners.

use std::collections::BTreeMap;

use crate::catalog::{Body, Descriptor, DescriptorId, Grants, Locality, Privilege, quote_ident_if_needed};
use crate::types::SqlType;

/// Old ids to new ones, and what else changes.
#[derive(Debug, Clone, Default)]
pub struct Rewrite {
    pub ids: BTreeMap<DescriptorId, DescriptorId>,
    /// The database's old and new name.
    pub renamed: Option<(String, String)>,
    pub remove_regions: bool,
}

impl Rewrite {
    fn id(&self, id: DescriptorId) -> DescriptorId {
        self.ids.get(&id).copied().unwrap_or(id)
    }

    fn types(&self, ty: &mut SqlType) {
        match ty {
            SqlType::Enum { id, .. } => *id = self.id(*id),
            SqlType::Array(item) => self.types(item),
            _ => {}
        }
    }

    /// Replaces the database's name where it stands first in a name of three parts. Looks at quoted names and at the text of
    /// literals too, because `nextval('d.public.s')` names a sequence in a literal.
    fn text(&self, text: &str) -> String {
        let Some((old, new)) = &self.renamed else {
            return text.to_owned();
        };
        let (old, new) = (quote_ident_if_needed(old), quote_ident_if_needed(new));
        let mut rewritten = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(old.as_str()) {
            let (before, from) = rest.split_at(at);
            let after = &from[old.len()..];
            rewritten.push_str(before);
            let part_of_longer = before
                .chars()
                .next_back()
                .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '"'));
            rewritten.push_str(if !part_of_longer && two_more_parts(after) {
                &new
            } else {
                &old
            });
            rest = after;
        }
        rewritten.push_str(rest);
        rewritten
    }

    /// The definition with everything replaced. `owner` is none when owners and grants stay as they were.
    pub fn descriptor(&self, original: &Descriptor, owner: Option<&str>) -> Descriptor {
        let mut object = original.clone();
        object.id = self.id(object.id);
        object.parent_id = self.id(object.parent_id);
        object.schema_id = self.id(object.schema_id);
        if let Some(owner) = owner {
            owner.clone_into(&mut object.owner);
            object.grants = fresh_grants(&object);
            if !matches!(owner, "root" | "admin") {
                object.grants.grant(owner, Privilege::All, true);
            }
        }
        match &mut object.body {
            Body::Database(database) => {
                if self.remove_regions {
                    database.regions.clear();
                    database.primary_region = None;
                    database.secondary_region = None;
                    database.survival_goal = None;
                }
            }
            Body::Table(table) => {
                for column in &mut table.columns {
                    self.types(&mut column.ty);
                    column.default = column.default.as_deref().map(|text| self.text(text));
                    column.computed = column.computed.as_deref().map(|text| self.text(text));
                }
                for key in &mut table.foreign_keys {
                    key.referenced_table = self.id(key.referenced_table);
                }
                for check in &mut table.checks {
                    check.expression = self.text(&check.expression);
                }
                if self.remove_regions && !matches!(table.locality, Some(Locality::RegionalByRow { .. })) {
                    table.locality = None;
                }
            }
            Body::View(view) => {
                view.query = self.text(&view.query);
                view.columns.iter_mut().for_each(|(_, ty)| self.types(ty));
                view.depends_on.iter_mut().for_each(|id| *id = self.id(*id));
            }
            Body::Sequence(sequence) => {
                if let Some((owner, _)) = &mut sequence.owned_by {
                    *owner = self.id(*owner);
                }
            }
            Body::Function(function) => {
                function.definition = self.text(&function.definition);
                function.depends_on.iter_mut().for_each(|id| *id = self.id(*id));
            }
            Body::Enum(body) => {
                if self.remove_regions {
                    body.multi_region = false;
                }
            }
            Body::Schema(_) => {}
        }
        object
    }
}

/// Whether `.name.name` comes next.
fn two_more_parts(text: &str) -> bool {
    let part = |text: &str| -> Option<usize> {
        let inner = text.strip_prefix('.')?;
        if let Some(quoted) = inner.strip_prefix('"') {
            return quoted.find('"').map(|end| end + 3);
        }
        let length: usize = inner
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
            .map(char::len_utf8)
            .sum();
        (length > 0).then_some(length + 1)
    };
    part(text).is_some_and(|first| part(&text[first..]).is_some())
}

/// The grants a new object of this kind has.
fn fresh_grants(object: &Descriptor) -> Grants {
    let mut grants = Grants::standard();
    match &object.body {
        Body::Database(_) => grants.grant("public", Privilege::Connect, false),
        Body::Schema(_) if object.name == "public" => {
            grants.grant("public", Privilege::Create, false);
            grants.grant("public", Privilege::Usage, false);
        }
        Body::Enum(_) => grants.grant("public", Privilege::Usage, false),
        Body::Function(_) => grants.grant("public", Privilege::Execute, false),
        _ => {}
    }
    grants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(text: &str) -> String {
        let renamed = Some(("db1".to_owned(), "New One".to_owned()));
        Rewrite {
            renamed,
            ..Rewrite::default()
        }
        .text(text)
    }

    #[test]
    fn only_full_names_of_the_database_change() {
        assert_eq!(
            renamed("SELECT a FROM db1.sc1.t"),
            "SELECT a FROM \"New One\".sc1.t"
        );
        assert_eq!(renamed("SELECT db1.a FROM x.db1.y"), "SELECT db1.a FROM x.db1.y");
        assert_eq!(
            renamed("SELECT mydb1.s.t, db1x.s.t"),
            "SELECT mydb1.s.t, db1x.s.t"
        );
        assert_eq!(
            renamed("nextval('db1.public.s'::REGCLASS)"),
            "nextval('\"New One\".public.s'::REGCLASS)"
        );
        assert_eq!(renamed("db1.\"My S\".\"T\""), "\"New One\".\"My S\".\"T\"");
    }
}
