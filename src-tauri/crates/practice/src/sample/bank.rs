//! A small bank: customers, their accounts, what moved on them.

use super::{CITIES, FIRST_NAMES, LAST_NAMES, Numbers, fill, moment, whole};
use crate::datum::Datum;
use crate::error::SqlResult;
use crate::session::Session;

const CUSTOMERS: u64 = 600;
const ACCOUNTS: u64 = 1_000;
const TRANSACTIONS: u64 = 4_000;

const SCHEMA: &[&str] = &[
    "CREATE DATABASE bank",
    "CREATE TABLE bank.public.customers (id INT8 PRIMARY KEY, name STRING NOT NULL, email STRING NOT NULL UNIQUE, \
     city STRING, created_at TIMESTAMPTZ NOT NULL DEFAULT now())",
    "CREATE TABLE bank.public.accounts (id INT8 PRIMARY KEY, customer_id INT8 NOT NULL REFERENCES bank.public.customers (id), \
     kind STRING NOT NULL, balance DECIMAL(14,2) NOT NULL DEFAULT 0, opened_at TIMESTAMPTZ NOT NULL DEFAULT now())",
    "CREATE TABLE bank.public.transactions (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), \
     account_id INT8 NOT NULL REFERENCES bank.public.accounts (id), amount DECIMAL(14,2) NOT NULL, note STRING, \
     booked_at TIMESTAMPTZ NOT NULL DEFAULT now())",
];

pub fn make(session: &mut Session) -> SqlResult<()> {
    for statement in SCHEMA {
        session.query(statement, &[])?;
    }
    let mut numbers = Numbers(1);
    fill(
        session,
        "bank.public.customers",
        (1..=CUSTOMERS).map(|id| {
            let (first, last) = (numbers.pick(FIRST_NAMES), numbers.pick(LAST_NAMES));
            let email = format!(
                "{}.{}.{id}@example.com",
                first.to_lowercase(),
                last.to_lowercase()
            );
            vec![
                whole(id),
                format!("{first} {last}").into(),
                email.into(),
                numbers.pick(CITIES).into(),
                numbers.moment(),
            ]
        }),
    )?;
    let mut numbers = Numbers(2);
    fill(
        session,
        "bank.public.accounts",
        (1..=ACCOUNTS).map(|id| {
            // Everybody has one account before anybody has two.
            let customer = if id <= CUSTOMERS {
                id
            } else {
                1 + numbers.below(CUSTOMERS)
            };
            vec![
                whole(100_000 + id),
                whole(customer),
                numbers.pick(&["checking", "savings", "business"]).into(),
                numbers.amount(0, 5_000_000),
                numbers.moment(),
            ]
        }),
    )?;
    let mut numbers = Numbers(3);
    fill(
        session,
        "bank.public.transactions",
        (0..TRANSACTIONS).map(|n| {
            let note = numbers.pick(&[
                "rent",
                "salary",
                "groceries",
                "refund",
                "train ticket",
                "coffee",
                "",
            ]);
            vec![
                numbers.uuid().into(),
                whole(100_001 + numbers.below(ACCOUNTS)),
                numbers.amount(-200_000, 300_000),
                if note.is_empty() { Datum::Null } else { note.into() },
                moment((TRANSACTIONS - n) * 600),
            ]
        }),
    )
}
