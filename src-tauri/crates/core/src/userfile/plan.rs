//! Plans of transfers, and where they wait for their start.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::local_name::numbered;
use super::same::Contents;
use crate::cluster::OpenCluster;
use crate::error::{Code, Error, Result};

/// What to do where a name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    Skip,
    Replace,
    KeepBoth,
}

/// The person's answer to all conflicts, and exceptions by the conflict's target.
#[derive(Debug, Clone)]
pub struct Choices {
    pub all: OnConflict,
    pub each: BTreeMap<String, OnConflict>,
}

impl Choices {
    /// An identical file is skipped, unless it was chosen otherwise by itself: there is nothing to do.
    pub(super) fn of(&self, target: &str, is_identical: bool) -> OnConflict {
        let all = if is_identical { OnConflict::Skip } else { self.all };
        self.each.get(target).copied().unwrap_or(all)
    }

    /// Whether new names may be needed.
    pub(super) fn keep_any_beside(&self) -> bool {
        self.all == OnConflict::KeepBoth || self.each.values().any(|choice| *choice == OnConflict::KeepBoth)
    }
}

/// A target whose name is taken, both sides as they are.
#[derive(Debug, Clone)]
pub struct Conflict {
    pub source: String,
    pub target: String,
    pub source_bytes: u64,
    pub source_time: Option<DateTime<Utc>>,
    pub target_bytes: u64,
    pub target_time: Option<DateTime<Utc>>,
    pub contents: Contents,
}

/// A name that had to be changed to be safe at the other end.
#[derive(Debug, Clone)]
pub struct MappedName {
    pub source: String,
    pub target: String,
}

/// Something chosen that will not take part.
#[derive(Debug, Clone)]
pub struct LeftOut {
    pub path: String,
    pub why: String,
}

/// What a transfer would do. Lists hold at most [`TransferPlan::MOST_SHOWN`]; the counts are exact.
#[derive(Debug, Clone, Default)]
pub struct TransferPlan {
    pub id: Uuid,
    /// Host of the store's URIs.
    pub store: String,
    pub target: String,
    pub files: u64,
    pub size_bytes: u64,
    /// How many folders of this computer were chosen; everything in them is among the files.
    pub folders: u64,
    pub conflict_count: u64,
    /// Of these, so many are identical: there is nothing to decide, and by themselves they are skipped.
    pub identical_count: u64,
    /// Those to decide come first.
    pub conflicts: Vec<Conflict>,
    pub mapped: Vec<MappedName>,
    pub left_out: Vec<LeftOut>,
    /// Folders without anything in them: a store knows only files.
    pub empty_folder_count: u64,
    pub empty_folders: Vec<String>,
    /// What has to be typed before a file in the cluster is replaced.
    pub type_to_replace: Option<String>,
}

impl TransferPlan {
    pub const MOST_SHOWN: usize = 500;

    /// With the names that are taken.
    pub(super) fn meeting(self, mut conflicts: Vec<Conflict>) -> Self {
        let is_identical = |conflict: &Conflict| conflict.contents == Contents::Identical;
        conflicts.sort_by_key(is_identical);
        Self {
            conflict_count: conflicts.len() as u64,
            identical_count: conflicts.iter().filter(|one| is_identical(one)).count() as u64,
            conflicts: shown(conflicts),
            ..self
        }
    }
}

/// What a plan keeps for its start.
pub(super) enum Kept {
    Upload(super::upload::Planned),
    Download(super::download::Planned),
    Delete(super::delete::Planned),
    Rename(super::rename::Planned),
    Repair(super::settle::Planned),
    CopyToCluster(super::undelete::Planned),
    Export(super::export::Planned),
    Import(super::upload::Planned),
}

/// Fails unless the person typed what the plan asks for. The connection may have become a production one since the
/// plan was made.
pub(super) fn confirm(cluster: &OpenCluster, wanted: Option<&str>, typed: Option<&str>) -> Result<()> {
    match wanted.map(str::to_owned).or_else(|| cluster.name_to_type()) {
        Some(wanted) if typed != Some(wanted.as_str()) => Err(Error::new(
            Code::ConfirmationNeeded,
            format!("Type “{wanted}” to go on."),
        )),
        _ => Ok(()),
    }
}

/// Plans that wait. A plan is used once; the oldest go when there are many.
#[derive(Default)]
pub struct Plans(Mutex<VecDeque<(Uuid, Arc<Kept>)>>);

const MOST_PLANS: usize = 16;

impl Plans {
    pub(super) fn keep(&self, kept: Kept) -> Uuid {
        let id = Uuid::new_v4();
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.push_back((id, Arc::new(kept)));
        if plans.len() > MOST_PLANS {
            plans.pop_front();
        }
        id
    }

    /// Stays until it is dropped by newer ones, so that a refused start can be tried again.
    pub(super) fn get(&self, id: Uuid) -> Result<Arc<Kept>> {
        let plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans
            .iter()
            .find(|(own, _)| *own == id)
            .map(|(_, kept)| Arc::clone(kept))
            .ok_or_else(wrong_plan)
    }
}

pub(super) fn wrong_plan() -> Error {
    Error::new(Code::PlanChanged, "This plan is not at hand any more.").hint("Plan it again.")
}

/// A name beside `name` that is free: `a (2).csv`, `a (3).csv`, … It is taken from then on.
pub(super) fn free_beside(name: &str, taken: &mut HashSet<String>) -> String {
    let (folder, last) = name
        .rsplit_once('/')
        .map_or(("", name), |(folder, last)| (folder, last));
    let mut number = 2;
    loop {
        let beside = numbered(last, number);
        let candidate = if name.contains('/') {
            format!("{folder}/{beside}")
        } else {
            beside
        };
        if taken.insert(candidate.clone()) {
            return candidate;
        }
        number += 1;
    }
}

/// As [`free_beside`], on the disk.
pub(super) fn free_path_beside(path: &std::path::Path, taken: &mut HashSet<PathBuf>) -> PathBuf {
    let last = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut number = 2;
    loop {
        let candidate = path.with_file_name(numbered(&last, number));
        if !candidate.exists() && taken.insert(candidate.clone()) {
            return candidate;
        }
        number += 1;
    }
}

pub(super) fn shown<T>(mut list: Vec<T>) -> Vec<T> {
    list.truncate(TransferPlan::MOST_SHOWN);
    list
}
