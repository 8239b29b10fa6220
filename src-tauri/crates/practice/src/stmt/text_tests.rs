//! What is read, how it is printed, and what the errors say.
#![allow(clippy::unwrap_used)]

use super::{ControlJobsTarget, Destination, Ids, Number, Secrets, Statement, Targets, Text, parse};

fn normal(sql: &str) -> String {
    parse(sql).unwrap().unwrap().print(Secrets::Masked)
}

fn message(sql: &str) -> String {
    parse(sql).unwrap().unwrap_err().message
}

#[test]
fn backups_print_with_masked_destinations() {
    assert_eq!(normal("BACKUP foo INTO 'bar'"), "BACKUP TABLE foo INTO '*****'");
    assert_eq!(
        normal("backup role into 'bar'"),
        "BACKUP TABLE \"role\" INTO '*****'"
    );
    assert_eq!(
        normal("BACKUP DATABASE foo INTO bar"),
        "BACKUP DATABASE foo INTO '*****'"
    );
    assert_eq!(
        normal("BACKUP DATABASE foo INTO ($1, $2)"),
        "BACKUP DATABASE foo INTO ($1, $2)"
    );
    assert_eq!(
        normal("BACKUP TABLE foo INTO $1 IN $2"),
        "BACKUP TABLE foo INTO $1 IN $2"
    );
    assert_eq!(
        normal("BACKUP foo INTO 'bar' WITH KMS = ('foo', 'bar'), revision_history"),
        "BACKUP TABLE foo INTO '*****' WITH OPTIONS (revision_history = true, kms = ('*****', '*****'))"
    );
    assert_eq!(
        normal("BACKUP INTO LATEST IN 'bar' AS OF SYSTEM TIME '-10s' WITH detached = false"),
        "BACKUP INTO LATEST IN '*****' AS OF SYSTEM TIME '-10s'"
    );
}

#[test]
fn show_backup_keeps_its_spelling_and_orders_its_options() {
    assert_eq!(
        normal("SHOW BACKUP LATEST IN 'bar' WITH ENCRYPTION_PASSPHRASE = 'secret', CHECK_FILES"),
        "SHOW BACKUP 'latest' IN '*****' WITH OPTIONS (check_files, encryption_passphrase = '*****')"
    );
    assert_eq!(
        normal("SHOW BACKUP FILES FROM 'foo' IN 'bar'"),
        "SHOW BACKUP FILES FROM 'foo' IN '*****'"
    );
    assert_eq!(
        normal("SHOW BACKUP FROM $1 IN $2 WITH privileges"),
        "SHOW BACKUP FROM $1 IN $2 WITH OPTIONS (privileges)"
    );
}

#[test]
fn a_bare_word_may_be_a_string_and_a_keyword_may_be_a_table() {
    let Statement::Restore(restore) = parse("RESTORE DATABASE d FROM LATEST IN 'x' WITH new_db_name = ddup")
        .unwrap()
        .unwrap()
    else {
        panic!("not a restore");
    };
    assert_eq!(restore.options.new_db_name, Some(Text::literal("ddup")));
    assert_eq!(restore.from, Text::literal("latest"));
    let Statement::Backup(backup) = parse("BACKUP database INTO 'x'").unwrap().unwrap() else {
        panic!("not a backup");
    };
    assert!(matches!(backup.targets, Targets::Tables(_)));
    assert_eq!(backup.into, Destination::New);
}

#[test]
fn removed_forms_say_what_to_write_instead() {
    assert_eq!(
        message("BACKUP TABLE foo TO 'bar'"),
        "at or near \"bar\": syntax error: The `BACKUP TO` syntax is no longer supported. Please use `BACKUP INTO` to \
         create a backup collection."
    );
    assert!(
        message("RESTORE TABLE foo FROM 'bar'").contains("The `RESTORE <targets> FROM <backupURI>` syntax")
    );
    assert!(message("RESTORE FROM 'bar'").contains("The `RESTORE FROM <backupURI>` syntax"));
    assert!(message("RESTORE DATABASE d FROM LATEST IN 'x' WITH no_such").contains("<backupURI>"));
    assert!(message("SHOW BACKUP 'x'").contains("without the `IN` keyword"));
}

#[test]
fn repeated_options_are_refused_in_their_own_words() {
    for (option, expected) in [
        (
            "revision_history, revision_history",
            "revision_history option specified multiple times",
        ),
        ("detached, detached", "detached option specified multiple times"),
        (
            "encryption_passphrase='a', encryption_passphrase='b'",
            "encryption_passphrase specified multiple times",
        ),
        ("kms='a', kms='b'", "kms specified multiple times"),
    ] {
        let message = message(&format!("BACKUP foo INTO 'bar' WITH {option}"));
        assert!(message.ends_with(expected), "{message}");
    }
}

#[test]
fn detached_takes_no_placeholder() {
    assert!(message("BACKUP foo INTO 'bar' WITH detached = $1").contains("syntax error"));
    let error = parse("BACKUP foo INTO 'bar' WITH detached = $1")
        .unwrap()
        .unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("try \\h BACKUP"));
    assert!(error.detail.unwrap().ends_with('^'));
}

#[test]
fn other_statements_are_left_to_others() {
    for sql in [
        "SELECT 1",
        "SHOW TABLES",
        "CREATE TABLE t (x INT)",
        "DROP DATABASE d",
        "ALTER TABLE t ADD x INT",
        "",
    ] {
        assert_eq!(parse(sql), None, "{sql}");
    }
}

#[test]
fn jobs_and_schedules_take_ids_and_queries() {
    let Statement::ControlJobs(control) = parse("PAUSE JOB (SELECT 5)").unwrap().unwrap() else {
        panic!("not a job command");
    };
    assert_eq!(
        control.target,
        ControlJobsTarget::Ids(Ids::Query("SELECT 5".to_owned()))
    );
    let Statement::ControlSchedules(control) =
        parse("DROP SCHEDULES WITH x AS (SHOW SCHEDULES) SELECT id FROM x WHERE label='a';")
            .unwrap()
            .unwrap()
    else {
        panic!("not a schedule command");
    };
    assert_eq!(
        control.ids,
        Ids::Query("WITH x AS (SHOW SCHEDULES) SELECT id FROM x WHERE label='a'".to_owned())
    );
    let Statement::ControlJobs(control) = parse("CANCEL JOB 42").unwrap().unwrap() else {
        panic!("not a job command");
    };
    assert_eq!(
        control.target,
        ControlJobsTarget::Ids(Ids::One(Number::Literal(42)))
    );
    assert_eq!(normal("RESUME ALL BACKUP JOBS"), "RESUME ALL BACKUP JOBS");
}

#[test]
fn a_schedule_prints_redacted_or_clear() {
    let sql = "CREATE SCHEDULE FOR BACKUP INTO 's3://b/p?AWS_SECRET_ACCESS_KEY=k&AUTH=specified' \
               WITH encryption_passphrase = 'p' RECURRING '@hourly' FULL BACKUP ALWAYS";
    let statement = parse(sql).unwrap().unwrap();
    assert_eq!(
        statement.print(Secrets::Redacted),
        "CREATE SCHEDULE FOR BACKUP INTO 's3://b/p?AUTH=specified&AWS_SECRET_ACCESS_KEY=redacted' \
         WITH OPTIONS (encryption_passphrase = '*****') RECURRING '@hourly' FULL BACKUP ALWAYS"
    );
    assert!(
        statement
            .print(Secrets::Clear)
            .contains("AWS_SECRET_ACCESS_KEY=k&AUTH")
    );
}

#[test]
fn one_semicolon_may_end_a_statement_and_nothing_may_follow() {
    assert!(parse("BACKUP INTO 'x';").unwrap().is_ok());
    assert!(parse("BACKUP INTO 'x'; SELECT 1").unwrap().is_err());
}
