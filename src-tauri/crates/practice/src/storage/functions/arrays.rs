//! Functions on arrays, in their storage form, and the aggregate that makes one.

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};

use super::{Arguments, PURE, Registry};
use crate::datum::{Datum, format_array, format_array_items, hex, parse_array};
use crate::error::SqlResult;

type Items = Vec<Option<String>>;

/// The array an argument holds; NULL is the empty one.
fn items(arguments: &Arguments<'_, '_>, i: usize) -> Items {
    match arguments.get(i) {
        Datum::Null => Vec::new(),
        _ => parse_array(&arguments.text(i)),
    }
}

/// The item an argument holds.
fn item(arguments: &Arguments<'_, '_>, i: usize) -> Option<String> {
    match arguments.get(i) {
        Datum::Null => None,
        _ => Some(arguments.text(i)),
    }
}

fn array(items: &Items) -> Datum {
    Datum::Text(format_array_items(items.iter().map(Option::as_deref)))
}

pub(super) fn register(registry: &Registry<'_>) -> SqlResult<()> {
    registry.plain("p_array", PURE, |a| {
        Ok(array(&(0..a.len()).map(|i| item(a, i)).collect()))
    })?;
    registry.plain("p_array_json", PURE, |a| {
        let items = if a.any_null() {
            Vec::new()
        } else {
            parse_array(&a.text(0))
        };
        Ok(Datum::Text(serde_json::Value::from(items).to_string()))
    })?;
    registry.strict("p_array_has", PURE, |a| {
        let wanted = a.text(0);
        Ok(parse_array(&a.text(1))
            .iter()
            .any(|item| item.as_deref() == Some(&wanted))
            .into())
    })?;
    registry.strict("p_array_get", PURE, |a| {
        let index = usize::try_from(a.int(1)).unwrap_or(0);
        Ok(parse_array(&a.text(0))
            .into_iter()
            .nth(index.wrapping_sub(1))
            .flatten()
            .into())
    })?;
    registry.strict("p_array_length", PURE, |a| {
        let n = parse_array(&a.text(0)).len();
        Ok(if n == 0 {
            Datum::Null
        } else {
            Datum::Int(i64::try_from(n).unwrap_or(0))
        })
    })?;
    registry.strict("p_array_to_string", PURE, |a| {
        Ok(Datum::Text(
            parse_array(&a.text(0))
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(&a.text(1)),
        ))
    })?;
    registry.strict("p_string_to_array", PURE, |a| {
        Ok(Datum::Text(format_array(a.text(0).split(&a.text(1)))))
    })?;
    registry.plain("p_array_append", PURE, |a| {
        let mut found = items(a, 0);
        found.push(item(a, 1));
        Ok(array(&found))
    })?;
    registry.plain("p_array_prepend", PURE, |a| {
        let mut found = items(a, 0);
        found.insert(0, item(a, 1));
        Ok(array(&found))
    })?;
    registry.plain("p_array_concat", PURE, |a| {
        if a.get(0) == Datum::Null && a.get(1) == Datum::Null {
            return Ok(Datum::Null);
        }
        let mut found = items(a, 0);
        found.extend(items(a, 1));
        Ok(array(&found))
    })?;
    registry.plain("p_array_remove", PURE, |a| {
        let unwanted = item(a, 1);
        let kept: Items = items(a, 0).into_iter().filter(|i| *i != unwanted).collect();
        Ok(array(&kept))
    })?;
    registry.plain("p_array_position", PURE, |a| {
        let wanted = item(a, 1);
        let found = items(a, 0).into_iter().position(|i| i == wanted);
        Ok(found.and_then(|n| i64::try_from(n + 1).ok()).into())
    })?;
    // As everywhere in SQL, NULL equals nothing.
    registry.strict("p_array_contains", PURE, |a| {
        let all = items(a, 0);
        Ok(items(a, 1).iter().all(|i| i.is_some() && all.contains(i)).into())
    })?;
    registry.strict("p_array_overlaps", PURE, |a| {
        let all = items(a, 0);
        Ok(items(a, 1).iter().any(|i| i.is_some() && all.contains(i)).into())
    })
}

struct Gather;

impl Aggregate<Items, Option<String>> for Gather {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Items> {
        Ok(Vec::new())
    }

    fn step(&self, context: &mut Context<'_>, items: &mut Items) -> rusqlite::Result<()> {
        items.push(match Datum::from(context.get_raw(0)) {
            Datum::Null => None,
            Datum::Int(i) => Some(i.to_string()),
            Datum::Float(f) => Some(f.to_string()),
            Datum::Text(t) => Some(t),
            Datum::Bytes(b) => Some(format!("\\x{}", hex(&b))),
        });
        Ok(())
    }

    /// NULL over no rows at all, as every aggregate but `count`.
    fn finalize(&self, _: &mut Context<'_>, items: Option<Items>) -> rusqlite::Result<Option<String>> {
        Ok(items.map(|items| format_array_items(items.iter().map(Option::as_deref))))
    }
}

pub(super) fn register_aggregates(sqlite: &Connection) -> SqlResult<()> {
    sqlite.create_aggregate_function("p_array_agg", 1, FunctionFlags::SQLITE_UTF8, Gather)?;
    Ok(())
}
