// Every command of the app, once. From this list come the Tauri handlers, the TypeScript client in
// `ui/src/ipc/bindings.ts` and (through build.rs) the permissions of the window.
//
// `feature::command(argument: WireType) => Answer;` is served by `ipc/feature.rs`, whose function of
// that name takes `&AppState` first. `streams T` appends a `Channel<T>` named `channel`.
commands! {
    about::get_about() => about::About;

    jobs::watch_jobs() streams jobs::JobsMessage => ();
    jobs::list_jobs() => Vec<jobs::Job>;
    jobs::cancel_job(id: Uuid) => ();
    jobs::pause_job(id: Uuid) => ();
    jobs::resume_job(id: Uuid) => ();
    jobs::retry_failed(id: Uuid) => Uuid;
    jobs::dismiss_job(id: Uuid) => ();
    jobs::show_in_folder(id: Uuid) => ();
    jobs::clear_job_history() => ();

    backups::list_collections(connection: Uuid) => Vec<backups::Collection>;
    backups::list_collections_holding(connection: Uuid, subdirectory: String) => Vec<backups::Collection>;
    backups::save_collection(connection: Uuid, uri: connections::TypedSecret) => backups::Collection;
    backups::open_collection(connection: Uuid, uri: connections::TypedSecret) => backups::Collection;
    backups::list_backups(connection: Uuid, collection: String) => backups::BackupList;
    backups::get_backup(
        connection: Uuid,
        collection: String,
        subdirectory: String,
        moment: Option<DateTime<Utc>>,
        passphrase: Option<connections::TypedSecret>,
    ) => backups::BackupContents;
    backups::plan_backup(connection: Uuid, request: backups::BackupRequest) => backups::BackupPlan;
    backups::start_backup(plan: Uuid) => Uuid;
    overview::get_overview(connection: Uuid) => overview::Overview;
    overview::list_databases(connection: Uuid) => Vec<overview::Database>;
    overview::list_tables(connection: Uuid, database: String) => Vec<String>;
    restores::plan_restore(connection: Uuid, request: restores::RestoreRequest) => restores::RestorePlan;
    restores::start_restore(plan: Uuid, typed_name: Option<String>) => Uuid;
    restores::start_comparison(restore: Uuid, large_too: bool) => Uuid;
    restores::plan_bring_back(comparison: Uuid) => restores::BringBackPlan;
    restores::start_bring_back(plan: Uuid, tables: Vec<String>, typed_name: Option<String>) => Uuid;

    schedules::list_schedules(connection: Uuid) => schedules::ScheduleList;
    schedules::plan_schedule(connection: Uuid, request: schedules::ScheduleRequest) => schedules::SchedulePlan;
    schedules::create_schedule(plan: Uuid) => schedules::Schedule;
    schedules::pause_schedule(connection: Uuid, schedule: String, typed: Option<String>) => ();
    schedules::resume_schedule(connection: Uuid, schedule: String) => ();
    schedules::run_schedule(connection: Uuid, schedule: String, full: bool) => ();
    schedules::plan_change_schedule(connection: Uuid, schedule: String, change: schedules::ScheduleChange) => schedules::ScheduleChangePlan;
    schedules::change_schedule(plan: Uuid, typed: Option<String>) => schedules::Schedule;
    schedules::plan_drop_schedule(connection: Uuid, schedule: String) => schedules::DropSchedulePlan;
    schedules::drop_schedule(plan: Uuid, typed: Option<String>) => ();
    schedules::get_schedule_sql(connection: Uuid, schedule: String) => schedules::ScheduleSql;

    userfiles::list_userfile_stores(connection: Uuid) => Vec<userfiles::UserfileStore>;
    userfiles::list_userfiles(connection: Uuid, request: userfiles::ListRequest) => userfiles::FolderPage;
    userfiles::read_clipboard_files() => Vec<String>;
    userfiles::plan_upload(connection: Uuid, request: userfiles::UploadRequest) => userfiles::TransferPlan;
    userfiles::start_upload(
        plan: Uuid,
        choices: userfiles::ConflictChoices,
        typed: Option<String>,
    ) => Uuid;
    userfiles::plan_download(connection: Uuid, request: userfiles::DownloadRequest) => userfiles::TransferPlan;
    userfiles::start_download(plan: Uuid, choices: userfiles::ConflictChoices) => Uuid;
    userfiles::plan_delete(connection: Uuid, request: userfiles::SelectedFiles) => userfiles::DeletePlan;
    userfiles::start_delete(plan: Uuid, typed: Option<String>) => Uuid;
    userfiles::plan_rename(connection: Uuid, request: userfiles::MoveRequest) => userfiles::RenamePlan;
    userfiles::rename_userfiles(plan: Uuid, typed: Option<String>) => ();
    userfiles::start_copy(connection: Uuid, request: userfiles::MoveRequest) => Uuid;
    userfiles::get_userfile(connection: Uuid, store: Option<String>, path: String) => userfiles::UserfileDetails;
    userfiles::start_digest(connection: Uuid, store: Option<String>, path: String) => Uuid;
    userfiles::preview_userfile(connection: Uuid, store: Option<String>, path: String) => userfiles::Preview;
    userfiles::list_deleted_userfiles(
        connection: Uuid,
        store: Option<String>,
    ) => userfiles::DeletedUserfiles;
    userfiles::start_undelete(
        connection: Uuid,
        store: Option<String>,
        file_ids: Vec<Uuid>,
        typed: Option<String>,
    ) => Uuid;
    userfiles::plan_repair(connection: Uuid, store: Option<String>) => userfiles::RepairPlan;
    userfiles::start_repair(plan: Uuid, file_ids: Vec<Uuid>, typed: Option<String>) => Uuid;
    userfiles::plan_copy_to_cluster(
        connection: Uuid,
        request: userfiles::CopyToClusterRequest,
    ) => userfiles::TransferPlan;
    userfiles::start_copy_to_cluster(
        plan: Uuid,
        choices: userfiles::ConflictChoices,
        typed: Option<String>,
    ) => Uuid;
    userfiles::plan_export(connection: Uuid, request: userfiles::ExportRequest) => userfiles::TransferPlan;
    userfiles::start_export(plan: Uuid) => Uuid;
    userfiles::plan_import(connection: Uuid, request: userfiles::ImportRequest) => userfiles::ImportPlan;
    userfiles::start_import(
        plan: Uuid,
        choices: userfiles::ConflictChoices,
        typed: Option<String>,
    ) => Uuid;
    connections::list_connections() => connections::ConnectionList;
    connections::get_connection(id: Uuid) => connections::Connection;
    connections::parse_connection(text: connections::TypedSecret) => connections::ParsedConnection;
    connections::read_clipboard_connection() => Option<connections::ParsedConnection>;
    connections::get_clipboard_offer() => Option<connections::ClipboardOffer>;
    connections::read_certificate_file(path: String) => connections::CertificateFile;
    connections::read_client_key_file(path: String) => Uuid;
    connections::save_connection(draft: connections::ConnectionDraft) => connections::Connection;
    connections::duplicate_connection(id: Uuid) => connections::Connection;
    connections::delete_connection(id: Uuid) => ();
    connections::reorder_connections(ids: Vec<Uuid>) => ();
    connections::connect_cluster(id: Uuid) => connections::OpenedCluster;
    connections::disconnect_cluster(id: Uuid) => ();
    connections::reach_cluster(id: Uuid) => ();
    connections::provide_secret(id: Uuid, kind: connections::SecretKind, value: connections::TypedSecret, keep: connections::KeepSecret) => ();
    connections::test_connection(draft: connections::ConnectionDraft) streams connections::ConnectionReport => connections::ConnectionReport;
    connections::get_capabilities(id: Uuid) => connections::Capabilities;
    connections::export_connections(ids: Vec<Uuid>, path: String, passphrase: Option<connections::TypedSecret>) => connections::ExportedConnections;
    connections::plan_import_connections(path: String, passphrase: Option<connections::TypedSecret>) => connections::ConnectionImportPlan;
    connections::discard_connection_import(plan: Uuid) => ();
    connections::import_connections(plan: Uuid, choices: Vec<connections::ImportChoice>, keep: connections::KeepSecret) => u32;
    connections::get_keyring_state() => connections::KeyringState;
    connections::retry_keyring() => connections::KeyringState;
    settings::get_settings() => settings::Settings;
    settings::save_settings(settings: settings::Settings) => settings::Settings;
    practice::start_practice_cluster() => connections::Connection;
    practice::reset_practice_cluster() => connections::Connection;
    practice::break_practice_cluster(accident: practice::Accident) => ();
}
