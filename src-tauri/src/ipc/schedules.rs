//! Schedules: backups that the cluster takes by itself.

mod wire;

use roachvault_cockroach::schedule::ScheduleId;
use roachvault_core::plan::PlanId;
use roachvault_core::schedule::can_run_now;
use roachvault_core::{Code, Error};
use uuid::Uuid;

pub use wire::*;

use crate::ipc::IpcError;
use crate::state::AppState;

/// Every backup schedule that the user may see, by name.
pub async fn list_schedules(state: &AppState, connection: Uuid) -> Result<ScheduleList, IpcError> {
    let open = state.cluster(connection)?;
    let schedules = state.schedules.list(&open).await?;
    Ok(ScheduleList {
        schedules: schedules.into_iter().map(Schedule::from).collect(),
        can_run_now: can_run_now(&open),
    })
}

pub async fn plan_schedule(
    state: &AppState,
    connection: Uuid,
    request: ScheduleRequest,
) -> Result<SchedulePlan, IpcError> {
    let open = state.cluster(connection)?;
    Ok(state
        .schedules
        .plan_schedule(&open, request.decode()?)
        .await?
        .into())
}

/// Answers the schedule as the cluster's list has it.
pub async fn create_schedule(state: &AppState, plan: Uuid) -> Result<Schedule, IpcError> {
    Ok(state
        .schedules
        .create(|id| state.connections.open_cluster(id), PlanId(plan))
        .await?
        .into())
}

/// `typed` is the connection's name, which production asks for.
pub async fn pause_schedule(
    state: &AppState,
    connection: Uuid,
    schedule: String,
    typed: Option<String>,
) -> Result<(), IpcError> {
    let open = state.cluster(connection)?;
    Ok(state
        .schedules
        .pause(&open, schedule_id(&schedule)?, typed.as_deref())
        .await?)
}

pub async fn resume_schedule(state: &AppState, connection: Uuid, schedule: String) -> Result<(), IpcError> {
    let open = state.cluster(connection)?;
    Ok(state.schedules.resume(&open, schedule_id(&schedule)?).await?)
}

/// Has the next backup taken out of turn; with `full` a full one, whatever would come next.
pub async fn run_schedule(
    state: &AppState,
    connection: Uuid,
    schedule: String,
    full: bool,
) -> Result<(), IpcError> {
    let open = state.cluster(connection)?;
    Ok(state.schedules.run(&open, schedule_id(&schedule)?, full).await?)
}

pub async fn plan_change_schedule(
    state: &AppState,
    connection: Uuid,
    schedule: String,
    change: ScheduleChange,
) -> Result<ScheduleChangePlan, IpcError> {
    let open = state.cluster(connection)?;
    Ok(state
        .schedules
        .plan_change(&open, schedule_id(&schedule)?, change.decode())
        .await?
        .into())
}

/// Answers the schedule as the cluster's list has it. `typed` is the connection's name, which production asks for.
pub async fn change_schedule(
    state: &AppState,
    plan: Uuid,
    typed: Option<String>,
) -> Result<Schedule, IpcError> {
    Ok(state
        .schedules
        .change_planned(
            |id| state.connections.open_cluster(id),
            PlanId(plan),
            typed.as_deref(),
        )
        .await?
        .into())
}

pub async fn plan_drop_schedule(
    state: &AppState,
    connection: Uuid,
    schedule: String,
) -> Result<DropSchedulePlan, IpcError> {
    let open = state.cluster(connection)?;
    Ok(state
        .schedules
        .plan_drop(&open, schedule_id(&schedule)?)
        .await?
        .into())
}

/// `typed` is the connection's name, which production asks for.
pub async fn drop_schedule(state: &AppState, plan: Uuid, typed: Option<String>) -> Result<(), IpcError> {
    Ok(state
        .schedules
        .drop(
            |id| state.connections.open_cluster(id),
            PlanId(plan),
            typed.as_deref(),
        )
        .await?)
}

pub async fn get_schedule_sql(
    state: &AppState,
    connection: Uuid,
    schedule: String,
) -> Result<ScheduleSql, IpcError> {
    let open = state.cluster(connection)?;
    Ok(state.schedules.sql(&open, schedule_id(&schedule)?).await?.into())
}

fn schedule_id(text: &str) -> Result<ScheduleId, IpcError> {
    let number = text.parse().map_err(|_| {
        Error::new(
            Code::InvalidInput,
            format!("{text} is not the number of a schedule."),
        )
    })?;
    Ok(ScheduleId(number))
}
