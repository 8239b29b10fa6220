//! What a cluster holds and what its user may do.

use roachvault_cockroach::inspect::{
    TableKind, gc_ttl_seconds, has_database_privilege, list_databases, list_tables, rights,
};

use crate::cluster::Bank;

hold_everywhere!(
    databases_and_tables_are_listed_with_their_kinds,
    an_administrator_is_known_as_one,
);

async fn databases_and_tables_are_listed_with_their_kinds(bank: Bank) {
    let name = &bank.name;
    bank.run(&format!("CREATE SEQUENCE {name}.public.numbers"))
        .await
        .unwrap();
    bank.run(&format!(
        "CREATE VIEW {name}.public.rich AS SELECT id FROM {name}.public.accounts"
    ))
    .await
    .unwrap();
    let databases = list_databases(&bank.cluster).await.unwrap();
    let mine = databases.iter().find(|database| database.name == *name).unwrap();
    assert_eq!(
        (mine.owner.as_deref(), mine.regions.len()),
        (Some(bank.cluster.user()), 0)
    );
    assert!(databases.iter().any(|database| database.name == "system"));
    let tables = list_tables(&bank.cluster, name).await.unwrap();
    let mut kinds: Vec<_> = tables
        .iter()
        .map(|table| (table.name.as_str(), table.kind))
        .collect();
    kinds.sort_by_key(|(name, _)| *name);
    assert_eq!(
        kinds,
        [
            ("accounts", TableKind::Table),
            ("numbers", TableKind::Sequence),
            ("payments", TableKind::Table),
            ("rich", TableKind::View),
        ]
    );
    assert!(
        gc_ttl_seconds(&bank.cluster, name)
            .await
            .unwrap()
            .is_some_and(|seconds| seconds > 0)
    );
    bank.close(&[]).await;
}

async fn an_administrator_is_known_as_one(bank: Bank) {
    assert_eq!(rights(&bank.cluster).await.unwrap().is_admin, Some(true));
    assert_eq!(
        has_database_privilege(&bank.cluster, &bank.name, "BACKUP")
            .await
            .unwrap(),
        Some(true)
    );
    bank.close(&[]).await;
}
