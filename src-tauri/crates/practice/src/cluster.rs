//! The cluster itself: storage, clock, counters and locks that all sessions share.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use std::time::Duration;

use crate::clock::{Clock, Timestamp};
use crate::datum::Datum;
use crate::emulate::Version;
use crate::error::{SqlError, SqlResult};
use crate::faults::Faults;
use crate::sequences::Sequences;
use crate::session::{Description, Outcome, Session};
use crate::storage::Storage;

/// Statements that another part of the crate understands: backups, jobs, schedules, external connections.
///
/// Each statement is offered to the extension before the engine looks at it.
pub trait StatementExtension: Send + Sync {
    /// Runs the statement if it is one of the extension's; `None` leaves it to the engine.
    fn run(&self, session: &mut Session, sql: &str, parameters: &[Datum]) -> Option<SqlResult<Outcome>>;

    /// Says what parameters and columns the statement has, without running it; `None` leaves it to the engine.
    fn describe(&self, session: &mut Session, sql: &str) -> Option<SqlResult<Description>>;

    /// Called once when the cluster has started, to take up unfinished work.
    fn started(&self, cluster: &Arc<Cluster>) -> SqlResult<()>;
}

/// How a cluster is to be.
#[derive(Debug, Clone)]
pub struct Settings {
    pub version: Version,
    /// Cluster seconds per real second.
    pub clock_speed: f64,
    /// The localities of the nodes, for `SHOW REGIONS`.
    pub regions: Vec<String>,
    /// Where nodelocal folders and the stand-ins of cloud buckets lie; shared by clusters that work together.
    pub external_folder: PathBuf,
    /// Whether the data outlives the process.
    pub durable: bool,
    /// Lets the clock start this long before the computer's time, for filling a cluster with rows that are not new.
    pub start_clock_ago: Option<std::time::Duration>,
}

/// One practice cluster.
pub struct Cluster {
    storage: Storage,
    /// The regions' names, without their zones.
    regions: Vec<String>,
    folder: PathBuf,
    settings: Settings,
    clock: Clock,
    writers: Arc<tokio::sync::Mutex<()>>,
    sequences: Sequences,
    faults: Faults,
    extension: OnceLock<Arc<dyn StatementExtension>>,
    cluster_id: uuid::Uuid,
    stores_being_made: Mutex<()>,
    garbage_collection: Mutex<Option<mpsc::Sender<()>>>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster")
            .field("folder", &self.folder)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Opens the cluster in the folder, making it if it is empty. Makes no databases; see [`crate::sample`].
    pub fn open(folder: &Path, settings: Settings, faults: Faults) -> SqlResult<Arc<Self>> {
        std::fs::create_dir_all(folder).map_err(|e| {
            SqlError::plain(format!(
                "the folder {} of the practice cluster cannot be made: {e}",
                folder.display()
            ))
        })?;
        let storage = Storage::open(folder, settings.durable)?;
        let clock = match settings.start_clock_ago {
            Some(ago) => Clock::starting_at(settings.clock_speed, Timestamp(Clock::wall()).minus(ago)),
            None => Clock::new(settings.clock_speed, Some(storage.last_timestamp()?)),
        };
        let cluster_id = storage.cluster_id()?;
        let name = |text: &String| text.split('=').next().unwrap_or_default().to_owned();
        Ok(Arc::new(Self {
            regions: settings.regions.iter().map(name).collect(),
            storage,
            folder: folder.to_owned(),
            settings,
            clock,
            writers: Arc::default(),
            sequences: Sequences::default(),
            faults,
            extension: OnceLock::new(),
            cluster_id,
            stores_being_made: Mutex::new(()),
            garbage_collection: Mutex::new(None),
        }))
    }

    /// Sets who understands the statements that the engine does not. Only the first call counts.
    pub fn set_extension(&self, extension: Arc<dyn StatementExtension>) {
        // A second extension would be a fault of this crate; the first one stays.
        let _ = self.extension.set(extension);
    }

    /// Who understands the statements that the engine does not.
    pub fn extension(&self) -> Option<Arc<dyn StatementExtension>> {
        self.extension.get().map(Arc::clone)
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The folder that holds everything of this cluster.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of nodelocal storage and bucket stand-ins.
    pub fn external_folder(&self) -> &Path {
        &self.settings.external_folder
    }

    /// Cluster time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The emulated version.
    pub fn version(&self) -> Version {
        self.settings.version
    }

    /// The regions of the nodes.
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    /// The zones of a region: those that were given (`region=zone+zone`), else three made of its name.
    pub fn zones(&self, region: &str) -> Vec<String> {
        let given = self
            .settings
            .regions
            .iter()
            .find_map(|text| text.strip_prefix(region)?.strip_prefix('='));
        match given {
            Some(zones) => zones.split('+').map(str::to_owned).collect(),
            None => ["a", "b", "c"].map(|zone| format!("{region}-{zone}")).to_vec(),
        }
    }

    /// What is to go wrong on purpose.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The lock every writing transaction holds.
    pub(crate) fn writers(&self) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(&self.writers)
    }

    /// The sequences' counters.
    pub fn sequences(&self) -> &Sequences {
        &self.sequences
    }

    /// The cluster's id.
    pub fn cluster_id(&self) -> uuid::Uuid {
        self.cluster_id
    }

    /// Held while a userfile store's tables are looked for and made, so that two first uploads do not race.
    pub(crate) fn store_creation(&self) -> std::sync::MutexGuard<'_, ()> {
        self.stores_being_made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Collects garbage now and then, for as long as somebody else holds the cluster.
    pub fn keep_collecting_garbage(self: &Arc<Self>) -> SqlResult<()> {
        let pause = self
            .clock
            .real(Duration::from_secs(600))
            .clamp(Duration::from_secs(2), Duration::from_secs(60));
        let cluster = Arc::downgrade(self);
        let (stop, stopped) = mpsc::channel::<()>();
        let work = move || {
            while stopped.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Timeout) {
                let Some(cluster) = cluster.upgrade() else { return };
                if let Err(error) = cluster.collect_garbage() {
                    tracing::warn!(%error, "garbage collection failed; it is tried again");
                }
            }
        };
        std::thread::Builder::new()
            .name("practice-gc".into())
            .spawn(work)
            .map_err(|e| SqlError::plain(format!("a thread cannot be started: {e}")))?;
        // Dropped with the cluster, which ends the thread.
        *self
            .garbage_collection
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(stop);
        Ok(())
    }

    /// Removes versions past their time in every zone.
    pub fn collect_garbage(self: &Arc<Self>) -> SqlResult<()> {
        let mut session = Session::internal(self, "node")?;
        session.transaction(true, |session| {
            let catalog = session.catalog()?;
            crate::storage::gc::collect(session.sqlite(), &catalog, session.now())
        })
    }
}

/// A value for `unique_rowid()`: greater than every one before.
pub fn unique_row_id(now: Timestamp) -> i64 {
    static LAST: AtomicI64 = AtomicI64::new(0);
    let id = ((now.0 / 10_000) << 15) | 1;
    let previous = LAST.fetch_max(id, Ordering::SeqCst);
    if id > previous {
        id
    } else {
        LAST.fetch_add(1 << 15, Ordering::SeqCst) + (1 << 15)
    }
}
