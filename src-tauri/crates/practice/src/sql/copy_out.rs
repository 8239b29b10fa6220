//! COPY … TO STDOUT: which rows, and how they are written.

use super::lexer::Cursor;
use crate::catalog::quote_ident;
use crate::datum::Row;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::ColumnMeta;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Csv,
}

/// A COPY that gives rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyOut {
    /// The query whose rows are given.
    pub query: String,
    format: Format,
    header: bool,
    delimiter: char,
    null: String,
}

impl CopyOut {
    /// Reads the statement; `None` when it is another one.
    pub fn parse(sql: &str) -> SqlResult<Option<Self>> {
        let Ok(mut cursor) = Cursor::new(sql) else {
            return Ok(None);
        };
        if !cursor.accept("copy") {
            return Ok(None);
        }
        let query = if cursor.looking_at("(") {
            cursor.parenthesized()?.to_owned()
        } else {
            let name = cursor.name()?;
            let columns = if cursor.looking_at("(") {
                let names = cursor.ident_list()?;
                names
                    .iter()
                    .map(|n| quote_ident(n))
                    .collect::<Vec<_>>()
                    .join(", ")
            } else {
                "*".to_owned()
            };
            let name: Vec<String> = name.0.iter().map(|part| quote_ident(part)).collect();
            format!("SELECT {columns} FROM {}", name.join("."))
        };
        if !cursor.accept("to") {
            return Ok(None);
        }
        cursor.expect("stdout")?;
        let mut copy = Self {
            query,
            format: Format::Text,
            header: false,
            delimiter: '\0',
            null: String::new(),
        };
        let mut null = None;
        cursor.accept("with");
        let listed = cursor.accept("(");
        while !cursor.at_end() && !cursor.looking_at(")") {
            let option = cursor.ident()?;
            match option.as_str() {
                "format" => {
                    let format = cursor.ident_or_text()?;
                    copy.set_format(&format)?;
                }
                "csv" | "text" | "binary" if !listed => copy.set_format(&option)?,
                "header" => {
                    copy.header = !cursor.accept("false") && !cursor.accept("off");
                    let _ = cursor.accept("true") || cursor.accept("on");
                }
                "delimiter" => {
                    cursor.accept("as");
                    let text = cursor.text()?;
                    let mut letters = text.chars();
                    copy.delimiter = match (letters.next(), letters.next()) {
                        (Some(letter), None) if letter.is_ascii() => letter,
                        _ => {
                            return Err(SqlError::new(
                                sqlstate::FEATURE_NOT_SUPPORTED,
                                "delimiter must be a single-byte character",
                            ));
                        }
                    };
                }
                "null" => {
                    cursor.accept("as");
                    null = Some(cursor.text()?);
                }
                _ => return Err(SqlError::not_on_practice(format!("COPY … WITH {option}"))),
            }
            cursor.accept(",");
        }
        if listed {
            cursor.expect(")")?;
        }
        cursor.finish()?;
        if copy.delimiter == '\0' {
            copy.delimiter = if copy.format == Format::Csv { ',' } else { '\t' };
        }
        let usual = if copy.format == Format::Csv { "" } else { "\\N" };
        copy.null = null.unwrap_or_else(|| usual.to_owned());
        Ok(Some(copy))
    }

    fn set_format(&mut self, name: &str) -> SqlResult<()> {
        self.format = match name.to_lowercase().as_str() {
            "text" => Format::Text,
            "csv" => Format::Csv,
            _ => {
                return Err(SqlError::new(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    "unimplemented: binary format for COPY TO not implemented",
                ));
            }
        };
        Ok(())
    }

    /// The line with the columns' names, if it was asked for.
    pub fn header(&self, columns: &[ColumnMeta]) -> Option<String> {
        self.header
            .then(|| self.line(columns.iter().map(|column| Some(column.name.clone()))))
    }

    /// A row as a line.
    pub fn row(&self, row: &Row, columns: &[ColumnMeta]) -> String {
        self.line(
            row.iter()
                .zip(columns)
                .map(|(value, column)| value.to_text(&column.ty)),
        )
    }

    fn line(&self, values: impl Iterator<Item = Option<String>>) -> String {
        let mut line = String::new();
        for (i, value) in values.enumerate() {
            if i > 0 {
                line.push(self.delimiter);
            }
            match value {
                None => line.push_str(&self.null),
                Some(value) => self.write(&value, &mut line),
            }
        }
        line.push('\n');
        line
    }

    fn write(&self, value: &str, line: &mut String) {
        match self.format {
            Format::Csv => {
                let special = |c| c == self.delimiter || matches!(c, '"' | '\n' | '\r');
                if value == self.null || value.contains(special) {
                    line.push('"');
                    line.push_str(&value.replace('"', "\"\""));
                    line.push('"');
                } else {
                    line.push_str(value);
                }
            }
            Format::Text => {
                for letter in value.chars() {
                    match letter {
                        '\\' => line.push_str("\\\\"),
                        '\n' => line.push_str("\\n"),
                        '\r' => line.push_str("\\r"),
                        '\t' => line.push_str("\\t"),
                        other => {
                            if other == self.delimiter {
                                line.push('\\');
                            }
                            line.push(other);
                        }
                    }
                }
            }
        }
    }
}
