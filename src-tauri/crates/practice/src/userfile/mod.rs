//! Userfile storage as the server does it: a pair of ordinary tables made at the first server-side opening, files written in
//! transactions of their own in rows of 4 MiB, and COPY into `"crdb_internal"."user_file_upload"` to fill them.
//!
//! Clients also read, list and delete files by plain SQL on the same tables; nothing here is needed for that.

mod decode;
mod store;
mod upload;
mod uri;

pub use decode::CopyDecoder;
pub use store::{FileWriter, UserfileStore};
pub use upload::{Upload, is_upload};
pub use uri::{UserfileUri, default_prefix};

/// Bytes of a payload row.
pub const CHUNK_BYTES: usize = 4 << 20;
