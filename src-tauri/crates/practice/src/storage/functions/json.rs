//! Functions on JSON, and the aggregates that make it.

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use serde_json::Value;

use super::{Arguments, PURE, Registry};
use crate::datum::{Datum, format_json, hex, parse_array};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::types::SqlType;

/// The JSON an argument holds.
fn json(arguments: &Arguments<'_, '_>, i: usize) -> Value {
    serde_json::from_str(&arguments.text(i)).unwrap_or_default()
}

/// A value and the name of its type, as JSON; NULL is JSON's null.
fn typed_json(arguments: &Arguments<'_, '_>) -> Datum {
    let ty = SqlType::parse(&arguments.text(1)).unwrap_or(SqlType::STRING);
    Datum::Text(format_json(&to_json(arguments.get(0), &ty)))
}

fn to_json(value: Datum, ty: &SqlType) -> Value {
    match (value, ty) {
        (Datum::Null, _) => Value::Null,
        (Datum::Int(i), SqlType::Bool) => (i != 0).into(),
        (Datum::Int(i), _) => i.into(),
        (Datum::Float(f), _) => f.into(),
        (Datum::Bytes(b), _) => format!("\\x{}", hex(&b)).into(),
        (Datum::Text(t), SqlType::Jsonb) => serde_json::from_str(&t).unwrap_or_default(),
        (Datum::Text(t), SqlType::Array(item)) => parse_array(&t)
            .into_iter()
            .map(|i| match i {
                None => Value::Null,
                Some(text) => {
                    let stored = Datum::from_text(&text, item).unwrap_or(Datum::Text(text));
                    to_json(stored, item)
                }
            })
            .collect(),
        (Datum::Text(t), ty) if ty.is_numeric() => serde_json::from_str(&t).unwrap_or_else(|_| t.into()),
        (Datum::Text(t), _) => t.into(),
    }
}

pub(super) fn register(registry: &Registry<'_>) -> SqlResult<()> {
    registry.strict("p_json_get", PURE, |a| {
        Ok(json_at(&a.text(0), &a.get(1)).map(|v| format_json(&v)).into())
    })?;
    registry.strict("p_json_text", PURE, |a| {
        Ok(match json_at(&a.text(0), &a.get(1)) {
            None | Some(Value::Null) => Datum::Null,
            Some(Value::String(text)) => Datum::Text(text),
            Some(other) => Datum::Text(format_json(&other)),
        })
    })?;
    registry.plain("p_json", PURE, |a| Ok(typed_json(a)))?;
    registry.strict("p_to_json", PURE, |a| Ok(typed_json(a)))?;
    registry.plain("p_json_build_object", PURE, |a| {
        let mut map = serde_json::Map::new();
        for i in (0..a.len()).step_by(2) {
            map.insert(a.text(i), json(a, i + 1));
        }
        Ok(Datum::Text(format_json(&Value::Object(map))))
    })?;
    registry.plain("p_json_build_array", PURE, |a| {
        let items: Vec<Value> = (0..a.len()).map(|i| json(a, i)).collect();
        Ok(Datum::Text(format_json(&items.into())))
    })?;
    registry.strict("p_json_pretty", PURE, |a| {
        let value: Value = serde_json::from_str(&a.text(0)).unwrap_or_default();
        Ok(Datum::Text(
            serde_json::to_string_pretty(&value).unwrap_or_default(),
        ))
    })?;
    registry.strict("p_json_typeof", PURE, |a| {
        Ok(match json(a, 0) {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
        .into())
    })?;
    registry.strict("p_json_array_length", PURE, |a| match json(a, 0) {
        Value::Array(items) => Ok(i64::try_from(items.len()).unwrap_or(i64::MAX).into()),
        _ => Err(SqlError::new(
            sqlstate::INVALID_PARAMETER,
            "cannot get array length of a non-array",
        )),
    })?;
    registry.strict("p_json_strip_nulls", PURE, |a| {
        Ok(Datum::Text(format_json(&without_nulls(json(a, 0)))))
    })?;
    // For json_each: every member becomes the text of its JSON, so that numbers, strings and objects come out alike.
    registry.strict("p_json_rows", PURE, |a| match json(a, 0) {
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(|v| format_json(v).into()).collect();
            Ok(Datum::Text(Value::from(items).to_string()))
        }
        Value::Object(map) => {
            let map: serde_json::Map<String, Value> = map
                .iter()
                .map(|(k, v)| (k.clone(), format_json(v).into()))
                .collect();
            Ok(Datum::Text(Value::from(map).to_string()))
        }
        _ => Err(SqlError::new(
            sqlstate::INVALID_PARAMETER,
            "cannot be called on a scalar",
        )),
    })?;
    registry.strict("p_json_unquote", PURE, |a| Ok(as_text(Some(json(a, 0)))))?;
    operators(registry)
}

fn operators(registry: &Registry<'_>) -> SqlResult<()> {
    registry.strict("p_json_at_path", PURE, |a| {
        Ok(at_path(json(a, 0), &a.text(1)).map(|v| format_json(&v)).into())
    })?;
    registry.strict("p_json_text_at_path", PURE, |a| {
        Ok(as_text(at_path(json(a, 0), &a.text(1))))
    })?;
    registry.strict("p_json_contains", PURE, |a| {
        Ok(contains(&json(a, 0), &json(a, 1)).into())
    })?;
    registry.strict("p_json_has", PURE, |a| Ok(has(&json(a, 0), &a.text(1)).into()))?;
    registry.strict("p_json_has_any", PURE, |a| {
        let value = json(a, 0);
        Ok(parse_array(&a.text(1))
            .iter()
            .flatten()
            .any(|key| has(&value, key))
            .into())
    })?;
    registry.strict("p_json_has_all", PURE, |a| {
        let value = json(a, 0);
        Ok(parse_array(&a.text(1))
            .iter()
            .flatten()
            .all(|key| has(&value, key))
            .into())
    })?;
    registry.strict("p_json_concat", PURE, |a| {
        Ok(Datum::Text(format_json(&match (json(a, 0), json(a, 1)) {
            (Value::Object(mut x), Value::Object(y)) => {
                x.extend(y);
                x.into()
            }
            (Value::Array(mut x), Value::Array(y)) => {
                x.extend(y);
                x.into()
            }
            (Value::Array(mut x), y) => {
                x.push(y);
                x.into()
            }
            (x, Value::Array(mut y)) => {
                y.insert(0, x);
                y.into()
            }
            (x, y) => vec![x, y].into(),
        })))
    })?;
    registry.strict("p_json_without", PURE, |a| {
        let mut value = json(a, 0);
        match (&mut value, a.get(1)) {
            (Value::Object(map), key) => {
                map.remove(key.as_str().unwrap_or_default());
            }
            (Value::Array(items), Datum::Int(i)) => {
                let from_end = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let index = if i < 0 { from_end.saturating_add(i) } else { i };
                if let Some(index) = usize::try_from(index).ok().filter(|i| *i < items.len()) {
                    items.remove(index);
                }
            }
            (Value::Array(items), key) => items.retain(|i| i.as_str() != key.as_str()),
            _ => {
                return Err(SqlError::new(
                    sqlstate::INVALID_PARAMETER,
                    "cannot delete from a scalar",
                ));
            }
        }
        Ok(Datum::Text(format_json(&value)))
    })
}

fn as_text(value: Option<Value>) -> Datum {
    match value {
        None | Some(Value::Null) => Datum::Null,
        Some(Value::String(text)) => Datum::Text(text),
        Some(other) => Datum::Text(format_json(&other)),
    }
}

fn at_path(mut value: Value, path: &str) -> Option<Value> {
    for step in parse_array(path) {
        let step = step?;
        let key = match (&value, step.parse()) {
            (Value::Array(_), Ok(index)) => Datum::Int(index),
            _ => Datum::Text(step),
        };
        value = member(&value, &key)?;
    }
    Some(value)
}

fn has(value: &Value, key: &str) -> bool {
    match value {
        Value::Object(map) => map.contains_key(key),
        Value::Array(items) => items.iter().any(|i| i.as_str() == Some(key)),
        other => other.as_str() == Some(key),
    }
}

/// An object contains another one when its members contain the other's; an array when each item of the other has one that
/// contains it; and an array contains a scalar that is one of its items.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|found| contains(found, value))),
        (Value::Array(whole), Value::Array(part)) => {
            part.iter().all(|p| whole.iter().any(|w| contains(w, p)))
        }
        (Value::Array(whole), scalar) if !scalar.is_object() => whole.contains(scalar),
        (whole, part) => whole == part,
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k, without_nulls(v)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn json_at(json: &str, key: &Datum) -> Option<Value> {
    member(&serde_json::from_str(json).ok()?, key)
}

fn member(value: &Value, key: &Datum) -> Option<Value> {
    match key {
        Datum::Int(i) => {
            let items = value.as_array()?;
            let index = if *i < 0 {
                i64::try_from(items.len()).ok()? + i
            } else {
                *i
            };
            items.get(usize::try_from(index).ok()?).cloned()
        }
        key => value.get(key.as_str()?).cloned(),
    }
}

fn context_json(context: &Context<'_>, i: usize) -> Value {
    Datum::from(context.get_raw(i))
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

struct GatherArray;

impl Aggregate<Vec<Value>, Option<String>> for GatherArray {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Vec<Value>> {
        Ok(Vec::new())
    }

    fn step(&self, context: &mut Context<'_>, items: &mut Vec<Value>) -> rusqlite::Result<()> {
        items.push(context_json(context, 0));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, items: Option<Vec<Value>>) -> rusqlite::Result<Option<String>> {
        Ok(items.map(|items| format_json(&items.into())))
    }
}

struct GatherObject;

impl Aggregate<serde_json::Map<String, Value>, Option<String>> for GatherObject {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<serde_json::Map<String, Value>> {
        Ok(serde_json::Map::new())
    }

    fn step(
        &self,
        context: &mut Context<'_>,
        map: &mut serde_json::Map<String, Value>,
    ) -> rusqlite::Result<()> {
        let key = Datum::from(context.get_raw(0));
        map.insert(
            key.as_str().unwrap_or_default().to_owned(),
            context_json(context, 1),
        );
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        map: Option<serde_json::Map<String, Value>>,
    ) -> rusqlite::Result<Option<String>> {
        Ok(map.map(|map| format_json(&map.into())))
    }
}

pub(super) fn register_aggregates(sqlite: &Connection) -> SqlResult<()> {
    sqlite.create_aggregate_function("p_json_agg", 1, FunctionFlags::SQLITE_UTF8, GatherArray)?;
    sqlite.create_aggregate_function("p_json_object_agg", 2, FunctionFlags::SQLITE_UTF8, GatherObject)?;
    Ok(())
}
