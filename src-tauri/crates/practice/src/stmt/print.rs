//! Statements in the server's normal form, with as much of their secrets as the reader may see.

use super::uri::{joined, redacted};
use super::{
    AlterSchedule, Backup, BackupOptions, Command, ControlJobs, ControlJobsTarget, ControlSchedules,
    CreateSchedule, Destination, Details, ExternalConnection, Flag, FullRecurrence, Ids, Moment, Number,
    Restore, ScheduleChange, ScheduleFilter, ScheduleOption, ShowBackup, ShowBackups, ShowJobs,
    ShowJobsOptions, ShowSchedules, Statement, TablePattern, Targets, Text,
};
use crate::catalog::quote_ident_if_needed;

/// What is shown in place of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Nothing is replaced. For what is stored, never for what is shown.
    Clear,
    /// Single parameters become `redacted`: job descriptions and schedules.
    Redacted,
    /// Whole URIs become `*****`: statement statistics.
    Masked,
}

/// How a statement is written out.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    pub secrets: Secrets,
    /// `WITH OPTIONS (detached)`, as from v23.1 on; before it was `WITH detached`.
    pub options_in_parentheses: bool,
    /// RESTORE shows the subdirectory as part of the URI, as until v22.2.
    pub restores_join_folder: bool,
}

impl From<Secrets> for Form {
    fn from(secrets: Secrets) -> Self {
        Self {
            secrets,
            options_in_parentheses: true,
            restores_join_folder: false,
        }
    }
}

const MASK: &str = "'*****'";

/// `text` as a string literal, the way the server writes it.
pub fn quote_literal(text: &str) -> String {
    if !text.contains(['\'', '\\', '\n', '\t', '\r']) {
        return format!("'{text}'");
    }
    let mut quoted = String::from("e'");
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            _ => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

fn text(text: &Text) -> String {
    match text {
        Text::Literal(literal) => quote_literal(literal),
        Text::Placeholder(number) => format!("${number}"),
    }
}

fn number(number: Number) -> String {
    match number {
        Number::Literal(value) => value.to_string(),
        Number::Placeholder(number) => format!("${number}"),
    }
}

fn flag(flag: Flag) -> String {
    match flag {
        Flag::Literal(value) => value.to_string(),
        Flag::Placeholder(number) => format!("${number}"),
    }
}

fn moment(moment: &Moment) -> String {
    match moment {
        Moment::Text(value) => text(value),
        Moment::Decimal(digits) => digits.clone(),
        Moment::Function(name) => format!("{name}()"),
    }
}

/// A URI with its secrets replaced as `secrets` says, quoted.
pub fn masked_uri(uri: &Text, secrets: Secrets) -> String {
    match (uri, secrets) {
        (Text::Literal(_), Secrets::Masked) => MASK.to_owned(),
        (Text::Literal(literal), Secrets::Redacted) => quote_literal(&redacted(literal)),
        _ => text(uri),
    }
}

fn uris(list: &[Text], secrets: Secrets) -> String {
    let shown: Vec<String> = list.iter().map(|uri| masked_uri(uri, secrets)).collect();
    match shown.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    }
}

fn passphrase(value: &Text, secrets: Secrets) -> String {
    match (value, secrets) {
        (Text::Literal(_), Secrets::Masked | Secrets::Redacted) => MASK.to_owned(),
        _ => text(value),
    }
}

impl std::fmt::Display for TablePattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for qualifier in &self.qualifiers {
            write!(f, "{}.", quote_ident_if_needed(qualifier))?;
        }
        match &self.name {
            Some(name) => f.write_str(&quote_ident_if_needed(name)),
            None => f.write_str("*"),
        }
    }
}

/// The targets with a blank behind, or nothing for the whole cluster.
fn targets(targets: &Targets) -> String {
    match targets {
        Targets::Cluster => String::new(),
        Targets::Databases(names) => {
            let names: Vec<String> = names.iter().map(|name| quote_ident_if_needed(name)).collect();
            format!("DATABASE {} ", names.join(", "))
        }
        Targets::Tables(patterns) => {
            let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
            format!("TABLE {} ", patterns.join(", "))
        }
        Targets::SystemUsers => "SYSTEM USERS ".to_owned(),
        Targets::VirtualCluster(id) => format!("VIRTUAL CLUSTER {id} "),
    }
}

fn with_options(options: &[String], form: Form) -> String {
    if options.is_empty() {
        String::new()
    } else if form.options_in_parentheses {
        format!(" WITH OPTIONS ({})", options.join(", "))
    } else {
        format!(" WITH {}", options.join(", "))
    }
}

fn as_of(value: Option<&Moment>) -> String {
    value.map_or_else(String::new, |value| {
        format!(" AS OF SYSTEM TIME {}", moment(value))
    })
}

/// The options of BACKUP, in the order the server has for them.
fn backup_options(options: &BackupOptions, form: Form) -> Vec<String> {
    let secrets = form.secrets;
    let mut shown = Vec::new();
    match options.revision_history {
        // Releases with bare options have no value behind this one.
        Some(Flag::Literal(true)) if !form.options_in_parentheses => {
            shown.push("revision_history".to_owned())
        }
        Some(value) => shown.push(format!("revision_history = {}", flag(value))),
        None => {}
    }
    if let Some(value) = &options.encryption_passphrase {
        shown.push(format!("encryption_passphrase = {}", passphrase(value, secrets)));
    }
    if options.detached == Some(true) {
        shown.push("detached".to_owned());
    }
    if !options.kms.is_empty() {
        shown.push(format!("kms = {}", uris(&options.kms, secrets)));
    }
    if !options.incremental_location.is_empty() {
        shown.push(format!(
            "incremental_location = {}",
            uris(&options.incremental_location, secrets)
        ));
    }
    if let Some(value) = &options.execution_locality {
        shown.push(format!("execution locality = {}", text(value)));
    }
    if let Some(value) = options.include_all_virtual_clusters {
        shown.push(format!("include_all_virtual_clusters = {}", flag(value)));
    }
    if let Some(value) = options.updates_cluster_monitoring_metrics {
        shown.push(format!("updates_cluster_monitoring_metrics = {}", flag(value)));
    }
    if options.strict_storage_locality {
        shown.push("strict storage locality".to_owned());
    }
    shown
}

/// `BACKUP …` in normal form.
pub fn print_backup(backup: &Backup, form: impl Into<Form>) -> String {
    let form = form.into();
    let into = match &backup.into {
        Destination::New => String::new(),
        Destination::Latest => "LATEST IN ".to_owned(),
        Destination::Subdirectory(subdirectory) => format!("{} IN ", text(subdirectory)),
    };
    format!(
        "BACKUP {}INTO {into}{}{}{}",
        targets(&backup.targets),
        uris(&backup.collection, form.secrets),
        as_of(backup.as_of.as_ref()),
        with_options(&backup_options(&backup.options, form), form)
    )
}

fn print_restore(restore: &Restore, form: Form) -> String {
    let secrets = form.secrets;
    let options = &restore.options;
    let mut shown = Vec::new();
    let mut value = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            shown.push(format!("{name} = {value}"));
        }
    };
    let list = |list: &[Text]| (!list.is_empty()).then(|| uris(list, secrets));
    value(
        "encryption_passphrase",
        options
            .encryption_passphrase
            .as_ref()
            .map(|text| passphrase(text, secrets)),
    );
    value("kms", list(&options.kms));
    value("into_db", options.into_db.as_ref().map(text));
    value("new_db_name", options.new_db_name.as_ref().map(text));
    value("incremental_location", list(&options.incremental_location));
    value(
        "virtual_cluster_name",
        options.virtual_cluster_name.as_ref().map(text),
    );
    value("virtual_cluster", options.virtual_cluster.as_ref().map(text));
    value(
        "execution locality",
        options.execution_locality.as_ref().map(text),
    );
    for (set, name) in [
        (options.skip_missing_foreign_keys, "skip_missing_foreign_keys"),
        (
            options.skip_missing_sequence_owners,
            "skip_missing_sequence_owners",
        ),
        (options.skip_missing_sequences, "skip_missing_sequences"),
        (options.skip_missing_views, "skip_missing_views"),
        (options.skip_missing_udfs, "skip_missing_udfs"),
        (options.detached == Some(true), "detached"),
        (options.skip_localities_check, "skip_localities_check"),
        (options.schema_only, "schema_only"),
        (options.verify_backup_table_data, "verify_backup_table_data"),
        (
            options.unsafe_restore_incompatible_version,
            "unsafe_restore_incompatible_version",
        ),
        (options.experimental_deferred_copy, "experimental deferred copy"),
        (options.experimental_copy, "experimental copy"),
        (options.remove_regions, "remove_regions"),
        (options.grants, "grants"),
    ] {
        if set {
            shown.push(name.to_owned());
        }
    }
    let source = match (&restore.from, restore.collection.as_slice()) {
        (Text::Literal(folder), [Text::Literal(collection)]) if form.restores_join_folder => {
            masked_uri(&Text::Literal(joined(collection, folder)), secrets)
        }
        _ => format!(
            "{} IN {}",
            text(&restore.from),
            uris(&restore.collection, secrets)
        ),
    };
    format!(
        "RESTORE {}FROM {source}{}{}",
        targets(&restore.targets),
        as_of(restore.as_of.as_ref()),
        with_options(&shown, form)
    )
}

fn print_show_backup(show: &ShowBackup, form: Form) -> String {
    let secrets = form.secrets;
    let details = match show.details {
        Details::Objects => "",
        Details::Schemas => "SCHEMAS ",
        Details::Files => "FILES ",
        Details::Ranges => "RANGES ",
        Details::Validate => "VALIDATE ",
    };
    let options = &show.options;
    let mut shown = Vec::new();
    for (set, name) in [
        (options.as_json, "as_json"),
        (options.check_files, "check_files"),
        (options.debug_ids, "debug_ids"),
    ] {
        if set {
            shown.push(name.to_owned());
        }
    }
    for (list, name) in [
        (&options.incremental_location, "incremental_location"),
        (&options.kms, "kms"),
    ] {
        if !list.is_empty() {
            shown.push(format!("{name} = {}", uris(list, secrets)));
        }
    }
    if let Some(value) = &options.encryption_passphrase {
        shown.push(format!("encryption_passphrase = {}", passphrase(value, secrets)));
    }
    if options.privileges {
        shown.push("privileges".to_owned());
    }
    if options.skip_size {
        shown.push("skip size".to_owned());
    }
    if let Some(value) = &options.encryption_info_dir {
        shown.push(format!("encryption_info_dir = {}", text(value)));
    }
    format!(
        "SHOW BACKUP {details}{}{} IN {}{}",
        if show.from_written { "FROM " } else { "" },
        text(&show.from),
        uris(&show.collection, secrets),
        with_options(&shown, form)
    )
}

fn print_show_backups(show: &ShowBackups, secrets: Secrets) -> String {
    let mut shown = format!("SHOW BACKUPS IN {}", uris(&show.collection, secrets));
    if let Some(value) = &show.newer_than {
        shown.push_str(&format!(" NEWER THAN {}", moment(value)));
    }
    if let Some(value) = &show.older_than {
        shown.push_str(&format!(" OLDER THAN {}", moment(value)));
    }
    if show.with_revision_start_time {
        shown.push_str(" WITH REVISION START TIME");
    }
    shown
}

/// One id behind the singular, a query behind the plural.
fn ids(singular: &str, plural: &str, ids: &Ids) -> String {
    match ids {
        Ids::One(id) => format!("{singular} {}", number(*id)),
        Ids::Query(query) => format!("{plural} ({query})"),
    }
}

fn print_show_jobs(show: &ShowJobs, options: ShowJobsOptions) -> String {
    let shown = match show {
        ShowJobs::Recent => "JOBS".to_owned(),
        ShowJobs::Automatic => "AUTOMATIC JOBS".to_owned(),
        ShowJobs::Changefeeds => "CHANGEFEED JOBS".to_owned(),
        ShowJobs::Ids(which) => ids("JOB", "JOBS", which),
        ShowJobs::WhenComplete(which) => ids("JOB WHEN COMPLETE", "JOBS WHEN COMPLETE", which),
        ShowJobs::ForSchedules(which) => ids("JOBS FOR SCHEDULE", "JOBS FOR SCHEDULES", which),
    };
    let mut with = Vec::new();
    if options.execution_details {
        with.push("EXECUTION DETAILS");
    }
    if options.resolved_timestamp {
        with.push("RESOLVED TIMESTAMP");
    }
    let with = if with.is_empty() {
        String::new()
    } else {
        format!(" WITH {}", with.join(", "))
    };
    format!("SHOW {shown}{with}")
}

fn verb(command: Command, cancel: &'static str) -> &'static str {
    match command {
        Command::Pause => "PAUSE",
        Command::Resume => "RESUME",
        Command::Cancel => cancel,
    }
}

fn print_control_jobs(control: &ControlJobs) -> String {
    let target = match &control.target {
        ControlJobsTarget::Ids(which) => ids("JOB", "JOBS", which),
        ControlJobsTarget::Schedules(which) => ids("JOBS FOR SCHEDULE", "JOBS FOR SCHEDULES", which),
        ControlJobsTarget::All(kind) => format!("ALL {kind} JOBS"),
    };
    let reason = control
        .reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(" WITH REASON = {}", text(reason)));
    format!("{} {target}{reason}", verb(control.command, "CANCEL"))
}

fn full_recurrence(full: &FullRecurrence) -> String {
    match full {
        FullRecurrence::Always => "ALWAYS".to_owned(),
        FullRecurrence::Cron(cron) => text(cron),
    }
}

fn schedule_option(option: &ScheduleOption) -> String {
    match &option.value {
        Some(value) => format!("{} = {}", option.name, text(value)),
        None => option.name.clone(),
    }
}

fn print_create_schedule(schedule: &CreateSchedule, form: Form) -> String {
    let mut shown = String::from("CREATE SCHEDULE ");
    if schedule.if_not_exists {
        shown.push_str("IF NOT EXISTS ");
    }
    if let Some(label) = &schedule.label {
        shown.push_str(&format!("{} ", text(label)));
    }
    shown.push_str(&format!(
        "FOR BACKUP {}INTO {}{} RECURRING {}",
        targets(&schedule.targets),
        uris(&schedule.collection, form.secrets),
        with_options(&backup_options(&schedule.options, form), form),
        text(&schedule.recurring)
    ));
    if let Some(full) = &schedule.full_backup {
        shown.push_str(&format!(" FULL BACKUP {}", full_recurrence(full)));
    }
    if !schedule.schedule_options.is_empty() {
        let options: Vec<String> = schedule.schedule_options.iter().map(schedule_option).collect();
        shown.push_str(&format!(" WITH SCHEDULE OPTIONS {}", options.join(", ")));
    }
    shown
}

fn print_alter_schedule(alter: &AlterSchedule, form: Form) -> String {
    let changes: Vec<String> = alter
        .changes
        .iter()
        .map(|change| match change {
            ScheduleChange::Label(label) => format!("SET LABEL {}", text(label)),
            ScheduleChange::Collection(collection) => format!("SET INTO {}", uris(collection, form.secrets)),
            ScheduleChange::Recurring(cron) => format!("SET RECURRING {}", text(cron)),
            ScheduleChange::FullBackup(full) => format!("SET FULL BACKUP {}", full_recurrence(full)),
            ScheduleChange::With(options) => match backup_options(options, form).pop() {
                Some(option) => format!("SET WITH {option}"),
                None => "SET WITH detached = FALSE".to_owned(),
            },
            ScheduleChange::Option(option) => format!("SET SCHEDULE OPTION {}", schedule_option(option)),
            ScheduleChange::Execute { full: true } => "EXECUTE FULL IMMEDIATELY".to_owned(),
            ScheduleChange::Execute { full: false } => "EXECUTE IMMEDIATELY".to_owned(),
        })
        .collect();
    format!(
        "ALTER BACKUP SCHEDULE {} {}",
        number(alter.schedule),
        changes.join(", ")
    )
}

fn print_show_schedules(show: &ShowSchedules) -> String {
    match show {
        ShowSchedules::List { filter, for_backup } => {
            let filter = match filter {
                ScheduleFilter::Any => "",
                ScheduleFilter::Running => "RUNNING ",
                ScheduleFilter::Paused => "PAUSED ",
            };
            format!(
                "SHOW {filter}SCHEDULES{}",
                if *for_backup { " FOR BACKUP" } else { "" }
            )
        }
        ShowSchedules::One(id) => format!("SHOW SCHEDULE {}", number(*id)),
        ShowSchedules::Create(id) => format!("SHOW CREATE SCHEDULE {}", number(*id)),
        ShowSchedules::CreateAll => "SHOW CREATE ALL SCHEDULES".to_owned(),
    }
}

fn print_connection(connection: &ExternalConnection, form: Form) -> String {
    let secrets = form.secrets;
    match connection {
        ExternalConnection::Create {
            if_not_exists,
            name,
            uri,
        } => format!(
            "CREATE EXTERNAL CONNECTION {}{} AS {}",
            if *if_not_exists { "IF NOT EXISTS " } else { "" },
            text(name),
            masked_uri(uri, secrets)
        ),
        ExternalConnection::Alter { if_exists, name, uri } => format!(
            "ALTER EXTERNAL CONNECTION {}{} AS {}",
            if *if_exists { "IF EXISTS " } else { "" },
            text(name),
            masked_uri(uri, secrets)
        ),
        ExternalConnection::Drop { name } => format!("DROP EXTERNAL CONNECTION {}", text(name)),
        ExternalConnection::Show { name: None } => "SHOW EXTERNAL CONNECTIONS".to_owned(),
        ExternalConnection::Show { name: Some(name) } => format!("SHOW EXTERNAL CONNECTION {}", text(name)),
        ExternalConnection::ShowCreate { name: None } => "SHOW CREATE ALL EXTERNAL CONNECTIONS".to_owned(),
        ExternalConnection::ShowCreate { name: Some(name) } => {
            format!("SHOW CREATE EXTERNAL CONNECTION {}", text(name))
        }
        ExternalConnection::ShowGrants { name } => {
            format!("SHOW GRANTS ON EXTERNAL CONNECTION {}", text(name))
        }
        ExternalConnection::Grant(grant) => {
            let connections: Vec<String> = grant.connections.iter().map(text).collect();
            let users: Vec<String> = grant
                .users
                .iter()
                .map(|user| quote_ident_if_needed(user))
                .collect();
            format!(
                "{} {} ON EXTERNAL CONNECTION {} {} {}{}",
                if grant.revoke { "REVOKE" } else { "GRANT" },
                grant.privileges.join(", ").to_uppercase(),
                connections.join(", "),
                if grant.revoke { "FROM" } else { "TO" },
                users.join(", "),
                if grant.with_grant_option {
                    " WITH GRANT OPTION"
                } else {
                    ""
                }
            )
        }
        ExternalConnection::Check {
            uri,
            transfer,
            time,
            concurrently,
            old_spelling,
        } => {
            let verb = if *old_spelling {
                "SHOW BACKUP CONNECTION"
            } else {
                "CHECK EXTERNAL CONNECTION"
            };
            let options: Vec<String> = [
                ("transfer", transfer),
                ("time", time),
                ("concurrently", concurrently),
            ]
            .into_iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} = {}", text(value))))
            .collect();
            format!(
                "{verb} {}{}",
                masked_uri(uri, secrets),
                with_options(&options, form)
            )
        }
    }
}

impl Statement {
    /// The statement in the server's normal form.
    pub fn print(&self, form: impl Into<Form>) -> String {
        let form = form.into();
        match self {
            Statement::Backup(backup) => print_backup(backup, form),
            Statement::ExplainBackup(backup) => format!("EXPLAIN {}", print_backup(backup, form)),
            Statement::Restore(restore) => print_restore(restore, form),
            Statement::ShowBackup(show) => print_show_backup(show, form),
            Statement::ShowBackups(show) => print_show_backups(show, form.secrets),
            Statement::ShowJobs(show, options) => print_show_jobs(show, *options),
            Statement::ControlJobs(control) => print_control_jobs(control),
            Statement::CreateSchedule(schedule) => print_create_schedule(schedule, form),
            Statement::AlterSchedule(alter) => print_alter_schedule(alter, form),
            Statement::ShowSchedules(show) => print_show_schedules(show),
            Statement::ControlSchedules(ControlSchedules { command, ids: which }) => {
                format!(
                    "{} {}",
                    verb(*command, "DROP"),
                    ids("SCHEDULE", "SCHEDULES", which)
                )
            }
            Statement::ExternalConnection(connection) => print_connection(connection, form),
        }
    }
}
