//! Functions on strings and bytes.

use md5::Md5;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256, Sha512};

use super::{PURE, Registry, VOLATILE};
use crate::datum::{Datum, hex, unhex};
use crate::error::{SqlError, SqlResult, sqlstate};

pub(super) fn register(registry: &Registry<'_>) -> SqlResult<()> {
    digests(registry)?;
    strings(registry)?;
    matching(registry)?;
    registry.plain("p_gen_random_uuid", VOLATILE, |_| {
        Ok(Datum::Text(uuid::Uuid::new_v4().to_string()))
    })?;
    registry.strict("p_crdb_error", VOLATILE, |a| {
        Err(SqlError::plain(a.text(a.len() - 1)))
    })
}

fn digests(registry: &Registry<'_>) -> SqlResult<()> {
    registry.strict("p_sha256", PURE, |a| Ok(Datum::Text(hex(&digest::<Sha256>(a)))))?;
    registry.strict("p_sha512", PURE, |a| Ok(Datum::Text(hex(&digest::<Sha512>(a)))))?;
    registry.strict("p_md5", PURE, |a| Ok(Datum::Text(hex(&digest::<Md5>(a)))))?;
    registry.strict("p_encode", PURE, |a| {
        let bytes = a.bytes(0);
        Ok(Datum::Text(match a.text(1).as_str() {
            "hex" => hex(&bytes),
            "base64" => crate::scram::base64(&bytes),
            "escape" => bytes
                .iter()
                .map(|b| {
                    if b.is_ascii_graphic() || *b == b' ' {
                        char::from(*b).to_string()
                    } else {
                        format!("\\{b:03o}")
                    }
                })
                .collect(),
            _ => return Err(bad_encoding()),
        }))
    })?;
    registry.strict("p_decode", PURE, |a| {
        let text = a.text(0);
        let bytes = match a.text(1).as_str() {
            "hex" => unhex(&text),
            "base64" => crate::scram::unbase64(&text),
            "escape" => Some(crate::datum::parse_bytes(&text)?),
            _ => return Err(bad_encoding()),
        };
        bytes
            .map(Datum::Bytes)
            .ok_or_else(|| SqlError::new(sqlstate::INVALID_PARAMETER, format!("cannot decode \"{text}\"")))
    })
}

fn bad_encoding() -> SqlError {
    SqlError::new(
        sqlstate::INVALID_PARAMETER,
        "only 'hex', 'escape', and 'base64' formats are supported for encode() and decode()",
    )
}

/// Digests every argument one after the other.
fn digest<D: Digest>(arguments: &super::Arguments<'_, '_>) -> Vec<u8> {
    let mut hash = D::new();
    for i in 0..arguments.len() {
        match arguments.borrowed(i) {
            Some(bytes) => hash.update(bytes),
            None => hash.update(arguments.bytes(i)),
        }
    }
    hash.finalize().to_vec()
}

fn strings(registry: &Registry<'_>) -> SqlResult<()> {
    registry.strict("p_concat_op", PURE, |a| {
        Ok(match (a.get(0), a.get(1)) {
            (Datum::Bytes(mut x), _) => {
                x.extend(a.bytes(1));
                Datum::Bytes(x)
            }
            _ => Datum::Text(a.text(0) + &a.text(1)),
        })
    })?;
    registry.plain("p_concat", PURE, |a| {
        Ok(Datum::Text((0..a.len()).map(|i| a.text(i)).collect()))
    })?;
    registry.plain("p_concat_ws", PURE, |a| {
        let parts: Vec<String> = (1..a.len())
            .filter(|i| a.get(*i) != Datum::Null)
            .map(|i| a.text(i))
            .collect();
        Ok(Datum::Text(parts.join(&a.text(0))))
    })?;
    // SQLite counts positions from the end when the start is negative or 0; CockroachDB lets them fall before the first one.
    registry.strict("p_substr", PURE, |a| {
        let start = a.int(1);
        let length = if a.len() > 2 { Some(a.int(2)) } else { None };
        if length.is_some_and(|n| n < 0) {
            return Err(SqlError::new(
                sqlstate::INVALID_PARAMETER,
                format!("negative substring length {} not allowed", length.unwrap_or(0)),
            ));
        }
        let skip = usize::try_from(start - 1).unwrap_or(0);
        let end = length.map_or(usize::MAX, |n| {
            usize::try_from((start - 1).saturating_add(n)).unwrap_or(0)
        });
        Ok(match a.0.get_raw(0) {
            ValueRef::Blob(bytes) => {
                let end = end.min(bytes.len());
                Datum::Bytes(bytes.get(skip.min(end)..end).unwrap_or_default().to_vec())
            }
            _ => Datum::Text(
                a.text(0)
                    .chars()
                    .skip(skip)
                    .take(end.saturating_sub(skip))
                    .collect(),
            ),
        })
    })?;
    registry.strict("p_size_pretty", PURE, |a| {
        let (mut size, mut unit) = (a.int(0), 0);
        let units = ["bytes", "kB", "MB", "GB", "TB"];
        while size.unsigned_abs() >= 10_240 && unit + 1 < units.len() {
            size = (size + 512) / 1024;
            unit += 1;
        }
        Ok(Datum::Text(format!("{size} {}", units[unit])))
    })?;
    registry.strict("p_octet_length", PURE, |a| {
        let length = a.borrowed(0).map_or_else(|| a.bytes(0).len(), <[u8]>::len);
        Ok(Datum::Int(i64::try_from(length).unwrap_or(i64::MAX)))
    })?;
    registry.strict("p_lower", PURE, |a| Ok(Datum::Text(a.text(0).to_lowercase())))?;
    registry.strict("p_upper", PURE, |a| Ok(Datum::Text(a.text(0).to_uppercase())))?;
    registry.strict("p_initcap", PURE, |a| {
        let mut start = true;
        let text = a.text(0);
        let chars = text.chars().map(|c| {
            let c = if start {
                c.to_uppercase().to_string()
            } else {
                c.to_lowercase().to_string()
            };
            start = !c.chars().all(char::is_alphanumeric);
            c
        });
        Ok(Datum::Text(chars.collect()))
    })?;
    registry.strict("p_split_part", PURE, |a| {
        let index = usize::try_from(a.int(2)).unwrap_or(0);
        Ok(Datum::Text(
            a.text(0)
                .split(&a.text(1))
                .nth(index.saturating_sub(1))
                .unwrap_or_default()
                .to_owned(),
        ))
    })?;
    registry.strict("p_left", PURE, |a| {
        Ok(Datum::Text(
            a.text(0)
                .chars()
                .take(usize::try_from(a.int(1)).unwrap_or(0))
                .collect(),
        ))
    })?;
    registry.strict("p_right", PURE, |a| {
        let text: Vec<char> = a.text(0).chars().collect();
        let n = usize::try_from(a.int(1)).unwrap_or(0).min(text.len());
        Ok(Datum::Text(text[text.len() - n..].iter().collect()))
    })?;
    registry.strict("p_repeat", PURE, |a| {
        let (text, count) = (a.bytes(0), usize::try_from(a.int(1)).unwrap_or(0));
        if text.len().saturating_mul(count) > 64 << 20 {
            return Err(SqlError::new(
                "54000",
                "requested length too large, exceeds 64 MiB",
            ));
        }
        Ok(Datum::Text(
            String::from_utf8_lossy(&text.repeat(count)).into_owned(),
        ))
    })?;
    registry.strict("p_lpad", PURE, |a| Ok(Datum::Text(pad(a, true))))?;
    registry.strict("p_rpad", PURE, |a| Ok(Datum::Text(pad(a, false))))?;
    registry.strict("p_strpos", PURE, |a| {
        let text = a.text(0);
        Ok(Datum::Int(text.find(&a.text(1)).map_or(0, |at| {
            i64::try_from(text[..at].chars().count()).unwrap_or(0) + 1
        })))
    })?;
    registry.strict("p_reverse", PURE, |a| {
        Ok(Datum::Text(a.text(0).chars().rev().collect()))
    })?;
    registry.strict("p_starts_with", PURE, |a| {
        Ok(a.text(0).starts_with(&a.text(1)).into())
    })?;
    registry.strict("p_quote_ident", PURE, |a| {
        Ok(Datum::Text(crate::catalog::quote_ident_if_needed(&a.text(0))))
    })?;
    registry.strict("p_quote_literal", PURE, |a| {
        Ok(Datum::Text(crate::catalog::quote_literal(&a.text(0))))
    })?;
    registry.strict("p_chr", PURE, |a| {
        Ok(Datum::Text(
            u32::try_from(a.int(0))
                .ok()
                .and_then(char::from_u32)
                .map(String::from)
                .unwrap_or_default(),
        ))
    })?;
    registry.strict("p_to_hex", PURE, |a| {
        Ok(Datum::Text(match a.get(0) {
            Datum::Int(i) => format!("{i:x}"),
            _ => hex(&a.bytes(0)),
        }))
    })
}

fn pad(a: &super::Arguments<'_, '_>, left: bool) -> String {
    let (text, width) = (a.text(0), usize::try_from(a.int(1)).unwrap_or(0).min(1 << 20));
    let filler = if a.len() > 2 { a.text(2) } else { " ".into() };
    let missing = width.saturating_sub(text.chars().count());
    let padding: String = filler
        .chars()
        .cycle()
        .take(if filler.is_empty() { 0 } else { missing })
        .collect();
    if left {
        format!("{padding}{text}").chars().take(width).collect()
    } else {
        format!("{text}{padding}").chars().take(width).collect()
    }
}

fn matching(registry: &Registry<'_>) -> SqlResult<()> {
    registry.strict("p_regexp", PURE, |a| {
        Ok(pattern(&a.text(1), a.int(2) != 0)?.is_match(&a.text(0)).into())
    })?;
    registry.strict("p_ilike", PURE, |a| {
        Ok(like(&a.text(0).to_lowercase(), &a.text(1).to_lowercase())?.into())
    })?;
    registry.strict("p_regexp_replace", PURE, |a| {
        let flags = a.text(3);
        let regex = pattern(&a.text(1), flags.contains('i'))?;
        let replacement = a
            .text(2)
            .replace('$', "$$")
            .replace("\\1", "${1}")
            .replace("\\2", "${2}")
            .replace("\\3", "${3}");
        let text = a.text(0);
        Ok(Datum::Text(
            if flags.contains('g') {
                regex.replace_all(&text, replacement)
            } else {
                regex.replace(&text, replacement)
            }
            .into_owned(),
        ))
    })?;
    registry.strict("p_regexp_split", PURE, |a| {
        let text = a.text(0);
        Ok(Datum::text_array(pattern(&a.text(1), false)?.split(&text)))
    })?;
    registry.strict("p_regexp_extract", PURE, |a| {
        let text = a.text(0);
        let regex = pattern(&a.text(1), false)?;
        Ok(regex
            .captures(&text)
            .and_then(|c| c.get(1).or_else(|| c.get(0)))
            .map(|m| m.as_str().to_owned())
            .into())
    })
}

fn pattern(text: &str, ignore_case: bool) -> SqlResult<regex::Regex> {
    regex::RegexBuilder::new(text)
        .case_insensitive(ignore_case)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| SqlError::new("2201B", format!("invalid regular expression: \"{text}\"")))
}

fn like(text: &str, like: &str) -> SqlResult<bool> {
    let mut expression = String::from("(?s)^");
    let mut chars = like.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            '\\' => expression.push_str(&regex::escape(
                &chars.next().map(String::from).unwrap_or_default(),
            )),
            c => expression.push_str(&regex::escape(&c.to_string())),
        }
    }
    expression.push('$');
    Ok(pattern(&expression, false)?.is_match(text))
}
