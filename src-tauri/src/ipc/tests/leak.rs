//! Marked secrets go through every command of the app, and must then be in no answer, no file, no argument and no
//! variable: neither as they are, nor in an encoding that software likes to use.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use roachvault_cockroach::Secret;
use roachvault_core::connection::{MemorySecrets, SecretStore};
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, Channel, InvokeBody, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::webview::InvokeRequest;
use tauri::{WebviewWindow, WebviewWindowBuilder};

use super::guard::COMMANDS;
use super::room::Room;
use crate::ipc;
use crate::ipc::connections::{
    ConnectionDraft, ConnectionFields, Environment, KeepSecret, SecretInput, TlsMode, TypedSecret,
};
use crate::state::AppState;

const PASSWORD: &str = "m4rk3d/p4ss+w0rd";
const BACKUP_PASSPHRASE: &str = "m4rk3d b4ckup p4ssphr4se";
const EXPORT_PASSPHRASE: &str = "m4rk3d exp0rt p4ssphr4se";
const CLOUD_KEY: &str = "m4rk3d/cl0ud+s3cr3t+k3y";
const CLIENT_KEY_BYTES: &[u8] = b"m4rk3d cl13nt k3y, which is never used to sign anything";

/// The secret in each form that it could take on its way into a file or an answer.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = bytes
        .iter()
        .map(|byte| match char::from(*byte) {
            plain if plain.is_ascii_alphanumeric() || "-._~".contains(plain) => plain.to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let mut forms = vec![
        secret.to_owned(),
        percent.to_lowercase(),
        percent,
        hex.to_uppercase(),
        hex,
        secret.replace(' ', "+"),
        secret.replace('/', "\\/"),
    ];
    // Inside a longer text, base64 depends on how many bytes stand before; the letters at both ends mix with
    // neighbours and are left out.
    for before in 0..3 {
        for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let padded = [&vec![0; before], bytes].concat();
            let encoded = alphabet.encode(&padded[..padded.len() / 3 * 3]);
            forms.push(encoded[if before == 0 { 0 } else { 4 }..].to_owned());
        }
    }
    forms
}

struct Search(Vec<String>);

impl Search {
    fn through(&self, place: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        for form in &self.0 {
            assert!(!text.contains(form.as_str()), "{place} holds a secret as {form}");
        }
    }

    /// Returns how many files were looked at.
    fn through_folder(&self, folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    return self.through_folder(&path);
                }
                self.through(&path.display().to_string(), &std::fs::read(&path).unwrap());
                1
            })
            .sum()
    }
}

/// The window's side of the wire.
struct Wire {
    window: WebviewWindow<MockRuntime>,
    called: BTreeSet<String>,
    /// Everything that came back, answers and refusals.
    heard: String,
}

impl Wire {
    fn call(&mut self, command: &str, arguments: Value) -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: command.into(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: "tauri://localhost".parse().unwrap(),
            body: InvokeBody::Json(arguments),
            headers: Default::default(),
            invoke_key: INVOKE_KEY.to_owned(),
        };
        let answer =
            get_ipc_response(&self.window, request).map(|answer| answer.deserialize::<Value>().unwrap());
        self.called.insert(command.to_owned());
        let (Ok(heard) | Err(heard)) = &answer;
        self.heard.push_str(&heard.to_string());
        self.heard.push('\n');
        // A refusal of Tauri itself is a mistake of this test: it is a text, ours are objects.
        assert!(
            !matches!(&answer, Err(Value::String(_))),
            "{command} was not understood: {answer:?}"
        );
        answer
    }

    #[track_caller]
    fn done(&mut self, command: &str, arguments: Value) -> Value {
        match self.call(command, arguments) {
            Ok(answer) => answer,
            Err(error) => panic!("{command}: {error}"),
        }
    }

    #[track_caller]
    fn refused(&mut self, command: &str, arguments: Value) -> Value {
        match self.call(command, arguments) {
            Ok(answer) => panic!("{command} was carried out: {answer}"),
            Err(error) => error,
        }
    }

    fn ended(&mut self, job: &Value) -> Value {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let jobs = self.done("list_jobs", json!({}));
            let found = jobs.as_array().unwrap().iter().find(|other| other["id"] == *job);
            let found = found.unwrap().clone();
            if found["ended"] == true {
                return found;
            }
            assert!(Instant::now() < end, "waited for {found}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn percent(text: &str) -> String {
    text.replace('/', "%2F").replace('+', "%2B").replace(' ', "%20")
}

#[test]
fn a_marked_secret_is_in_no_answer_no_file_no_argument_and_no_variable() {
    let room = tauri::async_runtime::block_on(Room::new(PASSWORD, "orphan_payload"));
    let Room {
        folder,
        keyring,
        state,
        cluster,
        ..
    } = room;
    let data = folder.path().join("data");
    // The accounts of the practice cluster's clouds, one of them with the marked key.
    let accounts = cluster.cluster().external_folder().join("credentials.json");
    let account = json!([{"cloud": "s3", "id": "practice", "secret": CLOUD_KEY, "buckets": {"practice": "read-write"}}]);
    std::fs::create_dir_all(cluster.cluster().external_folder().join("s3/practice")).unwrap();
    std::fs::write(accounts, account.to_string()).unwrap();
    let streamed = Arc::new(Mutex::new(String::new()));
    let hearing = Arc::clone(&streamed);
    let jobs = Channel::new(move |body| {
        if let InvokeResponseBody::Json(text) = body {
            hearing.lock().unwrap().push_str(&text);
        }
        Ok(())
    });
    tauri::async_runtime::block_on(ipc::jobs::watch_jobs(&state, jobs)).unwrap();
    let details = tauri::async_runtime::block_on(doctor(&state, &cluster));

    let app = mock_builder()
        .invoke_handler(ipc::handler())
        .manage(state)
        .build(mock_context(noop_assets()))
        .unwrap();
    let window = WebviewWindowBuilder::new(&app, "main", Default::default())
        .build()
        .unwrap();
    let wire = &mut Wire {
        window,
        called: BTreeSet::new(),
        heard: String::new(),
    };

    let connection = connections(wire, &cluster, folder.path());
    let second = wire.done("duplicate_connection", json!({"id": connection}))["id"].clone();
    files(wire, &connection, &second, folder.path());
    backups(wire, &connection);
    schedules(wire, &connection);
    the_rest(wire, &connection, &second);

    let all: BTreeSet<String> = COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let silent: Vec<_> = all.difference(&wire.called).collect();
    assert!(silent.is_empty(), "add these to the run: {silent:?}");

    let key = STANDARD.encode(CLIENT_KEY_BYTES);
    let practice = practice_password(&data, &keyring);
    let secrets = [
        PASSWORD,
        BACKUP_PASSPHRASE,
        EXPORT_PASSPHRASE,
        CLOUD_KEY,
        &key,
        practice.expose(),
    ];
    let search = Search(secrets.iter().flat_map(|secret| forms(secret)).collect());
    search.through("an answer", wire.heard.as_bytes());
    search.through("the doctor's details", details.as_bytes());
    let streamed = streamed.lock().unwrap();
    assert!(streamed.contains("cluster"), "jobs were streamed");
    search.through("a streamed job", streamed.as_bytes());
    assert!(
        search.through_folder(&data) >= 3,
        "index, journal and practice cluster"
    );
    search.through(
        "an exported file",
        &std::fs::read(folder.path().join("out.json")).unwrap(),
    );
    search.through(
        "an encrypted file",
        &std::fs::read(folder.path().join("out.age")).unwrap(),
    );
    for (name, value) in std::env::vars() {
        search.through(&format!("the variable {name}"), value.as_bytes());
    }
    for argument in std::env::args() {
        search.through("an argument", argument.as_bytes());
    }
    for (process, about) in processes() {
        search.through(&process, &about);
    }
}

/// Everything that the doctor reports and that "Copy details" is made of: of a login that passes, of one that is refused,
/// and of each step that fails before it.
async fn doctor(state: &AppState, cluster: &roachvault_practice::PracticeCluster) -> String {
    let right = ConnectionFields {
        name: String::new(),
        host: "localhost".into(),
        port: cluster.address().port(),
        user: "demo".into(),
        database: "defaultdb".into(),
        tls: TlsMode::VerifyFull,
        ca_pem: cluster.ca_pem().map(str::to_owned),
        client_cert_pem: None,
        cluster_option: None,
        jwt: false,
        environment: Environment::Development,
        read_only: false,
        colour: None,
        group: None,
        note: String::new(),
        favourite: false,
    };
    let with = |change: &dyn Fn(&mut ConnectionFields)| {
        let mut fields = right.clone();
        change(&mut fields);
        fields
    };
    let tries = [
        (right.clone(), None),
        (with(&|fields| fields.user = "nobody".into()), Some("login")),
        (with(&|fields| fields.jwt = true), Some("login")),
        (
            with(&|fields| fields.database = "nowhere".into()),
            Some("database"),
        ),
        (with(&|fields| fields.ca_pem = None), Some("tls")),
        (with(&|fields| fields.tls = TlsMode::Disable), Some("routing")),
        (with(&|fields| fields.port = 1), Some("tcp")),
        (
            with(&|fields| fields.host = "no-such-cluster.invalid".into()),
            Some("nameLookup"),
        ),
    ];
    let told = Arc::new(Mutex::new(String::new()));
    for (fields, failing) in tries {
        let hearing = Arc::clone(&told);
        let channel = Channel::new(move |body| {
            if let InvokeResponseBody::Json(text) = body {
                hearing.lock().unwrap().push_str(&text);
            }
            Ok(())
        });
        let draft = ConnectionDraft {
            id: None,
            fields,
            password: SecretInput::Typed {
                value: TypedSecret(Secret::new(PASSWORD)),
                keep: KeepSecret::Memory,
            },
            client_key: SecretInput::Unchanged,
        };
        let report = ipc::connections::test_connection(state, draft, channel)
            .await
            .unwrap();
        let report = serde_json::to_value(report).unwrap();
        assert_eq!(report["finding"]["step"].as_str(), failing, "{report}");
        assert!(failing.is_none() || report["finding"]["detail"] != "", "{report}");
    }
    let told = told.lock().unwrap().clone();
    assert!(told.contains("28P01"), "the refused login was reported");
    told
}

/// The password that the app made up for its own practice cluster.
fn practice_password(data: &Path, keyring: &MemorySecrets) -> Secret {
    let index = std::fs::read(data.join("connections.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let saved = index["connections"].as_array().unwrap().iter();
    let mut practice = saved.filter(|saved| saved["environment"] == "practice");
    let entry = practice.next().unwrap()["password"]["entry"]["id"]
        .as_str()
        .unwrap();
    keyring.read(entry).unwrap().unwrap()
}

/// Arguments and variables of this process and of all that it has started, as the system shows them to other programs.
fn processes() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut ids = vec![std::process::id()];
    while let Some(id) = ids.pop() {
        let process = Path::new("/proc").join(id.to_string());
        for about in ["cmdline", "environ"] {
            // Not every system has this folder, and a process that has ended shows nothing any more.
            if let Ok(bytes) = std::fs::read(process.join(about)) {
                found.push((format!("{about} of process {id}"), bytes));
            }
        }
        let threads = std::fs::read_dir(process.join("task")).into_iter().flatten();
        for thread in threads.flatten() {
            let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            ids.extend(
                children
                    .split_whitespace()
                    .filter_map(|id| id.parse::<u32>().ok()),
            );
        }
    }
    found
}

/// Pasting, testing, saving, asking for what is missing, export and import. Answers an open connection.
fn connections(wire: &mut Wire, cluster: &roachvault_practice::PracticeCluster, folder: &Path) -> Value {
    let ca = folder.join("ca.crt");
    std::fs::write(&ca, cluster.ca_pem().unwrap()).unwrap();
    let key = folder.join("client.key");
    let body = STANDARD.encode(CLIENT_KEY_BYTES);
    std::fs::write(
        &key,
        format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
    )
    .unwrap();
    let pasted = format!(
        "postgresql://demo:{}@localhost:{}/defaultdb?sslmode=verify-full&sslrootcert={}",
        percent(PASSWORD),
        cluster.address().port(),
        ca.display()
    );
    let parsed = wire.done("parse_connection", json!({"text": pasted}));
    // Understood as far as the password, and refused for what follows.
    wire.refused(
        "parse_connection",
        json!({"text": format!("postgresql://demo:{PASSWORD}@:x/y?sslmode=what")}),
    );
    // On a computer without a display there is no clipboard; the answer is then null.
    let _ = wire.call("read_clipboard_connection", json!({}));
    let _ = wire.call("read_clipboard_files", json!({}));
    let _ = wire.call("get_clipboard_offer", json!({}));
    wire.done("read_certificate_file", json!({"path": ca}));
    wire.refused("read_certificate_file", json!({"path": key}));
    let staged_key = wire.done("read_client_key_file", json!({"path": key}));

    let draft = |password: Value, fields: &Value| json!({"id": null, "fields": fields, "password": password, "clientKey": {"kind": "unchanged"}});
    let staged = json!({"kind": "staged", "handle": parsed["password"], "keep": "keyring"});
    let typed = |value: &str, keep: &str| json!({"kind": "typed", "value": value, "keep": keep});
    let tested = json!({"draft": draft(staged.clone(), &parsed["fields"]), "channel": "__CHANNEL__:7"});
    assert_eq!(wire.done("test_connection", tested)["passed"], true);
    let wrong = draft(typed(&format!("{PASSWORD}x"), "memory"), &parsed["fields"]);
    let report = wire.done(
        "test_connection",
        json!({"draft": wrong, "channel": "__CHANNEL__:8"}),
    );
    assert_eq!(report["passed"], false);
    let mut elsewhere = parsed["fields"].clone();
    elsewhere["host"] = json!("two hosts");
    wire.refused(
        "save_connection",
        json!({"draft": draft(typed(PASSWORD, "keyring"), &elsewhere)}),
    );

    let mut keyed = draft(typed(PASSWORD, "keyring"), &parsed["fields"]);
    keyed["clientKey"] = json!({"kind": "staged", "handle": staged_key, "keep": "keyring"});
    keyed["fields"]["port"] = json!(1);
    keyed["fields"]["clientCertPem"] = parsed["fields"]["caPem"].clone();
    let with_key = wire.done("save_connection", json!({"draft": keyed}))["id"].clone();
    wire.refused("connect_cluster", json!({"id": with_key}));
    let provided =
        |kind: &str, value: &str| json!({"id": with_key, "kind": kind, "value": value, "keep": "memory"});
    wire.done("provide_secret", provided("clientKey", &body));
    wire.refused("connect_cluster", json!({"id": with_key}));

    let saved = wire.done(
        "save_connection",
        json!({"draft": draft(staged, &parsed["fields"])}),
    );
    let id = saved["id"].clone();
    wire.done("connect_cluster", json!({"id": id}));
    wire.done("get_connection", json!({"id": id}));
    wire.done("reorder_connections", json!({"ids": [id, with_key]}));
    wire.done("get_keyring_state", json!({}));
    wire.done("retry_keyring", json!({}));

    let ids = json!([id, with_key]);
    let (plain, closed) = (folder.join("out.json"), folder.join("out.age"));
    wire.done(
        "export_connections",
        json!({"ids": ids, "path": plain, "passphrase": null}),
    );
    wire.done(
        "export_connections",
        json!({"ids": ids, "path": closed, "passphrase": EXPORT_PASSPHRASE}),
    );
    wire.refused(
        "plan_import_connections",
        json!({"path": closed, "passphrase": null}),
    );
    let wrong = format!("{EXPORT_PASSPHRASE}x");
    wire.refused(
        "plan_import_connections",
        json!({"path": closed, "passphrase": wrong}),
    );
    let opened = json!({"path": closed, "passphrase": EXPORT_PASSPHRASE});
    let plan = wire.done("plan_import_connections", opened.clone());
    wire.done("discard_connection_import", json!({"plan": plan["id"]}));
    let plan = wire.done("plan_import_connections", opened);
    let choices = json!(["skip", "replace"]);
    let carried_out = json!({"plan": plan["id"], "choices": choices, "keep": "keyring"});
    assert_eq!(wire.done("import_connections", carried_out), 1);
    wire.done("list_connections", json!({}));
    wire.done("delete_connection", json!({"id": with_key}));
    id
}

/// Every way of moving a userfile.
fn files(wire: &mut Wire, connection: &Value, second: &Value, folder: &Path) {
    let skip = json!({"all": "skip", "each": {}});
    let path = folder.join("report.csv");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    let upload = json!({"store": null, "folder": "", "paths": [path]});
    let plan = wire.done(
        "plan_upload",
        json!({"connection": connection, "request": upload}),
    );
    let job = wire.done("start_upload", json!({"plan": plan["plan"], "choices": skip}));
    let job = wire.ended(&job);
    wire.refused("pause_job", json!({"id": job["id"]}));
    wire.refused("resume_job", json!({"id": job["id"]}));
    wire.refused("cancel_job", json!({"id": job["id"]}));
    wire.refused("retry_failed", json!({"id": job["id"]}));
    wire.refused("show_in_folder", json!({"id": job["id"]}));
    wire.done("dismiss_job", json!({"id": job["id"]}));
    wire.done("list_userfile_stores", json!({"connection": connection}));
    let request = json!({
        "store": null, "folder": "", "sort": "name", "descending": false, "filter": null, "offset": 0, "limit": 100,
        "refresh": true,
    });
    wire.done(
        "list_userfiles",
        json!({"connection": connection, "request": request}),
    );
    let one = json!({"connection": connection, "store": null, "path": "report.csv"});
    wire.done("get_userfile", one.clone());
    let digest = wire.done("start_digest", one.clone());
    wire.ended(&digest);
    wire.done("preview_userfile", one);
    let down = json!({"store": null, "paths": ["report.csv"], "target": folder, "asFile": false});
    let plan = wire.done(
        "plan_download",
        json!({"connection": connection, "request": down}),
    );
    let both = json!({"all": "keepBoth", "each": {}});
    let job = wire.done("start_download", json!({"plan": plan["plan"], "choices": both}));
    wire.ended(&job);
    let moves = |from: &str, to: &str| json!({"store": null, "moves": [{"from": from, "to": to}]});
    let copy = json!({"connection": connection, "request": moves("report.csv", "copy.csv")});
    let job = wire.done("start_copy", copy);
    wire.ended(&job);
    let rename = json!({"connection": connection, "request": moves("copy.csv", "renamed.csv")});
    let plan = wire.done("plan_rename", rename);
    wire.done("rename_userfiles", json!({"plan": plan["plan"], "typed": null}));
    wire.done("connect_cluster", json!({"id": second}));
    let across = json!({
        "store": null, "paths": ["report.csv"], "targetConnection": second, "targetStore": null, "targetFolder": "b/",
    });
    let plan = wire.done(
        "plan_copy_to_cluster",
        json!({"connection": connection, "request": across}),
    );
    let job = wire.done(
        "start_copy_to_cluster",
        json!({"plan": plan["plan"], "choices": skip}),
    );
    wire.ended(&job);
    let out = json!({"store": null, "paths": ["report.csv"], "folder": folder});
    let plan = wire.done("plan_export", json!({"connection": connection, "request": out}));
    let job = wire.done("start_export", json!({"plan": plan["plan"]}));
    wire.ended(&job);
    let back = json!({"store": null, "folder": "back/", "archive": plan["target"]});
    let plan = wire.done("plan_import", json!({"connection": connection, "request": back}));
    let job = wire.done(
        "start_import",
        json!({"plan": plan["transfer"]["plan"], "choices": skip}),
    );
    wire.ended(&job);
    let selected = json!({"store": null, "paths": ["renamed.csv"]});
    let plan = wire.done(
        "plan_delete",
        json!({"connection": connection, "request": selected}),
    );
    let job = wire.done("start_delete", json!({"plan": plan["plan"], "typed": null}));
    wire.ended(&job);
    let store = json!({"connection": connection, "store": null});
    wire.done("list_deleted_userfiles", store.clone());
    // What was deleted a moment ago is not found among what was there half a minute ago.
    let back = json!({"connection": connection, "store": null, "fileIds": [uuid::Uuid::nil()]});
    wire.refused("start_undelete", back);
    let plan = wire.done("plan_repair", store);
    let items = plan["items"].as_array().unwrap();
    let ids: Vec<&Value> = items.iter().map(|item| &item["fileId"]).collect();
    let job = wire.done("start_repair", json!({"plan": plan["plan"], "fileIds": ids}));
    wire.ended(&job);
}

/// A bucket whose address holds a key, a backup under a passphrase, and its restore.
fn backups(wire: &mut Wire, connection: &Value) {
    let uri = format!(
        "s3://practice/nightly?AWS_ACCESS_KEY_ID=practice&AWS_SECRET_ACCESS_KEY={}",
        percent(CLOUD_KEY)
    );
    let collection =
        wire.done("save_collection", json!({"connection": connection, "uri": uri}))["uri"].clone();
    wire.refused(
        "save_collection",
        json!({"connection": connection, "uri": format!("s4{}", &uri[2..])}),
    );
    wire.done("list_collections", json!({"connection": connection}));
    let request = json!({
        "targets": {"type": "database", "database": "bank"}, "collection": collection, "kind": "full",
        "revisionHistory": false, "passphrase": BACKUP_PASSPHRASE,
    });
    let plan = wire.done(
        "plan_backup",
        json!({"connection": connection, "request": request}),
    );
    let job = wire.done("start_backup", json!({"plan": plan["id"]}));
    let job = wire.ended(&job);
    assert_eq!(job["state"], "succeeded", "{job}");
    let subdirectory = job["outcome"]["subdirectory"].clone();
    wire.done(
        "list_backups",
        json!({"connection": connection, "collection": collection}),
    );
    wire.done("open_collection", json!({"connection": connection, "uri": uri}));
    wire.refused(
        "open_collection",
        json!({"connection": connection, "uri": uri.replace("nightly", "nothing-here")}),
    );
    let shown = |passphrase: Value| json!({"connection": connection, "collection": collection, "subdirectory": subdirectory, "passphrase": passphrase});
    wire.done("get_backup", shown(json!(BACKUP_PASSPHRASE)));
    let _ = wire.call("get_backup", shown(json!(format!("{BACKUP_PASSPHRASE}x"))));
    let request = json!({
        "collection": collection, "subdirectory": subdirectory, "moment": null, "passphrase": BACKUP_PASSPHRASE,
        "target": {"type": "database", "database": "bank", "newName": "bank_restored"}, "options": [],
    });
    let plan = wire.done(
        "plan_restore",
        json!({"connection": connection, "request": request}),
    );
    let job = wire.done("start_restore", json!({"plan": plan["id"], "typedName": null}));
    let job = wire.ended(&job);
    assert_eq!(job["state"], "succeeded", "{job}");
    wire.done(
        "list_collections_holding",
        json!({"connection": connection, "subdirectory": subdirectory}),
    );
    let compared = wire.done(
        "start_comparison",
        json!({"restore": job["id"], "largeToo": false}),
    );
    let job = wire.ended(&compared);
    assert_eq!(job["outcome"]["kind"], "comparison", "{job}");
    wire.refused("plan_bring_back", json!({"comparison": compared}));
    wire.refused(
        "start_bring_back",
        json!({"plan": plan["id"], "tables": ["public.accounts"], "typedName": BACKUP_PASSPHRASE}),
    );
    wire.done("get_overview", json!({"connection": connection}));
    wire.done("list_databases", json!({"connection": connection}));
    wire.done(
        "list_tables",
        json!({"connection": connection, "database": "bank"}),
    );
    wire.done("clear_job_history", json!({}));
}

/// A schedule whose storage key and passphrase the cluster keeps in clear, by every way of looking at it.
fn schedules(wire: &mut Wire, connection: &Value) {
    let uri = format!(
        "s3://practice/scheduled?AWS_ACCESS_KEY_ID=practice&AWS_SECRET_ACCESS_KEY={}",
        percent(CLOUD_KEY)
    );
    let request = |label: &str, minute: u8| {
        json!({
            "label": label, "targets": {"type": "database", "database": "bank"}, "collection": uri,
            "revisionHistory": true, "passphrase": BACKUP_PASSPHRASE, "recurrence": {"type": "hourly", "minute": minute},
            "full": {"type": "daily", "hour": 0, "minute": minute}, "startsNow": false, "onFailure": "retry",
            "onPrevious": "wait",
        })
    };
    let planned = |request: Value| json!({"connection": connection, "request": request});
    wire.refused("plan_schedule", planned(request("nightly", 60)));
    let plan = wire.done("plan_schedule", planned(request("nightly", 59)));
    assert_eq!(plan["canStart"], true, "{plan}");
    let created = wire.done("create_schedule", json!({"plan": plan["id"]}));
    wire.refused("create_schedule", json!({"plan": plan["id"]}));
    let one = json!({"connection": connection, "schedule": created["id"]});
    let list = wire.done("list_schedules", json!({"connection": connection}));
    assert_eq!(list["schedules"][0]["label"], "nightly", "{list}");
    let sql = wire.done("get_schedule_sql", one.clone());
    assert!(
        sql["sql"].as_str().unwrap().contains("s3://practice/scheduled"),
        "{sql}"
    );
    let asked = |more: Value| {
        let mut arguments = one.clone();
        arguments
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        arguments
    };
    wire.done("pause_schedule", asked(json!({"typed": null})));
    wire.refused("run_schedule", asked(json!({"full": false})));
    wire.done("resume_schedule", one.clone());
    wire.done("run_schedule", asked(json!({"full": true})));
    let change =
        json!({"label": "nightly, changed", "recurrence": {"type": "hourly", "minute": 5}, "full": null});
    let plan = wire.done("plan_change_schedule", asked(json!({"change": change})));
    wire.done("change_schedule", json!({"plan": plan["plan"], "typed": null}));
    let plan = wire.done("plan_drop_schedule", one);
    wire.done("drop_schedule", json!({"plan": plan["plan"], "typed": null}));
}

fn the_rest(wire: &mut Wire, connection: &Value, second: &Value) {
    wire.done("get_about", json!({}));
    let settings = wire.done("get_settings", json!({}));
    wire.done("save_settings", json!({"settings": settings}));
    wire.done("get_capabilities", json!({"id": connection}));
    wire.done("reach_cluster", json!({"id": connection}));
    wire.done("watch_jobs", json!({"channel": "__CHANNEL__:9"}));
    wire.done("disconnect_cluster", json!({"id": second}));
    wire.done("start_practice_cluster", json!({}));
    wire.done("break_practice_cluster", json!({"accident": "rowsDeleted"}));
    wire.done("reset_practice_cluster", json!({}));
}
