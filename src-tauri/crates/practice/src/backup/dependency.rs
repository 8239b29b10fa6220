//! What restored objects need that is not restored with them, and which options do without it.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Body, Catalog, Descriptor, DescriptorId};
use crate::error::{SqlError, SqlResult};
use crate::stmt::RestoreOptions;

/// Takes out what the options allow to lose, and refuses what is missing without them.
pub fn check(
    objects: &mut BTreeMap<DescriptorId, Descriptor>,
    backup: &Catalog,
    options: &RestoreOptions,
) -> SqlResult<()> {
    let restored: BTreeSet<DescriptorId> = objects.keys().copied().collect();
    let is_missing = |id: &DescriptorId| !restored.contains(id);
    let is_function = |id: &DescriptorId| {
        backup
            .descriptors
            .get(id)
            .is_some_and(|object| matches!(object.body, Body::Function(_)))
    };
    let mut views_to_skip = BTreeSet::new();
    for object in objects.values_mut() {
        let name = object.name.clone();
        match &mut object.body {
            Body::Table(table) => {
                if let Some(missing) = table
                    .foreign_keys
                    .iter()
                    .find(|key| is_missing(&key.referenced_table))
                {
                    if !options.skip_missing_foreign_keys {
                        return Err(SqlError::plain(format!(
                            "cannot restore table \"{name}\" without referenced table {} (or \"skip_missing_foreign_keys\" option)",
                            missing.referenced_table
                        )));
                    }
                    table
                        .foreign_keys
                        .retain(|key| !is_missing(&key.referenced_table));
                }
                for column in &mut table.columns {
                    let Some(default) = &column.default else { continue };
                    let used = sequences_in(default, backup);
                    if let Some(missing) = used.iter().find(|id| is_missing(id)) {
                        if !options.skip_missing_sequences {
                            return Err(SqlError::plain(format!(
                                "cannot restore table \"{name}\" without referenced sequence {missing} (or \"skip_missing_sequences\" \
                                 option)"
                            )));
                        }
                        column.default = None;
                    }
                }
            }
            Body::Sequence(sequence) => {
                if let Some((owner, _)) = sequence.owned_by
                    && is_missing(&owner)
                {
                    if !options.skip_missing_sequence_owners {
                        return Err(SqlError::plain(format!(
                            "cannot restore sequence \"{name}\" without referenced owner table {owner} (or \
                             \"skip_missing_sequence_owners\" option)"
                        )));
                    }
                    sequence.owned_by = None;
                }
            }
            Body::View(view) => {
                if let Some(missing) = view.depends_on.iter().find(|id| is_missing(id)) {
                    if is_function(missing) {
                        if !options.skip_missing_udfs {
                            return Err(SqlError::plain(format!(
                                "cannot restore table \"{name}\" without referenced function {missing} (or \"skip_missing_udfs\" option)"
                            )));
                        }
                        views_to_skip.insert(object.id);
                    } else if options.skip_missing_views {
                        views_to_skip.insert(object.id);
                    } else {
                        let is_type = backup
                            .descriptors
                            .get(missing)
                            .is_some_and(|found| matches!(found.body, Body::Enum(_)));
                        if !is_type {
                            return Err(SqlError::plain(format!(
                                "cannot restore view \"{name}\" without restoring referenced table (or \"skip_missing_views\" option)"
                            )));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    for id in views_to_skip {
        objects.remove(&id);
    }
    Ok(())
}

/// The sequences a default expression takes numbers from.
fn sequences_in(default: &str, backup: &Catalog) -> Vec<DescriptorId> {
    if !default.to_ascii_lowercase().contains("nextval") {
        return Vec::new();
    }
    backup
        .descriptors
        .values()
        .filter(|object| matches!(object.body, Body::Sequence(_)))
        .filter(|object| {
            let full = backup.full_name(object);
            let short = full.split_once('.').map_or(full.as_str(), |(_, rest)| rest);
            [full.as_str(), short, object.name.as_str()]
                .iter()
                .any(|name| default.contains(&format!("'{name}'")))
        })
        .map(|object| object.id)
        .collect()
}

/// Objects in an order in which each comes after what it needs.
pub fn creation_order(objects: &[Descriptor]) -> Vec<&Descriptor> {
    let rank = |object: &Descriptor| match &object.body {
        Body::Database(_) => 0,
        Body::Schema(_) => 1,
        Body::Enum(_) => 2,
        Body::Sequence(_) => 3,
        Body::Table(_) => 4,
        Body::Function(_) => 5,
        Body::View(_) => 6,
    };
    let mut ordered: Vec<&Descriptor> = objects.iter().collect();
    ordered.sort_by_key(|object| (rank(object), object.id));
    ordered
}
