//! What a new cluster holds: the accounts and databases every cluster has, and two samples to try things on.

mod bank;
mod movr;

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

    fn cents(&mut self, from: i64, until: i64) -> String {
        let span = u64::try_from(until - from).unwrap_or(1);
        let cents = from + i64::try_from(self.below(span)).unwrap_or(0);
        let sign = if cents < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
    }

    /// A moment in the three years before the samples' fixed day.
    fn moment(&mut self) -> String {
        moment_text(self.below(3 * 365 * 24 * 3600))
    }
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
        "{year}-{:02}-{:02} {:02}:{:02}:{:02}+00",
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

/// Fills a table from texts, each read as its column's type; `None` is NULL. The columns are those of the
/// table in their order.
fn fill(
    session: &mut Session,
    table: &str,
    rows: impl Iterator<Item = Vec<Option<String>>>,
) -> SqlResult<()> {
    let catalog = session.catalog()?;
    let name = ObjectName(split_name(table));
    let descriptor = catalog
        .resolve(&name, "defaultdb", &[])
        .ok_or_else(|| name.undefined_relation())?;
    let types: Vec<_> = descriptor
        .table()
        .map(|body| body.columns.iter().map(|column| column.ty.clone()).collect())
        .unwrap_or_default();
    let mut failed = None;
    let rows = rows.map_while(|row| {
        let row: SqlResult<Row> = row
            .into_iter()
            .zip(&types)
            .map(|(value, ty)| value.map_or(Ok(Datum::Null), |text| Datum::from_text(&text, ty)))
            .collect();
        row.map_err(|error| failed = Some(error)).ok()
    });
    session.insert_rows(descriptor, rows)?;
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    #[test]
    fn moments_are_reckoned_as_the_calendar_has_them() {
        let day = DateTime::<Utc>::from_timestamp(1_767_225_600, 0).unwrap_or_default();
        for seconds in (0..4 * 366 * 86_400).step_by(40_009) {
            let moment = day - TimeDelta::seconds(seconds);
            let wanted = moment.format("%Y-%m-%d %H:%M:%S+00").to_string();
            assert_eq!(super::moment_text(seconds.unsigned_abs()), wanted);
        }
    }
}
