//! Planning a RESTORE: everything that can be refused before anything is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::backup::{check_one_kind_of_key, unlock_of};
use super::bind::{Parameters, setting_is_on};
use super::collection::{Chain, Collection, IndexEntry};
use super::manifest::{Manifest, has_system_database};
use super::restore::RestoreWork;
use super::targets::{self, Scope};
use super::{Backups, layout, place};
use crate::catalog::{
    Body, Catalog, Descriptor, DescriptorId, Locality, Privilege, PrivilegeTarget, SYSTEM_DATABASE_ID,
};
use crate::clock::Timestamp;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;
use crate::stmt::{self, Targets};

const DEPRECATED: &str = "The existing privileges are being deprecated in favour of a fine-grained privilege model explained here \
     https://www.cockroachlabs.com/docs/stable/restore.html#required-privileges. In a future release, to run";

fn refuse(message: impl Into<String>) -> SqlError {
    SqlError::plain(message)
}

/// Options that contradict each other or the targets.
fn check_options(statement: &stmt::Restore) -> SqlResult<()> {
    let options = &statement.options;
    check_one_kind_of_key(options.encryption_passphrase.is_some(), !options.kms.is_empty())?;
    let one_database = matches!(&statement.targets, Targets::Databases(names) if names.len() == 1);
    if options.new_db_name.is_some() && !one_database {
        return Err(refuse(
            "new_db_name can only be used for RESTORE DATABASE with a single target database",
        ));
    }
    if options.into_db.is_some() {
        match statement.targets {
            Targets::SystemUsers => {
                return Err(refuse(
                    "cannot set into_db option when only restoring system users",
                ));
            }
            Targets::Tables(_) => {}
            _ => return Err(refuse("cannot use \"into_db\" option when restoring database(s)")),
        }
    }
    if options.verify_backup_table_data && !options.schema_only {
        return Err(refuse(
            "to set the verify_backup_table_data option, the schema_only option must be set",
        ));
    }
    if options.experimental_deferred_copy && options.verify_backup_table_data {
        return Err(refuse("cannot run online restore with verify_backup_table_data"));
    }
    Ok(())
}

/// Rights that can be checked before the backup is read.
fn check_privileges(session: &mut Session, catalog: &Catalog, targets: &Targets) -> SqlResult<()> {
    let user = session.user().to_owned();
    let may_restore = catalog.has_privilege(&user, PrivilegeTarget::System, Privilege::Restore);
    match targets {
        Targets::Cluster | Targets::SystemUsers | Targets::VirtualCluster(_) => {
            catalog.check_system_privilege(&user, Privilege::Restore).map_err(|error| {
                error.wrap("only users with the admin role or the RESTORE system privilege are allowed to perform a cluster restore")
            })
        }
        Targets::Databases(_) if may_restore => Ok(()),
        Targets::Databases(_) => {
            let advice = format!(
                "{DEPRECATED} RESTORE DATABASE, user {user} will exclusively require the RESTORE system privilege."
            );
            if !catalog.has_role_option(&user, "CREATEDB") {
                return Err(SqlError::privilege("only users with the CREATEDB privilege can restore databases").with_hint(advice));
            }
            session.notice(advice);
            Ok(())
        }
        Targets::Tables(_) => Ok(()),
    }
}

fn check_table_privileges(
    session: &mut Session,
    catalog: &Catalog,
    databases: &[Arc<Descriptor>],
) -> SqlResult<()> {
    let user = session.user().to_owned();
    let holds = |database: &Descriptor, privilege| {
        catalog.has_privilege(&user, PrivilegeTarget::Object(database), privilege)
    };
    if databases
        .iter()
        .all(|database| holds(database, Privilege::Restore))
    {
        return Ok(());
    }
    let names: Vec<&str> = databases.iter().map(|database| database.name.as_str()).collect();
    let advice = format!(
        "{DEPRECATED} RESTORE TABLE, user {user} will exclusively require the RESTORE privilege on databases {}",
        names.join(", ")
    );
    for database in databases {
        catalog
            .check_privilege(&user, database, Privilege::Create)
            .map_err(|error| error.with_hint(advice.clone()))?;
    }
    session.notice(advice);
    Ok(())
}

/// The chain a subdirectory, LATEST or an id names, and the moment an id stands for.
pub fn find_chain(
    session: &Session,
    collection: &Collection,
    from: &str,
    unlock: &super::encryption::Unlock,
) -> SqlResult<(Chain, Option<Timestamp>)> {
    if from.eq_ignore_ascii_case("latest") {
        return Ok((collection.chain(&collection.latest()?, unlock)?, None));
    }
    if session.cluster().version().differences().backup_ids && layout::looks_like_id(from) {
        let named = |entry: &IndexEntry| layout::backup_id(entry.start, entry.end) == from;
        if let Some(entry) = collection.index_entries()?.into_iter().find(named) {
            return Ok((collection.chain(&entry.subdirectory, unlock)?, Some(entry.end)));
        }
        return Err(refuse(format!("could not find backup with ID {from}")));
    }
    let subdirectory = if from.starts_with('/') {
        from.to_owned()
    } else {
        format!("/{from}")
    };
    if !layout::is_full_folder(&subdirectory) && !collection.is_finished(&subdirectory, false)? {
        return Err(refuse(format!("subdir does not match format: {from}")));
    }
    Ok((collection.chain(&subdirectory, unlock)?, None))
}

/// How many layers are needed for a moment, and the moment itself.
fn resolve_time(chain: &Chain, at: Option<Timestamp>) -> SqlResult<(usize, Timestamp)> {
    let Some(at) = at else {
        let end = chain
            .layers
            .last()
            .map_or(Timestamp(0), |layer| layer.manifest.end);
        return Ok((chain.layers.len(), end));
    };
    for (index, layer) in chain.layers.iter().enumerate() {
        let manifest = &layer.manifest;
        if manifest.end == at {
            return Ok((index + 1, at));
        }
        if manifest.end > at {
            return match manifest.revision_start {
                Some(from) if at >= from => Ok((index + 1, at)),
                Some(from) => Err(refuse(format!(
                    "invalid RESTORE timestamp: BACKUP for requested time only has revision history from {}",
                    from.to_hlc_decimal()
                ))),
                None => {
                    let before = index
                        .checked_sub(1)
                        .map(|before| chain.layers[before].manifest.end.to_hlc_decimal());
                    let after = manifest.end.to_hlc_decimal();
                    let nearest = match before {
                        Some(before) => format!("nearest BACKUP times are {before} or {after}"),
                        None => format!("nearest backup time is {after}"),
                    };
                    Err(refuse(format!(
                        "invalid RESTORE timestamp: restoring to arbitrary time requires that BACKUP for requested time be created \
                         with 'revision_history' option. {nearest}"
                    )))
                }
            };
        }
    }
    Err(refuse(
        "invalid RESTORE timestamp: supplied backups do not cover requested time",
    ))
}

/// `25.4` as numbers.
fn release(text: &str) -> (u32, u32) {
    let (year, number) = text.split_once('.').unwrap_or((text, "0"));
    (year.parse().unwrap_or(0), number.parse().unwrap_or(0))
}

fn check_version(session: &Session, manifest: &Manifest, unsafe_allowed: bool) -> SqlResult<()> {
    let differences = session.cluster().version().differences();
    let taken_on = &manifest.cluster_version;
    if release(taken_on) > release(differences.cluster_version) {
        return Err(refuse(format!(
            "backup from version {taken_on} is newer than current version {}",
            differences.cluster_version
        )));
    }
    if !unsafe_allowed && release(taken_on) < release(differences.min_restorable) {
        return Err(refuse(format!(
            "backup from version {taken_on} is older than the minimum restorable version {}",
            differences.min_restorable
        ))
        .with_hint("refer to https://www.cockroachlabs.com/docs/stable/restoring-backups-across-versions"));
    }
    Ok(())
}

fn check_cluster_restore(
    session: &mut Session,
    catalog: &Catalog,
    manifest: &Manifest,
    upgrading: bool,
) -> SqlResult<()> {
    if upgrading {
        let binary = session.cluster().version().differences().cluster_version;
        let (year, _) = release(binary);
        return Err(refuse(format!(
            "cluster restore not supported during major version upgrade: restore started at cluster version {}.4 but binary version is {binary}",
            year.saturating_sub(1)
        )));
    }
    if !manifest.is_full_cluster {
        return Err(refuse(
            "full cluster RESTORE can only be used on full cluster BACKUP files",
        ));
    }
    let is_own =
        |object: &Descriptor| object.id == SYSTEM_DATABASE_ID || object.parent_id == SYSTEM_DATABASE_ID;
    let default_databases: BTreeSet<DescriptorId> = ["defaultdb", "postgres"]
        .iter()
        .filter_map(|name| catalog.database(name))
        .map(|database| database.id)
        .collect();
    let in_the_way: Vec<&str> = catalog
        .descriptors
        .values()
        .filter(|object| !is_own(object) && !default_databases.contains(&object.id))
        .filter(|object| {
            !(default_databases.contains(&object.parent_id)
                && object.name == "public"
                && object.schema_id == 0)
        })
        .map(|object| object.name.as_str())
        .collect();
    if in_the_way.is_empty() {
        return Ok(());
    }
    let mut names = in_the_way.iter().take(20).copied().collect::<Vec<_>>().join(", ");
    if in_the_way.len() > 20 {
        names.push_str(", ...");
    }
    Err(refuse(format!(
        "full cluster restore can only be run on a cluster with no tables or databases but found {} descriptors: {names}",
        in_the_way.len()
    )))
}

fn check_regions(
    session: &mut Session,
    databases: &[&Descriptor],
    statement: &stmt::Restore,
) -> SqlResult<()> {
    if statement.options.skip_localities_check || statement.options.remove_regions {
        return Ok(());
    }
    let here = session.cluster().regions().to_vec();
    let missing: BTreeSet<&str> = databases
        .iter()
        .filter_map(|database| database.database())
        .flat_map(|body| body.regions.iter().map(String::as_str))
        .filter(|region| !here.iter().any(|here| here == region))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = missing.into_iter().collect();
    Err(refuse(format!(
        "detected a mismatch in regions between the restore cluster and the backup cluster, missing regions detected: {}.",
        missing.join(", ")
    ))
    .with_hint(
        "there are two ways you can resolve this issue: 1) update the cluster to which you're restoring to ensure that the regions \
         present on the nodes' --locality flags match those present in the backup image, or 2) restore with the \
         \"skip_localities_check\" option",
    ))
}

/// The default region that a database without regions gets.
fn default_region(
    session: &mut Session,
    catalog: &Catalog,
    databases: &[&Descriptor],
) -> SqlResult<Option<String>> {
    let Some(region) = catalog
        .setting("sql.defaults.primary_region")
        .filter(|region| !region.is_empty())
    else {
        return Ok(None);
    };
    let plain: Vec<&str> = databases
        .iter()
        .filter(|database| {
            database
                .database()
                .is_some_and(|body| body.primary_region.is_none())
        })
        .map(|database| database.name.as_str())
        .collect();
    if plain.is_empty() {
        return Ok(None);
    }
    let mut here = session.cluster().regions().to_vec();
    here.sort();
    if !here.contains(&region) {
        return Err(SqlError::new(sqlstate::INVALID_NAME, format!("region \"{region}\" does not exist")).with_hint(format!(
            "valid regions: {}\n--\nset the default PRIMARY REGION to a region that exists (see SHOW REGIONS FROM CLUSTER) then using \
             SET CLUSTER SETTING sql.defaults.primary_region = 'region'",
            here.join(", ")
        )));
    }
    for name in plain {
        session.notice_with_hint(
            format!("setting the PRIMARY REGION as {region} on database {name}"),
            "to change the default primary region, use SET CLUSTER SETTING sql.defaults.primary_region = 'region' or use RESET \
             CLUSTER SETTING sql.defaults.primary_region to disable this behavior",
        );
    }
    Ok(Some(region))
}

/// What of the backup is wanted.
struct Wanted {
    /// Objects to make, with their ids in the backup.
    objects: BTreeSet<DescriptorId>,
    databases: Vec<DescriptorId>,
    tables: Vec<DescriptorId>,
}

fn wanted(session: &Session, backup: &Catalog, manifest: &Manifest, targets: &Targets) -> SqlResult<Wanted> {
    let (database, search_path) = (session.database().to_owned(), session.search_path());
    let scope = Scope {
        database: &database,
        search_path: &search_path,
    };
    let selection = match targets {
        Targets::SystemUsers => targets::Selection::default(),
        _ => targets::resolve(backup, scope, targets).map_err(|error| {
            let mut error = error.wrap(
                "failed to resolve targets in the BACKUP location specified by the RESTORE statement, use SHOW BACKUP to find correct \
                 targets",
            );
            error.sqlstate = sqlstate::UNCATEGORIZED.into();
            error
        })?,
    };
    let complete = |id: &DescriptorId| manifest.is_full_cluster || manifest.complete_databases.contains(id);
    if matches!(targets, Targets::Databases(_))
        && let Some(partial) = selection.complete_databases.iter().find(|id| !complete(id))
    {
        return Err(refuse(format!(
            "no tables or databases matched the given targets: DATABASE {}",
            backup.name_of(*partial)
        )));
    }
    let mut objects = selection.all;
    objects.remove(&SYSTEM_DATABASE_ID);
    Ok(Wanted {
        objects,
        databases: selection.complete_databases,
        tables: selection.tables,
    })
}

/// Checks a RESTORE and turns it into a job's work.
pub fn plan(
    backups: &Backups,
    session: &mut Session,
    statement: &stmt::Restore,
    parameters: Parameters<'_>,
) -> SqlResult<RestoreWork> {
    let catalog = session.catalog()?;
    if !setting_is_on(&catalog, "feature.restore.enabled") {
        return Err(refuse(
            "feature RESTORE was disabled by the database administrator",
        ));
    }
    check_options(statement)?;
    check_privileges(session, &catalog, &statement.targets)?;
    let uris = parameters.texts(&statement.collection)?;
    let incremental = parameters.texts(&statement.options.incremental_location)?;
    let user = session.user().to_owned();
    for uri in uris.iter().chain(&incremental) {
        place::check_access(
            &catalog,
            &user,
            uri,
            backups.options.everyone_may_use_implicit_access,
        )?;
    }
    let passphrase = parameters.maybe_text(statement.options.encryption_passphrase.as_ref())?;
    let kms = parameters.texts(&statement.options.kms)?;
    let unlock = unlock_of(passphrase.as_ref(), &kms);
    let collection = Collection::open(session, &user, &uris, &incremental)?;
    let from = parameters.text(&statement.from)?;
    let (chain, id_time) = find_chain(session, &collection, &from, &unlock)?;
    let now = session.now();
    let asked = statement
        .as_of
        .as_ref()
        .map(|moment| parameters.moment(moment, now))
        .transpose()?;
    let (layers, at) = resolve_time(&chain, asked.or(id_time))?;
    let manifest = &chain.layers[layers - 1].manifest;
    for layer in &chain.layers[..layers] {
        check_version(
            session,
            &layer.manifest,
            statement.options.unsafe_restore_incompatible_version,
        )?;
    }
    if statement.targets == Targets::Cluster {
        check_cluster_restore(session, &catalog, manifest, backups.options.upgrading)?;
    }
    let system_users = statement.targets == Targets::SystemUsers;
    if system_users && !has_system_database(manifest) {
        return Err(refuse(
            "cannot restore system users as no system.users table in the backup",
        ));
    }
    let backup = Catalog {
        descriptors: manifest
            .descriptors_at(at)
            .into_iter()
            .map(|object| (object.id, Arc::new(object)))
            .collect(),
        ..Catalog::default()
    };
    let wanted = wanted(session, &backup, manifest, &statement.targets)?;
    let mut work = RestoreWork {
        is_cluster: statement.targets == Targets::Cluster,
        system_users,
        collection: uris,
        incremental_location: incremental,
        subdirectory: chain.subdirectory.clone(),
        layers,
        at,
        passphrase,
        kms,
        schema_only: statement.options.schema_only,
        verify_data: statement.options.verify_backup_table_data,
        remove_regions: statement.options.remove_regions,
        keep_grants: statement.options.grants,
        deferred_copy: statement.options.experimental_deferred_copy,
        ..RestoreWork::default()
    };
    if !system_users {
        arrange(
            session, statement, parameters, &catalog, &backup, wanted, &mut work,
        )?;
    }
    Ok(work)
}

/// Decides which objects are made, which existing ones take their place, and under which names.
fn arrange(
    session: &mut Session,
    statement: &stmt::Restore,
    parameters: Parameters<'_>,
    catalog: &Catalog,
    backup: &Catalog,
    wanted: Wanted,
    work: &mut RestoreWork,
) -> SqlResult<()> {
    let mut objects: BTreeMap<DescriptorId, Descriptor> = wanted
        .objects
        .iter()
        .filter_map(|id| backup.descriptors.get(id))
        .map(|object| (object.id, Descriptor::clone(object)))
        .collect();
    if statement.options.remove_regions
        && let Some(table) = objects.values().find(|object| is_regional_by_row(object))
    {
        return Err(refuse(format!(
            "cannot perform a remove_regions RESTORE with region by row enabled table {} in BACKUP target",
            table.name
        )));
    }
    if wanted.tables.is_empty() {
        let databases: Vec<Descriptor> = wanted
            .databases
            .iter()
            .filter_map(|id| objects.get(id))
            .cloned()
            .collect();
        let databases: Vec<&Descriptor> = databases.iter().collect();
        check_regions(session, &databases, statement)?;
        if !work.is_cluster {
            let new_name = parameters.maybe_text(statement.options.new_db_name.as_ref())?;
            for database in databases
                .iter()
                .filter(|database| database.id != SYSTEM_DATABASE_ID)
            {
                let name = new_name.as_ref().unwrap_or(&database.name);
                if catalog.database(name).is_some() {
                    return Err(refuse(format!("database \"{name}\" already exists")));
                }
            }
            if let (Some(new_name), Some(database)) = (new_name, databases.first()) {
                work.renamed = Some((database.name.clone(), new_name.clone()));
                if let Some(object) = objects.get_mut(&database.id) {
                    object.name = new_name;
                }
            }
            work.default_region = default_region(session, catalog, &databases)?;
        }
    } else {
        place_tables(
            session,
            statement,
            parameters,
            catalog,
            backup,
            &wanted,
            &mut objects,
            work,
        )?;
    }
    super::dependency::check(&mut objects, backup, &statement.options)?;
    work.objects = objects.into_values().collect();
    Ok(())
}

fn is_regional_by_row(object: &Descriptor) -> bool {
    object
        .table()
        .is_some_and(|table| matches!(table.locality, Some(Locality::RegionalByRow { .. })))
}

/// Finds the database each table goes to, and what of its surroundings is there already.
#[allow(clippy::too_many_arguments)]
fn place_tables(
    session: &mut Session,
    statement: &stmt::Restore,
    parameters: Parameters<'_>,
    catalog: &Catalog,
    backup: &Catalog,
    wanted: &Wanted,
    objects: &mut BTreeMap<DescriptorId, Descriptor>,
    work: &mut RestoreWork,
) -> SqlResult<()> {
    let into = parameters.maybe_text(statement.options.into_db.as_ref())?;
    let mut databases: BTreeMap<DescriptorId, Arc<Descriptor>> = BTreeMap::new();
    for id in &wanted.tables {
        let Some(table) = backup.descriptors.get(id) else {
            continue;
        };
        let name = into.clone().unwrap_or_else(|| backup.name_of(table.parent_id));
        let Some(target) = catalog
            .database(&name)
            .filter(|database| database.state == crate::catalog::State::Public)
        else {
            return Err(refuse(format!(
                "a database named \"{name}\" needs to exist to restore table \"{}\"",
                table.name
            )));
        };
        databases.insert(table.parent_id, Arc::clone(target));
        if table.name != name && backup.name_of(table.parent_id) != name {
            work.renamed = Some((backup.name_of(table.parent_id), name));
        }
    }
    let targets: Vec<Arc<Descriptor>> = databases.values().map(Arc::clone).collect();
    check_table_privileges(session, catalog, &targets)?;
    for (old, target) in &databases {
        objects.remove(old);
        work.existing.insert(*old, target.id);
    }
    // Schemas of the same name take the place of the backup's; `public` is always there.
    let schemas: BTreeSet<DescriptorId> = objects
        .values()
        .map(|object| object.schema_id)
        .filter(|id| *id != 0)
        .collect();
    for id in schemas {
        let Some(schema) = backup.descriptors.get(&id) else {
            continue;
        };
        let Some(target) = databases.get(&schema.parent_id) else {
            continue;
        };
        if let Some(there) = catalog.schema(target.id, &schema.name) {
            objects.remove(&id);
            work.existing.insert(id, there.id);
        }
    }
    let mut there_already = Vec::new();
    for object in objects.values().filter(|object| object.schema_id != 0) {
        let (Some(target), Some(schema)) = (
            databases.get(&object.parent_id),
            work.existing.get(&object.schema_id),
        ) else {
            continue;
        };
        check_locality(object, target)?;
        let Some(there) = catalog.object_in_schema(*schema, &object.name) else {
            continue;
        };
        match (&object.body, &there.body) {
            (Body::Enum(ours), Body::Enum(theirs)) if ours.values == theirs.values => {
                there_already.push((object.id, there.id))
            }
            (Body::Enum(_), Body::Enum(_)) => {
                return Err(refuse(format!(
                    "\"{}\" is not compatible with type \"{}\" existing in cluster: \"{}\" of type {} is not compatible with type {}",
                    object.name, there.name, object.name, object.id, there.id
                )));
            }
            _ => {
                return Err(SqlError::new(
                    sqlstate::DUPLICATE_RELATION,
                    format!(
                        "relation \"{}.{}.{}\" already exists",
                        target.name,
                        catalog.name_of(*schema),
                        object.name
                    ),
                ));
            }
        }
    }
    for (id, there) in there_already {
        objects.remove(&id);
        work.existing.insert(id, there);
    }
    Ok(())
}

fn check_locality(object: &Descriptor, target: &Descriptor) -> SqlResult<()> {
    let has_locality = object.table().is_some_and(|table| {
        !matches!(
            table.locality,
            None | Some(Locality::RegionalByTable { region: None })
        )
    });
    let is_multi_region = target
        .database()
        .is_some_and(|body| body.primary_region.is_some());
    if has_locality && !is_multi_region {
        return Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!(
                "cannot restore descriptor for multi-region table {} into non-multi-region database {}",
                object.name, target.name
            ),
        ));
    }
    Ok(())
}
