//! SHOW REGIONS, SHOW ZONE CONFIGURATION and SHOW RANGES.

use super::TEXT;
use crate::catalog::{Catalog, DescriptorId, Privilege, Zone};
use crate::datum::Datum;
use crate::error::{SqlError, SqlResult};
use crate::session::{Rows, Session};
use crate::sql::lexer::Cursor;
use crate::types::SqlType;

pub(super) fn run(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let catalog = session.catalog()?;
    let cluster = std::sync::Arc::clone(session.cluster());
    let zones = |region: &str| Datum::text_array(cluster.zones(region));
    let regions = cluster.regions().to_vec();
    if cursor.accept("from cluster") {
        let mut rows = Rows::with_columns([("region", TEXT), ("zones", SqlType::string_array())]);
        for region in regions {
            rows.push(vec![region.clone().into(), zones(&region)]);
        }
        return Ok(rows);
    }
    if cursor.accept("from all databases") {
        let mut rows = Rows::with_columns([
            ("database_name", TEXT),
            ("regions", SqlType::string_array()),
            ("primary_region", TEXT),
            ("secondary_region", TEXT),
        ]);
        for database in catalog.descriptors.values() {
            if let Some(body) = database.database() {
                rows.push(vec![
                    database.name.clone().into(),
                    Datum::text_array(&body.regions),
                    body.primary_region.clone().into(),
                    body.secondary_region.clone().into(),
                ]);
            }
        }
        rows.rows.sort_by(|a, b| a[0].as_str().cmp(&b[0].as_str()));
        return Ok(rows);
    }
    if cursor.accept("from database") {
        let name = if cursor.at_end() {
            session.database().to_owned()
        } else {
            cursor.ident()?
        };
        let database = catalog.require_database(&name)?;
        let mut rows = Rows::with_columns([
            ("database", TEXT),
            ("region", TEXT),
            ("primary", SqlType::Bool),
            ("secondary", SqlType::Bool),
            ("zones", SqlType::string_array()),
        ]);
        if let Some(body) = database.database() {
            let mut sorted: Vec<&String> = body.regions.iter().collect();
            sorted.sort_by_key(|r| (body.primary_region.as_ref() != Some(*r), (*r).clone()));
            for region in sorted {
                rows.push(vec![
                    name.clone().into(),
                    region.clone().into(),
                    (body.primary_region.as_ref() == Some(region)).into(),
                    (body.secondary_region.as_ref() == Some(region)).into(),
                    zones(region),
                ]);
            }
        }
        return Ok(rows);
    }
    let mut rows = Rows::with_columns([
        ("region", TEXT),
        ("zones", SqlType::string_array()),
        ("database_names", SqlType::string_array()),
        ("primary_region_of", SqlType::string_array()),
        ("secondary_region_of", SqlType::string_array()),
    ]);
    for region in regions {
        let named = |wanted: &dyn Fn(&crate::catalog::DatabaseBody) -> bool| {
            let names = catalog
                .descriptors
                .values()
                .filter(|d| d.database().is_some_and(wanted))
                .map(|d| d.name.clone());
            Datum::text_array(names)
        };
        rows.push(vec![
            region.clone().into(),
            zones(&region),
            named(&|d| d.regions.contains(&region)),
            named(&|d| d.primary_region.as_ref() == Some(&region)),
            named(&|d| d.secondary_region.as_ref() == Some(&region)),
        ]);
    }
    Ok(rows)
}

/// The target and text of a zone configuration, with what it inherits.
fn configuration(catalog: &Catalog, id: DescriptorId, target: &str) -> Vec<Datum> {
    let parent = catalog.descriptors.get(&id).map_or(0, |d| d.parent_id);
    let chain: Vec<&Zone> = [id, parent, 0]
        .iter()
        .filter_map(|id| catalog.zones.get(id))
        .collect();
    let get = |name: &str, default: &str| {
        chain
            .iter()
            .find_map(|z| z.other.get(name).cloned())
            .unwrap_or_else(|| default.to_owned())
    };
    let text = format!(
        "ALTER {target} CONFIGURE ZONE USING\n\trange_min_bytes = {},\n\trange_max_bytes = {},\n\tgc.ttlseconds = {},\n\tnum_replicas = {},\n\tconstraints = {},\n\tlease_preferences = {}",
        get("range_min_bytes", "134217728"),
        get("range_max_bytes", "536870912"),
        catalog.gc_ttl_seconds(id),
        get("num_replicas", "3"),
        get("constraints", "'[]'"),
        get("lease_preferences", "'[]'"),
    );
    vec![target.into(), text.into()]
}

pub(super) fn zone(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let catalog = session.catalog()?;
    let mut rows = Rows::with_columns([("target", TEXT), ("raw_config_sql", TEXT)]);
    if cursor.at_end() {
        for id in catalog.zones.keys() {
            rows.push(configuration(&catalog, *id, &target_of(&catalog, *id)));
        }
        if !catalog.zones.contains_key(&0) {
            rows.push(configuration(&catalog, 0, "RANGE default"));
        }
        return Ok(rows);
    }
    if !cursor.accept("from") {
        cursor.expect("for")?;
    }
    let mut written = None;
    let id = if cursor.accept("range") {
        cursor.ident()?;
        0
    } else if cursor.accept("database") {
        catalog.require_database(&cursor.ident()?)?.id
    } else {
        cursor.accept("table");
        let name = cursor.name()?;
        written = Some(format!("TABLE {name}"));
        catalog
            .resolve(&name, session.database(), &session.search_path())
            .ok_or_else(|| name.undefined_relation())?
            .id
    };
    // Without a zone of its own, an object shows the one it inherits.
    let parent = catalog.descriptors.get(&id).map_or(0, |d| d.parent_id);
    let holder = [id, parent, 0]
        .into_iter()
        .find(|i| catalog.zones.contains_key(i))
        .unwrap_or(0);
    // A table that has its own is named as it was in the statement.
    let target = written
        .filter(|_| holder == id)
        .unwrap_or_else(|| target_of(&catalog, holder));
    rows.push(configuration(&catalog, holder, &target));
    Ok(rows)
}

fn target_of(catalog: &Catalog, id: DescriptorId) -> String {
    match catalog.descriptors.get(&id) {
        None => "RANGE default".into(),
        Some(d) if d.database().is_some() => {
            format!("DATABASE {}", crate::catalog::quote_ident_if_needed(&d.name))
        }
        Some(d) => format!("TABLE {}", catalog.full_name(d)),
    }
}

pub(super) fn ranges(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    cursor.expect("from database")?;
    let name = cursor.ident()?;
    while cursor.take().is_some() {}
    let catalog = session.catalog()?;
    let database = catalog.require_database(&name)?.clone();
    if !catalog.is_admin(session.user())
        && catalog
            .check_privilege(session.user(), &database, Privilege::Zoneconfig)
            .is_err()
    {
        return Err(SqlError::privilege(format!(
            "user {} does not have ZONECONFIG privilege on database {name}",
            session.user()
        )));
    }
    let mut rows = Rows::with_columns([
        ("schema_name", TEXT),
        ("table_name", TEXT),
        ("table_id", SqlType::Int8),
        ("range_id", SqlType::Int8),
        ("range_size_mb", SqlType::DECIMAL),
        ("range_size", SqlType::Int8),
        ("span_stats", SqlType::Jsonb),
    ]);
    for table in catalog.in_database(database.id).filter(|d| d.has_rows()) {
        let keys = session.count_rows(table)?;
        let columns: Vec<String> = crate::storage::physical::column_ids(table)
            .into_iter()
            .map(|c| {
                format!(
                    "coalesce(length(cast({} AS BLOB)), 0) + 4",
                    crate::storage::physical::column(c)
                )
            })
            .collect();
        let sql = format!(
            "SELECT coalesce(sum({}), 0) FROM t_{}",
            columns.join(" + "),
            table.id
        );
        let bytes: i64 = session.sqlite().query_row(&sql, [], |row| row.get(0))?;
        let stats = serde_json::json!({"approximate_disk_bytes": bytes, "key_bytes": keys * 12, "key_count": keys, "live_bytes": bytes, "live_count": keys});
        #[allow(clippy::cast_precision_loss)]
        let megabytes = bytes as f64 / 1_048_576.0;
        rows.push(vec![
            catalog.name_of(table.schema_id).into(),
            table.name.clone().into(),
            i64::from(table.id).into(),
            i64::from(table.id).into(),
            Datum::Float(megabytes),
            bytes.into(),
            crate::datum::format_json(&stats).into(),
        ]);
    }
    Ok(rows)
}
