//! Userfiles: files kept in two tables of the cluster.
//!
//! A store is a pair of tables that share a prefix: one row per file, one row per chunk. The server
//! makes the pair and `cockroach userfile` fills it through a COPY target, but the tables belong to
//! the user, so ordinary SQL can do the same in parallel, resumably and with proof. Readers accept
//! any chunk layout that is contiguous from offset 0.

mod arrivals;
mod chunks;
mod copy_in;
mod create;
mod delete;
mod download;
mod glob;
mod lanes;
mod list;
mod local;
mod mend;
mod name;
mod payload_reader;
mod proof;
mod report;
mod small;
mod speed_limit;
mod sql;
mod store;
mod upload;

pub use copy_in::{CopyIn, destination};
pub use delete::{DeleteTarget, delete};
pub use download::{Downloaded, Pin, StoreSource, download, pin};
pub use glob::Glob;
pub use lanes::{Lanes, SharedLanes};
pub use list::{FileRow, count_below, get_file, list_manifests, list_names, list_page, list_stores};
pub use local::{LocalSource, PartFile, Source, save_small};
pub use mend::{
    ChunkInfo, Damage, Layout, Rename, close_gaps, copy, find_damage, find_files, head, layout, layouts,
    remove_damaged, rename, whole_sha256,
};
pub use name::{StoredName, temporary_name};
pub(crate) use payload_reader::PayloadReader;
pub use report::{Event, Report, Stop};
pub use small::{BATCH_BYTES, BATCH_FILES, SmallFile, SmallUploaded, download_small, upload_small};
pub use speed_limit::SpeedLimit;
pub use store::{Dialect, Store, StoreName};
pub use upload::{OnConflict, Upload, Uploaded, remove_unfinished, upload};
