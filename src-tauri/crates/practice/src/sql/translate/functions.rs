//! Functions: which ones there are, what they become, and the types of their results.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::{Scope, Translator, Typed, cast_call, fold_name, not_supported};
use crate::catalog::{ObjectName, quote_literal};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::types::SqlType;

impl Translator {
    /// Functions written without parentheses.
    pub(super) fn bare_function(&self, name: &str) -> Option<Typed> {
        let (sql, ty) = match name {
            "current_user" | "session_user" | "current_role" | "user" => {
                ("p_current_user()", SqlType::STRING)
            }
            "current_database" | "current_catalog" => ("p_current_database()", SqlType::STRING),
            "current_schema" => ("p_current_schema()", SqlType::STRING),
            "current_timestamp" => ("p_now()", SqlType::TimestampTz),
            "localtimestamp" => ("p_now()", SqlType::Timestamp),
            "current_date" => ("substr(p_now(), 1, 10)", SqlType::Date),
            _ => return None,
        };
        Some(Typed::new(sql, ty).named(name))
    }

    pub(super) fn arguments(&mut self, args: &[FunctionArg], scope: &Scope<'_>) -> SqlResult<Vec<Typed>> {
        args.iter()
            .map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expr(expr, scope),
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => Ok(Typed::new("*", SqlType::Unknown)),
                other => Err(not_supported(format!("this argument: {other}"))),
            })
            .collect()
    }

    pub(super) fn function(&mut self, function: &Function, scope: &Scope<'_>) -> SqlResult<Typed> {
        let name = fold_name(&function.name);
        let (schema, bare) = match name.0.as_slice() {
            [.., schema, bare] => (schema.as_str(), bare.clone()),
            _ => ("", name.object().to_owned()),
        };
        let mut distinct = "";
        let args = match &function.args {
            FunctionArguments::None => Vec::new(),
            FunctionArguments::List(list) => {
                if list
                    .duplicate_treatment
                    .is_some_and(|d| d == sqlparser::ast::DuplicateTreatment::Distinct)
                {
                    distinct = "DISTINCT ";
                }
                self.arguments(&list.args, scope)?
            }
            FunctionArguments::Subquery(query) => {
                let (sql, columns) = self.subquery(query, scope)?;
                let ty = columns.into_iter().next().map_or(SqlType::Unknown, |c| c.ty);
                if bare == "array" {
                    return Ok(Typed::new(
                        // Over no rows the constructor is the empty array, the aggregate NULL.
                        format!(
                            "(SELECT coalesce(p_array_agg(v), '{{}}') FROM ({}))",
                            first_column(&sql)
                        ),
                        SqlType::Array(Box::new(ty)),
                    )
                    .named("array"));
                }
                vec![Typed::new(format!("({sql})"), ty)]
            }
        };
        if schema == "crdb_internal"
            && self.internals_are_closed
            && !matches!(bare.as_str(), "force_error" | "force_retry")
        {
            return Err(crate::virtuals::restricted());
        }
        let mut typed = self
            .call(&bare, distinct, args)?
            .ok_or_else(|| unknown_function(&name))?;
        if let Some(filter) = &function.filter {
            typed.sql.push_str(&format!(
                " FILTER (WHERE {})",
                self.expr_as(filter, scope, &SqlType::Bool)?
            ));
        }
        if let Some(over) = &function.over {
            typed.sql.push_str(&self.over(over, scope)?);
        }
        if typed.name == "?column?" {
            typed.name = bare;
        }
        Ok(typed)
    }

    /// The relation id a function argument names, at translation time.
    fn relation_argument(&mut self, argument: &Typed) -> SqlResult<Option<u32>> {
        let Some(text) = &argument.literal else {
            return Ok(None);
        };
        let name = ObjectName(super::super::lexer::split_name(text));
        Ok(Some(self.relation(&name)?.id))
    }

    fn call(&mut self, name: &str, distinct: &str, mut args: Vec<Typed>) -> SqlResult<Option<Typed>> {
        use SqlType as T;
        let text = T::STRING;
        if let Some(typed) = self.aggregate(name, distinct, &args)? {
            return Ok(Some(typed));
        }
        // Functions that need no more than arguments of known types: SQLite's name, argument types, result type.
        let simple: Option<(&str, &[SqlType], SqlType)> = match name {
            "lower" => Some(("p_lower", &[T::STRING], text.clone())),
            "upper" => Some(("p_upper", &[T::STRING], text.clone())),
            "initcap" => Some(("p_initcap", &[T::STRING], text.clone())),
            "btrim" => Some(("trim", &[T::STRING, T::STRING], text.clone())),
            "ltrim" => Some(("ltrim", &[T::STRING, T::STRING], text.clone())),
            "rtrim" => Some(("rtrim", &[T::STRING, T::STRING], text.clone())),
            "replace" => Some(("replace", &[T::STRING, T::STRING, T::STRING], text.clone())),
            "split_part" => Some(("p_split_part", &[T::STRING, T::STRING, T::Int8], text.clone())),
            "left" => Some(("p_left", &[T::STRING, T::Int8], text.clone())),
            "right" => Some(("p_right", &[T::STRING, T::Int8], text.clone())),
            "repeat" => Some(("p_repeat", &[T::STRING, T::Int8], text.clone())),
            "lpad" => Some(("p_lpad", &[T::STRING, T::Int8, T::STRING], text.clone())),
            "rpad" => Some(("p_rpad", &[T::STRING, T::Int8, T::STRING], text.clone())),
            "reverse" => Some(("p_reverse", &[T::STRING], text.clone())),
            "chr" => Some(("p_chr", &[T::Int8], text.clone())),
            "to_hex" => Some(("p_to_hex", &[T::Unknown], text.clone())),
            "quote_ident" => Some(("p_quote_ident", &[T::STRING], text.clone())),
            "quote_literal" => Some(("p_quote_literal", &[T::STRING], text.clone())),
            "strpos" => Some(("p_strpos", &[T::STRING, T::STRING], T::Int8)),
            "starts_with" => Some(("p_starts_with", &[T::STRING, T::STRING], T::Bool)),
            "octet_length" => Some(("p_octet_length", &[T::Unknown], T::Int8)),
            "md5" => Some(("p_md5", &[T::Unknown], text.clone())),
            "sha256" => Some(("p_sha256", &[T::Unknown], text.clone())),
            "sha512" => Some(("p_sha512", &[T::Unknown], text.clone())),
            "encode" => Some(("p_encode", &[T::Bytes, T::STRING], text.clone())),
            "decode" => Some(("p_decode", &[T::STRING, T::STRING], T::Bytes)),
            "regexp_replace" => Some((
                "p_regexp_replace",
                &[T::STRING, T::STRING, T::STRING, T::STRING],
                text.clone(),
            )),
            "regexp_extract" => Some(("p_regexp_extract", &[T::STRING, T::STRING], text.clone())),
            "array_to_string" => Some(("p_array_to_string", &[T::Unknown, T::STRING], text.clone())),
            "regexp_split_to_array" => Some(("p_regexp_split", &[T::STRING, T::STRING], T::string_array())),
            "string_to_array" => Some(("p_string_to_array", &[T::STRING, T::STRING], T::string_array())),
            "array_length" | "cardinality" => Some(("p_array_length", &[T::Unknown, T::Int8], T::Int8)),
            "date_trunc" => Some(("p_date_trunc", &[T::STRING, T::TimestampTz], T::TimestampTz)),
            "date_part" | "extract" => Some(("p_extract", &[T::STRING, T::TimestampTz], T::Float8)),
            "json_typeof" | "jsonb_typeof" => Some(("p_json_typeof", &[T::Jsonb], text.clone())),
            "json_array_length" | "jsonb_array_length" => Some(("p_json_array_length", &[T::Jsonb], T::Int8)),
            "json_strip_nulls" | "jsonb_strip_nulls" => Some(("p_json_strip_nulls", &[T::Jsonb], T::Jsonb)),
            "jsonb_pretty" => Some(("p_json_pretty", &[T::Jsonb], text.clone())),
            "gen_random_uuid" | "uuid_v4" => Some(("p_gen_random_uuid", &[], T::Uuid)),
            "unique_rowid" | "unordered_unique_rowid" => Some(("p_unique_rowid", &[], T::Int8)),
            "now" | "transaction_timestamp" | "statement_timestamp" | "current_timestamp" => {
                Some(("p_now", &[], T::TimestampTz))
            }
            "clock_timestamp" | "timeofday" => Some(("p_clock_timestamp", &[], T::TimestampTz)),
            "cluster_logical_timestamp" => Some(("p_cluster_logical_timestamp", &[], T::DECIMAL)),
            "version" => Some(("p_version", &[], text.clone())),
            "cluster_id" => Some(("p_cluster_id", &[], T::Uuid)),
            "current_database" => Some(("p_current_database", &[], text.clone())),
            "current_schema" => Some(("p_current_schema", &[], text.clone())),
            "current_user" | "session_user" => Some(("p_current_user", &[], text.clone())),
            "current_setting" => Some(("p_setting", &[T::STRING], text.clone())),
            "pg_sleep" => Some(("p_sleep", &[T::Float8], T::Bool)),
            "pg_table_is_visible" => Some(("p_table_is_visible", &[T::Oid], T::Bool)),
            "format_type" => Some(("p_format_type", &[T::Oid, T::Int8], text.clone())),
            "pg_get_userbyid" => Some(("p_role_name", &[T::Oid], text.clone())),
            "abs" => Some((
                "abs",
                &[T::Unknown],
                args.first().map_or(T::Int8, |a| a.ty.clone()),
            )),
            "sqrt" | "exp" | "ln" | "log" | "sin" | "cos" | "tan" => Some((name, &[T::Float8], T::Float8)),
            "pow" | "power" => Some((
                "p_pow",
                &[T::Unknown, T::Unknown],
                args.first().map_or(T::Float8, |a| a.ty.clone()),
            )),
            "random" => {
                return Ok(Some(Typed::new(
                    "(abs(random() % 9007199254740992) / 9007199254740992.0)",
                    T::Float8,
                )));
            }
            "pg_backend_pid" => return Ok(Some(Typed::new("1", T::Int8))),
            "pg_relation_is_publishable"
            | "pg_is_in_recovery"
            | "pg_my_temp_schema"
            | "pg_stat_get_numscans" => {
                return Ok(Some(Typed::new("0", T::Bool)));
            }
            "pg_encoding_to_char" | "getdatabaseencoding" => {
                return Ok(Some(Typed::new("'UTF8'", T::STRING)));
            }
            "pg_char_to_encoding" => return Ok(Some(Typed::new("6", T::Int8))),
            "pg_conversion_is_visible" | "pg_opclass_is_visible" | "pg_opfamily_is_visible" => {
                return Ok(Some(Typed::new("1", T::Bool)));
            }
            "pg_get_expr" => {
                return Ok(args
                    .into_iter()
                    .next()
                    .map(|a| Typed::new(a.sql, T::STRING).named("pg_get_expr")));
            }
            "pg_type_is_visible"
            | "pg_function_is_visible"
            | "pg_operator_is_visible"
            | "pg_collation_is_visible"
            | "pg_ts_config_is_visible"
            | "pg_ts_dict_is_visible"
            | "pg_ts_parser_is_visible"
            | "pg_ts_template_is_visible" => {
                return Ok(Some(Typed::new("1", T::Bool)));
            }
            "pg_get_indexdef" if !args.is_empty() => {
                args.truncate(2);
                Some(("p_indexdef", &[T::Oid, T::Int8], text.clone()))
            }
            // Storage does not account for single objects.
            "pg_database_size"
            | "pg_table_size"
            | "pg_relation_size"
            | "pg_total_relation_size"
            | "pg_indexes_size" => {
                return Ok(Some(Typed::new("NULL", T::Int8)));
            }
            "pg_size_pretty" => Some(("p_size_pretty", &[T::Int8], text.clone())),
            "pg_get_constraintdef" if !args.is_empty() => {
                args.truncate(1);
                Some(("p_constraintdef", &[T::Oid], text.clone()))
            }
            "pg_get_viewdef" if !args.is_empty() => {
                args.truncate(1);
                Some(("p_viewdef", &[T::Oid], text.clone()))
            }
            "pg_get_function_arguments" => Some(("p_function_arguments", &[T::Oid], text.clone())),
            "pg_get_function_result" => Some(("p_function_result", &[T::Oid], text.clone())),
            "pg_get_triggerdef"
            | "pg_get_ruledef"
            | "pg_get_partkeydef"
            | "pg_get_statisticsobjdef_columns"
            | "shobj_description"
            | "pg_tablespace_location" => {
                return Ok(Some(Typed::new("NULL", T::STRING)));
            }
            _ => None,
        };
        if let Some((function, types, result)) = simple {
            let mut parts = Vec::new();
            for (i, arg) in args.into_iter().enumerate() {
                let ty = types.get(i).cloned().unwrap_or(T::Unknown);
                // A string literal that fits several types is a string, as in CockroachDB's overload resolution.
                let ty = if ty == T::Unknown && arg.ty == T::Unknown {
                    T::STRING
                } else {
                    ty
                };
                let interval = matches!(name, "extract" | "date_part") && arg.ty == T::Interval;
                parts.push(if interval {
                    arg.sql
                } else {
                    self.coerce(arg, &ty)?.sql
                });
            }
            return Ok(Some(Typed::new(
                format!("{function}({})", parts.join(", ")),
                result,
            )));
        }
        self.special(name, args)
    }

    fn special(&mut self, name: &str, mut args: Vec<Typed>) -> SqlResult<Option<Typed>> {
        use SqlType as T;
        Ok(Some(match (name, args.len()) {
            ("length" | "char_length" | "character_length", 1) => {
                let arg = args.remove(0);
                let arg = if arg.ty == T::Unknown {
                    self.coerce(arg, &T::STRING)?
                } else {
                    arg
                };
                Typed::new(format!("length({})", arg.sql), T::Int8)
            }
            ("substr" | "substring", 2 | 3) => {
                let value = args.remove(0);
                let value = if value.ty == T::Unknown {
                    self.coerce(value, &T::STRING)?
                } else {
                    value
                };
                let mut sql = format!("p_substr({}", value.sql);
                for arg in args {
                    sql.push_str(&format!(", {}", self.coerce(arg, &T::Int8)?.sql));
                }
                Typed::new(sql + ")", value.ty)
            }
            ("coalesce" | "ifnull", n) if n > 0 => {
                let (parts, ty) = self.unify(args)?;
                Typed::new(
                    if parts.len() == 1 {
                        parts.join("")
                    } else {
                        format!("coalesce({})", parts.join(", "))
                    },
                    ty,
                )
            }
            ("nullif", 2) => {
                let (parts, ty) = self.unify(args)?;
                Typed::new(format!("nullif({})", parts.join(", ")), ty)
            }
            ("greatest" | "least", n) if n > 0 => {
                let (parts, ty) = self.unify(args)?;
                let function = if name == "greatest" { "max" } else { "min" };
                Typed::new(
                    if parts.len() == 1 {
                        parts.join("")
                    } else {
                        format!("{function}({})", parts.join(", "))
                    },
                    ty,
                )
            }
            ("if", 3) => {
                let condition = args.remove(0);
                let (parts, ty) = self.unify(args)?;
                Typed::new(format!("iif({}, {})", condition.sql, parts.join(", ")), ty)
            }
            ("round" | "ceil" | "ceiling" | "floor" | "trunc", 1 | 2) => {
                let scale = args.get(1).and_then(|a| a.sql.parse::<u32>().ok());
                let ty = match (&args[0].ty, scale) {
                    (_, Some(scale)) if name == "round" => T::Decimal {
                        precision: Some((38, scale)),
                    },
                    (ty, _) if ty.is_int() => T::Float8,
                    (ty, _) => ty.clone(),
                };
                let parts: Vec<String> = args.into_iter().map(|a| a.sql).collect();
                Typed::new(format!("{name}({})", parts.join(", ")), ty)
            }
            ("mod", 2) => Typed::new(
                format!("p_mod({}, {})", args[0].sql, args[1].sql),
                args[0].ty.clone(),
            ),
            ("concat", _) | ("concat_ws", _) => {
                let mut parts = Vec::new();
                for arg in args {
                    parts.push(if arg.ty == T::Unknown || arg.ty.is_text() {
                        self.coerce(arg, &T::STRING)?.sql
                    } else {
                        cast_call(&arg.sql, &arg.ty, &T::STRING)
                    });
                }
                Typed::new(format!("p_{name}({})", parts.join(", ")), T::STRING)
            }
            ("to_json" | "to_jsonb", 1) => Typed::new(json_call("p_to_json", &args[0]), T::Jsonb),
            ("pg_typeof", 1) => Typed::new(quote_literal(&args[0].ty.standard_name()), T::STRING),
            ("nextval", 1) => {
                let id = self.relation_argument(&args[0])?;
                if let Some(id) = id {
                    self.sequences.push(id);
                }
                Typed::new(
                    format!(
                        "p_nextval({})",
                        id.map_or_else(|| args[0].sql.clone(), |id| id.to_string())
                    ),
                    T::Int8,
                )
            }
            ("setval", 2 | 3) => {
                let id = self
                    .relation_argument(&args[0])?
                    .ok_or_else(|| not_supported("setval on an expression"))?;
                self.sequences.push(id);
                Typed::new(format!("p_setval({id}, {})", args[1].sql), T::Int8)
            }
            (
                "has_database_privilege"
                | "has_schema_privilege"
                | "has_table_privilege"
                | "has_system_privilege"
                | "has_sequence_privilege"
                | "has_any_column_privilege"
                | "has_type_privilege"
                | "has_function_privilege",
                n,
            ) => self.has_privilege(name, n, args)?,
            ("pg_has_role", 2 | 3) => {
                let mut parts = Vec::new();
                for arg in args {
                    parts.push(self.coerce(arg, &T::STRING)?.sql);
                }
                Typed::new(format!("p_has_role({})", parts.join(", ")), T::Bool)
            }
            ("is_admin", 0) => Typed::new("p_has_role('admin', 'MEMBER')", T::Bool),
            ("obj_description" | "col_description", n) if n > 0 => {
                let column = if name == "col_description" {
                    args.get(1).map_or("0", |a| a.sql.as_str()).to_owned()
                } else {
                    "0".to_owned()
                };
                Typed::new(format!("p_comment({}, {column})", args[0].sql), T::STRING)
            }
            ("current_schemas", 1) => {
                let path: Vec<&String> = self.search_path.iter().collect();
                Typed::new(
                    quote_literal(&crate::datum::format_array(path)),
                    T::string_array(),
                )
            }
            ("age", 2) => {
                let (end, begin) = (args.remove(0), args.remove(0));
                let (end, begin) = (
                    self.coerce(end, &T::TimestampTz)?,
                    self.coerce(begin, &T::TimestampTz)?,
                );
                Typed::new(format!("p_ts_sub({}, {})", end.sql, begin.sql), T::Interval)
            }
            ("to_regclass", 1) => Typed::new(format!("p_regclass({})", args[0].sql), T::RegClass),
            ("percent_rank" | "cume_dist", 0) => Typed::new(format!("{name}()"), T::Float8),
            ("ntile", 1) => Typed::new(format!("ntile({})", args[0].sql), T::Int8),
            ("row_number" | "rank" | "dense_rank", 0) => Typed::new(format!("{name}()"), T::Int8),
            ("lag" | "lead" | "first_value" | "last_value" | "nth_value", n) if n > 0 => {
                let ty = args[0].ty.clone();
                if let Some(default) = args.get(2).cloned() {
                    args[2] = self.coerce(default, &ty)?;
                }
                let parts: Vec<String> = args.into_iter().map(|a| a.sql).collect();
                Typed::new(format!("{name}({})", parts.join(", ")), ty)
            }
            ("force_error", 2) => {
                Typed::new(format!("p_crdb_error({}, {})", args[0].sql, args[1].sql), T::Int8)
            }
            (
                "generate_series"
                | "unnest"
                | "jsonb_array_elements"
                | "jsonb_array_elements_text"
                | "jsonb_object_keys",
                _,
            ) => return Err(not_supported(format!("{name}() inside an expression"))),
            ("array_append" | "array_remove", 2) => {
                let item = args.remove(1);
                self.array_with_item(&format!("p_{name}"), args.remove(0), item)?
            }
            ("array_prepend", 2) => {
                let array = args.remove(1);
                self.array_with_item("p_array_prepend", array, args.remove(0))?
            }
            ("array_position", 2) => {
                let item = args.remove(1);
                Typed {
                    ty: T::Int8,
                    ..self.array_with_item("p_array_position", args.remove(0), item)?
                }
            }
            ("array_cat", 2) => {
                let (a, b) = (args.remove(0), args.remove(0));
                self.array_concat(a, b)?
            }
            ("json_build_array" | "jsonb_build_array", _) => {
                let parts: Vec<String> = args.iter().map(as_json).collect();
                Typed::new(format!("p_json_build_array({})", parts.join(", ")), T::Jsonb)
            }
            ("json_build_object" | "jsonb_build_object", n) if n % 2 == 0 => {
                let mut parts = Vec::new();
                for (i, arg) in args.into_iter().enumerate() {
                    parts.push(if i % 2 == 0 {
                        self.coerce(arg, &T::STRING)?.sql
                    } else {
                        as_json(&arg)
                    });
                }
                Typed::new(format!("p_json_build_object({})", parts.join(", ")), T::Jsonb)
            }
            _ => return self.user_function(name, args),
        }))
    }

    /// A function of an array and one item: the item goes as its text, as items are stored.
    fn array_with_item(&mut self, function: &str, array: Typed, item: Typed) -> SqlResult<Typed> {
        let (array, ty) = self.array_of(array, &item.ty)?;
        let item = self.coerce(item, &ty)?;
        let text = if ty.is_text() {
            item.sql
        } else {
            cast_call(&item.sql, &ty, &SqlType::STRING)
        };
        Ok(Typed::new(
            format!("{function}({array}, {text})"),
            SqlType::Array(Box::new(ty)),
        ))
    }

    /// Two arrays, one behind the other.
    pub(super) fn array_concat(&mut self, first: Typed, second: Typed) -> SqlResult<Typed> {
        let (first, second) = match (&first.ty, &second.ty) {
            (SqlType::Array(_), SqlType::Array(_)) => (first, second),
            (SqlType::Array(_), SqlType::Unknown) => {
                let ty = first.ty.clone();
                (first, self.coerce(second, &ty)?)
            }
            (SqlType::Array(_), _) => return self.array_with_item("p_array_append", first, second),
            (SqlType::Unknown, _) => {
                let ty = second.ty.clone();
                (self.coerce(first, &ty)?, second)
            }
            _ => return self.array_with_item("p_array_prepend", second, first),
        };
        let ty = first.ty.clone();
        Ok(Typed::new(
            format!("p_array_concat({}, {})", first.sql, second.sql),
            ty,
        ))
    }

    fn array_of(&mut self, array: Typed, item: &SqlType) -> SqlResult<(String, SqlType)> {
        if let SqlType::Array(ty) = &array.ty {
            let ty = (**ty).clone();
            return Ok((array.sql, ty));
        }
        let item = if item == &SqlType::Unknown {
            SqlType::STRING
        } else {
            item.clone()
        };
        let array = self.coerce(array, &SqlType::Array(Box::new(item.clone())))?;
        Ok((array.sql, item))
    }

    fn has_privilege(&mut self, name: &str, count: usize, args: Vec<Typed>) -> SqlResult<Typed> {
        let kind = name.trim_start_matches("has_").trim_end_matches("_privilege");
        let mut parts = Vec::new();
        for arg in args {
            parts.push(if arg.ty.is_int() || arg.ty == SqlType::RegClass {
                arg.sql
            } else {
                self.coerce(arg, &SqlType::STRING)?.sql
            });
        }
        let with_object = kind != "system";
        if count < usize::from(with_object) + 2 {
            parts.insert(0, "p_current_user()".into());
        }
        if !with_object {
            parts.insert(1, "''".into());
        }
        if parts.len() != 3 {
            return Err(unknown_function(&ObjectName::bare(name)));
        }
        Ok(Typed::new(
            format!("p_has_privilege({}, {})", quote_literal(kind), parts.join(", ")),
            SqlType::Bool,
        ))
    }

    fn aggregate(&mut self, name: &str, distinct: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
        use SqlType as T;
        let Some(first) = args.first() else {
            return Ok((name == "count").then(|| Typed::new("count(*)", T::Int8)));
        };
        let call = |function: &str, ty: SqlType| {
            Some(Typed::new(format!("{function}({distinct}{})", first.sql), ty))
        };
        Ok(match (name, args.len()) {
            ("count", 1) => call("count", T::Int8),
            ("count_rows", 0) => call("count", T::Int8),
            ("sum_int", 1) => call("sum", T::Int8),
            ("sum", 1) => call(
                "sum",
                if first.ty.is_int() {
                    T::DECIMAL
                } else {
                    first.ty.clone()
                },
            ),
            ("avg", 1) => call(
                "avg",
                if first.ty.is_int() {
                    T::DECIMAL
                } else {
                    first.ty.clone()
                },
            ),
            ("min", 1) => call("min", first.ty.clone()),
            ("max", 1) => call("max", first.ty.clone()),
            ("bool_and" | "every", 1) => call("min", T::Bool),
            ("bool_or", 1) => call("max", T::Bool),
            ("array_agg", 1) => {
                let item = if first.ty == T::Unknown {
                    T::STRING
                } else {
                    first.ty.clone()
                };
                call("p_array_agg", T::Array(Box::new(item)))
            }
            ("string_agg", 2) => {
                let separator = self.coerce(args[1].clone(), &T::STRING)?;
                let text = self.coerce(first.clone(), &T::STRING)?;
                Some(Typed::new(
                    format!("group_concat({distinct}{}, {})", text.sql, separator.sql),
                    T::STRING,
                ))
            }
            ("json_agg" | "jsonb_agg", 1) => Some(Typed::new(
                format!("p_json_agg({distinct}{})", as_json(first)),
                T::Jsonb,
            )),
            ("json_object_agg" | "jsonb_object_agg", 2) => {
                let key = self.coerce(first.clone(), &T::STRING)?;
                Some(Typed::new(
                    format!("p_json_object_agg({}, {})", key.sql, as_json(&args[1])),
                    T::Jsonb,
                ))
            }
            _ => None,
        })
    }
}

/// A value as JSON, NULL as JSON's null.
fn as_json(value: &Typed) -> String {
    json_call("p_json", value)
}

fn json_call(function: &str, value: &Typed) -> String {
    let ty = if value.ty == SqlType::Unknown {
        &SqlType::STRING
    } else {
        &value.ty
    };
    format!("{function}({}, {})", value.sql, quote_literal(&ty.sql_name()))
}

fn first_column(sql: &str) -> String {
    format!("WITH q(v) AS ({sql}) SELECT v FROM q")
}

fn unknown_function(name: &ObjectName) -> SqlError {
    SqlError::new(
        sqlstate::UNDEFINED_FUNCTION,
        format!("unknown function: {name}()"),
    )
    .with_hint("This is a practice cluster; it has the functions that Roachvault and everyday queries need.")
}

/// Whether the expression is the word DEFAULT.
pub(super) fn is_default_keyword(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(ident) if ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case("default"))
}
