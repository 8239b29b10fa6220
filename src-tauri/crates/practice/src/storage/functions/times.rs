//! Functions on moments and intervals.

use std::sync::Arc;

use super::{FunctionContext, PURE, Registry, VOLATILE};
use crate::datum::{Datum, invalid_text};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::time_text::{Interval, part_of, read_moment, to_storage, truncate};

/// A series of moments is made in memory; this many are 30 MB.
const MOST_MOMENTS: usize = 1_000_000;

fn moment(text: &str) -> SqlResult<chrono::NaiveDateTime> {
    read_moment(text, false).ok_or_else(|| invalid_text("timestamp", text))
}

fn out_of_range() -> SqlError {
    SqlError::new("22008", "timestamp out of range")
}

pub(super) fn register(registry: &Registry<'_>, context: &Arc<FunctionContext>) -> SqlResult<()> {
    let c = Arc::clone(context);
    registry.plain("p_now", VOLATILE, move |_| {
        let begun = c.lock().transaction_ts;
        Ok(Datum::Text(begun.map_or_else(|| c.now(), Ok)?.to_storage()))
    })?;
    let c = Arc::clone(context);
    registry.plain("p_clock_timestamp", VOLATILE, move |_| {
        Ok(Datum::Text(c.now()?.to_storage()))
    })?;
    let c = Arc::clone(context);
    registry.plain("p_cluster_logical_timestamp", VOLATILE, move |_| {
        let begun = c.lock().transaction_ts;
        Ok(Datum::Text(begun.map_or_else(|| c.now(), Ok)?.to_hlc_decimal()))
    })?;
    let c = Arc::clone(context);
    registry.plain("p_unique_rowid", VOLATILE, move |_| {
        // Made as CockroachDB makes it: time in units of 10 µs above 15 bits of node id, never the same twice.
        let _ = &c;
        Ok(Datum::Int(crate::cluster::unique_row_id(c.now()?)))
    })?;
    registry.strict("p_ts_add", PURE, |a| {
        let moved = Interval::parse(&a.text(1))?
            .add_to(moment(&a.text(0))?, a.int(2))
            .ok_or_else(out_of_range)?;
        Ok(Datum::Text(to_storage(moved)))
    })?;
    // A step may be months long, so that no number stands for it: the moments are counted out.
    registry.strict("p_moments", PURE, |a| {
        let (from, to) = (moment(&a.text(0))?, moment(&a.text(1))?);
        let step = Interval::parse(&a.text(2))?;
        let direction = step.total_micros().signum();
        if direction == 0 {
            return Err(SqlError::new(sqlstate::INVALID_PARAMETER, "step cannot be 0"));
        }
        let mut moments = Vec::new();
        for n in 0.. {
            let next = step.add_to(from, n).ok_or_else(out_of_range)?;
            if if direction > 0 { next > to } else { next < to } {
                break;
            }
            if moments.len() == MOST_MOMENTS {
                return Err(SqlError::not_on_practice("generate_series over so many moments"));
            }
            moments.push(to_storage(next));
        }
        Ok(Datum::Text(serde_json::Value::from(moments).to_string()))
    })?;
    registry.strict("p_ts_sub", PURE, |a| {
        Ok(Datum::Text(
            Interval::between(moment(&a.text(0))?, moment(&a.text(1))?).to_string(),
        ))
    })?;
    registry.strict("p_interval_add", PURE, |a| {
        let (x, y) = (Interval::parse(&a.text(0))?, Interval::parse(&a.text(1))?);
        let sign = a.int(2);
        let small = i32::try_from(sign).unwrap_or(1);
        Ok(Datum::Text(
            Interval {
                months: x.months + y.months * small,
                days: x.days + y.days * small,
                micros: x.micros + y.micros * sign,
            }
            .to_string(),
        ))
    })?;
    registry.strict("p_interval_micros", PURE, |a| {
        Ok(Datum::Int(Interval::parse(&a.text(0))?.total_micros()))
    })?;
    registry.strict("p_date_add", PURE, |a| {
        let days = Interval {
            days: i32::try_from(a.int(1) * a.int(2)).unwrap_or(0),
            ..Interval::default()
        };
        Ok(Datum::Text(
            days.add_to(moment(&a.text(0))?, 1)
                .ok_or_else(out_of_range)?
                .format("%Y-%m-%d")
                .to_string(),
        ))
    })?;
    registry.strict("p_date_sub", PURE, |a| {
        Ok(Datum::Int((moment(&a.text(0))? - moment(&a.text(1))?).num_days()))
    })?;
    registry.strict("p_extract", PURE, |a| {
        let (part, text) = (a.text(0), a.text(1));
        if let Ok(at) = moment(&text) {
            return part_of(at, &part).map(Datum::Float).ok_or_else(|| {
                SqlError::new(
                    sqlstate::INVALID_PARAMETER,
                    format!("unsupported timespan: {part}"),
                )
            });
        }
        let interval = Interval::parse(&text)?;
        #[allow(clippy::cast_precision_loss)]
        let seconds = interval.total_micros() as f64 / 1e6;
        Ok(Datum::Float(match part.as_str() {
            "epoch" => seconds,
            "day" => f64::from(interval.days),
            "hour" => (seconds / 3600.0).trunc(),
            _ => {
                return Err(SqlError::new(
                    sqlstate::INVALID_PARAMETER,
                    format!("unsupported timespan: {part}"),
                ));
            }
        }))
    })?;
    registry.strict("p_date_trunc", PURE, |a| {
        let unit = a.text(0);
        let start = truncate(moment(&a.text(1))?, &unit);
        start.map(|m| Datum::Text(to_storage(m))).ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_PARAMETER,
                format!("unsupported timespan: {unit}"),
            )
        })
    })?;
    let c = Arc::clone(context);
    registry.strict("p_sleep", VOLATILE, move |a| {
        let cluster = c.cluster()?;
        let span = std::time::Duration::try_from_secs_f64(a.float(0).max(0.0)).map_err(|_| out_of_range())?;
        c.interrupt.sleep(cluster.clock().real(span))?;
        Ok(Datum::from(true))
    })
}
