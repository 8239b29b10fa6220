//! RESTORE.

use roachvault_cockroach::ErrorKind;
use roachvault_cockroach::backup::TableName;
use roachvault_cockroach::inspect::{count_rows, list_databases};
use roachvault_cockroach::job::JobStatus;
use roachvault_cockroach::quote::QualifiedName;
use roachvault_cockroach::refusal::Refusal;
use roachvault_cockroach::restore::{RestoreRequest, RestoreTargets};

use crate::cluster::{ACCOUNTS, Bank, PAYMENTS};

hold_everywhere!(
    a_database_comes_back_under_a_new_name_and_the_old_one_stays,
    a_taken_name_is_refused_and_nothing_is_overwritten,
    one_table_goes_into_another_database,
    a_restore_of_a_damaged_backup_fails_and_leaves_nothing,
);

fn table(database: &str, name: &str) -> QualifiedName {
    QualifiedName {
        database: database.into(),
        schema: "public".into(),
        name: name.into(),
    }
}

async fn a_database_comes_back_under_a_new_name_and_the_old_one_stays(bank: Bank) {
    let path = bank.taken(&bank.backup()).await;
    let copy = format!("{}_restored", bank.name);
    let id = bank.start_restore(&bank.restore(&path, &copy)).await.unwrap();
    let job = bank.ended(id).await;
    assert_eq!((job.status, job.error), (JobStatus::Succeeded, None));
    for (name, rows) in [("accounts", ACCOUNTS), ("payments", PAYMENTS)] {
        for database in [&bank.name, &copy] {
            assert_eq!(
                count_rows(&bank.cluster, &table(database, name), None)
                    .await
                    .unwrap(),
                rows
            );
        }
    }
    bank.close(&[&copy]).await;
}

async fn a_taken_name_is_refused_and_nothing_is_overwritten(bank: Bank) {
    let path = bank.taken(&bank.backup()).await;
    let error = bank
        .start_restore(&bank.restore(&path, &bank.name))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::AlreadyExists, "{error:?}");
    assert_eq!(
        count_rows(&bank.cluster, &table(&bank.name, "accounts"), None)
            .await
            .unwrap(),
        ACCOUNTS
    );
    bank.close(&[]).await;
}

async fn one_table_goes_into_another_database(bank: Bank) {
    let path = bank.taken(&bank.backup()).await;
    let scratch = format!("{}_scratch", bank.name);
    bank.run(&format!("CREATE DATABASE {scratch}")).await.unwrap();
    let targets = RestoreTargets::Tables {
        database: bank.name.clone(),
        tables: vec![TableName {
            schema: "public".into(),
            name: "accounts".into(),
        }],
        into_database: scratch.clone(),
        is_new_database: false,
    };
    let request = RestoreRequest {
        targets,
        ..bank.restore(&path, "unused")
    };
    let id = bank.start_restore(&request).await.unwrap();
    assert_eq!(bank.ended(id).await.status, JobStatus::Succeeded);
    assert_eq!(
        count_rows(&bank.cluster, &table(&scratch, "accounts"), None)
            .await
            .unwrap(),
        ACCOUNTS
    );
    assert!(
        count_rows(&bank.cluster, &table(&scratch, "payments"), None)
            .await
            .is_err()
    );
    bank.close(&[&scratch]).await;
}

async fn a_restore_of_a_damaged_backup_fails_and_leaves_nothing(bank: Bank) {
    let path = bank.taken(&bank.backup()).await;
    bank.lose_a_data_file().await;
    let copy = format!("{}_restored", bank.name);
    let reason = match bank.start_restore(&bank.restore(&path, &copy)).await {
        Ok(id) => {
            let job = bank.ended(id).await;
            assert_eq!(job.status, JobStatus::Failed);
            job.error.unwrap()
        }
        Err(error) => error.detail.unwrap_or(error.message),
    };
    assert_eq!(
        Refusal::of_message(&reason),
        Some(Refusal::FilesMissing),
        "{reason}"
    );
    let left = list_databases(&bank.cluster).await.unwrap();
    assert!(!left.iter().any(|database| database.name == copy));
    bank.close(&[&copy]).await;
}
