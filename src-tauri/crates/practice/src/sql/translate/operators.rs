//! Operators between two values.

use sqlparser::ast::{BinaryOperator, Expr};

use super::{Scope, Translator, Typed, not_supported};
use crate::error::{SqlError, SqlResult};
use crate::types::SqlType;

impl Translator {
    pub(super) fn binary(
        &mut self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        use BinaryOperator as B;
        match op {
            B::And | B::Or => {
                let (l, r) = (
                    self.expr_as(left, scope, &SqlType::Bool)?,
                    self.expr_as(right, scope, &SqlType::Bool)?,
                );
                Ok(Typed::new(format!("({l} {op} {r})"), SqlType::Bool))
            }
            B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq => {
                self.compare(left, &op.to_string(), right, scope)
            }
            B::StringConcat => {
                let (l, r) = (self.expr(left, scope)?, self.expr(right, scope)?);
                if matches!(l.ty, SqlType::Array(_)) || matches!(r.ty, SqlType::Array(_)) {
                    return self.array_concat(l, r);
                }
                if l.ty == SqlType::Jsonb || r.ty == SqlType::Jsonb {
                    let (l, r) = (self.coerce(l, &SqlType::Jsonb)?, self.coerce(r, &SqlType::Jsonb)?);
                    let sql = format!("p_json_concat({}, {})", l.sql, r.sql);
                    return Ok(Typed::new(sql, SqlType::Jsonb));
                }
                if l.ty == SqlType::Bytes || r.ty == SqlType::Bytes {
                    let (l, r) = (self.coerce(l, &SqlType::Bytes)?, self.coerce(r, &SqlType::Bytes)?);
                    return Ok(Typed::new(
                        format!("p_concat_op({}, {})", l.sql, r.sql),
                        SqlType::Bytes,
                    ));
                }
                let (l, r) = (
                    self.coerce(l, &SqlType::STRING)?,
                    self.coerce(r, &SqlType::STRING)?,
                );
                Ok(Typed::new(format!("({} || {})", l.sql, r.sql), SqlType::STRING))
            }
            B::PGRegexMatch | B::PGRegexIMatch | B::PGRegexNotMatch | B::PGRegexNotIMatch => {
                let (l, r) = (
                    self.expr_as(left, scope, &SqlType::STRING)?,
                    self.expr_as(right, scope, &SqlType::STRING)?,
                );
                let insensitive = u8::from(matches!(op, B::PGRegexIMatch | B::PGRegexNotIMatch));
                let not = if matches!(op, B::PGRegexNotMatch | B::PGRegexNotIMatch) {
                    "NOT "
                } else {
                    ""
                };
                Ok(Typed::new(
                    format!("({not}p_regexp({l}, {r}, {insensitive}))"),
                    SqlType::Bool,
                ))
            }
            B::PGCustomBinaryOperator(parts) => {
                let (l, r) = (
                    self.expr_as(left, scope, &SqlType::STRING)?,
                    self.expr_as(right, scope, &SqlType::STRING)?,
                );
                match parts.last().map(String::as_str) {
                    Some("~") => Ok(Typed::new(format!("(p_regexp({l}, {r}, 0))"), SqlType::Bool)),
                    Some("!~") => Ok(Typed::new(format!("(NOT p_regexp({l}, {r}, 0))"), SqlType::Bool)),
                    Some("=") => Ok(Typed::new(format!("({l} = {r})"), SqlType::Bool)),
                    _ => Err(not_supported(op)),
                }
            }
            B::Arrow | B::LongArrow => {
                let json = self.expr_as(left, scope, &SqlType::Jsonb)?;
                let key = self.expr(right, scope)?;
                let (function, ty) = if op == &B::Arrow {
                    ("p_json_get", SqlType::Jsonb)
                } else {
                    ("p_json_text", SqlType::STRING)
                };
                Ok(Typed::new(format!("{function}({json}, {})", key.sql), ty))
            }
            B::AtArrow | B::ArrowAt | B::PGOverlap => {
                let (l, r) = (self.expr(left, scope)?, self.expr(right, scope)?);
                let (l, r) = if op == &B::ArrowAt { (r, l) } else { (l, r) };
                let (l, r) = self.meet(l, r)?;
                let function = match (&l.ty, op) {
                    (SqlType::Array(_), B::PGOverlap) => "p_array_overlaps",
                    (SqlType::Array(_), _) => "p_array_contains",
                    (SqlType::Jsonb, B::AtArrow | B::ArrowAt) => "p_json_contains",
                    _ => return Err(unsupported(&l, op, &r)),
                };
                Ok(Typed::new(
                    format!("({function}({}, {}))", l.sql, r.sql),
                    SqlType::Bool,
                ))
            }
            B::HashArrow | B::HashLongArrow => {
                let json = self.expr_as(left, scope, &SqlType::Jsonb)?;
                let path = self.expr_as(right, scope, &SqlType::string_array())?;
                let (function, ty) = if op == &B::HashArrow {
                    ("p_json_at_path", SqlType::Jsonb)
                } else {
                    ("p_json_text_at_path", SqlType::STRING)
                };
                Ok(Typed::new(format!("{function}({json}, {path})"), ty))
            }
            B::Question => {
                let json = self.expr_as(left, scope, &SqlType::Jsonb)?;
                let key = self.expr_as(right, scope, &SqlType::STRING)?;
                Ok(Typed::new(format!("(p_json_has({json}, {key}))"), SqlType::Bool))
            }
            B::QuestionPipe | B::QuestionAnd => {
                let json = self.expr_as(left, scope, &SqlType::Jsonb)?;
                let keys = self.expr_as(right, scope, &SqlType::string_array())?;
                let function = if op == &B::QuestionPipe {
                    "p_json_has_any"
                } else {
                    "p_json_has_all"
                };
                Ok(Typed::new(format!("({function}({json}, {keys}))"), SqlType::Bool))
            }
            B::Plus
            | B::Minus
            | B::Multiply
            | B::Divide
            | B::Modulo
            | B::PGExp
            | B::BitwiseAnd
            | B::BitwiseOr
            | B::PGBitwiseXor
            | B::PGBitwiseShiftLeft
            | B::PGBitwiseShiftRight => self.arithmetic(left, op, right, scope),
            other => Err(not_supported(format!("the operator {other}"))),
        }
    }

    fn arithmetic(
        &mut self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        use BinaryOperator as B;
        let (mut l, mut r) = (self.expr(left, scope)?, self.expr(right, scope)?);
        let sign = match op {
            B::Plus => Some(1),
            B::Minus => Some(-1),
            _ => None,
        };
        if let Some(sign) = sign {
            if l.ty.is_timestamp() && r.ty == SqlType::Unknown {
                r = self.coerce(r, &if sign > 0 { SqlType::Interval } else { l.ty.clone() })?;
            }
            let ty = l.ty.clone();
            match (&l.ty, &r.ty) {
                (t, SqlType::Interval) if t.is_timestamp() || t == &SqlType::Date => {
                    let ty = if ty == SqlType::Date {
                        SqlType::Timestamp
                    } else {
                        ty
                    };
                    return Ok(Typed::new(format!("p_ts_add({}, {}, {sign})", l.sql, r.sql), ty));
                }
                (SqlType::Interval, t) if t.is_timestamp() && sign > 0 => {
                    return Ok(Typed::new(format!("p_ts_add({}, {}, 1)", r.sql, l.sql), r.ty));
                }
                (a, b) if a.is_timestamp() && b.is_timestamp() => {
                    return Ok(Typed::new(
                        format!("p_ts_sub({}, {})", l.sql, r.sql),
                        SqlType::Interval,
                    ));
                }
                (SqlType::Interval, SqlType::Interval) => {
                    return Ok(Typed::new(
                        format!("p_interval_add({}, {}, {sign})", l.sql, r.sql),
                        SqlType::Interval,
                    ));
                }
                (SqlType::Date, b) if b.is_int() => {
                    return Ok(Typed::new(
                        format!("p_date_add({}, {}, {sign})", l.sql, r.sql),
                        SqlType::Date,
                    ));
                }
                (SqlType::Date, SqlType::Date) => {
                    return Ok(Typed::new(
                        format!("p_date_sub({}, {})", l.sql, r.sql),
                        SqlType::Int8,
                    ));
                }
                _ => {}
            }
        }
        if l.ty == SqlType::Jsonb && op == &B::Minus {
            return Ok(Typed::new(
                format!("p_json_without({}, {})", l.sql, r.sql),
                SqlType::Jsonb,
            ));
        }
        if l.ty == SqlType::Unknown && r.ty == SqlType::Unknown {
            l = self.coerce(l, &SqlType::Int8)?;
        }
        (l, r) = self.meet(l, r)?;
        if !(l.ty.is_numeric() && r.ty.is_numeric()) && l.sql != "NULL" && r.sql != "NULL" {
            return Err(unsupported(&l, op, &r));
        }
        let wide = |t: &SqlType| matches!(t, SqlType::Float4 | SqlType::Float8);
        let ty = if wide(&l.ty) || wide(&r.ty) {
            SqlType::Float8
        } else if matches!(l.ty, SqlType::Decimal { .. }) || matches!(r.ty, SqlType::Decimal { .. }) {
            SqlType::DECIMAL
        } else {
            SqlType::Int8
        };
        Ok(match op {
            B::Divide => Typed::new(
                format!("p_div({}, {})", l.sql, r.sql),
                if ty == SqlType::Int8 { SqlType::DECIMAL } else { ty },
            ),
            B::Modulo => Typed::new(format!("p_mod({}, {})", l.sql, r.sql), ty),
            B::PGExp => Typed::new(format!("p_pow({}, {})", l.sql, r.sql), ty),
            B::PGBitwiseXor => Typed::new(format!("(({l} | {r}) - ({l} & {r}))", l = l.sql, r = r.sql), ty),
            // SQLite goes on with a double where a whole number no longer fits.
            B::Plus | B::Minus | B::Multiply if ty == SqlType::Int8 => {
                Typed::new(format!("p_whole({} {op} {})", l.sql, r.sql), ty)
            }
            _ => Typed::new(format!("({} {op} {})", l.sql, r.sql), ty),
        })
    }
}

fn unsupported(left: &Typed, op: &BinaryOperator, right: &Typed) -> SqlError {
    let name = |t: &Typed| t.ty.sql_name().to_lowercase();
    SqlError::new(
        "22023",
        format!(
            "unsupported binary operator: <{}> {op} <{}>",
            name(left),
            name(right)
        ),
    )
}

/// The two sides of a comparison in forms that SQLite compares rightly; 22023 for types that cannot be compared.
pub(super) fn comparable(left: &Typed, right: &Typed) -> SqlResult<(String, String)> {
    let same = |a: &SqlType, b: &SqlType| {
        std::mem::discriminant(a) == std::mem::discriminant(b)
            || a == &SqlType::Unknown
            || b == &SqlType::Unknown
            || a.is_numeric() && b.is_numeric()
            || a.is_text() && (b.is_text() || matches!(b, SqlType::Enum { .. }))
            || b.is_text() && matches!(a, SqlType::Enum { .. })
            || a.is_timestamp() && b.is_timestamp()
            || matches!((a, b), (SqlType::RegClass, t) | (t, SqlType::RegClass) if t.is_int())
    };
    if left.ty == SqlType::Interval && right.ty == SqlType::Interval {
        return Ok((
            format!("p_interval_micros({})", left.sql),
            format!("p_interval_micros({})", right.sql),
        ));
    }
    let lift = |t: &Typed, other: &SqlType| {
        if t.ty == SqlType::Date && other.is_timestamp() {
            format!("p_cast({}, 'DATE', 'TIMESTAMP')", t.sql)
        } else {
            t.sql.clone()
        }
    };
    let dates = (left.ty == SqlType::Date && right.ty.is_timestamp())
        || (right.ty == SqlType::Date && left.ty.is_timestamp());
    // A client that declares a parameter as a string where a UUID is meant gets its way, as the text is the same.
    let declared =
        (left.ty == SqlType::Uuid && right.ty.is_text()) || (right.ty == SqlType::Uuid && left.ty.is_text());
    if !same(&left.ty, &right.ty) && !dates && !declared {
        let name = |t: &SqlType| t.sql_name().to_lowercase();
        return Err(SqlError::new(
            "22023",
            format!(
                "unsupported comparison operator: <{}> = <{}>",
                name(&left.ty),
                name(&right.ty)
            ),
        ));
    }
    Ok((lift(left, &right.ty), lift(right, &left.ty)))
}
