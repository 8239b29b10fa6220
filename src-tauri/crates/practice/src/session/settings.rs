//! Session variables and cluster settings: their defaults, and what may be set.

use std::collections::BTreeMap;

/// A session's variables; what was not set has its default.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    set: BTreeMap<String, String>,
}

/// Variables with their defaults. A variable that is in neither this list nor [`Variables`] does not exist.
const VARIABLES: &[(&str, &str)] = &[
    ("allow_unsafe_internals", "on"),
    ("application_name", ""),
    ("autocommit_before_ddl", "on"),
    ("bytea_output", "hex"),
    ("client_encoding", "UTF8"),
    ("client_min_messages", "notice"),
    ("copy_from_atomic_enabled", "on"),
    ("copy_from_retries_enabled", "on"),
    ("datestyle", "ISO, MDY"),
    ("default_int_size", "8"),
    ("default_transaction_isolation", "serializable"),
    ("default_transaction_read_only", "off"),
    ("default_transaction_use_follower_reads", "off"),
    ("enable_implicit_transaction_for_batch_statements", "on"),
    ("extra_float_digits", "1"),
    ("idle_in_session_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("integer_datetimes", "on"),
    ("intervalstyle", "postgres"),
    ("lock_timeout", "0"),
    ("max_identifier_length", "128"),
    ("results_buffer_size", "524288"),
    ("search_path", "\"$user\", public"),
    ("server_encoding", "UTF8"),
    ("server_version", "13.0.0"),
    ("server_version_num", "130000"),
    ("sql_safe_updates", "off"),
    ("standard_conforming_strings", "on"),
    ("statement_timeout", "0"),
    ("synchronous_commit", "on"),
    ("timezone", "UTC"),
    ("tracing", "off"),
    ("transaction_isolation", "serializable"),
    ("transaction_read_only", "off"),
    ("transaction_timeout", "0"),
    ("use_backups_with_ids", "off"),
];

/// Variables that cannot be set.
const READ_ONLY: &[&str] = &[
    "server_version",
    "server_version_num",
    "server_encoding",
    "integer_datetimes",
    "max_identifier_length",
    "transaction_read_only",
];

impl Variables {
    /// The value, or `None` for a variable that does not exist.
    pub fn get(&self, name: &str) -> Option<String> {
        let name = canonical(name);
        self.set
            .get(&name)
            .cloned()
            .or_else(|| {
                VARIABLES
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, default)| (*default).to_owned())
            })
            .or_else(|| name.starts_with("practice.").then(String::new))
    }

    /// Sets a variable; false when there is none of that name. A name with a dot is a custom variable and always accepted.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        let name = canonical(name);
        if !name.contains('.')
            && !VARIABLES.iter().any(|(known, _)| *known == name)
            && !name.starts_with("enable_")
        {
            return false;
        }
        self.set.insert(name, value.to_owned());
        true
    }

    /// Whether the variable was set in this session.
    pub fn was_set(&self, name: &str) -> bool {
        self.set.contains_key(&canonical(name))
    }

    /// Back to the default.
    pub fn reset(&mut self, name: &str) {
        self.set.remove(&canonical(name));
    }

    /// Whether the variable can be read but not set.
    pub fn is_read_only(name: &str) -> bool {
        READ_ONLY.contains(&canonical(name).as_str())
    }

    /// Every variable and its value, by name.
    pub fn all(&self) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> = VARIABLES
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        all.extend(self.set.clone());
        all
    }

    /// Whether the boolean variable is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| {
            matches!(
                value.to_ascii_lowercase().as_str(),
                "on" | "true" | "t" | "1" | "yes"
            )
        })
    }
}

fn canonical(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    if lower == "time zone" {
        "timezone".into()
    } else {
        lower
    }
}

/// The default of a cluster setting; `None` for one that does not exist.
pub fn default_cluster_setting(name: &str) -> Option<&'static str> {
    CLUSTER_SETTINGS
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|(_, default, _)| *default)
}

/// Name, default and type letter (b boolean, i integer, z byte size, d duration, s string, e enumeration, f float, m version) of the known settings.
pub const CLUSTER_SETTINGS: &[(&str, &str, &str)] = &[
    ("bulkio.backup.checkpoint_interval", "1m0s", "d"),
    (
        "bulkio.backup.deprecated_full_backup_with_subdir.enabled",
        "false",
        "b",
    ),
    ("bulkio.backup.file_size", "128 MiB", "z"),
    ("bulkio.backup.index.read.enabled", "true", "b"),
    ("cloudstorage.timeout", "10m0s", "d"),
    ("cluster.organization", "", "s"),
    ("cluster.preserve_downgrade_option", "", "s"),
    ("enterprise.license", "", "s"),
    ("external.graphite.endpoint", "", "s"),
    ("feature.backup.enabled", "true", "b"),
    ("feature.export.enabled", "true", "b"),
    ("feature.import.enabled", "true", "b"),
    ("feature.restore.enabled", "true", "b"),
    ("feature.schema_change.enabled", "true", "b"),
    ("jobs.cancel_update_limit", "1000", "i"),
    ("jobs.debug.pausepoints", "", "s"),
    ("jobs.registry.interval.adopt", "30s", "d"),
    ("jobs.registry.interval.cancel", "10s", "d"),
    ("jobs.registry.interval.gc", "1h0m0s", "d"),
    ("jobs.retention_time", "336h0m0s", "d"),
    ("jobs.scheduler.enabled", "true", "b"),
    ("jobs.scheduler.pace", "1m0s", "d"),
    ("kv.protectedts.reconciliation.interval", "5m0s", "d"),
    ("kv.raft.command.max_size", "64 MiB", "z"),
    ("kv.rangefeed.enabled", "false", "b"),
    ("restore.frontier_checkpoint_max_bytes", "1.0 MiB", "z"),
    ("schedules.backup.gc_protection.enabled", "true", "b"),
    ("server.auth_log.sql_connections.enabled", "false", "b"),
    ("server.host_based_authentication.configuration", "", "s"),
    ("server.jwt_authentication.audience", "", "s"),
    ("server.jwt_authentication.enabled", "false", "b"),
    ("server.jwt_authentication.issuers.configuration", "", "s"),
    ("server.jwt_authentication.jwks", "{\"keys\":[]}", "s"),
    ("server.max_connections_per_gateway", "-1", "i"),
    ("server.shutdown.connections.timeout", "0s", "d"),
    ("server.user_login.password_encryption", "scram-sha-256", "e"),
    (
        "sql.auth.modify_cluster_setting_applies_to_all.enabled",
        "true",
        "b",
    ),
    ("sql.auth.public_schema_create_privilege.enabled", "true", "b"),
    ("sql.conn.max_read_buffer_message_size", "16 MiB", "z"),
    ("sql.defaults.primary_region", "", "s"),
    ("sql.defaults.results_buffer.size", "512 KiB", "z"),
    (
        "sql.multi_region.allow_abstractions_for_secondary_tenants.enabled",
        "true",
        "b",
    ),
    ("sql.override.allow_unsafe_internals.enabled", "false", "b"),
    ("sql.stats.automatic_collection.enabled", "true", "b"),
    ("sql.telemetry.query_sampling.enabled", "false", "b"),
    (
        "sql.virtual_cluster.feature_access.multiregion.enabled",
        "true",
        "b",
    ),
    ("timeseries.storage.enabled", "true", "b"),
    ("version", "", "m"),
];
