//! Downloads log in by themselves, with a login of their own making: in each way a server asks for it.

use std::sync::Arc;

use roachvault_cockroach::userfile::{
    FileRow, Lanes, LocalSource, OnConflict, PartFile, Source, Stop, Store, StoreName, StoredName, Upload,
    download, get_file, pin, upload,
};
use roachvault_cockroach::{Cluster, Result, Target};
use uuid::Uuid;

/// More than a download reads at a time, where it is not the payload itself.
pub fn bytes() -> Vec<u8> {
    (0..100_000u32).map(|at| (at % 251) as u8).collect()
}

/// An open cluster and a file in one of its stores.
pub struct Stored {
    pub store: Store,
    file: FileRow,
}

impl Stored {
    /// Puts a file into the user's own store.
    pub async fn put(target: &Target) -> Self {
        let cluster = Cluster::connect(target).await.unwrap();
        let store = Store::open_default(&cluster).await.unwrap();
        let lanes = Arc::new(Lanes::new(&cluster, Arc::new(|_| {}), Stop::new().1));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, bytes()).unwrap();
        let source: Arc<dyn Source> = LocalSource::open(&path).await.unwrap();
        let one = Upload {
            name: StoredName::new("a/file").unwrap(),
            file_id: Uuid::new_v4(),
            on_conflict: OnConflict::Fail,
        };
        upload(&store, &lanes, &one, &source).await.unwrap();
        Self::open(target, &target.user).await
    }

    /// Looks at the file in the store of `owner`.
    pub async fn open(target: &Target, owner: &str) -> Self {
        let cluster = Cluster::connect(target).await.unwrap();
        let store = Store::open(&cluster, StoreName::default_of(owner)).await.unwrap();
        let name = StoredName::new("a/file").unwrap();
        let file = get_file(&store, &name).await.unwrap().unwrap();
        Self { store, file }
    }

    pub async fn fetch(&self) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fetched");
        let cluster = &self.store.cluster;
        let lanes = Arc::new(Lanes::new(cluster, Arc::new(|_| {}), Stop::new().1));
        let part = PartFile::open(&path, "test").await?;
        let moment = pin(cluster, self.store.dialect).await?;
        download(&self.store, &lanes, &self.file, &moment, &part, false).await?;
        Ok(std::fs::read(path).unwrap())
    }
}
