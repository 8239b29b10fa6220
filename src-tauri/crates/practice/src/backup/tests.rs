//! Backups and restores on the engine alone, without SQL and without a wire.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Backups, Options};
use crate::catalog::{
    Body, Column, Descriptor, ForeignKey, ForeignKeyAction, Grants, Index, ObjectName, State, TableBody,
};
use crate::cluster::{Cluster, Settings};
use crate::datum::{Datum, Row};
use crate::emulate::Version;
use crate::faults::Faults;
use crate::session::Session;
use crate::types::SqlType;

struct Practice {
    cluster: Arc<Cluster>,
    _folder: tempfile::TempDir,
}

impl Practice {
    fn start() -> Practice {
        Practice::start_as(Version::V25_4, Duration::ZERO)
    }

    fn start_as(version: Version, least_job_duration: Duration) -> Practice {
        Practice::start_at_speed(version, least_job_duration, 1.0)
    }

    fn start_at_speed(version: Version, least_job_duration: Duration, clock_speed: f64) -> Practice {
        let folder = tempfile::tempdir().unwrap();
        let cluster = open(folder.path(), version, least_job_duration, clock_speed);
        Session::internal(&cluster, "root")
            .unwrap()
            .create_database("bank", "root")
            .unwrap();
        Practice {
            cluster,
            _folder: folder,
        }
    }

    fn session(&self) -> Session {
        Session::internal(&self.cluster, "root").unwrap()
    }

    /// Customers and accounts with a foreign key between them.
    fn with_bank(self) -> Practice {
        let mut session = self.session();
        let customers = table(&mut session, "customers", &[], &[]);
        let accounts = table(
            &mut session,
            "accounts",
            &["customer"],
            &[("customer", customers.id, &customers)],
        );
        session
            .insert_rows(&customers, (1..=100).map(|id| vec![Datum::Int(id)]))
            .unwrap();
        session
            .insert_rows(
                &accounts,
                (1..=500).map(|id| vec![Datum::Int(id), Datum::Int(id % 100 + 1)]),
            )
            .unwrap();
        self
    }

    fn rows(&self, name: &str) -> Vec<Row> {
        let mut session = self.session();
        let catalog = session.catalog().unwrap();
        let name = ObjectName(name.split('.').map(str::to_owned).collect());
        let table = catalog
            .resolve(&name, "defaultdb", &["public".to_owned()])
            .unwrap()
            .clone();
        let mut rows = Vec::new();
        let now = session.now();
        session
            .scan_at(&table, now, |row| {
                rows.push(row);
                Ok(())
            })
            .unwrap();
        rows.sort_by_key(|row| row.first().and_then(Datum::as_int));
        rows
    }

    fn run(&self, sql: &str) -> Vec<Row> {
        self.session()
            .query(sql, &[])
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
            .rows
    }

    fn error(&self, sql: &str) -> String {
        match self.session().query(sql, &[]) {
            Ok(rows) => panic!("{sql} answered {rows:?}"),
            Err(error) => error.message,
        }
    }

    fn job(&self, id: i64, column: &str) -> Datum {
        let answer = self.session().query(&format!("SHOW JOB {id}"), &[]).unwrap();
        let at = answer
            .columns
            .iter()
            .position(|found| found.name == column)
            .unwrap();
        answer.rows[0][at].clone()
    }

    fn wait_for_status(&self, id: i64, status: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.job(id, "status").as_str() != Some(status) {
            assert!(
                Instant::now() < deadline,
                "job is {:?}, not {status}",
                self.job(id, "status")
            );
            std::thread::yield_now();
        }
    }
}

fn open(
    folder: &std::path::Path,
    version: Version,
    least_job_duration: Duration,
    clock_speed: f64,
) -> Arc<Cluster> {
    let settings = Settings {
        version,
        clock_speed,
        regions: Vec::new(),
        external_folder: folder.join("external"),
        durable: false,
        start_clock_ago: None,
    };
    let cluster = Cluster::open(folder, settings, Faults::default()).unwrap();
    let backups = Arc::new(Backups::new(Options {
        least_job_duration,
        ..Options::default()
    }));
    cluster.set_extension(backups.clone());
    crate::cluster::StatementExtension::started(&*backups, &cluster).unwrap();
    cluster
}

fn table(
    session: &mut Session,
    name: &str,
    more: &[&str],
    parents: &[(&str, u32, &Descriptor)],
) -> Descriptor {
    let catalog = session.catalog().unwrap();
    let database = catalog.database("bank").unwrap().clone();
    let schema = catalog.schema(database.id, "public").unwrap().clone();
    let column = |id, name: &str| Column {
        id,
        name: name.to_owned(),
        ty: SqlType::Int8,
        nullable: id > 1,
        default: None,
        computed: None,
        hidden: false,
    };
    let mut columns = vec![column(1, "id")];
    columns.extend((2..).zip(more).map(|(id, name)| column(id, name)));
    let foreign_keys = parents
        .iter()
        .map(|(column, id, _)| ForeignKey {
            name: format!("fk_{column}"),
            columns: columns
                .iter()
                .filter(|found| found.name == *column)
                .map(|found| found.id)
                .collect(),
            referenced_table: *id,
            referenced_columns: vec![1],
            on_delete: ForeignKeyAction::NoAction,
            on_update: ForeignKeyAction::NoAction,
        })
        .collect();
    let next_column_id = columns.len() as u32 + 1;
    let mut descriptor = Descriptor {
        id: 0,
        name: name.to_owned(),
        parent_id: database.id,
        schema_id: schema.id,
        owner: "root".to_owned(),
        grants: Grants::standard(),
        state: State::Public,
        body: Body::Table(TableBody {
            next_column_id,
            indexes: vec![Index {
                id: 1,
                name: format!("{name}_pkey"),
                columns: vec![(1, false)],
                unique: true,
                storing: Vec::new(),
            }],
            foreign_keys,
            columns,
            ..TableBody::default()
        }),
    };
    descriptor.id = session.create_descriptor(descriptor.clone()).unwrap();
    descriptor
}

fn delete(practice: &Practice, name: &str, condition: &str) {
    let mut session = practice.session();
    let catalog = session.catalog().unwrap();
    let name = ObjectName(name.split('.').map(str::to_owned).collect());
    let id = catalog
        .resolve(&name, "defaultdb", &["public".to_owned()])
        .unwrap()
        .id;
    session
        .transaction(true, |session| {
            Ok(session
                .sqlite()
                .execute(&format!("DELETE FROM t_{id} WHERE {condition}"), [])?)
        })
        .unwrap();
}

#[test]
fn the_forms_without_a_collection_are_gone_or_not_here_but_never_misstated() {
    use crate::cluster::StatementExtension as _;
    for (version, code, said) in [
        (Version::V23_2, "0A000", "which this release still knows"),
        (Version::V24_3, "42601", "no longer supported"),
        (Version::V26_2, "42601", "no longer supported"),
    ] {
        let practice = Practice::start_as(version, Duration::ZERO);
        let backups = Backups::new(Options::default());
        for sql in [
            "BACKUP DATABASE bank TO 'nodelocal://1/b'",
            "RESTORE DATABASE bank FROM 'nodelocal://1/b'",
            "SHOW BACKUP 'nodelocal://1/b'",
        ] {
            let error = backups
                .run(&mut practice.session(), sql, &[])
                .unwrap()
                .unwrap_err();
            assert_eq!(error.sqlstate, code, "{sql}");
            assert!(
                error.message.contains(said) || error.message.contains("without the `IN` keyword"),
                "{}",
                error.message
            );
        }
    }
}

#[test]
fn a_database_comes_back_under_another_name_with_every_row() {
    let practice = Practice::start().with_bank();
    practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b'");
    practice.run("RESTORE DATABASE bank FROM LATEST IN 'nodelocal://1/b' WITH new_db_name = 'copy'");
    for name in ["customers", "accounts"] {
        assert_eq!(
            practice.rows(&format!("bank.public.{name}")),
            practice.rows(&format!("copy.public.{name}"))
        );
    }
    let mut session = practice.session();
    let orphan = session
        .query("INSERT INTO copy.public.accounts VALUES (1000, 4711)", &[])
        .unwrap_err();
    assert_eq!(orphan.sqlstate, "23503");
}

#[test]
fn increments_bring_changed_new_and_removed_rows() {
    let practice = Practice::start().with_bank();
    practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b'");
    delete(&practice, "bank.public.accounts", "c1 <= 10");
    let mut session = practice.session();
    let more = table(&mut session, "more", &[], &[]);
    session.insert_rows(&more, [vec![Datum::Int(1)]]).unwrap();
    practice.run("BACKUP DATABASE bank INTO LATEST IN 'nodelocal://1/b'");
    delete(&practice, "bank.public.accounts", "c1 <= 20");
    practice.run("BACKUP DATABASE bank INTO LATEST IN 'nodelocal://1/b'");
    practice.run("RESTORE DATABASE bank FROM LATEST IN 'nodelocal://1/b' WITH new_db_name = 'copy'");
    assert_eq!(practice.rows("copy.public.accounts").len(), 480);
    assert_eq!(
        practice.rows("copy.public.accounts"),
        practice.rows("bank.public.accounts")
    );
    assert_eq!(practice.rows("copy.public.more").len(), 1);
    assert_eq!(practice.run("SHOW BACKUPS IN 'nodelocal://1/b'").len(), 1);
}

#[test]
fn revision_history_restores_to_any_moment_inside() {
    let practice = Practice::start().with_bank();
    practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b' WITH revision_history");
    delete(&practice, "bank.public.accounts", "c1 <= 10");
    let between = practice.session().now();
    delete(&practice, "bank.public.accounts", "c1 <= 20");
    practice.run("BACKUP DATABASE bank INTO LATEST IN 'nodelocal://1/b' WITH revision_history");
    let at = between.to_hlc_decimal();
    practice.run(&format!(
        "RESTORE DATABASE bank FROM LATEST IN 'nodelocal://1/b' AS OF SYSTEM TIME {at} WITH new_db_name = 'copy'"
    ));
    assert_eq!(practice.rows("copy.public.accounts").len(), 490);
}

#[test]
fn without_revision_history_only_ends_of_layers_can_be_restored() {
    let practice = Practice::start().with_bank();
    practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b'");
    let between = practice.session().now().to_hlc_decimal();
    practice.run("BACKUP DATABASE bank INTO LATEST IN 'nodelocal://1/b'");
    let error = practice.error(&format!(
        "RESTORE DATABASE bank FROM LATEST IN 'nodelocal://1/b' AS OF SYSTEM TIME {between} WITH new_db_name = 'copy'"
    ));
    assert!(
        error.starts_with("invalid RESTORE timestamp: restoring to arbitrary time requires"),
        "{error}"
    );
}

#[test]
fn a_missing_or_damaged_data_file_fails_the_restore_and_leaves_nothing() {
    for damaged in [false, true] {
        let practice = Practice::start().with_bank();
        practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b'");
        let data = find_data_file(practice.cluster.external_folder());
        if damaged {
            let mut bytes = std::fs::read(&data).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            std::fs::write(&data, bytes).unwrap();
        } else {
            std::fs::remove_file(&data).unwrap();
            assert!(
                practice
                    .error("SHOW BACKUP FROM LATEST IN 'nodelocal://1/b' WITH check_files")
                    .starts_with("The following files are missing from the backup:")
            );
        }
        let error = practice
            .error("RESTORE DATABASE bank FROM LATEST IN 'nodelocal://1/b' WITH new_db_name = 'copy'");
        assert!(
            error.contains(if damaged {
                "checksum mismatch"
            } else {
                "file doesn't exist"
            }),
            "{error}"
        );
        assert!(practice.session().catalog().unwrap().database("copy").is_none());
    }
}

fn find_data_file(folder: &std::path::Path) -> std::path::PathBuf {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                open.push(entry.path());
            } else if entry
                .path()
                .parent()
                .is_some_and(|parent| parent.ends_with("data"))
            {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found.remove(0)
}

#[test]
fn an_encrypted_backup_needs_its_passphrase() {
    let practice = Practice::start().with_bank();
    practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b' WITH encryption_passphrase = 'right'");
    practice
        .run("BACKUP DATABASE bank INTO LATEST IN 'nodelocal://1/b' WITH encryption_passphrase = 'right'");
    let show = "SHOW BACKUP FROM LATEST IN 'nodelocal://1/b'";
    assert!(practice.error(show).starts_with("file appears encrypted"));
    assert!(
        practice
            .error(&format!("{show} WITH encryption_passphrase = 'wrong'"))
            .contains("failed to decrypt")
    );
    assert!(
        !practice
            .run(&format!("{show} WITH encryption_passphrase = 'right'"))
            .is_empty()
    );
    practice.run(
        "RESTORE DATABASE bank FROM LATEST IN 'nodelocal://1/b' WITH new_db_name = 'copy', encryption_passphrase = 'right'",
    );
    assert_eq!(practice.rows("copy.public.accounts").len(), 500);
    let plain = std::fs::read(find_data_file(practice.cluster.external_folder())).unwrap();
    assert!(plain.starts_with(b"encrypt"));
}

#[test]
fn a_detached_job_shows_progress_and_can_be_paused_resumed_and_cancelled() {
    let practice = Practice::start_as(Version::V25_4, Duration::from_secs(30)).with_bank();
    let id = practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b' WITH DETACHED")[0][0]
        .as_int()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while practice.job(id, "fraction_completed") == Datum::Float(0.0) {
        assert!(Instant::now() < deadline, "no progress");
        std::thread::yield_now();
    }
    practice.run(&format!("PAUSE JOB {id}"));
    practice.wait_for_status(id, "paused");
    practice.run(&format!("RESUME JOB {id}"));
    practice.wait_for_status(id, "running");
    practice.run(&format!("CANCEL JOB {id}"));
    practice.wait_for_status(id, "canceled");
    let error = practice.error(&format!("CANCEL JOB {id}"));
    assert_eq!(
        error,
        "job with state canceled cannot be requested to be canceled"
    );
    assert!(practice.run("SHOW BACKUPS IN 'nodelocal://1/b'").is_empty());
}

#[test]
fn cancelling_a_restore_takes_away_what_it_made() {
    let practice = Practice::start_as(Version::V25_4, Duration::from_millis(500)).with_bank();
    practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b'");
    let restore =
        "RESTORE DATABASE bank FROM LATEST IN 'nodelocal://1/b' WITH new_db_name = 'copy', DETACHED";
    let id = practice.run(restore)[0][0].as_int().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while practice.session().catalog().unwrap().database("copy").is_none() {
        assert!(Instant::now() < deadline, "the restore makes nothing");
        std::thread::yield_now();
    }
    practice.run(&format!("CANCEL JOB {id}"));
    practice.wait_for_status(id, "canceled");
    assert!(practice.session().catalog().unwrap().database("copy").is_none());
}

#[test]
fn unfinished_jobs_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let id = {
        let cluster = open(folder.path(), Version::V25_4, Duration::from_secs(60), 1.0);
        Session::internal(&cluster, "root")
            .unwrap()
            .create_database("bank", "root")
            .unwrap();
        let mut session = Session::internal(&cluster, "root").unwrap();
        let rows = session
            .query("BACKUP DATABASE bank INTO 'nodelocal://1/b' WITH DETACHED", &[])
            .unwrap();
        let id = rows.rows[0][0].as_int().unwrap();
        session.query(&format!("PAUSE JOB {id}"), &[]).unwrap();
        let backups = Practice {
            cluster,
            _folder: tempfile::tempdir().unwrap(),
        };
        backups.wait_for_status(id, "paused");
        id
    };
    let practice = Practice {
        cluster: open(folder.path(), Version::V25_4, Duration::ZERO, 1.0),
        _folder: tempfile::tempdir().unwrap(),
    };
    practice.run(&format!("RESUME JOB {id}"));
    practice.wait_for_status(id, "succeeded");
    assert_eq!(practice.run("SHOW BACKUPS IN 'nodelocal://1/b'").len(), 1);
}

#[test]
fn file_names_follow_the_emulated_release() {
    for (version, has_index) in [(Version::V24_3, false), (Version::V25_4, true)] {
        let practice = Practice::start_as(version, Duration::ZERO).with_bank();
        practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b'");
        let folder = practice.cluster.external_folder().join("nodelocal/1/b/metadata");
        assert!(folder.join("latest").is_dir());
        assert_eq!(folder.join("index").is_dir(), has_index);
    }
}

#[test]
fn ids_name_single_layers_on_v26_2() {
    let practice = Practice::start_as(Version::V26_2, Duration::ZERO).with_bank();
    practice.run("BACKUP DATABASE bank INTO 'nodelocal://1/b'");
    practice.run("BACKUP DATABASE bank INTO LATEST IN 'nodelocal://1/b'");
    let mut session = practice.session();
    session.variables_mut().set("use_backups_with_ids", "on");
    let listed = session.query("SHOW BACKUPS IN 'nodelocal://1/b'", &[]).unwrap();
    let ids: Vec<&str> = listed.rows.iter().filter_map(|row| row[0].as_str()).collect();
    assert_eq!(ids.len(), 2);
    let full = practice.run(&format!("SHOW BACKUP FROM '{}' IN 'nodelocal://1/b'", ids[1]));
    assert!(full.iter().all(|row| row[4].as_str() == Some("full")));
    practice.run(&format!(
        "RESTORE DATABASE bank FROM '{}' IN 'nodelocal://1/b' WITH new_db_name = 'copy'",
        ids[0]
    ));
}

#[test]
fn schedules_run_on_the_clusters_clock_and_increments_follow_the_first_full_backup() {
    let practice = Practice::start_at_speed(Version::V25_4, Duration::ZERO, 3600.0).with_bank();
    practice.run(
        "CREATE SCHEDULE s FOR BACKUP DATABASE bank INTO 'nodelocal://1/s' RECURRING '@hourly' FULL BACKUP '@daily'",
    );
    let deadline = Instant::now() + Duration::from_secs(30);
    let increments = || {
        let jobs = practice.run("SHOW JOBS");
        jobs.iter()
            .filter(|job| job[2].as_str().is_some_and(|text| text.contains("LATEST IN")))
            .count()
    };
    while increments() < 2 {
        assert!(Instant::now() < deadline, "the schedule makes no increments");
        std::thread::yield_now();
    }
    assert!(!practice.run("SHOW BACKUPS IN 'nodelocal://1/s'").is_empty());
}
