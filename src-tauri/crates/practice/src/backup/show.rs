//! SHOW BACKUPS and SHOW BACKUP.

use super::backup::{check_one_kind_of_key, unlock_of};
use super::bind::Parameters;
use super::collection::{Chain, Collection, Layer};
use super::manifest::{Manifest, SYSTEM_TABLES, has_system_database};
use super::{Backups, layout, place, release, restore_plan, targets};
use crate::catalog::{
    Body, Catalog, Descriptor, DescriptorId, Grants, SYSTEM_DATABASE_ID, quote_ident_if_needed,
};
use crate::clock::Timestamp;
use crate::datum::{Datum, Row};
use crate::error::{SqlError, SqlResult};
use crate::session::{Outcome, Rows, Session};
use crate::stmt::{Details, ShowBackup, ShowBackups};
use crate::types::SqlType;

/// At most so many backups are listed by id unless both bounds are given.
const LISTED_BY_ID: usize = 50;

/// Whether listings go by id: v26.2 with the session variable on.
fn by_id(session: &Session) -> bool {
    session.cluster().version().differences().backup_ids && session.variables().is_on("use_backups_with_ids")
}

/// The columns of SHOW BACKUPS.
pub fn backups_columns(session: &Session) -> Vec<(&'static str, SqlType)> {
    if by_id(session) {
        vec![
            ("id", SqlType::STRING),
            ("backup_time", SqlType::TimestampTz),
            ("revision_start_time", SqlType::TimestampTz),
        ]
    } else {
        vec![("path", SqlType::STRING)]
    }
}

/// SHOW BACKUPS.
pub fn backups(
    backups: &Backups,
    session: &mut Session,
    show: &ShowBackups,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let catalog = session.catalog()?;
    let user = session.user().to_owned();
    let uris = parameters.texts(&show.collection)?;
    for uri in &uris {
        place::check_access(
            &catalog,
            &user,
            uri,
            backups.options.everyone_may_use_implicit_access,
        )?;
    }
    let collection = Collection::open(session, &user, &uris, &[])?;
    let mut rows = Rows::with_columns(backups_columns(session));
    if !by_id(session) {
        for path in collection.full_backups()? {
            rows.push(vec![path.into()]);
        }
        return Ok(Outcome::rows(rows));
    }
    let now = session.now();
    let newer_than = show
        .newer_than
        .as_ref()
        .map(|moment| parameters.moment(moment, now))
        .transpose()?;
    let older_than = show
        .older_than
        .as_ref()
        .map(|moment| parameters.moment(moment, now))
        .transpose()?;
    let mut listed: Vec<(Timestamp, Option<Timestamp>)> = collection
        .index_entries()?
        .into_iter()
        .map(|entry| (entry.end, entry.start))
        .filter(|(end, _)| {
            newer_than.is_none_or(|bound| *end > bound) && older_than.is_none_or(|bound| *end < bound)
        })
        .collect();
    listed.sort_by_key(|(end, _)| std::cmp::Reverse(*end));
    if listed.len() > LISTED_BY_ID && (newer_than.is_none() || older_than.is_none()) {
        listed.truncate(LISTED_BY_ID);
        let oldest = listed.last().map_or_else(String::new, |(end, _)| {
            end.to_datetime().format("%Y-%m-%d %H:%M:%S").to_string()
        });
        session.notice(format!(
            "only showing {LISTED_BY_ID} most recent backups. To see more, please run `SHOW BACKUPS IN ... OLDER THAN '{oldest}'` or \
             specify both OLDER THAN and NEWER THAN."
        ));
    }
    let starts = if show.with_revision_start_time {
        revision_starts(&collection)?
    } else {
        Vec::new()
    };
    for (end, start) in listed {
        let whole_second = Timestamp(end.0 - end.0.rem_euclid(1_000_000_000));
        let revision = starts
            .iter()
            .find(|(of, _)| *of == end)
            .map(|(_, from)| from.to_storage());
        rows.push(vec![
            layout::backup_id(start, end).into(),
            whole_second.to_storage().into(),
            revision.into(),
        ]);
    }
    Ok(Outcome::rows(rows))
}

/// From when on each layer with revision history has it, by the layer's end.
fn revision_starts(collection: &Collection) -> SqlResult<Vec<(Timestamp, Timestamp)>> {
    let mut found = Vec::new();
    for folder in collection.full_backups()? {
        for layer in collection
            .chain(&folder, &super::encryption::Unlock::None)?
            .layers
        {
            found.extend(
                layer
                    .manifest
                    .revision_start
                    .map(|from| (layer.manifest.end, from)),
            );
        }
    }
    Ok(found)
}

/// The columns of SHOW BACKUP.
pub fn backup_columns(session: &Session, show: &ShowBackup) -> Vec<(&'static str, SqlType)> {
    let (text, int, time) = (SqlType::STRING, SqlType::Int8, super::time_type(session));
    let options = &show.options;
    if options.as_json {
        return vec![("manifest", SqlType::Jsonb)];
    }
    match show.details {
        Details::Files => {
            return vec![
                ("path", text.clone()),
                ("backup_type", text.clone()),
                ("start_pretty", text.clone()),
                ("end_pretty", text.clone()),
                ("start_key", SqlType::Bytes),
                ("end_key", SqlType::Bytes),
                ("size_bytes", int.clone()),
                ("rows", int.clone()),
                ("locality", text),
                ("file_bytes", int),
            ];
        }
        Details::Ranges => {
            return vec![
                ("start_pretty", text.clone()),
                ("end_pretty", text),
                ("start_key", SqlType::Bytes),
                ("end_key", SqlType::Bytes),
            ];
        }
        Details::Validate => return vec![("validation_status", text)],
        Details::Objects | Details::Schemas => {}
    }
    let mut columns = vec![("database_name", text.clone())];
    if options.debug_ids {
        columns.push(("database_id", int.clone()));
    }
    columns.push(("parent_schema_name", text.clone()));
    if options.debug_ids {
        columns.push(("parent_schema_id", int.clone()));
    }
    columns.push(("object_name", text.clone()));
    if options.debug_ids {
        columns.push(("object_id", int.clone()));
    }
    columns.extend([
        ("object_type", text.clone()),
        ("backup_type", text.clone()),
        ("start_time", time.clone()),
        ("end_time", time),
        ("size_bytes", int.clone()),
        ("rows", int.clone()),
        ("is_full_cluster", SqlType::Bool),
        ("regions", text.clone()),
    ]);
    if show.details == Details::Schemas {
        columns.push(("create_statement", text.clone()));
    }
    if options.privileges {
        columns.extend([("privileges", text.clone()), ("owner", text)]);
    }
    if options.check_files {
        columns.push(("file_bytes", int));
    }
    columns
}

/// SHOW BACKUP.
pub fn backup(
    backups: &Backups,
    session: &mut Session,
    show: &ShowBackup,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let catalog = session.catalog()?;
    let user = session.user().to_owned();
    let uris = parameters.texts(&show.collection)?;
    let incremental = parameters.texts(&show.options.incremental_location)?;
    for uri in uris.iter().chain(&incremental) {
        place::check_access(
            &catalog,
            &user,
            uri,
            backups.options.everyone_may_use_implicit_access,
        )?;
    }
    let passphrase = parameters.maybe_text(show.options.encryption_passphrase.as_ref())?;
    check_one_kind_of_key(passphrase.is_some(), !show.options.kms.is_empty())?;
    let unlock = unlock_of(passphrase.as_ref(), &parameters.texts(&show.options.kms)?);
    let collection = Collection::open(session, &user, &uris, &incremental)?;
    let from = parameters.text(&show.from)?;
    let (mut chain, only) =
        restore_plan::find_chain(session, &collection, &from, &unlock).map_err(|error| {
            if from.eq_ignore_ascii_case("latest") {
                prefixed(error)
            } else {
                error
            }
        })?;
    if let Some(end) = only {
        chain.layers.retain(|layer| layer.manifest.end == end);
    }
    let localities = chain
        .layers
        .first()
        .map_or(0, |layer| layer.manifest.localities.len());
    if localities > 0 && collection.places() < localities + 1 {
        session.notice(format!(
            "The backup contains {} localities; however, the SHOW BACKUP command contains only {} URIs. To capture all locality aware \
             data, pass every locality aware URI from the backup",
            localities + 1,
            collection.places()
        ));
    }
    if show.options.check_files || show.details == Details::Validate {
        let missing = missing_files(&collection, &chain)?;
        if show.details == Details::Validate {
            return Ok(validation(&missing));
        }
        refuse_missing(&missing)?;
    }
    let mut rows = Rows::with_columns(backup_columns(session, show));
    for layer in &chain.layers {
        if show.options.as_json {
            rows.push(vec![manifest_json(&layer.manifest)?.into()]);
            continue;
        }
        match show.details {
            Details::Files => rows.rows.extend(file_rows(layer, show.options.check_files)),
            Details::Ranges => rows.rows.extend(range_rows(layer)),
            _ => {
                let mut objects = ObjectRows {
                    session,
                    show,
                    layer,
                    columns: backup_columns(session, show),
                    rows: Vec::new(),
                };
                objects.fill()?;
                let made = objects.rows;
                rows.rows.extend(made);
            }
        }
    }
    Ok(Outcome::rows(rows))
}

/// Only the missing LATEST file gets a prefix.
fn prefixed(error: SqlError) -> SqlError {
    if error.message.starts_with("path does not contain") {
        error.wrap("read LATEST path")
    } else {
        error
    }
}

fn missing_files(collection: &Collection, chain: &Chain) -> SqlResult<Vec<String>> {
    let mut missing = Vec::new();
    for layer in &chain.layers {
        for file in &layer.manifest.files {
            if collection.data_file_size(layer, file)?.is_none() {
                missing.push(format!("{}/{}", layer.folder.trim_start_matches('/'), file.name));
            }
        }
    }
    Ok(missing)
}

fn refuse_missing(missing: &[String]) -> SqlResult<()> {
    const LISTED: usize = 10;
    if missing.is_empty() {
        return Ok(());
    }
    let head = if missing.len() >= LISTED {
        "Multiple files cannot be read from the backup including:"
    } else {
        "The following files are missing from the backup:"
    };
    let names: String = missing
        .iter()
        .take(LISTED)
        .map(|name| format!("\n\t{name}"))
        .collect();
    Err(SqlError::plain(format!("{head}{names}")))
}

fn validation(missing: &[String]) -> Outcome {
    let mut rows = Rows::with_columns([("validation_status", SqlType::STRING)]);
    if missing.is_empty() {
        rows.push(vec!["No problems found!\n".into()]);
    } else {
        let findings: String = missing
            .iter()
            .map(|name| format!("missing file: {name}\n"))
            .collect();
        rows.push(vec![format!("{findings}ERROR: validation failed\n").into()]);
    }
    Outcome::rows(rows)
}

/// The manifest with times also in the real one's words, without the rows of definitions that nobody needs.
fn manifest_json(manifest: &Manifest) -> SqlResult<String> {
    let unprintable =
        |error: serde_json::Error| SqlError::plain(format!("manifest cannot be shown: {error}"));
    let mut value = serde_json::to_value(manifest).map_err(unprintable)?;
    if let Some(object) = value.as_object_mut() {
        object.remove("system");
        let time = |at: Timestamp| serde_json::json!({ "wallTime": at.0.to_string() });
        object.insert("endTime".into(), time(manifest.end));
        object.insert(
            "startTime".into(),
            manifest.start.map_or(serde_json::json!({}), time),
        );
        object.insert(
            "revisionStartTime".into(),
            manifest.revision_start.map_or(serde_json::json!({}), time),
        );
        let kept = if manifest.has_revision_history() {
            "All"
        } else {
            "Latest"
        };
        object.insert("mvccFilter".into(), kept.into());
        object.insert("clusterVersion".into(), manifest.cluster_version.clone().into());
    }
    Ok(crate::datum::format_json(&value))
}

fn type_of(layer: &Layer) -> &'static str {
    if layer.manifest.start.is_none() {
        "full"
    } else {
        "incremental"
    }
}

fn file_rows(layer: &Layer, checked: bool) -> Vec<Row> {
    let count = |count: u64| Datum::Int(i64::try_from(count).unwrap_or(i64::MAX));
    let mut rows: Vec<Row> = layer
        .manifest
        .files
        .iter()
        .map(|file| {
            vec![
                format!("{}/{}", layer.folder.trim_start_matches('/'), file.name).into(),
                type_of(layer).into(),
                file.start_pretty.as_str().into(),
                file.end_pretty.as_str().into(),
                Datum::Bytes(file.start_pretty.as_bytes().to_vec()),
                Datum::Bytes(file.end_pretty.as_bytes().to_vec()),
                count(file.size_bytes),
                count(file.rows),
                file.locality.clone().into(),
                if checked {
                    count(file.file_bytes)
                } else {
                    Datum::Int(-1)
                },
            ]
        })
        .collect();
    for tenant in &layer.manifest.tenants {
        let (start, end) = (format!("/Tenant/{tenant}"), format!("/Tenant/{}", tenant + 1));
        rows.push(vec![
            format!("{}/data/{tenant}.sst", layer.folder.trim_start_matches('/')).into(),
            type_of(layer).into(),
            start.as_str().into(),
            end.as_str().into(),
            Datum::Bytes(start.into_bytes()),
            Datum::Bytes(end.into_bytes()),
            Datum::Int(0),
            Datum::Int(0),
            Datum::Null,
            Datum::Int(-1),
        ]);
    }
    rows
}

fn range_rows(layer: &Layer) -> Vec<Row> {
    let tables = layer
        .manifest
        .descriptors
        .iter()
        .filter(|object| object.table().is_some());
    tables
        .map(|table| {
            let (start, end) = (format!("/Table/{}/1", table.id), format!("/Table/{}/2", table.id));
            let (start_key, end_key) = (
                Datum::Bytes(start.clone().into_bytes()),
                Datum::Bytes(end.clone().into_bytes()),
            );
            vec![start.into(), end.into(), start_key, end_key]
        })
        .collect()
}

/// Whether a listing shows the object: `public` of a database that is not in the backup as a whole is not shown.
fn is_listed(manifest: &Manifest, object: &Descriptor) -> bool {
    let complete = manifest.is_full_cluster || manifest.complete_databases.contains(&object.parent_id);
    let is_public = matches!(object.body, Body::Schema(_)) && object.name == "public";
    (complete || !is_public) && !targets::is_system(object.parent_id) && !targets::is_system(object.id)
}

/// One object's row, before columns are chosen.
struct ObjectRow {
    database: Option<(String, DescriptorId)>,
    schema: Option<(String, DescriptorId)>,
    name: String,
    id: i64,
    kind: &'static str,
    counts: Option<(u64, u64)>,
    regions: Option<String>,
    create: Option<String>,
    grants: Grants,
    owner: String,
}

struct ObjectRows<'a> {
    session: &'a Session,
    show: &'a ShowBackup,
    layer: &'a Layer,
    columns: Vec<(&'static str, SqlType)>,
    rows: Vec<Row>,
}

impl ObjectRows<'_> {
    fn fill(&mut self) -> SqlResult<()> {
        let layer = self.layer;
        let manifest = &layer.manifest;
        if has_system_database(manifest) {
            self.system_rows(manifest);
        }
        let backup = Catalog {
            descriptors: manifest
                .descriptors
                .iter()
                .map(|object| (object.id, std::sync::Arc::new(object.clone())))
                .collect(),
            ..Catalog::default()
        };
        let named = |id: DescriptorId| (id != 0).then(|| (backup.name_of(id), id));
        for object in manifest
            .descriptors
            .iter()
            .filter(|object| is_listed(manifest, object))
        {
            let kind = match &object.body {
                Body::Database(_) => "database",
                Body::Schema(_) => "schema",
                Body::Enum(_) => "type",
                Body::Function(_) => "function",
                Body::Table(_) | Body::View(_) | Body::Sequence(_) => "table",
            };
            let create = match self.show.details {
                Details::Schemas => Some(create_statement(self.session, &backup, object)),
                _ => None,
            };
            let row = ObjectRow {
                database: named(object.parent_id),
                schema: named(object.schema_id),
                name: object.name.clone(),
                id: i64::from(object.id),
                kind,
                counts: (kind == "table").then(|| manifest.counts(object.id)),
                regions: regions(object),
                create,
                grants: object.grants.clone(),
                owner: object.owner.clone(),
            };
            let twin = matches!(object.body, Body::Enum(_)).then(|| ObjectRow {
                name: format!("_{}", object.name),
                id: i64::from(object.id) + 1,
                grants: type_grants(),
                create: None,
                regions: None,
                database: row.database.clone(),
                schema: row.schema.clone(),
                owner: row.owner.clone(),
                ..row
            });
            self.push(&row);
            if let Some(twin) = twin {
                self.push(&twin);
            }
        }
        for tenant in &manifest.tenants {
            self.push(&ObjectRow {
                database: None,
                schema: None,
                name: tenant.to_string(),
                id: *tenant,
                kind: "TENANT",
                counts: None,
                regions: None,
                create: None,
                grants: Grants::default(),
                owner: String::new(),
            });
        }
        Ok(())
    }

    fn system_rows(&mut self, manifest: &Manifest) {
        let row = |name: &str, kind, id: i64, counts| ObjectRow {
            database: (kind == "table").then(|| ("system".to_owned(), SYSTEM_DATABASE_ID)),
            schema: (kind == "table").then(|| ("public".to_owned(), 29)),
            name: name.to_owned(),
            id,
            kind,
            counts,
            regions: None,
            create: None,
            grants: Grants::standard(),
            owner: "node".to_owned(),
        };
        self.push(&row("system", "database", 1, None));
        let now = release(self.session);
        for (index, (name, since)) in SYSTEM_TABLES.iter().enumerate() {
            if now >= *since {
                let rows = system_table_rows(manifest, name);
                self.push(&row(
                    name,
                    "table",
                    i64::try_from(index).unwrap_or(0) + 2,
                    Some((rows, rows * 64)),
                ));
            }
        }
    }

    fn push(&mut self, object: &ObjectRow) {
        let manifest = &self.layer.manifest;
        let number =
            |value: Option<u64>| Datum::from(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX)));
        let id = |value: &Option<(String, DescriptorId)>| {
            Datum::from(value.as_ref().map(|(_, id)| i64::from(*id)))
        };
        let name = |value: &Option<(String, DescriptorId)>| {
            Datum::from(value.as_ref().map(|(name, _)| name.clone()))
        };
        let row = self
            .columns
            .iter()
            .map(|(column, _)| match *column {
                "database_name" => name(&object.database),
                "database_id" => id(&object.database),
                "parent_schema_name" => name(&object.schema),
                "parent_schema_id" => id(&object.schema),
                "object_name" => object.name.as_str().into(),
                "object_id" => object.id.into(),
                "object_type" => object.kind.into(),
                "backup_type" => type_of(self.layer).into(),
                "start_time" => manifest.start.map(Timestamp::to_storage).into(),
                "end_time" => manifest.end.to_storage().into(),
                "size_bytes" if self.show.options.skip_size => number(object.counts.map(|_| 0)),
                "size_bytes" => number(object.counts.map(|(_, bytes)| bytes)),
                "rows" => number(object.counts.map(|(rows, _)| rows)),
                "is_full_cluster" => manifest.is_full_cluster.into(),
                "regions" => object.regions.clone().into(),
                "create_statement" => object.create.clone().into(),
                "privileges" => privileges(object).into(),
                "owner" => object.owner.as_str().into(),
                "file_bytes" => {
                    let files = manifest
                        .files
                        .iter()
                        .filter(|file| i64::from(file.table) == object.id);
                    number(object.counts.map(|_| files.map(|file| file.file_bytes).sum()))
                }
                _ => Datum::Null,
            })
            .collect();
        self.rows.push(row);
    }
}

/// SHOW CREATE as SHOW BACKUP SCHEMAS prints it: the object's own name stands without its schema.
fn create_statement(session: &Session, backup: &Catalog, object: &Descriptor) -> String {
    let statement = crate::show::create_statement(backup, object);
    let name = quote_ident_if_needed(&object.name);
    let schema = quote_ident_if_needed(&backup.name_of(object.schema_id));
    let statement = statement.replacen(&format!(" {schema}.{name}"), &format!(" {name}"), 1);
    // From v26.1 on tables are locked against changes of their schema unless asked otherwise.
    let locked = object.table().is_some()
        && release(session) >= (26, 1)
        && !statement.ends_with(" WITH (schema_locked = true)");
    let statement = statement.trim_end_matches(';');
    if locked {
        format!("{statement} WITH (schema_locked = true)")
    } else {
        statement.to_owned()
    }
}

/// How many rows a table of `system` has in a backup.
fn system_table_rows(manifest: &Manifest, table: &str) -> u64 {
    let Some(system) = &manifest.system else { return 0 };
    let entries = |kind: &str| {
        system
            .entries
            .iter()
            .filter(|(found, _, _)| found == kind)
            .count()
    };
    let count = match table {
        "users" => system.roles.len(),
        "zones" => system.zones.len(),
        "settings" => system.settings.len(),
        "role_members" => system.roles.values().map(|role| role.member_of.len()).sum(),
        "role_options" => system.roles.values().map(|role| role.options.len()).sum(),
        "comments" => manifest.comments.len(),
        "scheduled_jobs" => entries(super::schedule::ENTRY),
        "external_connections" => entries(super::external_connection::ENTRY),
        "privileges" => system.system_grants.0.len(),
        _ => 0,
    };
    count as u64
}

/// What array types of enums are granted.
fn type_grants() -> Grants {
    let mut grants = Grants::standard();
    grants.grant("public", crate::catalog::Privilege::Usage, false);
    grants
}

/// `ALTER DATABASE … SET PRIMARY REGION …; ALTER DATABASE … ADD REGION …;` for a multi-region database.
fn regions(object: &Descriptor) -> Option<String> {
    let database = object.database()?;
    let primary = database.primary_region.as_ref()?;
    let name = quote_ident_if_needed(&object.name);
    let quoted = |region: &str| format!("\"{}\"", region.replace('"', "\"\""));
    let mut shown = vec![format!(
        "ALTER DATABASE {name} SET PRIMARY REGION {};",
        quoted(primary)
    )];
    let mut others: Vec<&String> = database
        .regions
        .iter()
        .filter(|region| *region != primary)
        .collect();
    others.sort();
    shown.extend(
        others
            .into_iter()
            .map(|region| format!("ALTER DATABASE {name} ADD REGION {};", quoted(region))),
    );
    Some(shown.join(" "))
}

/// `GRANT … ON … TO …; ` for every grantee.
fn privileges(object: &ObjectRow) -> String {
    let kind = object.kind.to_uppercase();
    let name = quote_ident_if_needed(&object.name);
    let mut shown = String::new();
    for (grantee, held) in &object.grants.0 {
        for grantable in [true, false] {
            let mut names: Vec<&str> = held
                .iter()
                .filter(|(_, flag)| **flag == grantable)
                .map(|(privilege, _)| privilege.as_str())
                .collect();
            names.sort_unstable();
            if !names.is_empty() {
                let option = if grantable { " WITH GRANT OPTION" } else { "" };
                shown.push_str(&format!(
                    "GRANT {} ON {kind} {name} TO {}{option}; ",
                    names.join(", "),
                    quote_ident_if_needed(grantee)
                ));
            }
        }
    }
    shown
}
