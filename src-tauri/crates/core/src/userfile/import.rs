//! From an archive on this computer to files in a cluster.
//!
//! Every file must have the size and the digest that the archive's list gives, or it does not get its
//! name in the cluster; and a backup of which a file is missing does not become visible there.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use roachvault_cockroach::userfile::StoredName;
use uuid::Uuid;

use super::archive::Archive;
use super::local_name::{Rules, local_names};
use super::plan::{Choices, Kept, LeftOut, TransferPlan, wrong_plan};
use super::upload::{Chosen, look_at_target, start_planned};
use super::walk::{Found, Listed, modified_ms};
use super::{Userfiles, open_store};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::{JobId, JobKind, Jobs};

/// What an import would do, and what the archive says of itself.
#[derive(Debug, Clone)]
pub struct ImportPlan {
    pub exported_at: DateTime<Utc>,
    /// Host of the URIs of the store that the files came from.
    pub exported_from: String,
    /// What that cluster said of its version.
    pub cluster_version: String,
    pub transfer: TransferPlan,
}

impl Userfiles {
    /// Reads the list of `archive` (its folder, or the list in it) and looks at the names that are taken.
    /// `folder` is empty or ends in a slash. Files that are missing or have another size are told of now;
    /// they will fail, and hold back what would make their backups visible.
    pub async fn plan_import(
        &self,
        cluster: &OpenCluster,
        store: Option<&str>,
        folder: &str,
        archive: PathBuf,
    ) -> Result<ImportPlan> {
        let store = open_store(cluster.writable()?, store).await?;
        let folder = folder.trim_start_matches('/').to_owned();
        let below = folder.clone();
        let (archive, chosen) = tokio::task::spawn_blocking(move || {
            let (place, archive) = Archive::read(&archive)?;
            let chosen = choose(&archive, &place, below)?;
            Ok::<_, Error>((archive, chosen))
        })
        .await
        .map_err(|error| {
            Error::new(Code::Internal, "The archive could not be read.").detail(error.to_string())
        })??;
        let (plan, planned) = look_at_target(&store, cluster, chosen).await?;
        Ok(ImportPlan {
            exported_at: archive.exported_at,
            exported_from: archive.store,
            cluster_version: archive.cluster_version,
            transfer: TransferPlan {
                id: self.plans.keep(Kept::Import(planned)),
                ..plan
            },
        })
    }

    pub async fn start_import(
        &self,
        jobs: &Jobs,
        find: impl Fn(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: Uuid,
        choices: &Choices,
        typed: Option<&str>,
    ) -> Result<JobId> {
        let kept = self.plans.get(plan)?;
        let Kept::Import(planned) = &*kept else {
            return Err(wrong_plan());
        };
        let cluster = find(planned.connection)?;
        start_planned(jobs, &cluster, planned, choices, typed, JobKind::ImportArchive).await
    }
}

fn choose(archive: &Archive, place: &Path, folder: String) -> Result<Chosen> {
    let (mut files, mut left_out, mut names) = (Vec::new(), Vec::new(), HashSet::new());
    for file in &archive.files {
        let name = StoredName::new(&format!("/{folder}{}", file.name))?;
        if !names.insert(name.clone()) {
            return Err(Error::new(
                Code::InvalidInput,
                format!("The archive's list has {} twice.", file.name),
            ));
        }
        let mut tell = |why: &str| {
            left_out.push(LeftOut {
                path: file.name.clone(),
                why: why.to_owned(),
            });
        };
        let (path, modified_ms) = match file.find(place) {
            Ok(path) => {
                let metadata = std::fs::metadata(&path).ok();
                if metadata
                    .as_ref()
                    .is_none_or(|found| found.len() != file.size_bytes)
                {
                    tell("its size is not the one in the archive's list");
                }
                let modified_ms = metadata.as_ref().and_then(modified_ms);
                (path, modified_ms)
            }
            Err(why) => {
                tell(why);
                // It fails as missing; whatever should be there is compared before it is taken.
                let safe = local_names([file.name.as_str()], Rules::EVERYWHERE).remove(0);
                (place.join("files").join(safe), None)
            }
        };
        let found = Found {
            path,
            relative: file.name.clone(),
            size_bytes: file.size_bytes,
            modified_ms,
            listed: Some(Listed {
                sha256: file.sha256.clone(),
                chunks: file.chunks.clone(),
            }),
        };
        files.push((found, name));
    }
    Ok(Chosen {
        folder,
        files,
        left_out,
        ..Chosen::default()
    })
}
