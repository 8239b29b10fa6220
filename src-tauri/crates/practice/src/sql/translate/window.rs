//! Windows: OVER, the WINDOW clause, and frames.

use sqlparser::ast::{NamedWindowDefinition, NamedWindowExpr, WindowFrameBound, WindowSpec, WindowType};

use super::{Scope, Translator, fold};
use crate::catalog::quote_ident;
use crate::error::SqlResult;

impl Translator {
    /// The OVER clause behind a function call.
    pub(super) fn over(&mut self, over: &WindowType, scope: &Scope<'_>) -> SqlResult<String> {
        Ok(match over {
            WindowType::NamedWindow(name) => format!(" OVER {}", quote_ident(&fold(name))),
            WindowType::WindowSpec(spec) => format!(" OVER ({})", self.window(spec, scope)?),
        })
    }

    /// The WINDOW clause of a SELECT; empty without one.
    pub(super) fn named_windows(
        &mut self,
        windows: &[NamedWindowDefinition],
        scope: &Scope<'_>,
    ) -> SqlResult<String> {
        let mut parts = Vec::new();
        for NamedWindowDefinition(name, definition) in windows {
            let inside = match definition {
                NamedWindowExpr::NamedWindow(base) => quote_ident(&fold(base)),
                NamedWindowExpr::WindowSpec(spec) => self.window(spec, scope)?,
            };
            parts.push(format!("{} AS ({inside})", quote_ident(&fold(name))));
        }
        Ok(if parts.is_empty() {
            String::new()
        } else {
            format!(" WINDOW {}", parts.join(", "))
        })
    }

    fn window(&mut self, spec: &WindowSpec, scope: &Scope<'_>) -> SqlResult<String> {
        let mut parts = Vec::new();
        if let Some(base) = &spec.window_name {
            parts.push(quote_ident(&fold(base)));
        }
        if !spec.partition_by.is_empty() {
            let keys = spec
                .partition_by
                .iter()
                .map(|e| Ok(self.expr(e, scope)?.sql))
                .collect::<SqlResult<Vec<_>>>()?;
            parts.push(format!("PARTITION BY {}", keys.join(", ")));
        }
        if !spec.order_by.is_empty() {
            let keys = spec
                .order_by
                .iter()
                .map(|o| {
                    let key = self.expr(&o.expr, scope)?;
                    Ok(format!("{}{}", self.in_order(key.sql, &key.ty), o.options))
                })
                .collect::<SqlResult<Vec<_>>>()?;
            parts.push(format!("ORDER BY {}", keys.join(", ")));
        }
        if let Some(frame) = &spec.window_frame {
            let start = self.frame_bound(&frame.start_bound, scope)?;
            parts.push(match &frame.end_bound {
                Some(end) => format!(
                    "{} BETWEEN {start} AND {}",
                    frame.units,
                    self.frame_bound(end, scope)?
                ),
                None => format!("{} {start}", frame.units),
            });
        }
        Ok(parts.join(" "))
    }

    fn frame_bound(&mut self, bound: &WindowFrameBound, scope: &Scope<'_>) -> SqlResult<String> {
        let (distance, word) = match bound {
            WindowFrameBound::CurrentRow => return Ok("CURRENT ROW".into()),
            WindowFrameBound::Preceding(distance) => (distance, "PRECEDING"),
            WindowFrameBound::Following(distance) => (distance, "FOLLOWING"),
        };
        Ok(match distance {
            Some(distance) => format!("{} {word}", self.expr(distance, scope)?.sql),
            None => format!("UNBOUNDED {word}"),
        })
    }
}
