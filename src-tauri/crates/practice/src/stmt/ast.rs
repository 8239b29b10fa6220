//! What the backup family of statements says, as data.

/// A string in a statement: given, or to be bound later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// Written out. A bare word counts as a string too (`INTO bar`).
    Literal(String),
    /// `$n`, counted from 1.
    Placeholder(u16),
}

/// A whole number in a statement: given, or to be bound later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// Written out.
    Literal(i64),
    /// `$n`, counted from 1.
    Placeholder(u16),
}

/// A truth value in a statement: given, or to be bound later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Written out.
    Literal(bool),
    /// `$n`, counted from 1.
    Placeholder(u16),
}

/// A moment, as AS OF SYSTEM TIME takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// A string: a timestamp or a (negative) interval.
    Text(Text),
    /// A decimal: nanoseconds since 1970, a point, and the logical part.
    Decimal(String),
    /// A function without arguments, such as `follower_read_timestamp()`.
    Function(String),
}

/// One or several URIs (several are a locality-aware destination).
pub type Uris = Vec<Text>;

/// A table pattern: one to three names, the last of which may be `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TablePattern {
    /// The names before the last dot, outermost first.
    pub qualifiers: Vec<String>,
    /// The table's name; none stands for `*`.
    pub name: Option<String>,
}

/// What a BACKUP or a RESTORE is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// The whole cluster.
    Cluster,
    /// These databases.
    Databases(Vec<String>),
    /// These tables, views and sequences.
    Tables(Vec<TablePattern>),
    /// RESTORE SYSTEM USERS.
    SystemUsers,
    /// A virtual cluster, which only the system virtual cluster may touch.
    VirtualCluster(i64),
}

/// Where in a collection a backup goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A new full backup.
    New,
    /// An increment onto the newest chain.
    Latest,
    /// An increment onto the chain in this subdirectory.
    Subdirectory(Text),
}

/// The options of BACKUP.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BackupOptions {
    /// Keep every version between two backups.
    pub revision_history: Option<Flag>,
    /// Encrypt with a key made of this passphrase.
    pub encryption_passphrase: Option<Text>,
    /// Answer with the job's id at once. `Some(false)` is accepted and prints as nothing.
    pub detached: Option<bool>,
    /// Encrypt with keys wrapped by these key services.
    pub kms: Uris,
    /// Where increments go (gone in v26.2).
    pub incremental_location: Uris,
    /// Run only on nodes of this locality.
    pub execution_locality: Option<Text>,
    /// Back up virtual clusters as well.
    pub include_all_virtual_clusters: Option<Flag>,
    /// Feed the last-backup metric.
    pub updates_cluster_monitoring_metrics: Option<Flag>,
    /// Refuse to write to another locality's bucket.
    pub strict_storage_locality: bool,
}

/// `BACKUP … INTO …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// What to back up.
    pub targets: Targets,
    /// A new chain or an existing one.
    pub into: Destination,
    /// The collection's URI, or one a locality.
    pub collection: Uris,
    /// The moment to back up; now when absent.
    pub as_of: Option<Moment>,
    /// The options.
    pub options: BackupOptions,
}

/// The options of RESTORE.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoreOptions {
    /// The passphrase the backup was encrypted with.
    pub encryption_passphrase: Option<Text>,
    /// The key services the backup's keys were wrapped with.
    pub kms: Uris,
    /// The database tables go to.
    pub into_db: Option<Text>,
    /// Leave out foreign keys whose target is absent.
    pub skip_missing_foreign_keys: bool,
    /// Leave out defaults that use absent sequences.
    pub skip_missing_sequences: bool,
    /// Leave out OWNED BY of absent tables.
    pub skip_missing_sequence_owners: bool,
    /// Leave out views whose tables are absent.
    pub skip_missing_views: bool,
    /// Leave out references to absent functions.
    pub skip_missing_udfs: bool,
    /// Answer with the job's id at once.
    pub detached: Option<bool>,
    /// Accept regions the cluster does not have.
    pub skip_localities_check: bool,
    /// The name the one restored database gets.
    pub new_db_name: Option<Text>,
    /// Where increments are (gone in v26.2).
    pub incremental_location: Uris,
    /// Definitions only.
    pub schema_only: bool,
    /// With `schema_only`: read the data all the same.
    pub verify_backup_table_data: bool,
    /// Skip the check for the oldest restorable version.
    pub unsafe_restore_incompatible_version: bool,
    /// Run only on nodes of this locality.
    pub execution_locality: Option<Text>,
    /// Online restore: link first, copy later.
    pub experimental_deferred_copy: bool,
    /// The faster restore of v26.2.
    pub experimental_copy: bool,
    /// Take every region away.
    pub remove_regions: bool,
    /// Keep grants of users that exist (v26.2).
    pub grants: bool,
    /// The virtual cluster's new id and name.
    pub virtual_cluster: Option<Text>,
    /// The virtual cluster's new name.
    pub virtual_cluster_name: Option<Text>,
}

/// `RESTORE … FROM … IN …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// What to restore.
    pub targets: Targets,
    /// `latest` in any case, a subdirectory, or an id (v26.2).
    pub from: Text,
    /// The collection's URI, or one a locality.
    pub collection: Uris,
    /// The moment to restore; the chain's end when absent.
    pub as_of: Option<Moment>,
    /// The options.
    pub options: RestoreOptions,
}

/// What SHOW BACKUP is asked to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// One row an object.
    Objects,
    /// The same with create statements.
    Schemas,
    /// One row a data file.
    Files,
    /// One row a key range.
    Ranges,
    /// A verdict over the metadata.
    Validate,
}

/// The options of SHOW BACKUP.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShowBackupOptions {
    /// One row a layer: its manifest.
    pub as_json: bool,
    /// Look for every data file.
    pub check_files: bool,
    /// Add the descriptors' ids.
    pub debug_ids: bool,
    /// Where increments are (gone in v26.2).
    pub incremental_location: Uris,
    /// The key services the backup's keys were wrapped with.
    pub kms: Uris,
    /// The passphrase the backup was encrypted with.
    pub encryption_passphrase: Option<Text>,
    /// Add grants and owners.
    pub privileges: bool,
    /// Do not add up sizes.
    pub skip_size: bool,
    /// Where the encryption information is (old).
    pub encryption_info_dir: Option<Text>,
}

/// `SHOW BACKUP … IN …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowBackup {
    /// What to show.
    pub details: Details,
    /// Whether FROM was written; the server prints it as it was.
    pub from_written: bool,
    /// `latest` in any case, a subdirectory, or an id (v26.2).
    pub from: Text,
    /// The collection's URI, or one a locality.
    pub collection: Uris,
    /// The options.
    pub options: ShowBackupOptions,
}

/// `SHOW BACKUPS IN …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowBackups {
    /// The collection's URI, or one a locality.
    pub collection: Uris,
    /// Only backups after this (v26.2).
    pub newer_than: Option<Moment>,
    /// Only backups before this (v26.2).
    pub older_than: Option<Moment>,
    /// Fill the third column of the listing by ids (v26.2).
    pub with_revision_start_time: bool,
}

/// Which jobs a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ids {
    /// One.
    One(Number),
    /// What this query answers.
    Query(String),
}

/// Which jobs SHOW JOBS lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShowJobs {
    /// Not automatic, unfinished or finished in the last twelve hours.
    Recent,
    /// The same for automatic ones.
    Automatic,
    /// Changefeeds, of which the practice cluster has none.
    Changefeeds,
    /// These, in full.
    Ids(Ids),
    /// Wait until these are finished, then show them in full.
    WhenComplete(Ids),
    /// Those that these schedules started.
    ForSchedules(Ids),
}

/// The columns a job listing can be asked for besides its usual ones (v26.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShowJobsOptions {
    /// Add `plan_diagram` and `component_fraction_progressed`.
    pub execution_details: bool,
    /// Add `resolved`.
    pub resolved_timestamp: bool,
}

/// What to ask of a job or a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Stop for now.
    Pause,
    /// Go on.
    Resume,
    /// Stop and undo.
    Cancel,
}

/// Whom a job command is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlJobsTarget {
    /// These.
    Ids(Ids),
    /// Those that these schedules started.
    Schedules(Ids),
    /// `ALL BACKUP JOBS`: every unfinished one of a kind, in upper case.
    All(String),
}

/// `PAUSE | RESUME | CANCEL JOB …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlJobs {
    /// What to ask.
    pub command: Command,
    /// Of whom.
    pub target: ControlJobsTarget,
    /// `WITH REASON = …`, for a pause.
    pub reason: Option<Text>,
}

/// How often full backups run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FullRecurrence {
    /// Every run is a full one.
    Always,
    /// By their own cron expression.
    Cron(Text),
}

/// `name = value` among the schedule's options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleOption {
    /// In lower case.
    pub name: String,
    /// None when only the name was given.
    pub value: Option<Text>,
}

/// `CREATE SCHEDULE … FOR BACKUP …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSchedule {
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The label; made from the time when absent.
    pub label: Option<Text>,
    /// What to back up.
    pub targets: Targets,
    /// The collection's URI, or one a locality.
    pub collection: Uris,
    /// The options of its backups.
    pub options: BackupOptions,
    /// The cron expression.
    pub recurring: Text,
    /// When full backups run; derived from `recurring` when absent.
    pub full_backup: Option<FullRecurrence>,
    /// The schedule's own options.
    pub schedule_options: Vec<ScheduleOption>,
}

/// One change of `ALTER BACKUP SCHEDULE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleChange {
    /// `SET LABEL`.
    Label(Text),
    /// `SET INTO`.
    Collection(Uris),
    /// `SET RECURRING`.
    Recurring(Text),
    /// `SET FULL BACKUP`.
    FullBackup(FullRecurrence),
    /// `SET WITH option [= value]`; an empty string takes the option away.
    With(BackupOptions),
    /// `SET SCHEDULE OPTION`.
    Option(ScheduleOption),
    /// `EXECUTE [FULL] IMMEDIATELY`.
    Execute {
        /// Whether the full backup is meant.
        full: bool,
    },
}

/// `ALTER BACKUP SCHEDULE id …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterSchedule {
    /// Either id of the pair.
    pub schedule: Number,
    /// The changes, in the order written.
    pub changes: Vec<ScheduleChange>,
}

/// Which schedules SHOW SCHEDULES lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleFilter {
    /// All.
    Any,
    /// Those that run.
    Running,
    /// Those that do not.
    Paused,
}

/// `SHOW SCHEDULES …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShowSchedules {
    /// A list.
    List {
        /// By state.
        filter: ScheduleFilter,
        /// With the columns of backup schedules.
        for_backup: bool,
    },
    /// One.
    One(Number),
    /// `SHOW CREATE SCHEDULE id`.
    Create(Number),
    /// `SHOW CREATE ALL SCHEDULES`.
    CreateAll,
}

/// `PAUSE | RESUME | DROP SCHEDULE …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlSchedules {
    /// What to do; a cancel is a drop.
    pub command: Command,
    /// With whom.
    pub ids: Ids,
}

/// `GRANT … ON EXTERNAL CONNECTION … TO …` and its opposite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionGrant {
    /// Whether it takes away.
    pub revoke: bool,
    /// As written, in lower case.
    pub privileges: Vec<String>,
    /// The connections' names.
    pub connections: Vec<Text>,
    /// The users and roles.
    pub users: Vec<String>,
    /// `WITH GRANT OPTION`.
    pub with_grant_option: bool,
}

/// The statements about external connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalConnection {
    /// `CREATE EXTERNAL CONNECTION`.
    Create {
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// Its name.
        name: Text,
        /// Where it leads.
        uri: Text,
    },
    /// `ALTER EXTERNAL CONNECTION` (v25.4).
    Alter {
        /// `IF EXISTS`.
        if_exists: bool,
        /// Its name.
        name: Text,
        /// Where it leads from now on.
        uri: Text,
    },
    /// `DROP EXTERNAL CONNECTION`.
    Drop {
        /// Its name.
        name: Text,
    },
    /// `SHOW EXTERNAL CONNECTIONS` or of one name (v24.2).
    Show {
        /// All when absent.
        name: Option<Text>,
    },
    /// `SHOW CREATE [ALL] EXTERNAL CONNECTION(S)`.
    ShowCreate {
        /// All when absent.
        name: Option<Text>,
    },
    /// `SHOW GRANTS ON EXTERNAL CONNECTION`.
    ShowGrants {
        /// Its name.
        name: Text,
    },
    /// `GRANT` and `REVOKE … ON EXTERNAL CONNECTION`.
    Grant(ConnectionGrant),
    /// `CHECK EXTERNAL CONNECTION` (v25.1), earlier `SHOW BACKUP CONNECTION`.
    Check {
        /// What to check.
        uri: Text,
        /// How much to move, as a size such as `32MiB`.
        transfer: Option<Text>,
        /// For how long.
        time: Option<Text>,
        /// By how many workers a node.
        concurrently: Option<Text>,
        /// Whether the older spelling was used.
        old_spelling: bool,
    },
}

/// A statement of the backup family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// `BACKUP`.
    Backup(Box<Backup>),
    /// `EXPLAIN BACKUP`.
    ExplainBackup(Box<Backup>),
    /// `RESTORE`.
    Restore(Box<Restore>),
    /// `SHOW BACKUP`.
    ShowBackup(Box<ShowBackup>),
    /// `SHOW BACKUPS`.
    ShowBackups(ShowBackups),
    /// `SHOW JOBS` and its kin.
    ShowJobs(ShowJobs, ShowJobsOptions),
    /// `PAUSE`, `RESUME` and `CANCEL JOB`.
    ControlJobs(ControlJobs),
    /// `CREATE SCHEDULE … FOR BACKUP`.
    CreateSchedule(Box<CreateSchedule>),
    /// `ALTER BACKUP SCHEDULE`.
    AlterSchedule(AlterSchedule),
    /// `SHOW SCHEDULES` and its kin.
    ShowSchedules(ShowSchedules),
    /// `PAUSE`, `RESUME` and `DROP SCHEDULE`.
    ControlSchedules(ControlSchedules),
    /// The statements about external connections.
    ExternalConnection(ExternalConnection),
}

impl Text {
    /// A string that was written out.
    pub fn literal(text: impl Into<String>) -> Text {
        Text::Literal(text.into())
    }
}
