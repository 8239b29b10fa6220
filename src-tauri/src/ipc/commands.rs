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
}
