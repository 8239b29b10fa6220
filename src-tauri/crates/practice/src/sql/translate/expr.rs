//! Expressions.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CeilFloorKind, Expr, InTarget, Subscript, TrimWhereField, UnaryOperator,
    Value,
};

use super::operators::comparable;
use super::{Scope, Translator, Typed, cast_call, fold, not_supported, sqlite_literal};
use crate::catalog::quote_literal;
use crate::datum::{Datum, exact_decimal, unhex};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::types::SqlType;

impl Translator {
    /// Translates an expression and gives it a type.
    pub(super) fn expr_as(&mut self, expr: &Expr, scope: &Scope<'_>, ty: &SqlType) -> SqlResult<String> {
        let typed = self.expr(expr, scope)?;
        if ty == &SqlType::Bool
            && typed.literal.is_none()
            && typed.placeholder.is_none()
            && !matches!(typed.ty, SqlType::Bool | SqlType::Unknown)
        {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "argument of WHERE must be type bool, not type {}",
                    typed.ty.sql_name().to_lowercase()
                ),
            ));
        }
        Ok(self.coerce(typed, ty)?.sql)
    }

    /// Translates an expression.
    pub(super) fn expr(&mut self, expr: &Expr, scope: &Scope<'_>) -> SqlResult<Typed> {
        match expr {
            Expr::Identifier(ident) => self.identifier(&fold(ident), ident.quote_style.is_some(), scope),
            Expr::CompoundIdentifier(parts) => {
                self.column(&parts.iter().map(fold).collect::<Vec<_>>(), scope)
            }
            Expr::Value(value) => self.value(&value.value),
            Expr::Nested(inner) => {
                let inner = self.expr(inner, scope)?;
                Ok(Typed {
                    sql: format!("({})", inner.sql),
                    ..inner
                })
            }
            Expr::IsNull(e) => self.test(e, "IS NULL", scope),
            Expr::IsNotNull(e) => self.test(e, "IS NOT NULL", scope),
            Expr::IsTrue(e) => self.test(e, "IS TRUE", scope),
            Expr::IsNotTrue(e) => self.test(e, "IS NOT TRUE", scope),
            Expr::IsFalse(e) => self.test(e, "IS FALSE", scope),
            Expr::IsNotFalse(e) => self.test(e, "IS NOT FALSE", scope),
            Expr::IsDistinctFrom(a, b) => self.compare(a, "IS NOT", b, scope),
            Expr::IsNotDistinctFrom(a, b) => self.compare(a, "IS", b, scope),
            Expr::In {
                expr,
                target,
                negated,
                ..
            } => self.in_target(expr, target, *negated, scope),
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let (value, low) = self.pair(expr, low, scope)?;
                let (_, high) = self.pair(expr, high, scope)?;
                let not = if *negated { "NOT " } else { "" };
                Ok(Typed::new(
                    format!("({} {not}BETWEEN {} AND {})", value.sql, low.sql, high.sql),
                    SqlType::Bool,
                ))
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, scope),
            Expr::Like {
                negated,
                expr,
                pattern,
                escape_char,
                ..
            } => {
                let text = self.expr_as(expr, scope, &SqlType::STRING)?;
                let pattern = self.expr_as(pattern, scope, &SqlType::STRING)?;
                let escape = match escape_char {
                    Some(e) => self.expr_as(e, scope, &SqlType::STRING)?,
                    None => "'\\'".into(),
                };
                let escape = if escape == "''" {
                    String::new()
                } else {
                    format!(" ESCAPE {escape}")
                };
                Ok(Typed::new(
                    format!(
                        "({text} {}LIKE {pattern}{escape})",
                        if *negated { "NOT " } else { "" }
                    ),
                    SqlType::Bool,
                ))
            }
            Expr::ILike {
                negated,
                expr,
                pattern,
                ..
            } => {
                let text = self.expr_as(expr, scope, &SqlType::STRING)?;
                let pattern = self.expr_as(pattern, scope, &SqlType::STRING)?;
                Ok(Typed::new(
                    format!(
                        "({}p_ilike({text}, {pattern}))",
                        if *negated { "NOT " } else { "" }
                    ),
                    SqlType::Bool,
                ))
            }
            Expr::AnyOp {
                left,
                compare_op,
                right,
                ..
            } => self.any(left, compare_op, right, scope),
            Expr::AllOp {
                left,
                compare_op: BinaryOperator::NotEq,
                right,
            } => {
                let found = self.any(left, &BinaryOperator::Eq, right, scope)?;
                Ok(Typed::new(format!("(NOT {})", found.sql), SqlType::Bool))
            }
            Expr::UnaryOp { op, expr } => self.unary(op, expr, scope),
            Expr::Cast { expr, data_type, .. } => self.cast(expr, &data_type.to_string(), scope),
            Expr::TypedString(typed) => {
                let text = typed.value.clone().into_string().unwrap_or_default();
                let literal = Typed {
                    literal: Some(text.clone()),
                    ..Typed::new(quote_literal(&text), SqlType::Unknown)
                };
                let ty = self.type_named(&typed.data_type.to_string())?;
                Ok(self.coerce(literal, &ty)?.named(ty.sql_name().to_lowercase()))
            }
            Expr::Interval(interval) => {
                let mut typed = self.expr(&interval.value, scope)?;
                if let (Some(field), Some(text)) = (&interval.leading_field, &mut typed.literal) {
                    text.push_str(&format!(" {field}"));
                }
                Ok(self.coerce(typed, &SqlType::Interval)?.named("interval"))
            }
            Expr::Function(function) => self.function(function, scope),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => {
                let operand_ty = match operand {
                    Some(o) => Some(self.expr(o, scope)?),
                    None => None,
                };
                let mut results = Vec::new();
                let mut whens = Vec::new();
                for when in conditions {
                    let condition = self.expr(&when.condition, scope)?;
                    whens.push(match &operand_ty {
                        Some(o) => self.coerce(condition, &o.ty)?.sql,
                        None => condition.sql,
                    });
                    results.push(self.expr(&when.result, scope)?);
                }
                if let Some(e) = else_result {
                    results.push(self.expr(e, scope)?);
                }
                let (results, ty) = self.unify(results)?;
                let mut sql = format!("CASE {}", operand_ty.map(|o| o.sql).unwrap_or_default());
                for (when, then) in whens.iter().zip(&results) {
                    sql.push_str(&format!(" WHEN {when} THEN {then}"));
                }
                if else_result.is_some() {
                    sql.push_str(&format!(
                        " ELSE {}",
                        results.last().map_or("NULL", String::as_str)
                    ));
                }
                Ok(Typed::new(format!("({sql} END)"), ty).named("case"))
            }
            Expr::Exists { subquery, negated } => {
                let (sql, _) = self.subquery(subquery, scope)?;
                Ok(Typed::new(
                    format!("({}EXISTS ({sql}))", if *negated { "NOT " } else { "" }),
                    SqlType::Bool,
                )
                .named("exists"))
            }
            Expr::Subquery(query) => {
                let (sql, columns) = self.subquery(query, scope)?;
                let column = columns
                    .into_iter()
                    .next()
                    .ok_or_else(|| not_supported("a subquery without columns"))?;
                Ok(Typed::new(format!("({sql})"), column.ty).named(column.name))
            }
            Expr::Tuple(items) => {
                let parts = items
                    .iter()
                    .map(|i| Ok(self.expr(i, scope)?.sql))
                    .collect::<SqlResult<Vec<_>>>()?;
                Ok(Typed::new(format!("({})", parts.join(", ")), SqlType::Unknown).named("row"))
            }
            Expr::Array(array) => {
                let items = array
                    .elem
                    .iter()
                    .map(|i| self.expr(i, scope))
                    .collect::<SqlResult<Vec<_>>>()?;
                let (parts, item) = self.unify(items)?;
                let texts: Vec<String> = parts
                    .iter()
                    .map(|p| {
                        if item.is_text() {
                            p.clone()
                        } else {
                            cast_call(p, &item, &SqlType::STRING)
                        }
                    })
                    .collect();
                let item = if item == SqlType::Unknown {
                    SqlType::STRING
                } else {
                    item
                };
                Ok(Typed::new(
                    format!("p_array({})", texts.join(", ")),
                    SqlType::Array(Box::new(item)),
                )
                .named("array"))
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                let mut value = self.expr(root, scope)?;
                for access in access_chain {
                    let AccessExpr::Subscript(Subscript::Index { index }) = access else {
                        return Err(not_supported(expr));
                    };
                    let index = self.expr(index, scope)?;
                    value = match value.ty.clone() {
                        SqlType::Array(item) => {
                            let text = format!("p_array_get({}, {})", value.sql, index.sql);
                            let sql = if item.is_text() {
                                text
                            } else {
                                cast_call(&text, &SqlType::STRING, &item)
                            };
                            Typed {
                                sql,
                                ty: *item,
                                ..value
                            }
                        }
                        _ => Typed {
                            sql: format!("p_json_get({}, {})", value.sql, index.sql),
                            ty: SqlType::Jsonb,
                            ..value
                        },
                    };
                }
                Ok(value)
            }
            Expr::Extract { field, expr, .. } => {
                let value = self.expr(expr, scope)?;
                Ok(Typed::new(
                    format!(
                        "p_extract({}, {})",
                        quote_literal(&field.to_string().to_lowercase()),
                        value.sql
                    ),
                    SqlType::Float8,
                )
                .named("extract"))
            }
            Expr::Ceil {
                expr,
                field: CeilFloorKind::DateTimeField(_),
            } => self.math("ceil", expr, scope),
            Expr::Floor {
                expr,
                field: CeilFloorKind::DateTimeField(_),
            } => self.math("floor", expr, scope),
            Expr::Position { expr, r#in } => {
                let (needle, text) = (
                    self.expr_as(expr, scope, &SqlType::STRING)?,
                    self.expr_as(r#in, scope, &SqlType::STRING)?,
                );
                Ok(Typed::new(format!("p_strpos({text}, {needle})"), SqlType::Int8).named("strpos"))
            }
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                shorthand,
                ..
            } => {
                let value = self.expr(expr, scope)?;
                let value = if value.ty == SqlType::Unknown {
                    self.coerce(value, &SqlType::STRING)?
                } else {
                    value
                };
                let from = match substring_from {
                    Some(e) => self.expr_as(e, scope, &SqlType::Int8)?,
                    None => "1".into(),
                };
                let mut sql = format!("p_substr({}, {from}", value.sql);
                if let Some(length) = substring_for {
                    sql.push_str(&format!(", {}", self.expr_as(length, scope, &SqlType::Int8)?));
                }
                Ok(Typed::new(sql + ")", value.ty).named(if *shorthand { "substr" } else { "substring" }))
            }
            Expr::Trim {
                trim_where,
                trim_what,
                expr,
                trim_characters,
            } => {
                let text = self.expr_as(expr, scope, &SqlType::STRING)?;
                let what = trim_what
                    .as_deref()
                    .or_else(|| trim_characters.as_ref().and_then(|c| c.first()));
                let function = match trim_where {
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                    _ => "trim",
                };
                let what = match what {
                    Some(w) => format!(", {}", self.expr_as(w, scope, &SqlType::STRING)?),
                    None => String::new(),
                };
                Ok(Typed::new(format!("{function}({text}{what})"), SqlType::STRING).named("btrim"))
            }
            Expr::Collate { expr, .. } => self.expr(expr, scope),
            Expr::AtTimeZone { timestamp, .. } => {
                let value = self.expr(timestamp, scope)?;
                let ty = if value.ty == SqlType::Timestamp {
                    SqlType::TimestampTz
                } else {
                    SqlType::Timestamp
                };
                Ok(Typed {
                    sql: value.sql,
                    ty,
                    ..Typed::new("", SqlType::Unknown)
                }
                .named("timezone"))
            }
            other => Err(not_supported(format!("this expression: {other}"))),
        }
    }

    fn identifier(&mut self, name: &str, quoted: bool, scope: &Scope<'_>) -> SqlResult<Typed> {
        match self.column(&[name.to_owned()], scope) {
            Err(error) if !quoted && error.is(sqlstate::UNDEFINED_COLUMN) => {
                self.bare_function(name).ok_or(error)
            }
            other => other,
        }
    }

    fn value(&mut self, value: &Value) -> SqlResult<Typed> {
        let text = |text: &str| Typed {
            literal: Some(text.to_owned()),
            ..Typed::new(quote_literal(text), SqlType::Unknown)
        };
        Ok(match value {
            Value::Number(n, _) => match n.parse::<i64>() {
                Ok(i) => Typed::new(i.to_string(), SqlType::Int8),
                Err(_) => Typed::new(sqlite_literal(&Datum::Float(exact_decimal(n)?)), SqlType::DECIMAL),
            },
            Value::SingleQuotedString(t) | Value::EscapedStringLiteral(t) => text(t),
            Value::DollarQuotedString(t) => text(&t.value),
            Value::HexStringLiteral(digits) => {
                let bytes = unhex(digits).ok_or_else(|| SqlError::syntax(digits))?;
                Typed::new(sqlite_literal(&Datum::Bytes(bytes)), SqlType::Bytes).named("bytes")
            }
            Value::Boolean(b) => Typed::new(if *b { "1" } else { "0" }, SqlType::Bool).named("bool"),
            Value::Null => Typed::new("NULL", SqlType::Unknown),
            Value::Placeholder(p) => {
                let n: usize = p
                    .trim_start_matches('$')
                    .parse()
                    .map_err(|_| SqlError::syntax(p))?;
                if n == 0 || n > 65_535 {
                    return Err(SqlError::new(
                        sqlstate::UNDEFINED_PARAMETER,
                        format!("there is no parameter ${n}"),
                    ));
                }
                if self.parameters.len() < n {
                    self.parameters.resize(n, SqlType::Unknown);
                }
                let ty = self.parameters[n - 1].clone();
                Typed {
                    placeholder: (ty == SqlType::Unknown).then_some(n),
                    ..Typed::new(format!("?{n}"), ty)
                }
            }
            other => return Err(not_supported(format!("this literal: {other}"))),
        })
    }

    fn test(&mut self, expr: &Expr, test: &str, scope: &Scope<'_>) -> SqlResult<Typed> {
        let value = self.expr(expr, scope)?;
        Ok(Typed::new(format!("({} {test})", value.sql), SqlType::Bool))
    }

    /// Two operands that must have one type.
    pub(super) fn pair(&mut self, left: &Expr, right: &Expr, scope: &Scope<'_>) -> SqlResult<(Typed, Typed)> {
        let (left, right) = (self.expr(left, scope)?, self.expr(right, scope)?);
        self.meet(left, right)
    }

    pub(super) fn meet(&mut self, left: Typed, right: Typed) -> SqlResult<(Typed, Typed)> {
        let untyped = |t: &Typed| t.ty == SqlType::Unknown;
        Ok(match (untyped(&left), untyped(&right)) {
            (true, false) => (self.coerce(left, &right.ty)?, right),
            (false, true) => {
                let ty = left.ty.clone();
                (left, self.coerce(right, &ty)?)
            }
            (true, true) if left.sql != "NULL" && right.sql != "NULL" && !left.sql.starts_with('(') => (
                self.coerce(left, &SqlType::STRING)?,
                self.coerce(right, &SqlType::STRING)?,
            ),
            _ => (left, right),
        })
    }

    /// Gives several results one type: that of the first one that has any.
    pub(super) fn unify(&mut self, values: Vec<Typed>) -> SqlResult<(Vec<String>, SqlType)> {
        let ty = values
            .iter()
            .map(|v| &v.ty)
            .find(|t| *t != &SqlType::Unknown)
            .cloned();
        let ty = match ty {
            Some(ty) if ty.is_int() && values.iter().any(|v| matches!(v.ty, SqlType::Decimal { .. })) => {
                SqlType::DECIMAL
            }
            Some(ty) => ty,
            None if values.iter().any(|v| v.literal.is_some()) => SqlType::STRING,
            None => SqlType::Unknown,
        };
        let parts = values
            .into_iter()
            .map(|v| Ok(self.coerce(v, &ty)?.sql))
            .collect::<SqlResult<Vec<_>>>()?;
        Ok((parts, ty))
    }

    pub(super) fn compare(
        &mut self,
        left: &Expr,
        op: &str,
        right: &Expr,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        let (left, right) = self.pair(left, right, scope)?;
        let (l, r) = comparable(&left, &right)?;
        Ok(Typed::new(format!("({l} {op} {r})"), SqlType::Bool))
    }

    fn in_target(
        &mut self,
        expr: &Expr,
        target: &InTarget,
        negated: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        let value = self.expr(expr, scope)?;
        let not = if negated { "NOT " } else { "" };
        let (value, inside) = match target {
            InTarget::Subquery(query) => {
                let (sql, columns) = self.subquery(query, scope)?;
                let value = match columns.first() {
                    Some(column)
                        if value.ty == SqlType::Unknown
                            && value.literal.is_some() | value.placeholder.is_some() =>
                    {
                        self.coerce(value, &column.ty)?
                    }
                    _ => value,
                };
                (value, sql)
            }
            InTarget::List(list) => {
                let mut value = value;
                let mut parts = Vec::new();
                for item in list {
                    let typed = self.expr(item, scope)?;
                    let (v, typed) = self.meet(value, typed)?;
                    value = v;
                    parts.push(typed.sql);
                }
                (value, parts.join(", "))
            }
            InTarget::Unnest(_) | InTarget::Table { .. } => return Err(not_supported("this form of IN")),
        };
        Ok(Typed::new(
            format!("({} {not}IN ({inside}))", value.sql),
            SqlType::Bool,
        ))
    }

    fn any(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, scope: &Scope<'_>) -> SqlResult<Typed> {
        let value = self.expr(left, scope)?;
        if let Expr::Subquery(query) = strip(right) {
            if op != &BinaryOperator::Eq {
                return Err(not_supported("ANY with another operator than = on a subquery"));
            }
            let (sql, _) = self.subquery(query, scope)?;
            return Ok(Typed::new(format!("({} IN ({sql}))", value.sql), SqlType::Bool));
        }
        let item = if value.ty == SqlType::Unknown {
            SqlType::STRING
        } else {
            value.ty.clone()
        };
        let array = self.expr(right, scope)?;
        let array = if array.ty == SqlType::Unknown {
            self.coerce(array, &SqlType::Array(Box::new(item.clone())))?
        } else {
            array
        };
        let text = if item.is_text() || item == SqlType::Unknown {
            value.sql
        } else {
            cast_call(&value.sql, &item, &SqlType::STRING)
        };
        let found = format!("p_array_has({text}, {})", array.sql);
        match op {
            BinaryOperator::Eq => Ok(Typed::new(format!("({found})"), SqlType::Bool)),
            BinaryOperator::NotEq => Ok(Typed::new(format!("(NOT {found})"), SqlType::Bool)),
            _ => Err(not_supported("ANY with this operator")),
        }
    }

    fn unary(&mut self, op: &UnaryOperator, expr: &Expr, scope: &Scope<'_>) -> SqlResult<Typed> {
        match op {
            UnaryOperator::Not => Ok(Typed::new(
                format!("(NOT {})", self.expr_as(expr, scope, &SqlType::Bool)?),
                SqlType::Bool,
            )),
            UnaryOperator::Minus => {
                let value = self.expr(expr, scope)?;
                if value.ty == SqlType::Interval {
                    return Ok(Typed::new(
                        format!("p_interval_add('0s', {}, -1)", value.sql),
                        SqlType::Interval,
                    ));
                }
                Ok(Typed::new(format!("(-{})", value.sql), value.ty))
            }
            UnaryOperator::Plus => self.expr(expr, scope),
            UnaryOperator::BitwiseNot => {
                let value = self.expr(expr, scope)?;
                Ok(Typed::new(format!("(~{})", value.sql), value.ty))
            }
            other => Err(not_supported(format!("the operator {other}"))),
        }
    }

    fn math(&mut self, function: &str, expr: &Expr, scope: &Scope<'_>) -> SqlResult<Typed> {
        let value = self.expr(expr, scope)?;
        Ok(Typed::new(format!("{function}({})", value.sql), value.ty).named(function))
    }

    pub(super) fn cast(&mut self, expr: &Expr, type_name: &str, scope: &Scope<'_>) -> SqlResult<Typed> {
        let ty = self.type_named(type_name)?;
        let value = self.expr(expr, scope)?;
        let name = if value.name == "?column?" {
            ty.sql_name().to_lowercase()
        } else {
            value.name.clone()
        };
        if ty == SqlType::RegClass {
            if let Some(text) = &value.literal {
                return Ok(Typed {
                    literal: Some(text.clone()),
                    ..Typed::new(format!("p_regclass({})", value.sql), SqlType::RegClass)
                }
                .named("regclass"));
            }
            return Ok(Typed::new(format!("p_regclass({})", value.sql), SqlType::RegClass).named(name));
        }
        if let Some(text) = value.literal.as_ref().filter(|_| value.ty == SqlType::Unknown) {
            self.check_enum(text, &ty)?;
            let datum = match (&ty, text) {
                (ty, text) if ty.is_text() => {
                    crate::storage::functions::cast_value(Datum::Text(text.clone()), &SqlType::STRING, ty)?
                }
                _ => Datum::from_text(text, &ty)?,
            };
            return Ok(Typed::new(sqlite_literal(&datum), ty).named(name));
        }
        if value.placeholder.is_some() || value.sql == "NULL" {
            return Ok(self.coerce(value, &ty)?.named(name));
        }
        if value.ty == ty {
            return Ok(value.named(name));
        }
        let from = if value.ty == SqlType::Unknown {
            SqlType::STRING
        } else {
            value.ty
        };
        Ok(Typed::new(cast_call(&value.sql, &from, &ty), ty).named(name))
    }
}

fn strip(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => strip(inner),
        other => other,
    }
}
