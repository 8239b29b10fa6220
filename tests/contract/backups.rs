//! BACKUP and what SHOW BACKUP tells of it.

use roachvault_cockroach::backup::{
    BackupKind, BackupRequest, LATEST, ObjectKind, ShowBackup, list_backups, show_backup, show_manifests,
    timestamp,
};
use roachvault_cockroach::collection::{find_collections, time_of, totals_below};
use roachvault_cockroach::inspect::{Past, past_of, tables_of_past};
use roachvault_cockroach::job::JobStatus;
use roachvault_cockroach::quote::QualifiedName;
use roachvault_cockroach::refusal::Refusal;
use roachvault_cockroach::{ErrorKind, Secret};

use crate::cluster::{ACCOUNTS, Bank, PAYMENTS};

hold_everywhere!(
    a_backup_is_taken_listed_and_read_back,
    collections_are_found_in_file_storage,
    an_increment_is_a_layer_of_its_own,
    manifests_tell_the_release_and_the_exact_end,
    an_encrypted_backup_opens_with_its_passphrase_only,
    an_increment_without_a_full_backup_is_refused,
    a_missing_data_file_is_noticed,
    an_earlier_moment_is_backed_up_with_what_was_dropped_since,
    a_database_that_was_dropped_is_found_in_the_past,
);

fn refusal(error: &roachvault_cockroach::Error) -> Option<Refusal> {
    Refusal::of_message(error.detail.as_deref().unwrap_or(&error.message))
}

async fn a_backup_is_taken_listed_and_read_back(bank: Bank) {
    let id = bank.start_backup(&bank.backup()).await.unwrap();
    let job = bank.ended(id).await;
    assert_eq!((job.status, job.kind.as_str()), (JobStatus::Succeeded, "BACKUP"));
    assert!(job.description.contains(&bank.name), "{}", job.description);
    assert!(job.finished >= job.created);

    let paths = list_backups(&bank.cluster, &bank.collection).await.unwrap();
    assert_eq!(paths.len(), 1);
    assert!(time_of(&paths[0]).is_some(), "{}", paths[0]);
    let show = ShowBackup {
        check_files: true,
        privileges: true,
        passphrase: None,
    };
    let contents = show_backup(&bank.cluster, &bank.collection, &paths[0], &show)
        .await
        .unwrap();
    assert_eq!(contents.databases(), std::slice::from_ref(&bank.name));
    let [layer] = contents.layers.as_slice() else {
        panic!("{} layers", contents.layers.len())
    };
    assert_eq!(
        (layer.kind, layer.start_time, layer.is_full_cluster),
        (BackupKind::Full, None, false)
    );
    assert_eq!(layer.rows(), Some(ACCOUNTS + PAYMENTS));
    assert!(layer.size_bytes().is_some_and(|bytes| bytes > 0));
    let accounts = layer.relations().find(|table| table.name == "accounts").unwrap();
    let definition = accounts.definition.as_ref().unwrap();
    assert_eq!(
        (definition.kind, definition.columns.len()),
        (ObjectKind::Table, 3)
    );
    assert_eq!(definition.primary_key, ["id"]);
    assert_eq!(accounts.rows, Some(ACCOUNTS));
    assert_eq!(accounts.schema.as_deref(), Some("public"));
    assert_eq!(accounts.owner.as_deref(), Some(bank.cluster.user()));
    let database = layer
        .objects
        .iter()
        .find(|object| object.kind == ObjectKind::Database)
        .unwrap();
    assert!(
        database
            .privileges
            .as_deref()
            .is_some_and(|text| text.contains("GRANT ALL"))
    );
    // The directory is named after the moment, to the hundredth of a second.
    let (named, told) = (time_of(&paths[0]).unwrap(), layer.end_time.unwrap());
    assert!((told - named).num_milliseconds().abs() < 20, "{named} {told}");
    bank.close(&[]).await;
}

async fn collections_are_found_in_file_storage(bank: Bank) {
    bank.taken(&bank.backup()).await;
    let (store, path) = bank.collection.userfile_place().unwrap();
    let found = find_collections(&bank.cluster, &store).await.unwrap();
    let mine = found.iter().find(|found| found.path == path).unwrap();
    assert_eq!((mine.backups.len(), mine.unfinished.len()), (1, 0));
    let totals = totals_below(&bank.cluster, &store, &format!("{path}/"))
        .await
        .unwrap()
        .unwrap();
    assert!(totals.count >= 3 && totals.size_bytes > 0, "{totals:?}");
    bank.close(&[]).await;
}

async fn an_increment_is_a_layer_of_its_own(bank: Bank) {
    let first = bank.taken(&bank.backup()).await;
    let payment = PAYMENTS;
    bank.run(&format!(
        "INSERT INTO {}.public.payments VALUES ({payment}, 1, 1)",
        bank.name
    ))
    .await
    .unwrap();
    bank.until_settled(PAYMENTS + 1).await;
    let request = BackupRequest {
        kind: BackupKind::Incremental,
        revision_history: true,
        ..bank.backup()
    };
    let path = bank.taken(&request).await;
    assert_eq!(path, first);
    let contents = show_backup(&bank.cluster, &bank.collection, &path, &ShowBackup::default())
        .await
        .unwrap();
    let kinds: Vec<_> = contents.layers.iter().map(|layer| layer.kind).collect();
    assert_eq!(kinds, [BackupKind::Full, BackupKind::Incremental]);
    assert_eq!(contents.layers[1].start_time, contents.layers[0].end_time);
    assert_eq!(contents.layers[1].rows(), Some(1));
    bank.close(&[]).await;
}

async fn manifests_tell_the_release_and_the_exact_end(bank: Bank) {
    let request = BackupRequest {
        revision_history: true,
        ..bank.backup()
    };
    let path = bank.taken(&request).await;
    let contents = show_backup(&bank.cluster, &bank.collection, &path, &ShowBackup::default())
        .await
        .unwrap();
    let manifests = show_manifests(&bank.cluster, &bank.collection, &path, None)
        .await
        .unwrap();
    assert_eq!(manifests.len(), contents.layers.len());
    assert!(manifests[0].release.is_some());
    let (told, exact) = (contents.end_time().unwrap(), manifests[0].end_time.unwrap());
    assert_eq!(told.timestamp_micros(), exact.timestamp_micros());
    assert!(
        manifests[0].revisions_since.is_some_and(|since| since < told),
        "{:?}",
        manifests[0]
    );
    bank.close(&[]).await;
}

async fn an_encrypted_backup_opens_with_its_passphrase_only(bank: Bank) {
    let request = BackupRequest {
        passphrase: Some(Secret::new("it's a secret")),
        ..bank.backup()
    };
    let path = bank.taken(&request).await;
    let open = async |passphrase: Option<&str>| {
        let show = ShowBackup {
            passphrase: passphrase.map(Secret::new),
            ..ShowBackup::default()
        };
        show_backup(&bank.cluster, &bank.collection, &path, &show).await
    };
    assert_eq!(refusal(&open(None).await.unwrap_err()), Some(Refusal::Encrypted));
    let wrong = open(Some("not it")).await.unwrap_err();
    assert_eq!(refusal(&wrong), Some(Refusal::WrongPassphrase));
    assert!(!format!("{wrong:?}").contains("not it"));
    assert_eq!(
        open(Some("it's a secret")).await.unwrap().layers[0].rows(),
        Some(ACCOUNTS + PAYMENTS)
    );
    bank.close(&[]).await;
}

async fn an_increment_without_a_full_backup_is_refused(bank: Bank) {
    let request = BackupRequest {
        kind: BackupKind::Incremental,
        ..bank.backup()
    };
    let error = match bank.start_backup(&request).await {
        Err(error) => error.detail.unwrap_or(error.message),
        Ok(id) => bank.ended(id).await.error.unwrap(),
    };
    assert_eq!(
        Refusal::of_message(&error),
        Some(Refusal::EmptyCollection),
        "{error}"
    );
    bank.close(&[]).await;
}

async fn a_missing_data_file_is_noticed(bank: Bank) {
    let path = bank.taken(&bank.backup()).await;
    bank.lose_a_data_file().await;
    let plain = ShowBackup::default();
    assert!(
        show_backup(&bank.cluster, &bank.collection, &path, &plain)
            .await
            .is_ok()
    );
    let show = ShowBackup {
        check_files: true,
        ..plain
    };
    let error = show_backup(&bank.cluster, &bank.collection, &path, &show)
        .await
        .unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::FilesMissing), "{error:?}");
    bank.close(&[]).await;
}

async fn a_database_that_was_dropped_is_found_in_the_past(bank: Bank) {
    let before: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT now()")
        .persistent(false)
        .fetch_one(bank.cluster.pool())
        .await
        .unwrap();
    bank.run(&format!("DROP DATABASE {} CASCADE", bank.name))
        .await
        .unwrap();
    let at = timestamp(before);
    let tables = tables_of_past(&bank.cluster, &bank.name, &at).await.unwrap();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["accounts", "payments"]);
    let table = QualifiedName {
        database: bank.name.clone(),
        schema: "public".into(),
        name: "accounts".into(),
    };
    assert_eq!(past_of(&bank.cluster, &table, &at).await.unwrap(), Past::Kept);
    match tables_of_past(&bank.cluster, "never_there", &at).await {
        Ok(tables) => assert!(tables.is_empty(), "{tables:?}"),
        Err(error) => assert_eq!(error.kind, ErrorKind::NotFound, "{error:?}"),
    }

    let path = bank
        .taken(&BackupRequest {
            as_of: Some(before),
            ..bank.backup()
        })
        .await;
    let contents = show_backup(&bank.cluster, &bank.collection, &path, &ShowBackup::default())
        .await
        .unwrap();
    assert_eq!(contents.layers[0].rows(), Some(ACCOUNTS + PAYMENTS));
    bank.close(&[]).await;
}

async fn an_earlier_moment_is_backed_up_with_what_was_dropped_since(bank: Bank) {
    let table = |name: &str| QualifiedName {
        database: bank.name.clone(),
        schema: "public".into(),
        name: name.into(),
    };
    let before: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT now()")
        .persistent(false)
        .fetch_one(bank.cluster.pool())
        .await
        .unwrap();
    for sql in [
        format!("DELETE FROM {}.public.payments WHERE true", bank.name),
        format!("DROP TABLE {}.public.accounts", bank.name),
    ] {
        bank.run(&sql).await.unwrap();
    }
    bank.until_settled(0).await;
    let past = async |name: &str| {
        past_of(&bank.cluster, &table(name), &timestamp(before))
            .await
            .unwrap()
    };
    assert_eq!(past("accounts").await, Past::Kept);
    assert_eq!(past("payments").await, Past::Kept);
    assert_eq!(past("never_there").await, Past::Absent);

    let of_now = bank.taken(&bank.backup()).await;
    let request = BackupRequest {
        as_of: Some(before),
        ..bank.backup()
    };
    let path = bank.taken(&request).await;
    let read = async |subdirectory: &str| {
        show_backup(
            &bank.cluster,
            &bank.collection,
            subdirectory,
            &ShowBackup::default(),
        )
        .await
        .unwrap()
    };
    let contents = read(&path).await;
    assert_eq!(contents.layers[0].rows(), Some(ACCOUNTS + PAYMENTS));
    // It sorts before the other one, and was finished after it: that is what LATEST goes by.
    assert!(path < of_now);
    assert_eq!(read(LATEST).await.layers[0].end_time, contents.layers[0].end_time);
    bank.close(&[]).await;
}
