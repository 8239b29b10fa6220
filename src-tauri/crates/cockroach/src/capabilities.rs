//! What this user may do here, and the exact GRANT that would change it.
//!
//! CockroachDB answers a missing privilege in the middle of a wizard with a text that names neither
//! the statement to run nor who can run it. So it is asked beforehand, with statements that every
//! user may run; what they do not tell stays unknown and is not guessed.

use std::collections::BTreeSet;

use sqlx::Row;
use sqlx::postgres::PgConnection;

use crate::connect::Cluster;
use crate::error::Result;
use crate::quote;
use crate::version::Version;

/// Something a person may want to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    BackUpCluster,
    BackUpDatabase,
    RestoreCluster,
    RestoreDatabase,
    RestoreTable,
    /// Upload into file storage in this database.
    UseFiles,
    MakeSchedules,
    MakeExternalConnections,
    SeeAllJobs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    Allowed,
    /// Neither the user nor a role it is in holds it.
    NotGranted,
    Unknown,
}

/// One action, and the statement for an administrator when it is not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ability {
    pub action: Action,
    pub permission: Permission,
    pub grant: Option<String>,
}

/// By the host's name; no statement tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plan {
    BasicOrStandard,
    Advanced,
    SelfHosted,
}

impl Plan {
    /// Basic and Standard hosts begin with `<name>-<number>.`, Advanced ones with `<name>-<short id>.`
    /// or end with the older `.crdb.io`. A tunnel hides both, so a local address tells nothing.
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let cloud = host.ends_with(".cockroachlabs.cloud");
        let first = host.split('.').next().unwrap_or_default();
        let numbered = first
            .rsplit_once('-')
            .is_some_and(|(_, number)| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
        match (cloud, numbered) {
            (true, true) => Some(Self::BasicOrStandard),
            (true, false) => Some(Self::Advanced),
            _ if host.ends_with(".crdb.io") => Some(Self::Advanced),
            _ if host == "localhost" || host.starts_with("127.") || host == "::1" => None,
            _ => Some(Self::SelfHosted),
        }
    }
}

/// Whose rights are read, and where.
#[derive(Debug, Clone, Copy)]
pub struct Who<'a> {
    pub host: &'a str,
    pub user: &'a str,
    pub database: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    pub user: String,
    pub database: String,
    pub admin: Option<bool>,
    pub plan: Option<Plan>,
    pub abilities: Vec<Ability>,
}

impl Capabilities {
    /// For one line of a report.
    pub fn summary(&self) -> String {
        let of = |action| {
            self.abilities
                .iter()
                .find(|ability| ability.action == action)
                .map(|ability| ability.permission)
        };
        if self.admin == Some(true) {
            return "administrator".to_owned();
        }
        let named = [
            (Action::BackUpDatabase, "back up"),
            (Action::RestoreDatabase, "restore"),
            (Action::UseFiles, "files"),
        ];
        let may: Vec<&str> = named
            .iter()
            .filter(|(action, _)| of(*action) == Some(Permission::Allowed))
            .map(|(_, name)| *name)
            .collect();
        if may.is_empty() {
            "no grant found for backups".to_owned()
        } else {
            format!("may {}", may.join(", "))
        }
    }
}

/// What the statements answered; `None` where one was refused.
#[derive(Default)]
struct Grants {
    admin: Option<bool>,
    system: Option<BTreeSet<String>>,
    database: Option<BTreeSet<String>>,
    role_options: Option<BTreeSet<String>>,
}

/// Reads the user's grants. Four short statements; a refused one leaves its part unknown.
pub async fn read(connection: &mut PgConnection, who: Who<'_>, version: &Version) -> Capabilities {
    let grants = Grants::read(connection, who.user, who.database).await;
    judge(who, version, &grants)
}

/// As [`read`], of an open cluster.
pub async fn of(cluster: &Cluster, who: Who<'_>, version: &Version) -> Result<Capabilities> {
    let reading = async |connection: &mut PgConnection| Ok(read(connection, who, version).await);
    cluster.ask(reading).await
}

impl Grants {
    async fn read(connection: &mut PgConnection, user: &str, database: &str) -> Self {
        let (Ok(user_literal), Ok(database)) = (quote::literal(user), quote::ident(database)) else {
            return Self::default();
        };
        let roles = memberships(connection).await.map(|rows| roles_of(user, &rows));
        let admin = if user == "root" {
            Some(true)
        } else {
            roles.as_ref().map(|roles| roles.contains("admin"))
        };
        if admin == Some(true) {
            return Self {
                admin,
                ..Self::default()
            };
        }
        // Privileges come down from roles, and everybody is in `public`; role options do not.
        let holders = [user, "public"]
            .into_iter()
            .chain(roles.iter().flatten().map(String::as_str))
            .filter_map(|name| quote::ident(name).ok())
            .collect::<Vec<_>>()
            .join(", ");
        let system = format!("SHOW SYSTEM GRANTS FOR {holders}");
        let database = format!("SHOW GRANTS ON DATABASE {database} FOR {holders}");
        let options =
            format!("SELECT options::STRING AS options FROM [SHOW ROLES] WHERE username = {user_literal}");
        Self {
            admin,
            system: column(connection, system, "privilege_type").await,
            database: column(connection, database, "privilege_type").await,
            role_options: column(connection, options, "options").await.map(|texts| {
                texts
                    .iter()
                    .flat_map(|text| text.split(|c: char| !c.is_ascii_alphabetic()))
                    .map(str::to_owned)
                    .collect()
            }),
        }
    }
}

/// Who is directly in which role.
struct Membership {
    role: String,
    member: String,
}

/// `None` when it was refused.
async fn memberships(connection: &mut PgConnection) -> Option<Vec<Membership>> {
    let rows = sqlx::raw_sql("SHOW GRANTS ON ROLE")
        .fetch_all(connection)
        .await
        .ok()?;
    rows.iter()
        .map(|row| {
            Some(Membership {
                role: row.try_get("role_name").ok()?,
                member: row.try_get("member").ok()?,
            })
        })
        .collect()
}

/// The roles that a user is in, also through other roles.
fn roles_of(user: &str, memberships: &[Membership]) -> BTreeSet<String> {
    let mut roles = BTreeSet::new();
    let mut next = vec![user];
    while let Some(member) = next.pop() {
        let direct = memberships
            .iter()
            .filter(|membership| membership.member == member);
        next.extend(
            direct
                .map(|membership| membership.role.as_str())
                .filter(|role| roles.insert((*role).to_owned())),
        );
    }
    roles
}

async fn column(connection: &mut PgConnection, sql: String, name: &str) -> Option<BTreeSet<String>> {
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .fetch_all(connection)
        .await
        .ok()?;
    Some(
        rows.iter()
            .filter_map(|row| row.try_get::<Option<String>, _>(name).ok().flatten())
            .collect(),
    )
}

fn judge(who: Who<'_>, version: &Version, grants: &Grants) -> Capabilities {
    let Who { host, user, database } = who;
    let holds = |set: &Option<BTreeSet<String>>, privilege: &str| {
        set.as_ref()
            .map(|set| set.contains(privilege) || set.contains("ALL"))
    };
    let system = |privilege| holds(&grants.system, privilege);
    let in_database = |privilege| holds(&grants.database, privilege);
    let option = |name| grants.role_options.as_ref().map(|options| options.contains(name));
    let either = |one: Option<bool>, other: Option<bool>| match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    let who = quote::ident(user).unwrap_or_default();
    let place = quote::ident(database).unwrap_or_default();
    // BACKUP and RESTORE as privileges exist since v22.2; system privileges too.
    let fine_grained = version.number.is_none_or(|number| number >= (22, 2));
    let grant = |statement: String| {
        if fine_grained {
            statement
        } else {
            format!("GRANT admin TO {who};")
        }
    };
    let rows = [
        (
            Action::BackUpCluster,
            system("BACKUP"),
            grant(format!("GRANT SYSTEM BACKUP TO {who};")),
        ),
        (
            Action::BackUpDatabase,
            in_database("BACKUP"),
            grant(format!("GRANT BACKUP ON DATABASE {place} TO {who};")),
        ),
        (
            Action::RestoreCluster,
            system("RESTORE"),
            grant(format!("GRANT SYSTEM RESTORE TO {who};")),
        ),
        (
            Action::RestoreDatabase,
            either(system("RESTORE"), option("CREATEDB")),
            grant(format!("GRANT SYSTEM RESTORE TO {who};")),
        ),
        (
            Action::RestoreTable,
            either(in_database("RESTORE"), in_database("CREATE")),
            grant(format!("GRANT RESTORE ON DATABASE {place} TO {who};")),
        ),
        // Without CREATE on the database, the schema public is usually open to everybody: not known.
        (
            Action::UseFiles,
            in_database("CREATE").filter(|granted| *granted),
            format!("GRANT CREATE ON DATABASE {place} TO {who};"),
        ),
        // A schedule runs with the rights of its owner: whoever may back up may plan it.
        (
            Action::MakeSchedules,
            in_database("BACKUP"),
            grant(format!("GRANT BACKUP ON DATABASE {place} TO {who};")),
        ),
        (
            Action::MakeExternalConnections,
            system("EXTERNALCONNECTION"),
            grant(format!("GRANT SYSTEM EXTERNALCONNECTION TO {who};")),
        ),
        (
            Action::SeeAllJobs,
            either(
                either(system("VIEWJOB"), system("CONTROLJOB")),
                option("CONTROLJOB"),
            ),
            grant(format!("GRANT SYSTEM VIEWJOB TO {who};")),
        ),
    ];
    let abilities = rows.map(|(action, allowed, grant)| {
        let permission = match (grants.admin, allowed) {
            (Some(true), _) | (_, Some(true)) => Permission::Allowed,
            (_, Some(false)) => Permission::NotGranted,
            (_, None) => Permission::Unknown,
        };
        let grant = (permission != Permission::Allowed).then_some(grant);
        Ability {
            action,
            permission,
            grant,
        }
    });
    Capabilities {
        user: user.to_owned(),
        database: database.to_owned(),
        admin: grants.admin,
        plan: Plan::of_host(host),
        abilities: abilities.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(items: &[&str]) -> Option<BTreeSet<String>> {
        Some(items.iter().map(|item| (*item).to_owned()).collect())
    }

    fn of(capabilities: &Capabilities, action: Action) -> &Ability {
        capabilities
            .abilities
            .iter()
            .find(|ability| ability.action == action)
            .unwrap_or_else(|| panic!("{action:?}"))
    }

    const MAX: Who<'_> = Who {
        host: "localhost",
        user: "max",
        database: "bank",
    };

    #[test]
    fn the_plan_is_read_off_the_host() {
        let plan = |host| Plan::of_host(host);
        assert_eq!(
            plan("blue-dog-147.6wr.cockroachlabs.cloud"),
            Some(Plan::BasicOrStandard)
        );
        assert_eq!(
            plan("blue-dog-5bct.gcp-us-east4.cockroachlabs.cloud"),
            Some(Plan::Advanced)
        );
        assert_eq!(plan("free-tier.crdb.io"), Some(Plan::Advanced));
        assert_eq!(plan("db.example.com"), Some(Plan::SelfHosted));
        assert_eq!(plan("localhost"), None);
    }

    fn version() -> Version {
        Version::parse("CockroachDB CCL v25.4.0 (x86_64)")
    }

    #[test]
    fn what_is_not_granted_comes_with_the_exact_statement_to_ask_for() {
        let grants = Grants {
            admin: Some(false),
            system: set(&[]),
            database: set(&["CONNECT"]),
            role_options: set(&["CREATEDB"]),
        };
        let found = judge(
            Who {
                user: "o'brien",
                database: "my bank",
                ..MAX
            },
            &version(),
            &grants,
        );
        let back_up = of(&found, Action::BackUpDatabase);
        assert_eq!(back_up.permission, Permission::NotGranted);
        assert_eq!(
            back_up.grant.as_deref(),
            Some(r#"GRANT BACKUP ON DATABASE "my bank" TO "o'brien";"#)
        );
        assert_eq!(
            of(&found, Action::RestoreDatabase).permission,
            Permission::Allowed
        );
    }

    #[test]
    fn an_administrator_may_do_everything_and_is_asked_for_nothing() {
        let found = judge(
            MAX,
            &version(),
            &Grants {
                admin: Some(true),
                ..Grants::default()
            },
        );
        assert!(
            found
                .abilities
                .iter()
                .all(|a| a.permission == Permission::Allowed && a.grant.is_none())
        );
    }

    #[test]
    fn what_no_statement_told_stays_unknown() {
        let found = judge(MAX, &version(), &Grants::default());
        assert!(
            found
                .abilities
                .iter()
                .all(|ability| ability.permission == Permission::Unknown)
        );
    }

    #[test]
    fn roles_are_followed_through_other_roles_and_a_circle_ends() {
        let memberships = [
            ("backers", "max"),
            ("operators", "backers"),
            ("backers", "operators"),
            ("admin", "root"),
        ]
        .map(|(role, member)| Membership {
            role: role.to_owned(),
            member: member.to_owned(),
        });
        let roles: Vec<String> = roles_of("max", &memberships).into_iter().collect();
        assert_eq!(roles, ["backers", "operators"]);
        assert!(roles_of("moritz", &memberships).is_empty());
    }

    #[test]
    fn system_backup_does_not_cover_a_database() {
        let grants = Grants {
            admin: Some(false),
            system: set(&["BACKUP"]),
            database: set(&[]),
            role_options: set(&[]),
        };
        let found = judge(MAX, &version(), &grants);
        assert_eq!(of(&found, Action::BackUpCluster).permission, Permission::Allowed);
        assert_eq!(
            of(&found, Action::BackUpDatabase).permission,
            Permission::NotGranted
        );
    }
}
