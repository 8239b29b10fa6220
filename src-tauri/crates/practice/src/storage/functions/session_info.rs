//! Functions that ask about the session, the catalog and privileges.

use std::sync::Arc;

use super::{FunctionContext, Registry, VOLATILE};
use crate::catalog::{Body, ObjectName, Privilege, PrivilegeTarget};
use crate::datum::Datum;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::types::SqlType;

/// The arguments and the result of the function whose OID is the argument.
fn signature(context: &FunctionContext, arguments: &super::Arguments<'_, '_>) -> Option<(String, String)> {
    crate::virtuals::function_signature(&context.lock().catalog, arguments.int(0))
}

pub(super) fn register(registry: &Registry<'_>, context: &Arc<FunctionContext>) -> SqlResult<()> {
    let with = |body: fn(&FunctionContext, &super::Arguments<'_, '_>) -> SqlResult<Datum>| {
        let context = Arc::clone(context);
        move |a: &super::Arguments<'_, '_>| body(&context, a)
    };
    registry.plain(
        "p_current_user",
        VOLATILE,
        with(|c, _| Ok(Datum::Text(c.lock().user.clone()))),
    )?;
    registry.plain(
        "p_current_database",
        VOLATILE,
        with(|c, _| Ok(Datum::Text(c.lock().database.clone()))),
    )?;
    registry.plain(
        "p_current_schema",
        VOLATILE,
        with(|c, _| {
            let state = c.lock();
            let database = state.catalog.database(&state.database).map_or(0, |d| d.id);
            Ok(state
                .search_path
                .iter()
                .find(|s| state.catalog.schema(database, s).is_some())
                .cloned()
                .into())
        }),
    )?;
    registry.plain(
        "p_version",
        VOLATILE,
        with(|c, _| Ok(Datum::Text(c.cluster()?.version().banner()))),
    )?;
    registry.plain(
        "p_cluster_id",
        VOLATILE,
        with(|c, _| Ok(Datum::Text(c.cluster()?.cluster_id().to_string()))),
    )?;
    registry.strict(
        "p_setting",
        VOLATILE,
        with(|c, a| {
            let name = a.text(0).to_lowercase();
            let found = c.lock().variables.get(&name).cloned();
            found.map(Datum::Text).ok_or_else(|| {
                SqlError::new(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("unrecognized configuration parameter \"{name}\""),
                )
            })
        }),
    )?;
    registry.strict(
        "p_nextval",
        VOLATILE,
        with(|c, a| {
            let id = u32::try_from(a.int(0)).unwrap_or(0);
            let descriptor = c.lock().catalog.descriptors.get(&id).cloned();
            match descriptor.as_deref() {
                Some(d) => match &d.body {
                    Body::Sequence(body) => Ok(Datum::Int(c.cluster()?.sequences().next(id, &d.name, body)?)),
                    _ => Err(SqlError::new(
                        sqlstate::WRONG_OBJECT_TYPE,
                        format!("\"{}\" is not a sequence", d.name),
                    )),
                },
                None => Err(SqlError::new(
                    sqlstate::UNDEFINED_TABLE,
                    format!("relation [{id}] does not exist"),
                )),
            }
        }),
    )?;
    registry.strict(
        "p_setval",
        VOLATILE,
        with(|c, a| {
            c.cluster()?
                .sequences()
                .set(u32::try_from(a.int(0)).unwrap_or(0), a.int(1));
            Ok(Datum::Int(a.int(1)))
        }),
    )?;
    registry.strict("p_has_privilege", VOLATILE, with(has_privilege))?;
    registry.strict(
        "p_has_role",
        VOLATILE,
        with(|c, a| {
            let state = c.lock();
            let user = if a.len() > 2 {
                a.text(0)
            } else {
                state.user.clone()
            };
            let role = a.text(a.len() - 2);
            if !state.catalog.roles.contains_key(&role) {
                return Err(SqlError::new(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("role \"{role}\" does not exist"),
                ));
            }
            Ok((state.catalog.identities(&user).contains(&role) || state.catalog.is_admin(&user)).into())
        }),
    )?;
    registry.strict(
        "p_table_is_visible",
        VOLATILE,
        with(|c, a| {
            let state = c.lock();
            let id = crate::virtuals::indexed_table(a.int(0))
                .unwrap_or_else(|| u32::try_from(a.int(0)).unwrap_or(0));
            let visible = state.catalog.descriptors.get(&id).is_some_and(|d| {
                let schema = state.catalog.name_of(d.schema_id);
                state.search_path.contains(&schema) && state.catalog.name_of(d.parent_id) == state.database
            });
            Ok(visible.into())
        }),
    )?;
    registry.strict(
        "p_regclass",
        VOLATILE,
        with(|c, a| {
            let state = c.lock();
            if let Datum::Int(i) = a.get(0) {
                return Ok(Datum::Int(i));
            }
            let text = a.text(0);
            if let Ok(number) = text.parse::<i64>() {
                return Ok(Datum::Int(number));
            }
            let name = ObjectName(crate::sql::lexer::split_name(&text));
            let found = state.catalog.resolve(&name, &state.database, &state.search_path);
            found
                .map(|d| Datum::Int(i64::from(d.id)))
                .ok_or_else(|| name.undefined_relation())
        }),
    )?;
    registry.strict(
        "p_regclass_text",
        VOLATILE,
        with(|c, a| {
            let state = c.lock();
            let id = u32::try_from(a.int(0)).unwrap_or(0);
            Ok(Datum::Text(state.catalog.descriptors.get(&id).map_or_else(
                || a.text(0),
                |d| crate::catalog::quote_ident_if_needed(&d.name),
            )))
        }),
    )?;
    registry.plain(
        "p_format_type",
        VOLATILE,
        with(|c, a| {
            let oid = u32::try_from(a.int(0)).unwrap_or(0);
            let state = c.lock();
            if let Some(d) = oid
                .checked_sub(100_000)
                .and_then(|id| state.catalog.descriptors.get(&id))
            {
                return Ok(Datum::Text(d.name.clone()));
            }
            Ok(Datum::Text(match SqlType::from_oid(oid) {
                SqlType::Array(item) => format!("{}[]", item.standard_name()),
                ty => ty.standard_name(),
            }))
        }),
    )?;
    registry.strict(
        "p_indexdef",
        VOLATILE,
        with(|c, a| {
            let catalog = &c.lock().catalog;
            Ok(match a.int(1) {
                0 => crate::virtuals::index_definition(catalog, a.int(0)),
                n => crate::virtuals::index_column(catalog, a.int(0), n),
            }
            .into())
        }),
    )?;
    registry.strict(
        "p_function_arguments",
        VOLATILE,
        with(|c, a| Ok(signature(c, a).map(|(arguments, _)| arguments).into())),
    )?;
    registry.strict(
        "p_function_result",
        VOLATILE,
        with(|c, a| Ok(signature(c, a).map(|(_, result)| result).into())),
    )?;
    registry.strict(
        "p_constraintdef",
        VOLATILE,
        with(|c, a| Ok(crate::virtuals::constraint_definition(&c.lock().catalog, a.int(0)).into())),
    )?;
    registry.strict(
        "p_viewdef",
        VOLATILE,
        with(|c, a| {
            let state = c.lock();
            let id = u32::try_from(a.int(0)).unwrap_or(0);
            Ok(match state.catalog.descriptors.get(&id).map(|d| &d.body) {
                Some(Body::View(view)) => Datum::Text(view.query.clone()),
                _ => Datum::Null,
            })
        }),
    )?;
    registry.strict(
        "p_role_name",
        VOLATILE,
        with(|c, a| {
            let oid = a.int(0);
            let state = c.lock();
            Ok(state
                .catalog
                .roles
                .keys()
                .find(|name| crate::virtuals::role_oid(name) == oid)
                .cloned()
                .into())
        }),
    )?;
    registry.strict(
        "p_comment",
        VOLATILE,
        with(|c, a| {
            let state = c.lock();
            let id = u32::try_from(a.int(0)).unwrap_or(0);
            let column = u32::try_from(a.int(1)).unwrap_or(0);
            Ok(state.catalog.comments.get(&(id, column)).cloned().into())
        }),
    )
}

/// `p_has_privilege(kind, user, object, privileges)`: the `has_…_privilege` family.
fn has_privilege(c: &FunctionContext, a: &super::Arguments<'_, '_>) -> SqlResult<Datum> {
    let state = c.lock();
    let catalog = &state.catalog;
    let (kind, user, object) = (a.text(0), a.text(1), a.text(2));
    let wanted = a.text(3);
    if !catalog.roles.contains_key(&user) {
        return Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("role \"{user}\" does not exist"),
        ));
    }
    let found = match kind.as_str() {
        "system" => None,
        "database" => Some(catalog.require_database(&object)?),
        "schema" => {
            let (_, schema) = catalog.resolve_schema(
                &crate::sql::lexer::split_name(&object),
                &state.database,
                &state.search_path,
            )?;
            catalog.descriptors.get(&schema.id)
        }
        _ => {
            let id = object.parse::<u32>().ok();
            let name = ObjectName(crate::sql::lexer::split_name(&object));
            let found = id
                .and_then(|id| catalog.descriptors.get(&id))
                .or_else(|| catalog.resolve(&name, &state.database, &state.search_path));
            Some(found.ok_or_else(|| name.undefined_relation())?)
        }
    };
    for one in wanted.split(',') {
        let one = one.trim().to_uppercase();
        let (name, grantable) = one
            .strip_suffix(" WITH GRANT OPTION")
            .map_or((one.as_str(), false), |n| (n, true));
        let privilege: Privilege = name.parse().map_err(|_| {
            SqlError::new(
                sqlstate::INVALID_PARAMETER,
                format!("unrecognized privilege type: \"{name}\""),
            )
        })?;
        let target = found.map_or(PrivilegeTarget::System, |d| PrivilegeTarget::Object(d));
        let held = if grantable {
            catalog.may_grant(&user, target, privilege)
        } else {
            catalog.has_privilege(&user, target, privilege)
        };
        if held {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}
