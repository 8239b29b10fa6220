//! “Will this work?”, answered before a RESTORE is sent.
//!
//! An answer is red only when the server is known to refuse. What cannot be found out is amber.

use roachvault_cockroach::Cluster;
use roachvault_cockroach::backup::{ObjectKind, TableName};
use roachvault_cockroach::grant;
use roachvault_cockroach::inspect::{self, Database};
use roachvault_cockroach::refusal::Refusal;
use roachvault_cockroach::restore::{RestoreOption, RestoreRequest, RestoreTargets};
use roachvault_cockroach::version::Version;

use super::dependencies::{Tie, TieKind, are_known, ties, with_all_needed};
use super::moment::Moment;
use super::plan::{PlannedTable, free_name};
use super::release::{Fit, Release, fit};
use super::short_name;
use crate::backup::{Chain, is_locked, read_only};
use crate::cluster::OpenCluster;
use crate::error::{Error, Result};
use crate::job::Loss;
use crate::plan::{Check, Fix, counted, kinds_counted, listed, size};

/// All that is known when the checks are made.
pub(super) struct Facts<'a> {
    pub open: &'a OpenCluster,
    pub request: &'a RestoreRequest,
    pub databases: &'a [Database],
    pub chain: &'a Chain,
    /// Why the backup, or a file of it, cannot be read.
    pub unreadable: Option<&'a Error>,
    pub moment: &'a Moment,
    pub tables: &'a [PlannedTable],
    pub lost_grants: &'a [String],
}

pub(super) async fn all(facts: &Facts<'_>) -> Result<Vec<Check>> {
    let cluster = facts.open.readable();
    let mut checks = Vec::new();
    if facts.open.read_only {
        checks.push(read_only(&facts.open.name));
    }
    checks.push(complete(facts));
    let can_be_read = !facts.chain.contents.layers.is_empty();
    if can_be_read {
        checks.push(holds_target(facts));
        checks.push(holds_moment(facts));
    }
    let mut name_free = name_free(cluster, &facts.request.targets, facts.databases).await?;
    if can_be_read {
        complete_way_beside(&mut name_free, facts);
    }
    checks.push(name_free);
    if can_be_read {
        checks.extend(links(facts)?);
    }
    if can_be_read {
        checks.push(versions_fit(facts));
    }
    checks.push(privilege(cluster, &facts.request.targets).await?);
    if can_be_read {
        checks.push(regions(cluster, facts).await?);
        checks.push(grants_kept(facts));
        checks.push(owner(facts)?);
        checks.push(space(facts));
    }
    Ok(checks)
}

fn complete(facts: &Facts<'_>) -> Check {
    const ID: &str = "complete";
    let layers = facts.chain.contents.layers.len();
    let Some(error) = facts.unreadable else {
        let detail = match layers {
            1 => "All its files are there.".to_owned(),
            layers => format!("All files of its {layers} layers are there."),
        };
        return Check::ok(ID, "The backup is complete", detail);
    };
    let said = error.detail.as_deref().unwrap_or(&error.message);
    match Refusal::of_message(said) {
        Some(Refusal::Encrypted) => Check::blocked(
            ID,
            "The backup is encrypted",
            "Enter the passphrase it was taken with.",
        )
        .fix(Fix::AskPassphrase),
        _ if is_locked(error) => Check::blocked(
            ID,
            "The passphrase does not open the backup",
            error.message.clone(),
        )
        .fix(Fix::AskPassphrase),
        Some(Refusal::FilesMissing) => {
            let names: Vec<&str> = said
                .lines()
                .skip(1)
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .collect();
            let which = match names.as_slice() {
                [] => "A restore would fail halfway.".to_owned(),
                [name] => format!("{name} is gone. A restore would fail halfway."),
                [name, ..] => format!(
                    "{} are gone, {name} among them. A restore would fail halfway.",
                    counted(names.len(), "file")
                ),
            };
            Check::blocked(ID, "Files of the backup are missing", which)
        }
        _ => Check::blocked(ID, "The backup cannot be read", error.message.clone()),
    }
}

fn holds_target(facts: &Facts<'_>) -> Check {
    const ID: &str = "holdsTarget";
    let database = facts.request.targets.database();
    let held = facts.chain.contents.databases();
    if !held.iter().any(|name| name == database) {
        let others = if held.is_empty() {
            "no database".to_owned()
        } else {
            held.join(", ")
        };
        return Check::blocked(
            ID,
            format!("The backup does not hold {database}"),
            format!("It holds {others}."),
        );
    }
    if let RestoreTargets::Tables { tables, .. } = &facts.request.targets {
        let missing = tables
            .iter()
            .find(|wanted| !facts.tables.iter().any(|table| table.name == **wanted));
        if let Some(table) = missing {
            let title = format!("The backup does not hold {}.{}", table.schema, table.name);
            return Check::blocked(ID, title, "Look inside the backup for what it holds.");
        }
    }
    Check::ok(
        ID,
        format!("The backup holds {database}"),
        format!(
            "{} will be restored.",
            kinds_counted(facts.tables.iter().map(|table| table.kind))
        ),
    )
}

fn holds_moment(facts: &Facts<'_>) -> Check {
    const ID: &str = "holdsMoment";
    let shown = facts
        .moment
        .time
        .map(|time| time.format("%-d %b %Y, %H:%M:%S UTC").to_string())
        .unwrap_or_default();
    if facts.moment.missing {
        let why =
            "This backup holds single moments only. Taken with revision history it would hold every second.";
        let why = if facts.chain.windows().is_empty() {
            why
        } else {
            "It lies outside the time that this backup covers."
        };
        return Check::blocked(ID, format!("{shown} cannot be restored"), why);
    }
    match facts.moment.as_of {
        None => Check::ok(ID, format!("As of {shown}"), "The newest moment of this backup."),
        Some(_) => Check::ok(ID, format!("As of {shown}"), "The backup holds this moment."),
    }
}

pub(super) async fn name_free(
    cluster: &Cluster,
    targets: &RestoreTargets,
    databases: &[Database],
) -> Result<Check> {
    const ID: &str = "nameFree";
    let exists = |name: &str| databases.iter().any(|database| database.name == name);
    match targets {
        RestoreTargets::Database {
            database,
            new_name: name,
        }
        | RestoreTargets::Tables {
            database,
            into_database: name,
            is_new_database: true,
            ..
        } => Ok(match name {
            name if name.contains('\0') => {
                Check::blocked(ID, "This cannot be a name", "A name cannot hold a NUL character.")
            }
            name if exists(name) => {
                let check = Check::blocked(
                    ID,
                    format!("The name {name} is taken"),
                    "A database of that name exists. A restore never overwrites one.",
                );
                check.fix(Fix::UseName {
                    name: free_name(database, databases),
                })
            }
            name => Check::ok(
                ID,
                format!("The name {name} is free"),
                "No database of that name exists.",
            ),
        }),
        RestoreTargets::Tables { into_database, .. } if !exists(into_database) => {
            let sql = grant::create_database(into_database)?;
            let title = format!("There is no database {into_database}");
            let check = Check::blocked(ID, title, "Tables are restored into a database that exists.");
            Ok(check.fix(Fix::Sql {
                label: "Show the statement".into(),
                sql,
            }))
        }
        RestoreTargets::Tables {
            database,
            tables,
            into_database,
            ..
        } => {
            let found = inspect::list_tables(cluster, into_database).await?;
            let taken = tables.iter().find(|wanted| {
                found
                    .iter()
                    .any(|table| table.schema == wanted.schema && table.name == wanted.name)
            });
            Ok(match taken {
                Some(table) => {
                    let title = format!(
                        "{}.{} exists in {into_database} already",
                        table.schema, table.name
                    );
                    if database != into_database {
                        let detail = "A restore never overwrites a table. Choose another database.";
                        return Ok(Check::blocked(ID, title, detail));
                    }
                    let it = if tables.len() == 1 { "it" } else { "them" };
                    let detail = format!(
                        "A restore never overwrites a table. Restored beside, in a new database, its rows can be compared \
                         with those of {database}, and what is missing there brought back."
                    );
                    Check::blocked(ID, title, detail).fix(Fix::Beside {
                        new_name: free_name(database, databases),
                        options: Vec::new(),
                        label: format!("Restore {it} beside, then bring the missing rows back"),
                    })
                }
                None => Check::ok(
                    ID,
                    format!("{into_database} has room"),
                    "It has no tables of these names.",
                ),
            })
        }
    }
}

/// In a copy whose rows are to be brought back, links to what is not restored with it are not missed: its only fix is
/// enough.
fn complete_way_beside(name_free: &mut Check, facts: &Facts<'_>) {
    let RestoreTargets::Tables { database, tables, .. } = &facts.request.targets else {
        return;
    };
    let mut missed: Vec<RestoreOption> = ties(&facts.chain.contents, database, tables)
        .iter()
        .flat_map(Tie::options)
        .copied()
        .collect();
    missed.sort_unstable();
    missed.dedup();
    for fix in &mut name_free.fixes {
        if let Fix::Beside { options, .. } = fix {
            options.clone_from(&missed);
        }
    }
}

/// Single tables may refer to others, which RESTORE does not tie to what is there already.
fn links(facts: &Facts<'_>) -> Result<Option<Check>> {
    const ID: &str = "links";
    let RestoreTargets::Tables {
        database,
        tables,
        into_database,
        is_new_database,
    } = &facts.request.targets
    else {
        return Ok(None);
    };
    let contents = &facts.chain.contents;
    if !are_known(contents, database, tables) {
        let check = Check::attention(
            ID,
            "What the tables refer to could not be seen",
            "The cluster refuses a table whose foreign keys lead to tables that are not restored with it.",
        );
        return Ok(Some(check));
    }
    let ties = ties(contents, database, tables);
    let (left_out, open): (Vec<Tie>, Vec<Tie>) = ties.into_iter().partition(|tie| {
        let mut options = tie.options().iter();
        options.all(|option| facts.request.options.contains(option))
    });
    if let Some(first) = open.first() {
        let told: Vec<String> = open.iter().map(Tie::told).collect();
        let mut options: Vec<RestoreOption> = open.iter().flat_map(Tie::options).copied().collect();
        options.sort_unstable();
        options.dedup();
        let title = match open.as_slice() {
            [_] => format!("{} needs {}", short_name(&first.of), first.target()),
            _ => format!(
                "{} of the tables lead to what is not restored with them",
                counted(open.len(), "link")
            ),
        };
        let detail = format!(
            "{}. A restore ties tables only to what it restores itself, and refuses otherwise.",
            listed(&told)
        );
        let mut check = Check::blocked(ID, title, detail);
        // A view without its source is left out as a whole: that is no way out where nothing else is chosen.
        let is_left_out = |table: &TableName| {
            open.iter()
                .any(|tie| tie.of == *table && tie.kind == TieKind::Source)
        };
        if !tables.iter().all(is_left_out) {
            let label = match open.as_slice() {
                [one] if one.kind != TieKind::Source => format!("Without the link to {}", one.target()),
                _ => "Without what leads to others".to_owned(),
            };
            check = check.fix(Fix::Allow { options, label });
        }
        if let Some(all) = with_all_needed(contents, database, tables) {
            let added: Vec<String> = all[tables.len()..].iter().map(short_name).collect();
            let new_name = if *is_new_database {
                into_database.clone()
            } else {
                free_name(database, facts.databases)
            };
            check = check.fix(Fix::TakeAlong {
                label: format!("Together with {}, into the new {new_name}", in_short(&added)),
                tables: all,
                new_name,
            });
        }
        return Ok(Some(check));
    }
    if left_out.is_empty() {
        let check = Check::ok(
            ID,
            "They need no other table",
            "Nothing they refer to is left out.",
        );
        return Ok(Some(check));
    }
    let losses = left_out
        .iter()
        .map(|tie| tie.loss(into_database))
        .collect::<Result<Vec<Loss>>>()?;
    let title = match losses.as_slice() {
        [one] => one.text.clone(),
        losses => format!("{} are left out", counted(losses.len(), "link")),
    };
    let texts: Vec<String> = losses.iter().map(|loss| loss.text.clone()).collect();
    let detail = match texts.as_slice() {
        [_] => "The rows are all there; the rule that ties them is not.".to_owned(),
        texts => format!("{}.", texts.join(". ")),
    };
    let sql: Vec<String> = losses.into_iter().filter_map(|loss| loss.sql).collect();
    let mut check = Check::attention(ID, title, detail);
    if !sql.is_empty() {
        check = check.fix(Fix::Sql {
            label: "How to bring it back afterwards".into(),
            sql: sql.join("\n"),
        });
    }
    Ok(Some(check))
}

/// `accounts and customers`, or `accounts and 4 more`.
fn in_short(names: &[String]) -> String {
    match names {
        [first, rest @ ..] if rest.len() > 2 => format!("{first} and {} more", rest.len()),
        names => listed(names),
    }
}

fn versions_fit(facts: &Facts<'_>) -> Check {
    let taken = facts.chain.manifests.last().and_then(|manifest| manifest.release);
    compare_releases(taken, Version::parse(&facts.open.info.version_text).number)
}

fn compare_releases(taken: Option<Release>, runs: Option<Release>) -> Check {
    const ID: &str = "versionsFit";
    let text = |(major, minor): Release| format!("v{major}.{minor}");
    let (Some(taken), Some(runs)) = (taken, runs) else {
        return Check::attention(
            ID,
            "The releases could not be compared",
            "A backup can be restored by its own release and those up to the next regular one, never by an older one.",
        );
    };
    let (backup, cluster) = (text(taken), text(runs));
    match fit(taken, runs) {
        Fit::Fits => Check::ok(
            ID,
            "Versions fit",
            format!("Taken on {backup}, this cluster runs {cluster}."),
        ),
        Fit::TooNew => Check::blocked(
            ID,
            "The backup is newer than this cluster",
            format!("Taken on {backup}, this cluster runs {cluster}. Upgrade the cluster first."),
        ),
        Fit::TooOld { last } => Check::attention(
            ID,
            "The backup is old for this cluster",
            format!(
                "Taken on {backup}, this cluster runs {cluster}. CockroachDB promises to restore it up to {}; this \
                 cluster will probably refuse.",
                text(last)
            ),
        ),
    }
}

async fn privilege(cluster: &Cluster, targets: &RestoreTargets) -> Result<Check> {
    let rights = inspect::rights(cluster).await?;
    let me = cluster.user();
    let ok = |detail: String| Ok(Check::ok("privilege", "You may restore", detail));
    if rights.is_admin == Some(true) {
        return ok(format!("{me} is an administrator of the cluster."));
    }
    let (has, knows, missing, sql) = match targets {
        RestoreTargets::Database { .. } => {
            let has_system =
                |system: &Vec<String>| system.iter().any(|name| name == "RESTORE" || name == "ALL");
            if rights.system.as_ref().is_some_and(has_system) {
                return ok(format!("{me} has the RESTORE privilege."));
            }
            (
                rights.may_create_databases == Some(true),
                rights.system.is_some() && rights.may_create_databases.is_some(),
                "the RESTORE privilege on the cluster".to_owned(),
                grant::on_cluster("RESTORE", me)?,
            )
        }
        RestoreTargets::Tables {
            is_new_database: true,
            ..
        } => {
            let creates =
                |system: &Vec<String>| system.iter().any(|name| name == "CREATEDB" || name == "ALL");
            (
                rights.may_create_databases == Some(true) || rights.system.as_ref().is_some_and(creates),
                rights.system.is_some() && rights.may_create_databases.is_some(),
                "the right to create databases".to_owned(),
                grant::create_databases(me)?,
            )
        }
        RestoreTargets::Tables { into_database, .. } => {
            let restore = inspect::has_database_privilege(cluster, into_database, "RESTORE").await?;
            let create = inspect::has_database_privilege(cluster, into_database, "CREATE").await?;
            (
                restore == Some(true) || create == Some(true),
                restore.is_some() && create.is_some(),
                format!("the RESTORE privilege on {into_database}"),
                grant::on_database("RESTORE", into_database, me)?,
            )
        }
    };
    if has {
        return ok(format!(
            "{me} may create databases or tables here, which is enough."
        ));
    }
    let fix = Fix::Sql {
        label: "Show the grant".into(),
        sql,
    };
    Ok(if knows && rights.is_admin == Some(false) {
        let detail = format!("{me} needs {missing}. An administrator can grant it.");
        Check::blocked("privilege", "You may not restore", detail).fix(fix)
    } else {
        let detail = format!("It could not be found out what {me} may do. Needed is {missing}.");
        Check::attention("privilege", "The cluster may refuse", detail).fix(fix)
    })
}

async fn regions(cluster: &Cluster, facts: &Facts<'_>) -> Result<Check> {
    let database = facts.request.targets.database();
    let clause = facts
        .chain
        .contents
        .objects()
        .find(|object| object.kind == ObjectKind::Database && object.name == database)
        .and_then(|object| object.regions.as_deref());
    let needed = clause.map(read_regions).unwrap_or_default();
    let has = match needed.is_empty() {
        true => Vec::new(),
        false => inspect::list_cluster_regions(cluster).await?,
    };
    Ok(compare_regions(&needed, &has, &facts.request.options))
}

fn compare_regions(needed: &[String], has: &[String], options: &[RestoreOption]) -> Check {
    const ID: &str = "regions";
    if needed.is_empty() {
        return Check::ok(ID, "Regions match", "The backup uses no regions.");
    }
    let missing: Vec<&str> = needed
        .iter()
        .filter(|region| !has.contains(region))
        .map(String::as_str)
        .collect();
    if options.contains(&RestoreOption::RemoveRegions) {
        return Check::attention(
            ID,
            "The restored data will have no regions",
            format!("The original used {}.", needed.join(", ")),
        );
    }
    if missing.is_empty() {
        return Check::ok(
            ID,
            "Regions match",
            format!("The cluster has {}.", needed.join(", ")),
        );
    }
    let names = missing.join(", ");
    if options.contains(&RestoreOption::SkipLocalitiesCheck) {
        return Check::attention(
            ID,
            "Some regions will not be there",
            format!("The cluster lacks {names}. Set a new primary region afterwards."),
        );
    }
    Check::blocked(
        ID,
        "The cluster lacks regions of the backup",
        format!("Missing: {names}."),
    )
    .fix(Fix::Allow {
        options: vec![RestoreOption::RemoveRegions],
        label: "Restore without regions".into(),
    })
}

/// The names in `ALTER DATABASE d SET PRIMARY REGION "us-east-1"; ALTER DATABASE d ADD REGION "x"; …`.
fn read_regions(clause: &str) -> Vec<String> {
    clause
        .split(';')
        .filter_map(|statement| statement.rsplit_once("REGION "))
        .map(|(_, name)| name.trim().trim_matches('"').to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

fn grants_kept(facts: &Facts<'_>) -> Check {
    const ID: &str = "grants";
    if facts.request.options.contains(&RestoreOption::Grants) {
        return Check::ok(
            ID,
            "Grants are brought along",
            "Those of users that exist on this cluster.",
        );
    }
    let grants = facts.lost_grants;
    if grants.is_empty() {
        return Check::ok(
            ID,
            "No grants are lost",
            "Nobody besides administrators had access of their own.",
        );
    }
    let who = grant::grantees(grants).join(", ");
    let fix = Fix::Sql {
        label: "Show".into(),
        sql: grants.join("\n"),
    };
    let detail = format!(
        "{} of the original ({who}) can be copied afterwards.",
        counted(grants.len(), "grant")
    );
    Check::attention(ID, "Grants are not brought along", detail).fix(fix)
}

fn owner(facts: &Facts<'_>) -> Result<Check> {
    const ID: &str = "owner";
    let me = facts.open.readable().user();
    let into = facts.request.targets.into_database();
    let what = match facts.request.targets {
        RestoreTargets::Database { .. } => into.to_owned(),
        RestoreTargets::Tables { .. } => "Each restored table".to_owned(),
    };
    let title = format!("{what} will belong to {me}");
    let before = grant::owner(facts.chain.contents.objects(), facts.request.targets.database());
    Ok(match before {
        Some(before) if before != me => {
            let check = Check::attention(ID, title, format!("The original belonged to {before}."));
            match facts.request.targets {
                RestoreTargets::Database { .. } => check.fix(Fix::Sql {
                    label: "Show".into(),
                    sql: grant::change_owner(into, before)?,
                }),
                RestoreTargets::Tables { .. } => check,
            }
        }
        Some(_) => Check::ok(ID, title, "As the original did."),
        None => Check::attention(ID, title, "Who owned the original is not known."),
    })
}

fn space(facts: &Facts<'_>) -> Check {
    const ID: &str = "space";
    let bytes: Option<u64> = facts.tables.iter().map(|table| table.size_bytes).sum();
    let billed = "Usage-based plans bill what is read and written.";
    match bytes.filter(|_| !facts.tables.is_empty()) {
        Some(bytes) => Check::ok(
            ID,
            format!("About {}", size(bytes)),
            format!("Stored once for each replica. {billed}"),
        ),
        None => Check::attention(
            ID,
            "The size is not known beforehand",
            format!("The backup does not tell it. {billed}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::CheckLevel;

    #[test]
    fn releases_are_compared_both_ways() {
        let level = |taken, runs| compare_releases(taken, runs).level;
        assert_eq!(level(Some((25, 4)), Some((25, 4))), CheckLevel::Ok);
        assert_eq!(level(Some((26, 1)), Some((25, 4))), CheckLevel::Blocked);
        assert_eq!(level(Some((24, 1)), Some((25, 4))), CheckLevel::Attention);
        assert_eq!(level(None, Some((25, 4))), CheckLevel::Attention);
    }

    #[test]
    fn regions_are_compared_and_can_be_put_up_with() {
        let needed = read_regions(
            "ALTER DATABASE d SET PRIMARY REGION \"us-east-1\"; ALTER DATABASE d ADD REGION \"eu-central-1\"; ",
        );
        assert_eq!(needed, ["us-east-1", "eu-central-1"]);
        let has = ["us-east-1".to_owned()];
        let level = |has: &[String], options: &[RestoreOption]| compare_regions(&needed, has, options).level;
        assert_eq!(level(&needed, &[]), CheckLevel::Ok);
        assert_eq!(level(&has, &[]), CheckLevel::Blocked);
        assert_eq!(
            level(&has, &[RestoreOption::RemoveRegions]),
            CheckLevel::Attention
        );
        assert_eq!(
            level(&has, &[RestoreOption::SkipLocalitiesCheck]),
            CheckLevel::Attention
        );
        assert_eq!(compare_regions(&[], &[], &[]).level, CheckLevel::Ok);
    }
}
