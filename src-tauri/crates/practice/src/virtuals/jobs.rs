//! Jobs as tables: `crdb_internal.jobs`, and the open tables that come with v26.3.

use super::VirtualTable;
use crate::backup::visible_jobs;
use crate::datum::{Datum, Row};
use crate::error::SqlResult;
use crate::session::Session;
use crate::types::SqlType;

const T: SqlType = SqlType::STRING;
const I: SqlType = SqlType::Int8;
const TIME: SqlType = SqlType::TimestampTz;

pub(super) static TABLES: &[VirtualTable] = &[
    VirtualTable {
        schema: "crdb_internal",
        name: "jobs",
        columns: &[
            ("job_id", I),
            ("job_type", T),
            ("description", T),
            ("statement", T),
            ("user_name", T),
            ("status", T),
            ("running_status", T),
            ("created", TIME),
            ("started", TIME),
            ("finished", TIME),
            ("modified", TIME),
            ("fraction_completed", SqlType::Float8),
            ("high_water_timestamp", SqlType::DECIMAL),
            ("error", T),
            ("coordinator_id", I),
            ("trace_id", I),
        ],
        rows: jobs,
    },
    VirtualTable {
        schema: "information_schema",
        name: "crdb_jobs",
        columns: &[
            ("job_id", I),
            ("job_type", T),
            ("owner", T),
            ("description", T),
            ("created", TIME),
            ("finished", TIME),
            ("state", T),
            ("error", T),
        ],
        rows: open_jobs,
    },
    VirtualTable {
        schema: "information_schema",
        name: "crdb_jobs_with_progress",
        columns: &[
            ("job_id", I),
            ("job_type", T),
            ("owner", T),
            ("description", T),
            ("created", TIME),
            ("finished", TIME),
            ("state", T),
            ("error", T),
            ("progress_fraction", SqlType::Float8),
            ("resolved", SqlType::DECIMAL),
            ("status_message", T),
            ("last_updated", TIME),
        ],
        rows: open_jobs_with_progress,
    },
];

fn jobs(session: &mut Session) -> SqlResult<Vec<Row>> {
    visible_jobs(
        session,
        &[
            "job_id",
            "job_type",
            "description",
            "statement",
            "user_name",
            "status",
            "running_status",
            "created",
            "started",
            "finished",
            "modified",
            "fraction_completed",
            "high_water_timestamp",
            "error",
            "coordinator_id",
            "trace_id",
        ],
    )
}

const OPEN: [&str; 8] = [
    "job_id",
    "job_type",
    "user_name",
    "description",
    "created",
    "finished",
    "status",
    "error",
];

/// No error is NULL here, not the empty text of SHOW JOBS.
fn without_empty_errors(mut rows: Vec<Row>) -> Vec<Row> {
    for error in rows.iter_mut().filter_map(|row| row.get_mut(7)) {
        if error.as_str() == Some("") {
            *error = Datum::Null;
        }
    }
    rows
}

fn open_jobs(session: &mut Session) -> SqlResult<Vec<Row>> {
    visible_jobs(session, &OPEN).map(without_empty_errors)
}

fn open_jobs_with_progress(session: &mut Session) -> SqlResult<Vec<Row>> {
    let columns = [
        &OPEN[..],
        &[
            "fraction_completed",
            "high_water_timestamp",
            "running_status",
            "modified",
        ],
    ]
    .concat();
    visible_jobs(session, &columns).map(without_empty_errors)
}
