//! What a new cluster holds: the accounts and databases every cluster has, and two samples to try things on.

mod accident;
mod bank;
mod movr;

pub use accident::{Accident, let_happen};

use crate::catalog::{
    Body, DatabaseBody, Descriptor, EntryKey, Grants, Membership, ObjectName, Privilege, Role,
    SYSTEM_DATABASE_ID, State, kind,
};
use crate::datum::{Datum, Row};
use crate::error::SqlResult;
use crate::session::Session;
use crate::sql::lexer::split_name;

/// `admin`, `root`, the person's own admin, and the databases a cluster begins with.
pub fn system(session: &mut Session, user: &str) -> SqlResult<()> {
    session.put_role("admin", Some(&Role::user("admin")))?;
    for name in ["root", user] {
        let mut role = Role::user(name);
        role.member_of
            .insert("admin".into(), Membership { is_admin: true });
        session.put_role(name, Some(&role))?;
    }
    session.put_entry(
        &EntryKey::new(kind::DESCRIPTOR, SYSTEM_DATABASE_ID),
        Some(&system_database()),
    )?;
    session.create_database("defaultdb", "root")?;
    session.create_database("postgres", "root")?;
    Ok(())
}

/// The database the cluster keeps itself in. It has no tables of its own here: what can be read of them is computed.
fn system_database() -> Descriptor {
    let mut grants = Grants::default();
    for (holder, grantable) in [("admin", true), ("public", false), ("root", true)] {
        grants.grant(holder, Privilege::Connect, grantable);
    }
    Descriptor {
        id: SYSTEM_DATABASE_ID,
        name: "system".into(),
        parent_id: 0,
        schema_id: 0,
        owner: "node".into(),
        grants,
        state: State::Public,
        body: Body::Database(DatabaseBody::default()),
    }
}

/// The databases `bank` and `movr`, always with the same rows.
pub fn databases(session: &mut Session) -> SqlResult<()> {
    bank::make(session)?;
    movr::make(session)
}

/// Numbers that look random and are the same every time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.below(from.len() as u64)).unwrap_or(0)]
    }

    fn uuid(&mut self) -> String {
        uuid::Uuid::from_u64_pair(self.next(), self.next()).to_string()
    }

    /// An amount of money with two places, from and until in cents.
    fn amount(&mut self, from: i64, until: i64) -> Datum {
        let span = u64::try_from(until - from).unwrap_or(1);
        let cents = from + i64::try_from(self.below(span)).unwrap_or(0);
        #[allow(clippy::cast_precision_loss)]
        Datum::Float(cents as f64 / 100.0)
    }

    /// A moment in the three years before the samples' fixed day.
    fn moment(&mut self) -> Datum {
        moment(self.below(3 * 365 * 24 * 3600))
    }
}

/// A timestamp, this many seconds before the samples' fixed day.
fn moment(seconds_before: u64) -> Datum {
    Datum::Text(moment_text(seconds_before))
}

/// A whole number from the generator's unsigned ones.
fn whole(number: u64) -> Datum {
    Datum::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The moment this many seconds before the samples' fixed day, the first of January 2026. Reckoned by hand, as a hundred thousand of
/// them through a general formatter are most of the first start of a debug build.
fn moment_text(seconds_before: u64) -> String {
    const DAYS_OF_MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days_before = seconds_before.div_ceil(86_400);
    let second = days_before * 86_400 - seconds_before;
    let is_leap = |year: u64| year.is_multiple_of(4);
    let (mut year, mut days_left) = (2026, days_before);
    while days_left > 0 {
        year -= 1;
        let length = if is_leap(year) { 366 } else { 365 };
        if days_left <= length {
            days_left = length - days_left;
            break;
        }
        days_left -= length;
    }
    let mut month = 0;
    for days in DAYS_OF_MONTHS {
        let days = if month == 1 && is_leap(year) {
            days + 1
        } else {
            days
        };
        if days_left < days {
            break;
        }
        days_left -= days;
        month += 1;
    }
    format!(
        "{year}-{:02}-{:02} {:02}:{:02}:{:02}.000000",
        month + 1,
        days_left + 1,
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

const FIRST_NAMES: &[&str] = &[
    "Ada", "Amara", "Bruno", "Chen", "Dilara", "Elif", "Femi", "Greta", "Hana", "Ivan", "Jonas", "Kaveh",
    "Lena", "Mateo", "Noor", "Olga", "Priya", "Quentin", "Rosa", "Sami", "Tariq", "Uma", "Viktor", "Wanda",
    "Ximena", "Yuki", "Zoë",
];
const LAST_NAMES: &[&str] = &[
    "Abebe", "Berg", "Castillo", "Duarte", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Janssen",
    "Kowalski", "Lind", "Moreau", "Nguyen", "Okafor", "Petrov", "Quispe", "Rossi", "Schmidt", "Tanaka",
    "Ueda", "Vargas", "Weber", "Yilmaz",
];
const CITIES: &[&str] = &[
    "amsterdam",
    "boston",
    "los angeles",
    "new york",
    "paris",
    "rome",
    "san francisco",
    "seattle",
    "washington dc",
];

/// Fills a table. The values are in the order of its columns and in storage form already: a hundred thousand rows through the
/// reading of texts are seconds in a debug build.
fn fill(session: &mut Session, table: &str, rows: impl Iterator<Item = Row>) -> SqlResult<()> {
    let catalog = session.catalog()?;
    let name = ObjectName(split_name(table));
    let descriptor = catalog
        .resolve(&name, "defaultdb", &[])
        .ok_or_else(|| name.undefined_relation())?;
    session.insert_rows(descriptor, rows).map(|_| ())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::{DateTime, TimeDelta, Utc};

    use crate::datum::Datum;
    use crate::session::Session;
    use crate::{Options, PracticeCluster};

    #[test]
    fn moments_are_reckoned_as_the_calendar_has_them() {
        let day = DateTime::<Utc>::from_timestamp(1_767_225_600, 0).unwrap_or_default();
        for seconds in (0..4 * 366 * 86_400).step_by(40_009) {
            let moment = day - TimeDelta::seconds(seconds);
            let wanted = moment.format("%Y-%m-%d %H:%M:%S.000000").to_string();
            assert_eq!(super::moment_text(seconds.unsigned_abs()), wanted);
        }
    }

    #[test]
    fn the_samples_are_in_the_form_that_reading_their_text_gives() {
        let cluster = PracticeCluster::start(Options {
            insecure: true,
            ..Options::default()
        })
        .unwrap();
        let mut session = Session::internal(cluster.cluster(), "root").unwrap();
        let catalog = session.catalog().unwrap();
        let mut tables = 0;
        for descriptor in catalog.descriptors.values().filter(|d| d.table().is_some()) {
            let table = descriptor.table().unwrap();
            let mut rows = 0;
            let now = session.now();
            session
                .scan_at(descriptor, now, |row| {
                    rows += 1;
                    if rows % 97 == 1 {
                        for (value, column) in row.iter().zip(&table.columns) {
                            let Some(text) = value.to_text(&column.ty) else {
                                continue;
                            };
                            let read = Datum::from_text(&text, &column.ty).unwrap();
                            assert_eq!(&read, value, "{}.{}", descriptor.name, column.name);
                        }
                    }
                    Ok(())
                })
                .unwrap();
            assert!(rows > 0, "{} is empty", descriptor.name);
            tables += 1;
        }
        assert_eq!(tables, 9);
    }
}
