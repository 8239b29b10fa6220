//! The core as the app puts it together, with a practice cluster or two.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use roachvault_cockroach::Cluster;
use roachvault_core::job::{FileEnd, FileResult, JobId, JobSnapshot, Jobs, Journal, Outcome, Runs};
use roachvault_core::userfile::{self, Choices, OnConflict, SpeedLimit, Userfiles};
use roachvault_core::{ClusterInfo, ConnectionId, Environment, OpenCluster};
use roachvault_practice::{Options, PracticeCluster};
use sqlx::AssertSqlSafe;

use crate::local::local;
use crate::watch::until;

/// A practice cluster and the app's connection to it.
pub struct Place {
    pub open: Arc<OpenCluster>,
    pub port: u16,
    /// Absent when it runs elsewhere.
    _practice: Option<PracticeCluster>,
}

pub struct World {
    pub places: Vec<Place>,
    pub jobs: Jobs,
    pub userfiles: Userfiles,
    pub folder: tempfile::TempDir,
    /// Shared by all transfers.
    pub limit: Arc<SpeedLimit>,
    connected: Arc<Mutex<Vec<Arc<OpenCluster>>>>,
}

impl Place {
    async fn start() -> Self {
        let mut options = Options {
            insecure: true,
            sample_data: false,
            ..Options::default()
        };
        options.backups.least_job_duration = Duration::from_millis(50);
        let practice = tokio::task::spawn_blocking(|| PracticeCluster::start(options).unwrap())
            .await
            .unwrap();
        let port = practice.address().port();
        Self {
            open: open(port, "demo").await,
            port,
            _practice: Some(practice),
        }
    }

    pub async fn sql(&self, sql: &str) {
        let run = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(self.open.readable().pool());
        if let Err(error) = run.await {
            panic!("{sql}: {error}");
        }
    }

    /// The first column, as text.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_all(self.open.readable().pool())
            .await
            .unwrap()
    }

    pub async fn fault(&self, list: &str) {
        self.sql(&format!("SET practice.fault = '{list}'")).await;
    }

    pub async fn names(&self) -> Vec<String> {
        self.column("SELECT filename FROM defaultdb.public.userfiles_demo_upload_files ORDER BY filename")
            .await
    }
}

pub async fn open(port: u16, user: &str) -> Arc<OpenCluster> {
    let cluster = Cluster::connect(&local(user, port)).await.unwrap();
    let version_text: String = sqlx::query_scalar("SELECT version()")
        .fetch_one(cluster.pool())
        .await
        .unwrap();
    let info = ClusterInfo {
        version_text,
        version: None,
        user: user.into(),
    };
    let id = ConnectionId::new();
    Arc::new(OpenCluster::new(
        id,
        format!("cluster {port}"),
        Environment::Practice,
        false,
        info,
        cluster,
    ))
}

impl World {
    pub async fn new(clusters: usize) -> Self {
        let mut places = Vec::new();
        for _ in 0..clusters {
            places.push(Place::start().await);
        }
        Self::of(places).await
    }

    /// With a cluster that another process started.
    pub async fn on(port: u16) -> Self {
        let open = open(port, "demo").await;
        let place = Place {
            open,
            port,
            _practice: None,
        };
        Self::of(vec![place]).await
    }

    async fn of(places: Vec<Place>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open(&folder.path().join("data")).await.unwrap();
        let open = places.iter().map(|place| Arc::clone(&place.open)).collect();
        let connected = Arc::new(Mutex::new(open));
        let find = finder(&connected);
        let limit = Arc::default();
        let jobs = Jobs::open(journal, userfile::runs(Runs::default(), &limit), Arc::new(find))
            .await
            .unwrap();
        Self {
            places,
            jobs,
            userfiles: Userfiles::new(),
            folder,
            limit,
            connected,
        }
    }

    pub fn find(&self) -> impl Fn(ConnectionId) -> roachvault_core::Result<Arc<OpenCluster>> {
        let find = finder(&self.connected);
        move |id| Ok(find(id).unwrap())
    }

    /// Another connection to the first cluster, of another user.
    pub async fn also_as(&self, user: &str) -> Arc<OpenCluster> {
        let open = open(self.places[0].port, user).await;
        self.connected.lock().unwrap().push(Arc::clone(&open));
        open
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Starts an upload to the top of the first cluster's own store.
    pub async fn start_upload(&self, paths: Vec<PathBuf>) -> JobId {
        let cluster = &self.places[0].open;
        let plan = self
            .userfiles
            .plan_upload(cluster, None, "", paths)
            .await
            .unwrap();
        self.userfiles
            .start_upload(&self.jobs, self.find(), plan.id, &skip(), None)
            .await
            .unwrap()
    }

    pub async fn upload(&self, paths: Vec<PathBuf>) -> JobSnapshot {
        let id = self.start_upload(paths).await;
        self.ended(id).await
    }

    pub async fn start_download(&self, paths: &[&str], target: &Path) -> JobId {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let plan = self
            .userfiles
            .plan_download(&self.places[0].open, None, &paths, target, false)
            .await
            .unwrap();
        self.userfiles
            .start_download(&self.jobs, self.find(), plan.id, &skip())
            .await
            .unwrap()
    }

    pub async fn start_digest(&self, path: &str) -> JobId {
        self.userfiles
            .start_digest(&self.jobs, &self.places[0].open, None, path)
            .await
            .unwrap()
    }

    /// The digest that a job over this file comes to.
    pub async fn digest(&self, path: &str) -> String {
        let job = self.ended(self.start_digest(path).await).await;
        match &job.outcome {
            Some(Outcome::Files(files)) => match &files.results[0].end {
                FileEnd::Done { sha256: Some(sha256) } => sha256.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    pub async fn ended(&self, id: JobId) -> JobSnapshot {
        self.until(id, |job| job.state.is_final()).await
    }

    pub async fn until(&self, id: JobId, what: impl Fn(&JobSnapshot) -> bool) -> JobSnapshot {
        until(&self.jobs, id, what).await
    }
}

fn finder(
    connected: &Arc<Mutex<Vec<Arc<OpenCluster>>>>,
) -> impl Fn(ConnectionId) -> Option<Arc<OpenCluster>> + Send + Sync + 'static {
    let connected = Arc::clone(connected);
    move |id| {
        connected
            .lock()
            .unwrap()
            .iter()
            .find(|open| open.id == id)
            .cloned()
    }
}

pub fn skip() -> Choices {
    Choices {
        all: OnConflict::Skip,
        each: BTreeMap::new(),
    }
}

pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Done, skipped, failed.
pub fn counts(job: &JobSnapshot) -> (u64, u64, u64) {
    match &job.outcome {
        Some(Outcome::Files(files)) => (files.done, files.skipped, files.failed),
        other => panic!("{other:?}"),
    }
}

pub fn notes(job: &JobSnapshot) -> &[String] {
    match &job.outcome {
        Some(Outcome::Files(files)) => &files.notes,
        other => panic!("{other:?}"),
    }
}

pub fn failed(job: &JobSnapshot) -> Vec<(&FileResult, &roachvault_core::Error)> {
    let Some(Outcome::Files(files)) = &job.outcome else {
        panic!("{:?}", job.outcome)
    };
    files
        .results
        .iter()
        .filter_map(|result| match &result.end {
            FileEnd::Failed { error } => Some((result, error)),
            _ => None,
        })
        .collect()
}
