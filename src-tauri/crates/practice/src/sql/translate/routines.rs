//! User-defined functions: a call becomes the function's body with its arguments put in.
//!
//! That covers functions written in SQL whose body is one query, and functions in PL/pgSQL that only return an expression.

use sqlparser::ast::Statement;

use super::{Scope, Source, SourceColumn, Translator, Typed, cast_call, not_supported, parse};
use crate::catalog::{Body, quote_ident};
use crate::error::{SqlError, SqlResult};
use crate::sql::lexer::{Cursor, Kind, tokenize};
use crate::types::SqlType;

/// Functions that call functions end here: nothing else would stop one that calls itself.
const DEEPEST_CALL: usize = 16;

/// A function's definition, read.
#[derive(Debug, PartialEq, Eq)]
struct Routine {
    /// Names, where there are any, and types.
    parameters: Vec<(Option<String>, String)>,
    returns: String,
    /// What a call gives, as a query.
    query: String,
}

/// The arguments and the result of a function, as they were written; `None` when they cannot be read.
pub fn signature(definition: &str) -> Option<(String, String)> {
    let routine = Routine::parse(definition).ok()?;
    let arguments: Vec<String> = routine
        .parameters
        .into_iter()
        .map(|(name, ty)| name.map_or_else(|| ty.clone(), |name| format!("{name} {ty}")))
        .collect();
    Some((arguments.join(", "), routine.returns))
}

impl Routine {
    /// Reads what stands behind the function's name.
    fn parse(definition: &str) -> SqlResult<Self> {
        let mut cursor = Cursor::new(definition)?;
        let mut parameters = Vec::new();
        cursor.expect("(")?;
        while !cursor.accept(")") {
            cursor.accept("in");
            let text = cursor.until(&[",", "default"]);
            parameters.push(match SqlType::parse(text) {
                Ok(_) => (None, text.to_owned()),
                Err(error) => {
                    let (name, ty) = text.split_once(char::is_whitespace).ok_or(error)?;
                    (Some(name.trim_matches('"').to_lowercase()), ty.trim().to_owned())
                }
            });
            if cursor.looking_at("default") {
                return Err(not_supported("a function with default arguments"));
            }
            cursor.accept(",");
        }
        let (mut returns, mut language, mut body) = (String::new(), String::new(), String::new());
        while let Some(kind) = cursor.take() {
            match kind {
                Kind::Word(word) if word == "returns" && cursor.looking_at("setof") => {
                    return Err(not_supported("a function that returns rows"));
                }
                Kind::Word(word) if word == "returns" && returns.is_empty() => {
                    returns = cursor
                        .until(&[
                            "as",
                            "language",
                            "immutable",
                            "stable",
                            "volatile",
                            "strict",
                            "called",
                            "leakproof",
                            "not",
                            "security",
                        ])
                        .to_owned();
                }
                Kind::Word(word) if word == "language" => language = cursor.ident_or_text()?.to_lowercase(),
                Kind::Word(word) if word == "as" => body = cursor.text()?,
                _ => {}
            }
        }
        let query = match language.as_str() {
            "plpgsql" => format!("SELECT {}", returned(&body)?),
            _ => body.trim().trim_end_matches(';').to_owned(),
        };
        Ok(Self {
            parameters,
            returns,
            query,
        })
    }
}

/// The expression of a PL/pgSQL body that does nothing but return it.
fn returned(body: &str) -> SqlResult<String> {
    let mut cursor = Cursor::new(body)?;
    if cursor.accept("begin") && cursor.accept("return") {
        let expression = cursor.until(&[";"]).to_owned();
        if cursor.accept("; end") {
            cursor.accept(";");
            if cursor.at_end() {
                return Ok(expression);
            }
        }
    }
    Err(not_supported(
        "a PL/pgSQL function that does more than return a value",
    ))
}

/// The body with `$n` as the name of a column, which a parameter is here.
fn with_named_parameters(query: &str) -> SqlResult<String> {
    let mut out = String::new();
    let mut copied = 0;
    for token in tokenize(query)? {
        if let Kind::Placeholder(n) = token.kind {
            out.push_str(&query[copied..token.span.start]);
            out.push_str(&quote_ident(&positional(n)));
            copied = token.span.end;
        }
    }
    out.push_str(&query[copied..]);
    Ok(out)
}

fn positional(n: usize) -> String {
    format!("${n}")
}

impl Translator {
    /// A call of a user-defined function; `None` when there is none of that name.
    pub(super) fn user_function(&mut self, name: &str, args: Vec<Typed>) -> SqlResult<Option<Typed>> {
        let Some(function) = self
            .catalog
            .resolve_function(name, &self.database, &self.search_path)
            .cloned()
        else {
            return Ok(None);
        };
        let Body::Function(body) = &function.body else {
            return Ok(None);
        };
        let routine = Routine::parse(&body.definition)?;
        if routine.parameters.len() != args.len() {
            return Ok(None);
        }
        let mut columns = Vec::new();
        let mut uses_columns = false;
        for (i, ((parameter, ty), arg)) in routine.parameters.iter().zip(args).enumerate() {
            let ty = self.type_named(ty)?;
            let sql = self.coerce(arg, &ty)?.sql;
            uses_columns |= sql.contains('"');
            for name in parameter.iter().cloned().chain([positional(i + 1)]) {
                columns.push(SourceColumn {
                    name,
                    ty: ty.clone(),
                    sql: sql.clone(),
                    hidden: false,
                });
            }
        }
        let Statement::Query(query) =
            parse(&super::super::rewrite::rewrite(&with_named_parameters(&routine.query)?)?.sql)?
        else {
            return Err(not_supported("a function that changes data"));
        };
        let reads_tables = !matches!(
            query.body.as_ref(),
            sqlparser::ast::SetExpr::Select(select) if select.from.is_empty()
        );
        if reads_tables && uses_columns {
            // The body's tables could hide the ones the arguments are taken from.
            return Err(not_supported("a function that reads tables, called on columns"));
        }
        if self.call_depth == DEEPEST_CALL {
            return Err(SqlError::new(
                "54001",
                "user-defined functions call each other too deeply",
            ));
        }
        let scope = Scope {
            sources: vec![Source {
                alias: name.to_owned(),
                columns,
                qualifiers: Vec::new(),
            }],
            ..Scope::default()
        };
        self.call_depth += 1;
        let translated = self.query(&query, &scope);
        self.call_depth -= 1;
        let (sql, columns) = translated?;
        let from = columns.into_iter().next().map_or(SqlType::Unknown, |c| c.ty);
        let returns = self.type_named(&routine.returns)?;
        let call = format!("({sql})");
        Ok(Some(
            Typed::new(
                if from == returns {
                    call
                } else {
                    cast_call(&call, &from, &returns)
                },
                returns,
            )
            .named(name),
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn definitions_are_read_whatever_their_order() {
        let routine =
            Routine::parse("(x INT, INT) RETURNS INT IMMUTABLE AS $$ SELECT x + $2; $$ LANGUAGE SQL")
                .unwrap();
        assert_eq!(
            routine,
            Routine {
                parameters: vec![(Some("x".into()), "INT".into()), (None, "INT".into())],
                returns: "INT".into(),
                query: "SELECT x + $2".into(),
            }
        );
        let routine =
            Routine::parse("() RETURNS STRING LANGUAGE PLpgSQL AS $$ BEGIN RETURN 'a;b'; END $$").unwrap();
        assert_eq!(routine.query, "SELECT 'a;b'");
    }

    #[test]
    fn a_body_that_does_more_than_return_is_refused() {
        for body in [
            "BEGIN x := 1; RETURN x; END",
            "DECLARE x INT; BEGIN RETURN x; END",
            "BEGIN RETURN 1; SELECT 2; END",
        ] {
            returned(body).unwrap_err();
        }
    }
}
