#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn folders() -> Folders {
    Folders {
        home: Some("/home/max".into()),
        app_data: Some("C:/Users/max/AppData/Roaming".into()),
    }
}

/// `user|password|host:port/database|tls|ca|cluster`, what is absent left empty.
fn told(text: &str) -> String {
    let parsed = parse(text, &folders()).unwrap_or_else(|refused| panic!("{text}: {refused}"));
    format!(
        "{}|{}|{}:{}/{}|{}|{}|{}",
        parsed.user.as_deref().unwrap_or_default(),
        parsed.password.as_ref().map(Secret::expose).unwrap_or_default(),
        parsed.host.as_deref().unwrap_or_default(),
        parsed.port.map(|port| port.to_string()).unwrap_or_default(),
        parsed.database.as_deref().unwrap_or_default(),
        parsed.tls.map(TlsMode::as_str).unwrap_or_default(),
        parsed.ca_file.as_deref().unwrap_or_default(),
        parsed.cluster_option.as_deref().unwrap_or_default(),
    )
}

const DOG: &str = "blue-dog-147.6wr.cockroachlabs.cloud:26257";

#[test]
fn what_people_paste_is_understood() {
    let dog = |rest: &str| format!("max|pw|{DOG}/defaultdb|verify-full|{rest}");
    let cases: Vec<(String, String)> = [
        // What the Cloud Console hands out.
        (format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full"), dog("|")),
        (format!("postgres://max:pw@{DOG}/defaultdb?sslmode=verify-full"), dog("|")),
        (format!("  postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full\r\n"), dog("|")),
        (format!("\u{feff}postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full"), dog("|")),
        (format!("POSTGRESQL://max:pw@{}/defaultdb?sslmode=verify-full", DOG.to_uppercase()), dog("|")),
        (format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&options=--cluster%3Dblue-dog-147"), dog("|blue-dog-147")),
        (format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&options=--cluster=blue-dog-147"), dog("|blue-dog-147")),
        (format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&options=-c+cluster%3Dblue-dog-147"), dog("|blue-dog-147")),
        (format!("postgresql://max:pw@{DOG}/blue-dog-147.defaultdb?sslmode=verify-full"), dog("|blue-dog-147")),
        (
            format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&sslrootcert=$HOME/.postgresql/root.crt"),
            dog("/home/max/.postgresql/root.crt|"),
        ),
        (
            format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&sslrootcert='$HOME'/.postgresql/root.crt"),
            dog("/home/max/.postgresql/root.crt|"),
        ),
        (
            format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&sslrootcert=%2Fhome%2Fmax%2Fmy%20ca.crt"),
            dog("/home/max/my ca.crt|"),
        ),
        (
            format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&sslrootcert=~/Library/CockroachCloud/certs/dog-ca.crt"),
            dog("/home/max/Library/CockroachCloud/certs/dog-ca.crt|"),
        ),
        (
            format!(r"postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&sslrootcert=$env:appdata\.postgresql\root.crt"),
            dog(r"C:/Users/max/AppData/Roaming\.postgresql\root.crt|"),
        ),
        (
            format!(r"postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&sslrootcert=%APPDATA%\CockroachCloud\certs\dog-ca.crt"),
            dog(r"C:/Users/max/AppData/Roaming\CockroachCloud\certs\dog-ca.crt|"),
        ),
        (format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&sslrootcert=system"), dog("|")),
        // Commands around it.
        (format!("cockroach sql --url \"postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full\""), dog("|")),
        (format!("cockroach sql --url 'postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full'"), dog("|")),
        (format!("cockroach sql --url=postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full"), dog("|")),
        (format!("$ cockroach sql --url \\\n  \"postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full\" -e 'SELECT 1'"), dog("|")),
        (
            format!("cockroach sql --url 'postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full&sslrootcert='$HOME'/.postgresql/root.crt'"),
            dog("/home/max/.postgresql/root.crt|"),
        ),
        (format!("psql \"postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full\""), dog("|")),
        (format!("ccloud cluster sql blue-dog --connection-url \"postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full\""), dog("|")),
        (format!("\u{201c}postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full\u{201d}"), dog("|")),
        (format!("`postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full`"), dog("|")),
        (format!("postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full -- ask Ann"), dog("|")),
        // Variables.
        (format!("DATABASE_URL=postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full"), dog("|")),
        (format!("export DATABASE_URL=\"postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full\""), dog("|")),
        (format!("$env:DATABASE_URL = \"postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full\""), dog("|")),
        (format!("DATABASE_URL: 'postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full'"), dog("|")),
        (format!("{{\"url\": \"postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full\"}}"), dog("|")),
        (format!("# .env\nPORT=8080\nDATABASE_URL='postgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full'\nDEBUG=1"), dog("|")),
        ("PGHOST=db.example.com\nPGPORT=26257\nPGUSER=max\nPGPASSWORD=pw\nPGDATABASE=bank\nPGSSLMODE=verify-full".into(), "max|pw|db.example.com:26257/bank|verify-full||".into()),
        ("export PGHOST=db.example.com\nexport PGUSER='max'".into(), "max||db.example.com:/|||".into()),
        // JDBC and other drivers.
        (format!("jdbc:postgresql://{DOG}/defaultdb?user=max&password=pw&sslmode=verify-full"), dog("|")),
        (format!("jdbc:postgresql://{DOG}/defaultdb?user=max&password=pw&ssl=true"), dog("|")),
        (format!("cockroachdb://max:pw@{DOG}/defaultdb?sslmode=verify-full"), dog("|")),
        (format!("postgresql+psycopg2://max:pw@{DOG}/defaultdb?sslmode=verify-full"), dog("|")),
        // Names and values.
        ("host=db.example.com port=26257 user=max password=pw dbname=bank sslmode=verify-full".into(), "max|pw|db.example.com:26257/bank|verify-full||".into()),
        ("host = db.example.com user = max password = 'p w\\'s' dbname = bank".into(), "max|p w's|db.example.com:/bank|||".into()),
        ("host='db.example.com' password='' user=max".into(), "max||db.example.com:/|||".into()),
        ("Host: db.example.com\nPort: 26257\nUser: max\nDatabase: bank\nPassword: pw".into(), "max|pw|db.example.com:26257/bank|||".into()),
        ("host=::1 port=26257 user=root sslmode=disable".into(), "root||::1:26257/|disable||".into()),
        ("cockroach sql --insecure --host=localhost:26258 --user root -d movr".into(), "root||localhost:26258/movr|disable||".into()),
        ("cockroach sql --certs-dir=certs --host=node1.example.com".into(), "||node1.example.com:/|||".replacen("/|||", "/||certs/ca.crt|", 1)),
        ("psql -h db.example.com -p 26257 -U max -d bank".into(), "max||db.example.com:26257/bank|||".into()),
        ("psql \"host=h.example.com user=max password=pw dbname=bank\"".into(), "max|pw|h.example.com:/bank|||".into()),
        ("psql host=h.example.com user=max".into(), "max||h.example.com:/|||".into()),
        ("/usr/bin/psql -U max \"host=h.example.com dbname=bank sslmode=verify-full\" -c 'SELECT 1'".into(), "max||h.example.com:/bank|verify-full||".into()),
        ("Host=h.example.com;Port=26257;Username=max;Password=pw;Database=bank;SSL Mode=VerifyFull".into(), "max|pw|h.example.com:26257/bank|verify-full||".into()),
        ("\"Host=h.example.com;Port=26257;User ID=max;Password=p w=1;SSL Mode=Require;Trust Server Certificate=true;\"".into(), "max|p w=1|h.example.com:26257/|require||".into()),
        ("  \"Default\": \"Server=h.example.com;Port=26257;Uid=max;Pwd=pw\",".into(), "max|pw|h.example.com:26257/|||".into()),
        ("Driver={PostgreSQL Unicode};Server=h.example.com;Port=26257;Uid=max;Pwd=pw;".into(), "max|pw|h.example.com:26257/|||".into()),
        ("host=h.example.com user=max password=a;b=c".into(), "max|a;b=c|h.example.com:/|||".into()),
        (
            "spring.datasource.url=jdbc:postgresql://h.example.com:26257/bank?sslmode=verify-full\nspring.datasource.username=max\nspring.datasource.password=p:w=1".into(),
            "max|p:w=1|h.example.com:26257/bank|verify-full||".into(),
        ),
        (
            "spring:\n  datasource:\n    username: max\n    password: 'pw'\n    url: jdbc:postgresql://h.example.com:26257/bank\n".into(),
            "max|pw|h.example.com:26257/bank|||".into(),
        ),
        (format!("curl --create-dirs -o $HOME/.postgresql/root.crt 'https://cockroachlabs.cloud/clusters/1b2c/cert'\npostgresql://max:pw@{DOG}/defaultdb?sslmode=verify-full"), dog("|")),
        // Self-hosted, addresses, bare hosts.
        ("postgresql://root@localhost:26257/defaultdb?sslmode=disable".into(), "root||localhost:26257/defaultdb|disable||".into()),
        ("postgresql://root@127.0.0.1/movr?sslmode=disable".into(), "root||127.0.0.1:/movr|disable||".into()),
        ("postgresql://root@[::1]:26257/defaultdb?sslmode=disable".into(), "root||::1:26257/defaultdb|disable||".into()),
        ("postgresql://max:pw@[2001:db8::7]/bank?sslmode=verify-full".into(), "max|pw|2001:db8::7:/bank|verify-full||".into()),
        ("postgresql://max@db.example.com.:26257".into(), "max||db.example.com:26257/|||".into()),
        ("postgresql://max@a.example.com:26257,b.example.com:26258/bank".into(), "max||a.example.com:26257/bank|||".into()),
        ("postgresql:///bank?host=db.example.com&user=max".into(), "max||db.example.com:/bank|||".into()),
        ("blue-dog-147.6wr.cockroachlabs.cloud".into(), "||blue-dog-147.6wr.cockroachlabs.cloud:/|||".into()),
        ("max@db.example.com:26257/bank".into(), "max||db.example.com:26257/bank|||".into()),
        ("localhost:26257".into(), "||localhost:26257/|||".into()),
        // Passwords and names, encoded and not.
        (format!("postgresql://max:p%40ss%2Fw%3A%25@{DOG}/defaultdb"), format!("max|p@ss/w:%|{DOG}/defaultdb|||")),
        (format!("postgresql://max:p@ss@{DOG}/defaultdb"), format!("max|p@ss|{DOG}/defaultdb|||")),
        (format!("postgresql://max:a/b#c?d@{DOG}/defaultdb?sslmode=verify-full"), format!("max|a/b#c?d|{DOG}/defaultdb|verify-full||")),
        (format!("postgresql://max:12/34@{DOG}/defaultdb"), format!("max|12/34|{DOG}/defaultdb|||")),
        (format!("postgresql://max:p:w@{DOG}/defaultdb"), format!("max|p:w|{DOG}/defaultdb|||")),
        (format!("postgresql://max:50%@{DOG}/defaultdb"), format!("max|50%|{DOG}/defaultdb|||")),
        (format!("postgresql://max:my pass@{DOG}/defaultdb"), format!("max|my pass|{DOG}/defaultdb|||")),
        (format!("postgresql://max:%C3%A9t%C3%A9@{DOG}/defaultdb"), format!("max|été|{DOG}/defaultdb|||")),
        (format!("postgresql://müller:pw@{DOG}/größe"), format!("müller|pw|{DOG}/größe|||")),
        (format!("postgresql://max%40corp:pw@{DOG}/my%20db"), format!("max@corp|pw|{DOG}/my db|||")),
        (format!("postgresql://max:<ENTER-SQL-USER-PASSWORD>@{DOG}/defaultdb"), format!("max||{DOG}/defaultdb|||")),
        (format!("postgresql://max:********@{DOG}/defaultdb"), format!("max||{DOG}/defaultdb|||")),
        (format!("postgresql://max:${{PASSWORD}}@{DOG}/defaultdb"), format!("max||{DOG}/defaultdb|||")),
        // Blanks that were not encoded.
        ("postgresql://o'brien:p%40ss@localhost:1/\"; drop table x?sslmode=disable".into(), "o'brien|p@ss|localhost:1/\"; drop table x|disable||".into()),
        ("DATABASE_URL=postgresql://o'brien:pw@localhost:1/bank?sslmode=disable".into(), "o'brien|pw|localhost:1/bank|disable||".into()),
        (format!("use postgresql://max:pw@{DOG}/my bank?sslmode=require"), format!("max|pw|{DOG}/my bank|require||")),
        (format!("postgresql://max:pw@{DOG}/my bank?sslmode=disable&options=-c cluster=dog-1 -- ask Ann"), format!("max|pw|{DOG}/my bank|disable||dog-1")),
        (format!("postgresql://max:pw@{DOG}/bank?sslrootcert=/home/max/my ca.crt&sslmode=verify-ca"), format!("max|pw|{DOG}/bank|verify-ca|/home/max/my ca.crt|")),
        (format!("postgresql://max:my p@ss@{DOG}/bank?sslmode=require"), format!("max|my p@ss|{DOG}/bank|require||")),
        // Weak and unknown TLS modes.
        (format!("postgresql://max@{DOG}/defaultdb?sslmode=require"), format!("max||{DOG}/defaultdb|require||")),
        (format!("postgresql://max@{DOG}/defaultdb?sslmode=prefer"), format!("max||{DOG}/defaultdb|verify-full||")),
        (format!("postgresql://max@{DOG}/defaultdb?sslmode=verify_ca"), format!("max||{DOG}/defaultdb|verify-ca||")),
        // Things to leave out.
        (format!("postgresql://max@{DOG}/defaultdb?statement_timeout=5s&application_name=x&hostaddr=10.0.0.1"), format!("max||{DOG}/defaultdb|||")),
    ]
    .into_iter()
    .collect();
    assert!(cases.len() >= 60);
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| told(text) != *expected)
        .map(|(text, expected)| format!("{text}\n   expected {expected}\n   got      {}", told(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_cannot_be_used_is_refused_with_the_reason() {
    let cases = [
        ("", Part::Whole, "nothing to read"),
        ("hello there", Part::Whole, "not a connection string"),
        (
            "mysql://root@localhost/db",
            Part::Whole,
            "another kind of database",
        ),
        (
            "https://cockroachlabs.cloud/cluster/abc/overview",
            Part::Whole,
            "page in the Cloud Console",
        ),
        (
            "curl --create-dirs -o $HOME/.postgresql/root.crt 'https://cockroachlabs.cloud/clusters/1b2c/cert'",
            Part::Whole,
            "Basic and Standard clusters do not need it",
        ),
        ("https://example.com", Part::Whole, "web address"),
        ("ccloud cluster sql blue-dog", Part::Whole, "--connection-url"),
        ("ERROR: cannot load certificates.", Part::Whole, "error message"),
        (
            "x509: certificate signed by unknown authority",
            Part::Whole,
            "error message",
        ),
        ("postgresql://max@/bank", Part::Host, "No host"),
        (
            "postgresql://max@db.example.com:99999/bank",
            Part::Port,
            "1 to 65535",
        ),
        ("postgresql://max@db.example.com:0/bank", Part::Port, "1 to 65535"),
        (
            "postgresql://max@db.example.com:abc/bank",
            Part::Port,
            "1 to 65535",
        ),
        ("postgresql://root@::1:26257/bank", Part::Host, "brackets"),
        (
            "postgresql://root@[fe80::1%25eth0]:26257/bank",
            Part::Host,
            "zone",
        ),
        ("postgresql://root@[::zz]/bank", Part::Host, "not an IPv6"),
        ("postgresql://root@%2Fvar%2Frun/bank", Part::Host, "Unix sockets"),
        ("host=/var/run/postgresql user=max", Part::Host, "Unix sockets"),
        ("postgresql://max@bücher.example/bank", Part::Host, "ASCII"),
        (
            "postgresql://max@-bad-.example.com/bank",
            Part::Host,
            "valid host",
        ),
        ("postgresql://max@999.1.1.1/bank", Part::Host, "IPv4"),
        ("postgresql://max@<host>:26257/bank", Part::Host, "placeholder"),
        (
            "postgresql://max@db.example.com/bank?sslmode=maybe",
            Part::Tls,
            "sslmode",
        ),
        ("postgresql://max:%00@db.example.com/bank", Part::Password, "NUL"),
        (
            "postgresql://max:%FF@db.example.com/bank",
            Part::Password,
            "UTF-8",
        ),
        ("host='db.example.com user=max", Part::Whole, "not closed"),
        (
            "postgresql://max:p@ss word@db.example.com/bank",
            Part::Whole,
            "where the password ends",
        ),
        (
            "postgresql://max:my pass@db.example.com/bank ask ann@example.com",
            Part::Whole,
            "where the password ends",
        ),
        (
            "cockroach sql --url postgresql://o'brien@db.example.com/bank",
            Part::Whole,
            "not closed",
        ),
        ("postgresql://db\u{0}.example.com", Part::Whole, "control"),
    ];
    for (text, part, piece) in cases {
        let refused = parse(text, &folders()).expect_err(text);
        assert_eq!(refused.part, part, "{text}: {refused}");
        assert!(refused.sentence().contains(piece), "{text}: {refused}");
    }
    let long = format!("postgresql://max@db.example.com/{}", "x".repeat(LONGEST_BYTES));
    assert!(parse(&long, &folders()).is_err());
}

#[test]
fn what_a_person_should_know_is_said() {
    let notes = |text: &str| parse(text, &folders()).unwrap().notes;
    let said = |text: &str, part: Part, piece: &str| {
        let notes = notes(text);
        assert!(
            notes
                .iter()
                .any(|note| note.part == part && note.sentence.contains(piece)),
            "{text}: {notes:?}"
        );
    };
    said(
        "postgresql://max:a/b@db.example.com/bank",
        Part::Password,
        "percent-encoded",
    );
    said(
        "postgresql://max:5%@db.example.com/bank",
        Part::Password,
        "no percent-encoding",
    );
    said(
        "postgresql://max:<password>@db.example.com/bank",
        Part::Password,
        "placeholder",
    );
    said(
        "postgresql://max@db.example.com/bank?sslmode=require",
        Part::Tls,
        "does not check",
    );
    said(
        "postgresql://max@db.example.com/bank?sslmode=disable",
        Part::Tls,
        "unencrypted",
    );
    said("postgresql://max@db.example.com:5432/bank", Part::Port, "26257");
    said(
        "postgresql://max@a.example.com,b.example.com/bank",
        Part::Host,
        "first one",
    );
    said(
        "postgresql://max@db.example.com/bank?hostaddr=10.0.0.1",
        Part::Host,
        "hostaddr",
    );
    said(
        "postgresql://max@db.example.com/bank?sslcert=a.crt",
        Part::ClientKey,
        "missing",
    );
    said(
        "postgresql://max@db.example.com/bank?statement_timeout=5s",
        Part::Whole,
        "statement_timeout",
    );
    said(
        "postgresql://max@db.example.com/my bank",
        Part::Whole,
        "space after the URL was left out",
    );
    said(
        "DATABASE_URL=postgresql://max@db.example.com/bank is ours",
        Part::Whole,
        "space after the URL was left out",
    );
    said(
        "postgresql://max@db.example.com:26257/\nbank?sslmode=disable",
        Part::Whole,
        "Only the line",
    );
    for plain in [
        "postgresql://max:pw@db.example.com:26257/bank?sslmode=verify-full",
        "postgresql://max:pw@db.example.com:26257/my bank?sslmode=verify-full",
        "cockroach sql --url postgresql://max:pw@db.example.com:26257/bank -e 'SELECT 1'",
        "DATABASE_URL=postgresql://max:pw@db.example.com:26257/bank # ours",
        "A=1\nDATABASE_URL=postgresql://max:pw@db.example.com:26257/bank\nB=2",
    ] {
        assert!(notes(plain).is_empty(), "{plain}: {:?}", notes(plain));
    }
}

#[test]
fn a_token_is_recognised_by_its_option() {
    let parsed = parse(
        "postgresql://max:eyJ@h.example.com/d?options=--crdb:jwt_auth_enabled=true",
        &folders(),
    )
    .unwrap();
    assert!(parsed.jwt);
}

#[test]
fn the_rebuilt_url_holds_no_password() {
    let parsed = parse("postgresql://max:hunter2@db.example.com/bank", &folders()).unwrap();
    let url = parsed.to_url();
    assert_eq!(
        url,
        "postgresql://max@db.example.com:26257/bank?sslmode=verify-full"
    );
}

fn text() -> impl Strategy<Value = String> {
    "[a-z ]{0,6}"
        .prop_flat_map(|start| "[ -~äß€/@:?#%&=+'\"]{0,12}".prop_map(move |end| format!("{start}{end}")))
}

proptest! {
    #[test]
    fn a_password_reads_back_however_odd_it_is(password in "[^\0]{1,30}") {
        let url = format!(
            "postgresql://max:{}@db.example.com:26257/bank?sslmode=verify-full",
            url::percent_encode(&password)
        );
        let parsed = parse(&url, &Folders::default()).unwrap();
        if !is_placeholder(&password) {
            prop_assert_eq!(parsed.password, Some(Secret::new(password)));
        }
        prop_assert_eq!(parsed.host.unwrap(), "db.example.com");
    }

    #[test]
    fn parse_build_parse_is_stable(
        user in text(), database in text(), host in "[a-z][a-z0-9]{0,8}(\\.[a-z]{2,5}){0,2}",
        port in 1u16.., jwt: bool, cluster in proptest::option::of("[a-z]{1,5}-[0-9]{1,4}"),
        ca in proptest::option::of("/[a-z /&=?#%]{1,12}[a-z]"),
    ) {
        let written = ConnectionString {
            host: Some(host), port: Some(port), user: Some(user.trim().to_owned()).filter(|user| !user.is_empty()),
            database: Some(format!("d{}", database.trim())), tls: Some(TlsMode::VerifyFull), ca_file: ca, jwt,
            cluster_option: cluster, ..Default::default()
        };
        let once = parse(&written.to_url(), &Folders::default()).unwrap();
        let twice = parse(&once.to_url(), &Folders::default()).unwrap();
        prop_assert_eq!(once.to_url(), written.to_url());
        prop_assert_eq!(&once, &twice);
        prop_assert_eq!((once.host, once.user, once.database), (written.host, written.user, written.database));
    }

    #[test]
    fn a_database_with_blanks_is_taken_whole_when_a_parameter_follows_it(
        database in "[a-z;\"'!$()*,.-]{1,6}( {1,2}[a-z;\"'!$()*,.-]{1,6}){0,3}",
    ) {
        let url = format!("postgresql://max:pw@db.example.com:26257/{database}?sslmode=require");
        let parsed = parse(&url, &Folders::default()).unwrap();
        prop_assert_eq!(parsed.database, Some(database));
        prop_assert_eq!(parsed.tls, Some(TlsMode::Require));
    }

    #[test]
    fn nothing_after_a_blank_is_lost_without_a_word(
        database in "[a-z]{1,6}", more in "( [a-z@?&=/:'\"-]{1,8}){1,3}",
    ) {
        let url = format!("postgresql://max:pw@db.example.com:26257/{database}{more}");
        if let Ok(parsed) = parse(&url, &Folders::default()) {
            let whole = parsed.database.as_deref() == Some(format!("{database}{more}").as_str());
            prop_assert!(whole || !parsed.notes.is_empty(), "{:?}", parsed);
        }
    }

    #[test]
    fn no_text_makes_the_reader_stumble_and_what_it_accepts_it_accepts_again(text in "\\PC{0,80}") {
        if let Ok(parsed) = parse(&text, &folders()) {
            let again = parse(&parsed.to_url(), &folders()).unwrap();
            prop_assert_eq!(again.to_url(), parsed.to_url());
        }
    }

    #[test]
    fn no_sentence_about_a_mangled_url_shows_the_password(
        head in "[a-z:/@?#%& ]{0,10}", tail in "[a-z0-9:/@?#%& ]{0,20}",
    ) {
        let text = format!("postgresql://max:{head}s3cr3t-w0rd{tail}@db.example.com:26257/bank");
        match parse(&text, &folders()) {
            Ok(parsed) => prop_assert!(!format!("{:?}", parsed.notes).contains("s3cr3t-w0rd"), "{parsed:?}"),
            Err(refused) => prop_assert!(!refused.sentence().contains("s3cr3t-w0rd")),
        }
    }
}
