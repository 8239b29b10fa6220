//! What a recorded expectation asks of an answer.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::wire::{Answers, Report};

/// The expectation of one step, as the case file has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    pub columns: Option<Vec<String>>,
    pub rows: Option<Vec<Vec<Value>>>,
    pub row_count: Option<usize>,
    #[serde(default)]
    pub unordered: bool,
    #[serde(default)]
    pub partial: bool,
    pub error: Option<String>,
    pub error_match: Option<String>,
    pub sqlstate: Option<String>,
    pub hint: Option<String>,
    pub detail: Option<String>,
    pub notices: Option<Vec<String>>,
    pub notice_hints: Option<Vec<String>>,
    pub tag: Option<String>,
    pub normal_form: Option<String>,
    #[serde(default)]
    pub retry: bool,
}

/// How literally the values of a case are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// As they stand.
    Exact,
    /// The documentation's samples: ids, times, sizes and speeds are another cluster's, so digits stand for any digits.
    Samples,
}

/// Compares an answer with an expectation. `Err` says what differs.
pub fn judge(
    answers: &Answers,
    expected: &Expectation,
    values: Values,
    vary: &mut Varying,
) -> Result<(), String> {
    match (&answers.error, &expected.error) {
        (Some(error), Some(text)) => return judge_error(error, text, expected),
        (Some(error), None) => {
            return Err(format!("error {} ({})", error.message(), error.sqlstate()));
        }
        (None, Some(text)) => return Err(format!("no error, expected: {text}")),
        (None, None) => {}
    }
    judge_notices(answers, expected)?;
    if let Some(tag) = &expected.tag {
        let found = answers.last().map_or("", |answer| answer.tag.as_str());
        if found != tag && !(values == Values::Samples && digits_masked(found) == digits_masked(tag)) {
            return Err(format!("tag {found}, expected {tag}"));
        }
    }
    let last = answers.last();
    if let Some(columns) = &expected.columns {
        let found = last.map_or(&[][..], |answer| &answer.columns);
        if found != columns {
            return Err(format!("columns {found:?}, expected {columns:?}"));
        }
    }
    let found = last.map_or(&[][..], |answer| &answer.rows);
    if let Some(count) = expected.row_count
        && found.len() != count
    {
        return Err(format!("{} rows, expected {count}", found.len()));
    }
    let Some(rows) = &expected.rows else { return Ok(()) };
    if found.len() != rows.len() && !(expected.partial && found.len() > rows.len()) {
        return Err(format!("{} rows {found:?}, expected {}", found.len(), rows.len()));
    }
    if expected.unordered || expected.partial {
        let mut left: Vec<_> = found.iter().collect();
        for row in rows {
            let place = left
                .iter()
                .position(|candidate| judge_row(candidate, row, values, vary).is_ok());
            match place {
                Some(place) => drop(left.remove(place)),
                None => return Err(format!("row {row:?} is missing in {found:?}")),
            }
        }
        return Ok(());
    }
    for (found, row) in found.iter().zip(rows) {
        judge_row(found, row, values, vary)?;
    }
    Ok(())
}

fn judge_error(error: &Report, text: &str, expected: &Expectation) -> Result<(), String> {
    let message = error.message();
    let fits = match expected.error_match.as_deref() {
        None => message == text,
        Some("contains") => message.contains(text),
        Some("regex") => Regex::new(text)
            .map_err(|error| error.to_string())?
            .is_match(message),
        Some(other) => return Err(format!("unknown error_match {other}")),
    };
    if !fits {
        return Err(format!("error {message}, expected {text}"));
    }
    if let Some(sqlstate) = &expected.sqlstate
        && error.sqlstate() != sqlstate
    {
        return Err(format!("SQLSTATE {}, expected {sqlstate}", error.sqlstate()));
    }
    for (what, found, wanted) in [
        ("hint", error.hint(), &expected.hint),
        ("detail", error.detail(), &expected.detail),
    ] {
        if let Some(wanted) = wanted
            && found != Some(wanted)
        {
            return Err(format!("{what} {found:?}, expected {wanted}"));
        }
    }
    Ok(())
}

fn judge_notices(answers: &Answers, expected: &Expectation) -> Result<(), String> {
    if let Some(notices) = &expected.notices {
        let found: Vec<&str> = answers.notices.iter().map(Report::message).collect();
        if found != *notices {
            return Err(format!("notices {found:?}, expected {notices:?}"));
        }
    }
    if let Some(hints) = &expected.notice_hints {
        let found: Vec<&str> = answers.notices.iter().filter_map(Report::hint).collect();
        if found != *hints {
            return Err(format!("notice hints {found:?}, expected {hints:?}"));
        }
    }
    Ok(())
}

/// What `<id1>` and its like stood for so far: the same name must stand for the same number.
#[derive(Debug, Default)]
pub struct Varying(BTreeMap<String, String>);

fn judge_row(
    found: &[Option<String>],
    expected: &[Value],
    values: Values,
    vary: &mut Varying,
) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!("row {found:?}, expected {expected:?}"));
    }
    for (found, expected) in found.iter().zip(expected) {
        if !value_fits(found.as_deref(), expected, values, vary) {
            return Err(format!("value {found:?}, expected {expected}"));
        }
    }
    Ok(())
}

fn value_fits(found: Option<&str>, expected: &Value, values: Values, vary: &mut Varying) -> bool {
    let Some(found) = found else {
        return expected.is_null();
    };
    match expected {
        Value::Null => false,
        Value::Bool(wanted) => found == if *wanted { "t" } else { "f" },
        Value::Number(_) if values == Values::Samples => found.parse::<f64>().is_ok(),
        Value::Number(wanted) => found.parse::<i64>().ok().zip(wanted.as_i64()).map_or_else(
            || found.parse::<f64>().ok() == wanted.as_f64(),
            |(found, wanted)| found == wanted,
        ),
        Value::String(wanted) if wanted == "<any>" => true,
        Value::String(wanted) if values == Values::Samples => digits_masked(found) == digits_masked(wanted),
        Value::String(wanted) => found == wanted || varying_fits(found, wanted, vary),
        _ => false,
    }
}

/// Every run of digits as one `#`, so that samples can be compared; zones of times in either spelling.
fn digits_masked(text: &str) -> String {
    let mut masked = String::new();
    for c in text.chars() {
        let c = if c.is_ascii_digit() { '#' } else { c };
        if c != '#' || !masked.ends_with('#') {
            masked.push(c);
        }
    }
    masked.replace("+#:#", "+#").replace("#.#", "#")
}

fn varying_fits(found: &str, wanted: &str, vary: &mut Varying) -> bool {
    if !wanted.contains("<id") {
        return false;
    }
    let mut pattern = String::from("^");
    let mut names = Vec::new();
    let mut rest = wanted;
    while let Some(start) = rest.find("<id") {
        let Some(length) = rest[start..].find('>') else {
            break;
        };
        pattern.push_str(&regex::escape(&rest[..start]));
        pattern.push_str("([0-9]+)");
        names.push(rest[start..=start + length].to_owned());
        rest = &rest[start + length + 1..];
    }
    pattern.push_str(&regex::escape(rest));
    pattern.push('$');
    let Ok(regex) = Regex::new(&pattern) else {
        return false;
    };
    let Some(captures) = regex.captures(found) else {
        return false;
    };
    names
        .into_iter()
        .zip(captures.iter().skip(1))
        .all(|(name, value)| {
            let value = value.map_or("", |value| value.as_str());
            vary.0.entry(name).or_insert_with(|| value.to_owned()) == value
        })
}
