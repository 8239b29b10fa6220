//! MovR, the vehicle-sharing company that CockroachDB's own examples know: more tables and about 100,000 rows.

use super::{CITIES, FIRST_NAMES, LAST_NAMES, Numbers, fill, moment, whole};
use crate::datum::Datum;
use crate::error::SqlResult;
use crate::session::Session;

const USERS: u64 = 5_000;
const VEHICLES: u64 = 2_000;
const RIDES: u64 = 30_000;
const POSITIONS: u64 = 60_000;
const CODES: u64 = 1_000;
const USED_CODES: u64 = 2_000;

const SCHEMA: &[&str] = &[
    "CREATE DATABASE movr",
    "CREATE TYPE movr.public.vehicle_status AS ENUM ('available', 'in_use', 'lost')",
    "CREATE SEQUENCE movr.public.receipt_numbers START 100000",
    "CREATE TABLE movr.public.users (id UUID PRIMARY KEY, city STRING NOT NULL, name STRING, address STRING, credit_card STRING)",
    "CREATE TABLE movr.public.vehicles (id UUID PRIMARY KEY, city STRING NOT NULL, type STRING, \
     owner_id UUID, creation_time TIMESTAMP, status movr.public.vehicle_status, ext JSONB)",
    "CREATE TABLE movr.public.rides (id UUID PRIMARY KEY, city STRING NOT NULL, \
     rider_id UUID, vehicle_id UUID, \
     start_address STRING, end_address STRING, start_time TIMESTAMP, end_time TIMESTAMP, revenue DECIMAL(10,2), \
     receipt INT8 DEFAULT nextval('movr.public.receipt_numbers'))",
    "CREATE TABLE movr.public.vehicle_location_histories (city STRING NOT NULL, \
     ride_id UUID NOT NULL, \"timestamp\" TIMESTAMP NOT NULL, lat FLOAT8, long FLOAT8, \
     PRIMARY KEY (city, ride_id, \"timestamp\"))",
    "CREATE TABLE movr.public.promo_codes (code STRING PRIMARY KEY, description STRING, creation_time TIMESTAMP, \
     expiration_time TIMESTAMP, rules JSONB)",
    "CREATE TABLE movr.public.user_promo_codes (user_id UUID NOT NULL, \
     code STRING NOT NULL, \"timestamp\" TIMESTAMP, usage_count INT8, \
     PRIMARY KEY (user_id, code))",
    "CREATE VIEW movr.public.city_revenue AS SELECT city, count(*) AS rides, sum(revenue) AS revenue \
     FROM movr.public.rides GROUP BY city",
];

/// Made after the rows: one look at each table costs less than a look at another table for every row.
const FOREIGN_KEYS: &[(&str, &str, &str)] = &[
    ("vehicles", "owner_id", "users (id)"),
    ("rides", "rider_id", "users (id)"),
    ("rides", "vehicle_id", "vehicles (id)"),
    ("vehicle_location_histories", "ride_id", "rides (id)"),
    ("user_promo_codes", "user_id", "users (id)"),
    ("user_promo_codes", "code", "promo_codes (code)"),
];

pub fn make(session: &mut Session) -> SqlResult<()> {
    for statement in SCHEMA {
        session.query(statement, &[])?;
    }
    let users: Vec<String> = ids(11, USERS);
    let vehicles: Vec<String> = ids(12, VEHICLES);
    let rides: Vec<String> = ids(13, RIDES);
    people(session, &users)?;
    fleet(session, &users, &vehicles)?;
    journeys(session, &users, &vehicles, &rides)?;
    promotions(session, &users)?;
    for (table, column, parent) in FOREIGN_KEYS {
        session.query(
            &format!(
                "ALTER TABLE movr.public.{table} ADD CONSTRAINT {table}_{column}_fkey FOREIGN KEY ({column}) \
                 REFERENCES movr.public.{parent}"
            ),
            &[],
        )?;
    }
    session.query(
        "SELECT setval('movr.public.receipt_numbers', $1)",
        &[i64::try_from(100_000 + RIDES).unwrap_or(0).into()],
    )?;
    Ok(())
}

/// Ids in their order, so that rows go in at the end of the table and not all over it.
fn ids(seed: u64, count: u64) -> Vec<String> {
    let mut numbers = Numbers(seed);
    let mut ids: Vec<String> = (0..count).map(|_| numbers.uuid()).collect();
    ids.sort_unstable();
    ids
}

fn one_of(numbers: &mut Numbers, ids: &[String]) -> Datum {
    ids[usize::try_from(numbers.below(ids.len() as u64)).unwrap_or(0)]
        .as_str()
        .into()
}

fn address(numbers: &mut Numbers) -> Datum {
    format!("{} {} Street", 1 + numbers.below(9_999), numbers.pick(LAST_NAMES)).into()
}

fn people(session: &mut Session, users: &[String]) -> SqlResult<()> {
    let mut numbers = Numbers(21);
    fill(
        session,
        "movr.public.users",
        users.iter().map(|id| {
            vec![
                id.as_str().into(),
                numbers.pick(CITIES).into(),
                format!("{} {}", numbers.pick(FIRST_NAMES), numbers.pick(LAST_NAMES)).into(),
                address(&mut numbers),
                format!("{:010}", numbers.below(10_000_000_000)).into(),
            ]
        }),
    )
}

fn fleet(session: &mut Session, users: &[String], vehicles: &[String]) -> SqlResult<()> {
    let mut numbers = Numbers(22);
    fill(
        session,
        "movr.public.vehicles",
        vehicles.iter().map(|id| {
            let color = numbers.pick(&["black", "blue", "green", "red", "yellow"]);
            vec![
                id.as_str().into(),
                numbers.pick(CITIES).into(),
                numbers.pick(&["bike", "scooter", "skateboard"]).into(),
                one_of(&mut numbers, users),
                numbers.moment(),
                numbers.pick(&["available", "in_use", "lost"]).into(),
                format!("{{\"color\": \"{color}\"}}").into(),
            ]
        }),
    )
}

fn journeys(session: &mut Session, users: &[String], vehicles: &[String], rides: &[String]) -> SqlResult<()> {
    let mut numbers = Numbers(23);
    fill(
        session,
        "movr.public.rides",
        (100_001u64..).zip(rides).map(|(receipt, id)| {
            let ended = numbers.below(365 * 24 * 3600);
            let lasted = 120 + numbers.below(3_600);
            vec![
                id.as_str().into(),
                numbers.pick(CITIES).into(),
                one_of(&mut numbers, users),
                one_of(&mut numbers, vehicles),
                address(&mut numbers),
                address(&mut numbers),
                moment(ended + lasted),
                moment(ended),
                numbers.amount(100, 9_900),
                whole(receipt),
            ]
        }),
    )?;
    let mut numbers = Numbers(24);
    fill(
        session,
        "movr.public.vehicle_location_histories",
        (0..POSITIONS).map(|n| {
            let ride = &rides[usize::try_from(n % RIDES).unwrap_or(0)];
            #[allow(clippy::cast_precision_loss)]
            let mut degrees = |span: f64| (numbers.below(1_000_000) as f64 / 1_000_000.0 - 0.5) * span;
            let (lat, long) = (degrees(180.0), degrees(360.0));
            vec![
                CITIES[usize::try_from(n % 9).unwrap_or(0)].into(),
                ride.as_str().into(),
                moment(POSITIONS - n),
                Datum::Float(lat),
                Datum::Float(long),
            ]
        }),
    )
}

fn promotions(session: &mut Session, users: &[String]) -> SqlResult<()> {
    let mut numbers = Numbers(27);
    let codes: Vec<String> = (0..CODES)
        .map(|n| {
            format!(
                "{n}_{}",
                numbers.pick(&["spring", "commute", "weekend", "friends"])
            )
        })
        .collect();
    let mut numbers = Numbers(25);
    fill(
        session,
        "movr.public.promo_codes",
        (0u64..).zip(&codes).map(|(n, code)| {
            let created = numbers.below(365 * 24 * 3600);
            vec![
                code.as_str().into(),
                format!("{} percent off the next ride", 5 + numbers.below(40)).into(),
                moment(created),
                if n % 3 == 0 {
                    Datum::Null
                } else {
                    moment(created / 2)
                },
                format!(
                    "{{\"type\": \"percent_discount\", \"value\": \"{} %\"}}",
                    5 + numbers.below(40)
                )
                .into(),
            ]
        }),
    )?;
    let mut numbers = Numbers(26);
    fill(
        session,
        "movr.public.user_promo_codes",
        (0..USED_CODES).map(|n| {
            vec![
                users[usize::try_from(n % USERS).unwrap_or(0)].as_str().into(),
                codes[usize::try_from(n % CODES).unwrap_or(0)].as_str().into(),
                numbers.moment(),
                whole(1 + numbers.below(5)),
            ]
        }),
    )
}
