//! CockroachDB's column types: their names in SQL, their PostgreSQL OIDs on the wire, and nothing about values
//! (see [`crate::datum`]).

use serde::{Deserialize, Serialize};

use crate::error::{SqlError, SqlResult, sqlstate};

/// The type of a column or expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SqlType {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Decimal {
        /// `DECIMAL(precision, scale)`; none when written without.
        precision: Option<(u32, u32)>,
    },
    String {
        limit: Option<u32>,
    },
    Varchar {
        limit: Option<u32>,
    },
    Char {
        limit: Option<u32>,
    },
    Name,
    Bytes,
    Uuid,
    Timestamp,
    TimestampTz,
    Date,
    Time,
    Interval,
    Jsonb,
    Oid,
    RegClass,
    /// `pg_catalog."char"`, one byte; only in catalog tables.
    SingleChar,
    Inet,
    Void,
    /// A user-defined enum; the name is looked up in the catalog by id.
    Enum {
        id: u32,
        name: String,
    },
    Array(Box<SqlType>),
    /// A literal or placeholder whose type its context decides.
    Unknown,
}

impl SqlType {
    /// `STRING` without limit, the most common one.
    pub const STRING: Self = Self::String { limit: None };
    /// `DECIMAL` without precision.
    pub const DECIMAL: Self = Self::Decimal { precision: None };

    /// `STRING[]`.
    pub fn string_array() -> Self {
        Self::Array(Box::new(Self::STRING))
    }

    /// The PostgreSQL type OID sent in row descriptions. Enums use 100000 + their id, as CockroachDB does.
    pub fn oid(&self) -> u32 {
        match self {
            Self::Bool => 16,
            Self::Bytes => 17,
            Self::SingleChar => 18,
            Self::Name => 19,
            Self::Int8 => 20,
            Self::Int2 => 21,
            Self::Int4 => 23,
            Self::String { .. } | Self::Unknown => 25,
            Self::Oid => 26,
            Self::RegClass => 2205,
            Self::Jsonb => 3802,
            Self::Float4 => 700,
            Self::Float8 => 701,
            Self::Inet => 869,
            Self::Char { .. } => 1042,
            Self::Varchar { .. } => 1043,
            Self::Date => 1082,
            Self::Time => 1083,
            Self::Timestamp => 1114,
            Self::TimestampTz => 1184,
            Self::Interval => 1186,
            Self::Decimal { .. } => 1700,
            Self::Uuid => 2950,
            Self::Void => 2278,
            Self::Enum { id, .. } => 100_000 + id,
            Self::Array(item) => match **item {
                Self::Bool => 1000,
                Self::Bytes => 1001,
                Self::Name => 1003,
                Self::Int2 => 1005,
                Self::Int4 => 1007,
                Self::Int8 => 1016,
                Self::Oid => 1028,
                Self::Float8 => 1022,
                Self::Float4 => 1021,
                Self::Varchar { .. } => 1015,
                Self::Timestamp => 1115,
                Self::TimestampTz => 1185,
                Self::Date => 1182,
                Self::Decimal { .. } => 1231,
                Self::Uuid => 2951,
                Self::Jsonb => 3807,
                _ => 1009,
            },
        }
    }

    /// The type a client names by OID in a Parse message; anything unknown is decided by context.
    pub fn from_oid(oid: u32) -> Self {
        match oid {
            16 => Self::Bool,
            17 => Self::Bytes,
            19 => Self::Name,
            20 => Self::Int8,
            21 => Self::Int2,
            23 => Self::Int4,
            25 => Self::STRING,
            26 => Self::Oid,
            700 => Self::Float4,
            701 => Self::Float8,
            1009 => Self::string_array(),
            1016 => Self::Array(Box::new(Self::Int8)),
            1042 => Self::Char { limit: None },
            1043 => Self::Varchar { limit: None },
            1082 => Self::Date,
            1083 => Self::Time,
            1114 => Self::Timestamp,
            1184 => Self::TimestampTz,
            1186 => Self::Interval,
            1700 => Self::DECIMAL,
            2950 => Self::Uuid,
            3802 => Self::Jsonb,
            _ => Self::Unknown,
        }
    }

    /// Bytes of a fixed-size value, or -1, for row descriptions.
    pub fn wire_size(&self) -> i16 {
        match self {
            Self::Bool | Self::SingleChar => 1,
            Self::Int2 => 2,
            Self::Int4 | Self::Float4 | Self::Date | Self::Oid | Self::RegClass => 4,
            Self::Int8 | Self::Float8 | Self::Timestamp | Self::TimestampTz | Self::Time => 8,
            Self::Uuid | Self::Interval => 16,
            _ => -1,
        }
    }

    /// Whether values are whole numbers.
    pub fn is_int(&self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8 | Self::Oid)
    }

    /// Whether arithmetic applies.
    pub fn is_numeric(&self) -> bool {
        self.is_int() || matches!(self, Self::Float4 | Self::Float8 | Self::Decimal { .. })
    }

    /// Whether values are character strings.
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::String { .. } | Self::Varchar { .. } | Self::Char { .. } | Self::Name | Self::SingleChar
        )
    }

    /// Whether values are a date with a time.
    pub fn is_timestamp(&self) -> bool {
        matches!(self, Self::Timestamp | Self::TimestampTz)
    }

    /// The name in CockroachDB's SQL, as SHOW CREATE TABLE prints it.
    pub fn sql_name(&self) -> String {
        fn limited(name: &str, limit: Option<u32>) -> String {
            limit.map_or_else(|| name.to_owned(), |n| format!("{name}({n})"))
        }
        match self {
            Self::Bool => "BOOL".into(),
            Self::Int2 => "INT2".into(),
            Self::Int4 => "INT4".into(),
            Self::Int8 => "INT8".into(),
            Self::Float4 => "FLOAT4".into(),
            Self::Float8 => "FLOAT8".into(),
            Self::Decimal { precision: None } => "DECIMAL".into(),
            Self::Decimal {
                precision: Some((p, 0)),
            } => format!("DECIMAL({p})"),
            Self::Decimal {
                precision: Some((p, s)),
            } => format!("DECIMAL({p},{s})"),
            Self::String { limit } => limited("STRING", *limit),
            Self::Varchar { limit } => limited("VARCHAR", *limit),
            Self::Char { limit } => limited("CHAR", *limit),
            Self::Name => "NAME".into(),
            Self::Bytes => "BYTES".into(),
            Self::Uuid => "UUID".into(),
            Self::Timestamp => "TIMESTAMP".into(),
            Self::TimestampTz => "TIMESTAMPTZ".into(),
            Self::Date => "DATE".into(),
            Self::Time => "TIME".into(),
            Self::Interval => "INTERVAL".into(),
            Self::Jsonb => "JSONB".into(),
            Self::Oid => "OID".into(),
            Self::RegClass => "REGCLASS".into(),
            Self::SingleChar => "\"char\"".into(),
            Self::Inet => "INET".into(),
            Self::Void => "VOID".into(),
            Self::Enum { name, .. } => name.clone(),
            Self::Array(item) => format!("{}[]", item.sql_name()),
            Self::Unknown => "UNKNOWN".into(),
        }
    }

    /// The name in `information_schema.columns.data_type` and `pg_catalog.format_type`.
    pub fn standard_name(&self) -> String {
        match self {
            Self::Bool => "boolean".into(),
            Self::Int2 => "smallint".into(),
            Self::Int4 => "integer".into(),
            Self::Int8 => "bigint".into(),
            Self::Float4 => "real".into(),
            Self::Float8 => "double precision".into(),
            Self::Decimal { .. } => "numeric".into(),
            Self::String { .. } => "text".into(),
            Self::Varchar { .. } => "character varying".into(),
            Self::Char { .. } => "character".into(),
            Self::Bytes => "bytea".into(),
            Self::Timestamp => "timestamp without time zone".into(),
            Self::TimestampTz => "timestamp with time zone".into(),
            Self::Time => "time without time zone".into(),
            Self::Enum { .. } => "USER-DEFINED".into(),
            Self::Array(_) => "ARRAY".into(),
            other => other.sql_name().to_lowercase(),
        }
    }

    /// Reads a type name as written in SQL, for example `decimal(12, 2)`, `string[]` or `timestamptz`.
    /// User-defined types are the caller's business: 42704 `type "x" does not exist`.
    pub fn parse(text: &str) -> SqlResult<Self> {
        let text = text.trim();
        if let Some(item) = text.strip_suffix("[]") {
            return Ok(Self::Array(Box::new(Self::parse(item)?)));
        }
        let lower = text.to_ascii_lowercase();
        let (name, arguments) = match lower.split_once('(') {
            Some((name, rest)) => {
                let (inside, tail) = rest.split_once(')').unwrap_or((rest, ""));
                let numbers: Vec<u32> = inside.split(',').filter_map(|n| n.trim().parse().ok()).collect();
                (format!("{}{}", name.trim(), tail), numbers)
            }
            None => (lower.clone(), Vec::new()),
        };
        let limit = arguments.first().copied();
        let name = name.trim().trim_matches('"');
        Ok(match name.strip_prefix("pg_catalog.").unwrap_or(name) {
            "bool" | "boolean" => Self::Bool,
            "int2" | "smallint" => Self::Int2,
            "int4" => Self::Int4,
            "int" | "int8" | "int64" | "integer" | "bigint" | "serial" | "serial8" | "bigserial"
            | "serial4" | "serial2" => Self::Int8,
            "float4" | "real" => Self::Float4,
            "float" | "float8" | "double" | "double precision" => Self::Float8,
            "decimal" | "numeric" | "dec" => Self::Decimal {
                precision: limit.map(|p| (p, arguments.get(1).copied().unwrap_or(0))),
            },
            "string" | "text" => Self::String { limit },
            "varchar" | "character varying" => Self::Varchar { limit },
            "char" | "character" | "bpchar" => Self::Char {
                limit: Some(limit.unwrap_or(1)),
            },
            "name" => Self::Name,
            "bytes" | "bytea" | "blob" => Self::Bytes,
            "uuid" => Self::Uuid,
            "timestamp" | "timestamp without time zone" => Self::Timestamp,
            "timestamptz" | "timestamp with time zone" => Self::TimestampTz,
            "date" => Self::Date,
            "time" | "time without time zone" => Self::Time,
            "interval" => Self::Interval,
            "json" | "jsonb" => Self::Jsonb,
            "oid" => Self::Oid,
            "regclass" | "regtype" | "regproc" | "regnamespace" | "regprocedure" | "regrole" => {
                Self::RegClass
            }
            "inet" => Self::Inet,
            "void" => Self::Void,
            "unknown" => Self::Unknown,
            _ => {
                return Err(SqlError::new(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("type \"{text}\" does not exist"),
                ));
            }
        })
    }
}
