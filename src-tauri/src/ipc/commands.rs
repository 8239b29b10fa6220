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

    backups::list_collections(connection: Uuid) => Vec<backups::Collection>;
    backups::save_collection(connection: Uuid, uri: backups::SecretText) => backups::Collection;
    backups::list_backups(connection: Uuid, collection: String) => backups::BackupList;
    backups::get_backup(
        connection: Uuid,
        collection: String,
        subdirectory: String,
        passphrase: Option<backups::SecretText>,
    ) => backups::BackupContents;
    backups::plan_backup(connection: Uuid, request: backups::BackupRequest) => backups::BackupPlan;
    backups::start_backup(plan: Uuid) => Uuid;
    overview::get_overview(connection: Uuid) => overview::Overview;
    overview::list_databases(connection: Uuid) => Vec<overview::Database>;
    restores::plan_restore(connection: Uuid, request: restores::RestoreRequest) => restores::RestorePlan;
    restores::start_restore(plan: Uuid, typed_name: Option<String>) => Uuid;
}
