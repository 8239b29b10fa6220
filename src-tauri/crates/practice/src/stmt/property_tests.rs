//! For any statement of the family: what is printed reads back as the same statement.
#![allow(clippy::unwrap_used)]

use super::{
    AlterSchedule, Backup, BackupOptions, CreateSchedule, Destination, Details, Flag, FullRecurrence, Moment,
    Number, Restore, RestoreOptions, ScheduleChange, ScheduleOption, Secrets, ShowBackup, ShowBackupOptions,
    Statement, TablePattern, Targets, Text, Uris, parse,
};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_][a-z0-9_]{0,8}",
        "[A-Za-z .\"'é]{1,8}",
        Just("select".to_owned()),
        Just("into".to_owned()),
        Just("database".to_owned())
    ]
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        "[ -~\n\té]{0,20}".prop_map(Text::Literal),
        (1_u16..20).prop_map(Text::Placeholder),
        Just(Text::literal("userfile:///x?a=b'c"))
    ]
}

fn texts() -> impl Strategy<Value = Uris> {
    prop::collection::vec(text(), 1..4)
}

fn maybe_texts() -> impl Strategy<Value = Uris> {
    prop::collection::vec(text(), 0..3)
}

fn flag() -> impl Strategy<Value = Flag> {
    prop_oneof![
        any::<bool>().prop_map(Flag::Literal),
        (1_u16..9).prop_map(Flag::Placeholder)
    ]
}

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![
        text().prop_map(Moment::Text),
        "[1-9][0-9]{0,17}(\\.[0-9]{1,10})?".prop_map(Moment::Decimal),
        Just(Moment::Function("follower_read_timestamp".to_owned()))
    ]
}

fn pattern() -> impl Strategy<Value = TablePattern> {
    (prop::collection::vec(name(), 0..3), prop::option::of(name()))
        .prop_map(|(qualifiers, name)| TablePattern { qualifiers, name })
}

fn targets() -> impl Strategy<Value = Targets> {
    prop_oneof![
        Just(Targets::Cluster),
        prop::collection::vec(name(), 1..4).prop_map(Targets::Databases),
        prop::collection::vec(pattern(), 1..4).prop_map(Targets::Tables),
        (1_i64..100).prop_map(Targets::VirtualCluster)
    ]
}

prop_compose! {
    fn backup_options()(
        revision_history in prop::option::of(flag()),
        encryption_passphrase in prop::option::of(text()),
        detached in prop::option::of(Just(true)),
        kms in maybe_texts(),
        incremental_location in maybe_texts(),
        execution_locality in prop::option::of(text()),
        include_all_virtual_clusters in prop::option::of(flag()),
        updates_cluster_monitoring_metrics in prop::option::of(flag()),
        strict_storage_locality in any::<bool>(),
    ) -> BackupOptions {
        BackupOptions {
            revision_history, encryption_passphrase, detached, kms, incremental_location, execution_locality,
            include_all_virtual_clusters, updates_cluster_monitoring_metrics, strict_storage_locality,
        }
    }
}

fn backup() -> impl Strategy<Value = Statement> {
    let into = prop_oneof![
        Just(Destination::New),
        Just(Destination::Latest),
        text().prop_map(Destination::Subdirectory)
    ];
    (
        targets(),
        into,
        texts(),
        prop::option::of(moment()),
        backup_options(),
    )
        .prop_map(|(targets, into, collection, as_of, options)| {
            Statement::Backup(Box::new(Backup {
                targets,
                into,
                collection,
                as_of,
                options,
            }))
        })
}

fn restore() -> impl Strategy<Value = Statement> {
    let options = (
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(text()),
        maybe_texts(),
        prop::collection::vec(any::<bool>(), 12),
    )
        .prop_map(
            |(into_db, new_db_name, encryption_passphrase, kms, set)| RestoreOptions {
                into_db,
                new_db_name,
                encryption_passphrase,
                kms,
                skip_missing_foreign_keys: set[0],
                skip_missing_sequences: set[1],
                skip_missing_sequence_owners: set[2],
                skip_missing_views: set[3],
                skip_missing_udfs: set[4],
                detached: set[5].then_some(true),
                skip_localities_check: set[6],
                schema_only: set[7],
                verify_backup_table_data: set[8],
                experimental_deferred_copy: set[9],
                remove_regions: set[10],
                grants: set[11],
                ..RestoreOptions::default()
            },
        );
    let targets = prop_oneof![targets(), Just(Targets::SystemUsers)];
    (targets, text(), texts(), prop::option::of(moment()), options).prop_map(
        |(targets, from, collection, as_of, options)| {
            Statement::Restore(Box::new(Restore {
                targets,
                from,
                collection,
                as_of,
                options,
            }))
        },
    )
}

fn show_backup() -> impl Strategy<Value = Statement> {
    let details = prop_oneof![
        Just(Details::Objects),
        Just(Details::Schemas),
        Just(Details::Files),
        Just(Details::Ranges),
        Just(Details::Validate)
    ];
    let options = (
        prop::option::of(text()),
        maybe_texts(),
        prop::collection::vec(any::<bool>(), 5),
    )
        .prop_map(|(encryption_passphrase, kms, set)| ShowBackupOptions {
            encryption_passphrase,
            kms,
            as_json: set[0],
            check_files: set[1],
            debug_ids: set[2],
            privileges: set[3],
            skip_size: set[4],
            ..ShowBackupOptions::default()
        });
    (details, any::<bool>(), text(), texts(), options).prop_map(
        |(details, from, subdirectory, collection, options)| {
            let from_written = from || details != Details::Objects;
            Statement::ShowBackup(Box::new(ShowBackup {
                details,
                from_written,
                from: subdirectory,
                collection,
                options,
            }))
        },
    )
}

fn full_recurrence() -> impl Strategy<Value = FullRecurrence> {
    prop_oneof![
        Just(FullRecurrence::Always),
        text().prop_map(FullRecurrence::Cron)
    ]
}

fn create_schedule() -> impl Strategy<Value = Statement> {
    let option =
        ("[a-z_]{3,12}", prop::option::of(text())).prop_map(|(name, value)| ScheduleOption { name, value });
    (
        any::<bool>(),
        prop::option::of(text()),
        targets(),
        texts(),
        backup_options(),
        text(),
        prop::option::of(full_recurrence()),
        prop::collection::vec(option, 0..3),
    )
        .prop_map(
            |(
                if_not_exists,
                label,
                targets,
                collection,
                options,
                recurring,
                full_backup,
                schedule_options,
            )| {
                Statement::CreateSchedule(Box::new(CreateSchedule {
                    if_not_exists,
                    label,
                    targets,
                    collection,
                    options,
                    recurring,
                    full_backup,
                    schedule_options,
                }))
            },
        )
}

fn alter_schedule() -> impl Strategy<Value = Statement> {
    let change = prop_oneof![
        text().prop_map(ScheduleChange::Label),
        texts().prop_map(ScheduleChange::Collection),
        text().prop_map(ScheduleChange::Recurring),
        full_recurrence().prop_map(ScheduleChange::FullBackup),
        any::<bool>().prop_map(|full| ScheduleChange::Execute { full }),
        flag().prop_map(|value| ScheduleChange::With(BackupOptions {
            revision_history: Some(value),
            ..BackupOptions::default()
        })),
    ];
    (1_i64..i64::MAX, prop::collection::vec(change, 1..4)).prop_map(|(id, changes)| {
        Statement::AlterSchedule(AlterSchedule {
            schedule: Number::Literal(id),
            changes,
        })
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_the_same(
        statement in prop_oneof![backup(), restore(), show_backup(), create_schedule(), alter_schedule()]
    ) {
        let printed = statement.print(Secrets::Clear);
        let read = parse(&printed).unwrap();
        prop_assert_eq!(read.as_ref(), Ok(&statement), "{}", printed);
        prop_assert_eq!(read.unwrap().print(Secrets::Clear), printed);
    }

    #[test]
    fn masked_statements_show_no_passphrase(statement in backup()) {
        let Statement::Backup(mut backup) = statement else { unreachable!() };
        backup.options.encryption_passphrase = Some(Text::literal("hunter2-hunter2"));
        backup.collection = vec![Text::literal("s3://b?AWS_SECRET_ACCESS_KEY=hunter2-hunter2")];
        backup.into = Destination::New;
        let statement = Statement::Backup(backup);
        prop_assert!(!statement.print(Secrets::Masked).contains("hunter2"));
        prop_assert!(!statement.print(Secrets::Redacted).contains("hunter2"));
    }

    #[test]
    fn no_text_makes_the_parser_panic(sql in "(BACKUP|RESTORE|SHOW BACKUP|CREATE SCHEDULE|PAUSE JOBS)[ -~é\n]{0,60}") {
        let _ = parse(&sql);
    }
}
