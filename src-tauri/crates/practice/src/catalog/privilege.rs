//! Privileges, grants, and the questions statements ask about them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Body, Catalog, Descriptor};
use crate::error::{SqlError, SqlResult, sqlstate};

macro_rules! privileges {
    ($($variant:ident = $text:literal),* $(,)?) => {
        /// A privilege on an object or on the cluster.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Privilege { $($variant),* }

        impl Privilege {
            /// As written in GRANT.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl FromStr for Privilege {
            type Err = SqlError;

            fn from_str(text: &str) -> SqlResult<Self> {
                match text.to_ascii_uppercase().as_str() {
                    $($text => Ok(Self::$variant),)*
                    "ALL PRIVILEGES" => Ok(Self::All),
                    "TEMP" => Ok(Self::Temporary),
                    _ => Err(SqlError::new(sqlstate::SYNTAX, format!("not a valid privilege: \"{}\"", text.to_lowercase()))),
                }
            }
        }
    };
}

privileges! {
    All = "ALL", Backup = "BACKUP", Cancelquery = "CANCELQUERY", Changefeed = "CHANGEFEED", Connect = "CONNECT", Controljob = "CONTROLJOB",
    Create = "CREATE", Createdb = "CREATEDB", Createlogin = "CREATELOGIN", Createrole = "CREATEROLE", Delete = "DELETE", Drop = "DROP",
    Execute = "EXECUTE", ExternalConnection = "EXTERNALCONNECTION", ExternalIoImplicitAccess = "EXTERNALIOIMPLICITACCESS", Grant = "GRANT",
    Insert = "INSERT", Inspect = "INSPECT", Maintain = "MAINTAIN", ModifyClusterSetting = "MODIFYCLUSTERSETTING", ModifySqlClusterSetting = "MODIFYSQLCLUSTERSETTING",
    NoSqlLogin = "NOSQLLOGIN", RepairCluster = "REPAIRCLUSTER", RepairClusterMetadata = "REPAIRCLUSTERMETADATA", Replication = "REPLICATION",
    ReplicationDest = "REPLICATIONDEST", ReplicationSource = "REPLICATIONSOURCE", Restore = "RESTORE", Select = "SELECT",
    Temporary = "TEMPORARY", Trigger = "TRIGGER", Update = "UPDATE", Usage = "USAGE", ViewActivity = "VIEWACTIVITY",
    ViewActivityRedacted = "VIEWACTIVITYREDACTED", ViewClusterMetadata = "VIEWCLUSTERMETADATA", ViewClusterSetting = "VIEWCLUSTERSETTING",
    ViewDebug = "VIEWDEBUG", ViewJob = "VIEWJOB", ViewSystemTable = "VIEWSYSTEMTABLE", Zoneconfig = "ZONECONFIG", Rule = "RULE",
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who holds what on one object; the flag says whether it may be passed on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants(pub BTreeMap<String, BTreeMap<Privilege, bool>>);

impl Grants {
    /// ALL for `admin` and `root`, which every object has.
    pub fn standard() -> Self {
        let mut grants = Self::default();
        grants.grant("admin", Privilege::All, true);
        grants.grant("root", Privilege::All, true);
        grants
    }

    /// Adds a privilege.
    pub fn grant(&mut self, grantee: &str, privilege: Privilege, grantable: bool) {
        let held = self.0.entry(grantee.to_owned()).or_default();
        if privilege == Privilege::All {
            held.clear();
        }
        let flag = held.entry(privilege).or_insert(false);
        *flag |= grantable;
    }

    /// Takes a privilege away. Revoking one of ALL leaves the others, which `of_kind` lists.
    pub fn revoke(&mut self, grantee: &str, privilege: Privilege, of_kind: &[Privilege]) {
        let Some(held) = self.0.get_mut(grantee) else {
            return;
        };
        if privilege == Privilege::All {
            held.clear();
        } else {
            if let Some(grantable) = held.remove(&Privilege::All) {
                held.extend(of_kind.iter().map(|p| (*p, grantable)));
            }
            held.remove(&privilege);
        }
        if held.is_empty() {
            self.0.remove(grantee);
        }
    }

    /// Whether this grantee itself holds the privilege or ALL.
    pub fn holds(&self, grantee: &str, privilege: Privilege) -> bool {
        self.0
            .get(grantee)
            .is_some_and(|held| held.contains_key(&privilege) || held.contains_key(&Privilege::All))
    }

    /// Whether this grantee may pass the privilege on.
    pub fn may_grant(&self, grantee: &str, privilege: Privilege) -> bool {
        self.0.get(grantee).is_some_and(|held| {
            held.get(&privilege).copied().unwrap_or(false)
                || held.get(&Privilege::All).copied().unwrap_or(false)
        })
    }
}

/// The thing a privilege is asked about.
#[derive(Debug, Clone, Copy)]
pub enum PrivilegeTarget<'a> {
    /// The cluster (`GRANT SYSTEM …`).
    System,
    Object(&'a Descriptor),
}

impl Privilege {
    /// The privileges that exist on objects of this kind.
    pub fn on(body: &Body) -> &'static [Self] {
        match body {
            Body::Database(_) => &[
                Self::Backup,
                Self::Changefeed,
                Self::Connect,
                Self::Create,
                Self::Drop,
                Self::Restore,
                Self::Temporary,
                Self::Zoneconfig,
            ],
            Body::Schema(_) => &[Self::Changefeed, Self::Create, Self::Usage],
            Body::Sequence(_) => &[
                Self::Create,
                Self::Drop,
                Self::Insert,
                Self::Select,
                Self::Update,
                Self::Usage,
                Self::Zoneconfig,
            ],
            Body::Enum(_) => &[Self::Usage],
            Body::Function(_) => &[Self::Execute],
            _ => &[
                Self::Backup,
                Self::Changefeed,
                Self::Create,
                Self::Delete,
                Self::Drop,
                Self::Insert,
                Self::Select,
                Self::Trigger,
                Self::Update,
                Self::Zoneconfig,
            ],
        }
    }
}

impl Catalog {
    /// The user and every role it belongs to, directly or through others, and `public`.
    pub fn identities(&self, user: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::from(["public".to_owned()]);
        let mut open = vec![user.to_owned()];
        while let Some(name) = open.pop() {
            if let Some(role) = self.roles.get(&name) {
                open.extend(
                    role.member_of
                        .keys()
                        .filter(|parent| !found.contains(*parent))
                        .cloned(),
                );
            }
            found.insert(name);
        }
        found
    }

    /// Whether the user is root, the node itself, or belongs to `admin`.
    pub fn is_admin(&self, user: &str) -> bool {
        user == "root" || user == "node" || self.identities(user).contains("admin")
    }

    /// Whether the user owns the object, itself or through a role. Admins own everything.
    pub fn owns(&self, user: &str, object: &Descriptor) -> bool {
        self.is_admin(user) || self.identities(user).contains(&object.owner)
    }

    /// Whether the user holds the privilege: as admin, as owner, or by a grant to it, one of its roles or `public`.
    pub fn has_privilege(&self, user: &str, target: PrivilegeTarget<'_>, privilege: Privilege) -> bool {
        if self.is_admin(user) {
            return true;
        }
        let grants = match target {
            PrivilegeTarget::System => &self.system_grants,
            PrivilegeTarget::Object(object) if self.owns(user, object) => return true,
            PrivilegeTarget::Object(object) => &object.grants,
        };
        self.identities(user)
            .iter()
            .any(|identity| grants.holds(identity, privilege))
    }

    /// Whether the user may pass the privilege on.
    pub fn may_grant(&self, user: &str, target: PrivilegeTarget<'_>, privilege: Privilege) -> bool {
        if self.is_admin(user) {
            return true;
        }
        let grants = match target {
            PrivilegeTarget::System => &self.system_grants,
            PrivilegeTarget::Object(object) if self.owns(user, object) => return true,
            PrivilegeTarget::Object(object) => &object.grants,
        };
        self.identities(user)
            .iter()
            .any(|identity| grants.may_grant(identity, privilege))
    }

    /// Whether the role option (for example `CREATEDB`) or the system privilege of the same name is held.
    pub fn has_role_option(&self, user: &str, option: &str) -> bool {
        if self.is_admin(user) {
            return true;
        }
        let by_option = self
            .roles
            .get(user)
            .is_some_and(|role| role.options.contains(option));
        by_option
            || option
                .parse()
                .is_ok_and(|privilege| self.has_privilege(user, PrivilegeTarget::System, privilege))
    }

    /// 42501 `user u does not have SELECT privilege on relation t` unless the privilege is held.
    pub fn check_privilege(&self, user: &str, object: &Descriptor, privilege: Privilege) -> SqlResult<()> {
        if self.has_privilege(user, PrivilegeTarget::Object(object), privilege) {
            return Ok(());
        }
        Err(SqlError::privilege(format!(
            "user {user} does not have {privilege} privilege on {} {}",
            object.kind_word(),
            object.name
        )))
    }

    /// 42501 `user u does not have BACKUP system privilege` unless the system privilege is held.
    pub fn check_system_privilege(&self, user: &str, privilege: Privilege) -> SqlResult<()> {
        if self.has_privilege(user, PrivilegeTarget::System, privilege) {
            return Ok(());
        }
        Err(SqlError::privilege(format!(
            "user {user} does not have {privilege} system privilege"
        )))
    }

    /// 42501 `must be owner of table t` unless the user owns it.
    pub fn check_owner(&self, user: &str, object: &Descriptor) -> SqlResult<()> {
        if self.owns(user, object) {
            return Ok(());
        }
        Err(SqlError::privilege(format!(
            "must be owner of {} {}",
            object.type_word(),
            object.name
        )))
    }
}
