//! Renaming and moving: no bytes move, but whatever knows a file by its name loses it.

use std::sync::Arc;

use roachvault_cockroach::userfile::{self, Rename, StoredName};
use uuid::Uuid;

use super::download::select;
use super::plan::{Kept, confirm, wrong_plan};
use super::touched::{TouchedCollection, touched};
use super::{Userfiles, open_store};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::Result;

/// Old and new path of a file, or of a folder when both end in a slash. Without leading slashes.
#[derive(Debug, Clone)]
pub struct Move {
    pub from: String,
    pub to: String,
}

/// A folder that has files already and would get those of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedFolder {
    pub path: String,
    /// As many as it has now.
    pub files: u64,
}

#[derive(Debug, Clone)]
pub struct RenamePlan {
    pub id: Uuid,
    pub store: String,
    pub files: u64,
    /// Collections that get another address, or are torn apart.
    pub collections: Vec<TouchedCollection>,
    pub merges: Vec<MergedFolder>,
    /// What has to be typed before this is done.
    pub type_to_confirm: Option<String>,
}

pub(super) struct Planned {
    connection: ConnectionId,
    store: String,
    renames: Vec<Rename>,
    type_to_confirm: Option<String>,
}

impl Userfiles {
    /// Looks at what would get another name, and at what has that name already.
    pub async fn plan_rename(
        &self,
        cluster: &OpenCluster,
        store: Option<&str>,
        moves: &[Move],
    ) -> Result<RenamePlan> {
        let store = open_store(cluster.writable()?, store).await?;
        let mut renames = Vec::with_capacity(moves.len());
        let mut merges = Vec::new();
        for one in moves {
            let to = StoredName::new(one.to.trim_end_matches('/'))?;
            let mut rename = Rename {
                from: format!("/{}", one.from.trim_start_matches('/')),
                to: to.as_str().to_owned(),
            };
            if one.from.ends_with('/') {
                rename.to.push('/');
                let files = userfile::count_below(&store, &rename.to).await?;
                if files > 0 && !rename.to.starts_with(&rename.from) {
                    let path = to.shown().to_owned();
                    merges.push(MergedFolder { path, files });
                }
            }
            renames.push(rename);
        }
        let paths: Vec<String> = moves.iter().map(|one| one.from.clone()).collect();
        let (selected, _) = select(&store, &paths).await?;
        let files: Vec<_> = selected.into_iter().map(|(file, _)| file).collect();
        let collections = touched(&store, &files).await?;
        // A backup without one of its files is lost as if it were deleted.
        let torn = collections.iter().find(|collection| !collection.whole);
        let type_to_confirm = torn
            .map(|collection| collection.path.clone())
            .or_else(|| cluster.name_to_type());
        let host = store.name.host();
        let kept = Planned {
            connection: cluster.id,
            store: host.clone(),
            renames,
            type_to_confirm: type_to_confirm.clone(),
        };
        Ok(RenamePlan {
            id: self.plans.keep(Kept::Rename(kept)),
            store: host,
            files: files.len() as u64,
            collections,
            merges,
            type_to_confirm,
        })
    }

    /// Does it, at once: all of it or nothing.
    pub async fn rename(
        &self,
        find: impl Fn(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: Uuid,
        typed: Option<&str>,
    ) -> Result<()> {
        let kept = self.plans.get(plan)?;
        let Kept::Rename(planned) = &*kept else {
            return Err(wrong_plan());
        };
        let cluster = find(planned.connection)?;
        let writable = cluster.writable()?;
        confirm(&cluster, planned.type_to_confirm.as_deref(), typed)?;
        let store = open_store(writable, Some(&planned.store)).await?;
        let renamed = userfile::rename(&store, &planned.renames).await;
        self.forget_listings();
        renamed?;
        Ok(())
    }
}
