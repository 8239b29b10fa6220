//! One store: its pair of tables, and the files in it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::uri::clean_path;
use super::{CHUNK_BYTES, UserfileUri};
use crate::catalog::{Descriptor, Grants, Privilege, Role, quote_ident};
use crate::cluster::Cluster;
use crate::datum::Datum;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;
use crate::sql::lexer::{Cursor, split_name};

/// Up to here the buffer of a file being written grows as it is needed.
const SMALL_FILE_BYTES: usize = 64 << 10;

/// The owner of a store under the fault `store_of_another`.
const SOMEBODY_ELSE: &str = "somebody_else";

/// An open store. Works with the rights of the user who opened it, in transactions of its own, never in a client's.
#[derive(Clone)]
pub struct UserfileStore {
    session: Arc<Mutex<Session>>,
    cluster: Arc<Cluster>,
    user: String,
    prefix: String,
}

impl fmt::Debug for UserfileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserfileStore")
            .field("prefix", &self.prefix)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl UserfileStore {
    /// Opens a store by its qualified prefix (`db.schema.prefix` or `db.prefix`), making its tables when both are missing.
    pub fn open(cluster: &Arc<Cluster>, user: &str, prefix: &str) -> SqlResult<Self> {
        let unparsable = || {
            SqlError::plain(format!(
                "unable to parse qualified table name {prefix} supplied to userfile"
            ))
        };
        let mut cursor = Cursor::new(prefix).map_err(|_| unparsable())?;
        cursor
            .name()
            .and_then(|_| cursor.finish())
            .map_err(|_| unparsable())?;
        let parts = split_name(prefix);
        if !(2..=3).contains(&parts.len()) {
            return Err(SqlError::plain(format!(
                "could not resolve the db and schema name from {prefix}"
            )));
        }
        let store = Self {
            session: Arc::new(Mutex::new(Session::internal(cluster, user)?)),
            cluster: Arc::clone(cluster),
            user: user.to_owned(),
            prefix: prefix.to_owned(),
        };
        store.make_tables(&parts)?;
        Ok(store)
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The table of files.
    pub fn files(&self) -> String {
        format!("{}_upload_files", self.prefix)
    }

    /// The table of their content.
    pub fn payload(&self) -> String {
        format!("{}_upload_payload", self.prefix)
    }

    fn make_tables(&self, parts: &[String]) -> SqlResult<()> {
        let _one_at_a_time = self.cluster.store_creation();
        let mut session = self.session();
        let (base, qualifiers) = parts.split_last().ok_or_else(|| SqlError::syntax("EOF"))?;
        let catalog = session.transaction(false, Session::catalog)?;
        let (_, schema) = catalog.resolve_schema(qualifiers, "defaultdb", &["public".to_owned()])?;
        let exists = |suffix: &str| {
            catalog
                .object_in_schema(schema.id, &format!("{base}{suffix}"))
                .is_some()
        };
        match (exists("_upload_files"), exists("_upload_payload")) {
            (true, true) => return Ok(()),
            (false, false) => {}
            _ => {
                return Err(SqlError::plain(
                    "expected both File and Payload tables to exist, but one of them has been dropped",
                ));
            }
        }
        let (files, payload) = (self.files(), self.payload());
        let faults = self.cluster.faults();
        let orphans = faults.is_on("orphan_payload");
        let foreign_key = !orphans && !faults.is_on("no_foreign_key");
        session.transaction(true, |session| {
            session
                .query(
                    &format!(
                        "CREATE TABLE {files} (filename STRING PRIMARY KEY, file_id UUID UNIQUE NOT NULL DEFAULT gen_random_uuid(), file_size INT NOT NULL, username STRING NOT NULL, upload_time TIMESTAMP DEFAULT now())"
                    ),
                    &[],
                )
                .map_err(|e| e.wrap("failed to create file table to store uploaded file names"))?;
            session
                .query(&format!("CREATE TABLE {payload} (file_id UUID, byte_offset INT, payload BYTES, PRIMARY KEY(file_id, byte_offset))"), &[])
                .map_err(|e| e.wrap("failed to create table to store chunks of uploaded files"))?;
            if foreign_key {
                session
                    .query(&format!("ALTER TABLE {payload} ADD CONSTRAINT file_id_fk FOREIGN KEY (file_id) REFERENCES {files} (file_id)"), &[])
                    .map_err(|e| e.wrap("failed to add FK constraint to the payload table file_id column"))?;
            }
            let owner = if faults.is_on("store_of_another") {
                session.put_role(SOMEBODY_ELSE, Some(&Role::user(SOMEBODY_ELSE)))?;
                SOMEBODY_ELSE
            } else {
                self.user.as_str()
            };
            close_to_others(session, &schema, base, owner)?;
            if orphans {
                session.query(
                    &format!("INSERT INTO {payload} SELECT gen_random_uuid(), 0, b'left behind by an old version' FROM generate_series(1, 3)"),
                    &[],
                )?;
            }
            Ok(())
        })
    }

    /// Begins a file, in place of one of the same name: the old one goes first, in its own transaction.
    pub fn create(&self, filename: &str) -> SqlResult<FileWriter> {
        self.create_with_chunks(filename, CHUNK_BYTES)
    }

    /// The same with payload rows of another size.
    pub fn create_with_chunks(&self, filename: &str, chunk_bytes: usize) -> SqlResult<FileWriter> {
        self.delete(filename)?;
        let values = [
            Datum::from(filename),
            Datum::Int(0),
            Datum::from(self.user.as_str()),
        ];
        let insert = format!(
            "INSERT INTO {} VALUES ($1, DEFAULT, $2, $3) RETURNING file_id",
            self.files()
        );
        let rows = self.session().query(&insert, &values)?;
        let file_id = rows.rows.into_iter().flatten().next().unwrap_or(Datum::Null);
        Ok(FileWriter {
            store: self.clone(),
            filename: filename.to_owned(),
            file_id,
            chunk_bytes,
            buffer: Vec::new(),
            offset: 0,
            rows: 0,
        })
    }

    /// Writes a whole file.
    pub fn write(&self, filename: &str, content: &[u8]) -> SqlResult<()> {
        let mut writer = self.create(filename)?;
        writer.write(content)?;
        writer.finish().map(|_| ())
    }

    /// Removes a file; a missing one is no error.
    pub fn delete(&self, filename: &str) -> SqlResult<()> {
        let (files, payload, name) = (self.files(), self.payload(), [Datum::from(filename)]);
        self.session().transaction(true, |session| {
            session.query(
                &format!(
                    "DELETE FROM {payload} WHERE file_id IN (SELECT file_id FROM {files} WHERE filename=$1)"
                ),
                &name,
            )?;
            session.query(&format!("DELETE FROM {files} WHERE filename=$1"), &name)?;
            Ok(())
        })
    }

    /// What is said of a missing file when it is read.
    fn missing(&self, filename: &str) -> SqlError {
        SqlError::plain(
            if self.cluster.version().differences().new_missing_userfile_text {
                "file does not exist: file does not exist in the UserFileTableSystem: external_storage: file does not exist".to_owned()
            } else {
                format!(
                    "file {filename} does not exist in the UserFileTableSystem: external_storage: file doesn't exist"
                )
            },
        )
    }

    /// The id of a file.
    fn file_id(&self, filename: &str) -> SqlResult<Option<Datum>> {
        let query = format!("SELECT file_id FROM {} WHERE filename = $1", self.files());
        Ok(self
            .session()
            .query(&query, &[Datum::from(filename)])?
            .rows
            .into_iter()
            .flatten()
            .next())
    }

    /// Gives a file's content piece by piece. Like the server's reader it goes by `byte_offset` and stops at the first gap, and
    /// does not look at `file_size`.
    pub fn read_chunks(&self, filename: &str, mut each: impl FnMut(&[u8]) -> SqlResult<()>) -> SqlResult<()> {
        let id = self.file_id(filename)?.ok_or_else(|| self.missing(filename))?;
        let query = format!(
            "SELECT byte_offset, payload FROM {} WHERE file_id = $1 AND byte_offset >= $2 ORDER BY byte_offset LIMIT 1",
            self.payload()
        );
        let mut position = 0;
        loop {
            let row = self
                .session()
                .query(&query, &[id.clone(), Datum::Int(position)])?
                .rows
                .into_iter()
                .next();
            let Some([Datum::Int(offset), Datum::Bytes(bytes)]) = row.as_deref() else {
                return Ok(());
            };
            if *offset > position || bytes.is_empty() {
                return Ok(());
            }
            each(bytes)?;
            position += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        }
    }

    /// A whole file.
    pub fn read(&self, filename: &str) -> SqlResult<Vec<u8>> {
        let mut content = Vec::new();
        self.read_chunks(filename, |bytes| {
            content.extend_from_slice(bytes);
            Ok(())
        })?;
        Ok(content)
    }

    /// The size of a file as stored in `file_size`: 0 while it is being written.
    pub fn size(&self, filename: &str) -> SqlResult<u64> {
        let query = format!("SELECT file_size FROM {} WHERE filename=$1", self.files());
        let rows = self.session().query(&query, &[Datum::from(filename)])?;
        let size = rows.rows.into_iter().flatten().next().and_then(|d| d.as_int());
        let size = size.ok_or_else(|| {
            SqlError::plain(format!("file {filename} does not exist in the UserFileStorage"))
        })?;
        Ok(u64::try_from(size).unwrap_or(0))
    }

    /// Stored names that start with the text, and their sizes, in order of name.
    pub fn list_prefix(&self, prefix: &str) -> SqlResult<Vec<(String, u64)>> {
        let query = format!(
            "SELECT filename, file_size FROM {} WHERE filename >= $1 AND filename < $2 ORDER BY filename",
            self.files()
        );
        let end = format!("{prefix}{}", char::MAX);
        let rows = self
            .session()
            .query(&query, &[Datum::from(prefix), Datum::from(end)])?;
        Ok(rows
            .rows
            .into_iter()
            .filter_map(|row| {
                Some((
                    row.first()?.as_str()?.to_owned(),
                    u64::try_from(row.get(1)?.as_int()?).unwrap_or(0),
                ))
            })
            .collect())
    }

    /// Names below a directory as the storage interface lists them: relative to `directory` joined with `prefix`, and cut
    /// behind the first `delimiter`, each once.
    pub fn list(&self, directory: &str, prefix: &str, delimiter: &str) -> SqlResult<Vec<String>> {
        let mut base = clean_path(&format!("{directory}/{prefix}"));
        if prefix.ends_with('/') || prefix.is_empty() && directory.ends_with('/') {
            base = format!("{}/", base.trim_end_matches('/'));
        }
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.list_prefix(&base)? {
            let rest = name.strip_prefix(&base).unwrap_or(&name);
            let cut = if delimiter.is_empty() {
                None
            } else {
                rest.find(delimiter)
            };
            let shown = cut.map_or(rest, |at| &rest[..at + delimiter.len()]).to_owned();
            if names.last() != Some(&shown) {
                names.push(shown);
            }
        }
        Ok(names)
    }

    /// Whether a file of that name is there.
    pub fn exists(&self, filename: &str) -> SqlResult<bool> {
        Ok(self.file_id(filename)?.is_some())
    }

    /// The store a URI leads to, and the path in it.
    pub fn open_uri(cluster: &Arc<Cluster>, user: &str, uri: &str) -> SqlResult<(Self, String)> {
        let uri = UserfileUri::parse(uri, user)?;
        Ok((Self::open(cluster, user, &uri.prefix)?, uri.path))
    }
}

/// A file being written. Its rows are visible while it grows; `file_size` stays 0 to the end.
#[derive(Debug)]
pub struct FileWriter {
    store: UserfileStore,
    filename: String,
    file_id: Datum,
    chunk_bytes: usize,
    buffer: Vec<u8>,
    offset: u64,
    rows: u64,
}

impl FileWriter {
    /// Appends bytes; full rows are stored at once, each in its own transaction.
    pub fn write(&mut self, mut bytes: &[u8]) -> SqlResult<()> {
        while !bytes.is_empty() {
            let room = self.chunk_bytes.saturating_sub(self.buffer.len()).max(1);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            // Past a small file the whole row is asked for at once: growing by doubling would leave holes of megabytes behind in
            // the allocator, for every upload that runs.
            if self.buffer.len() + now.len() > SMALL_FILE_BYTES {
                self.buffer.reserve_exact(self.chunk_bytes - self.buffer.len());
            }
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() >= self.chunk_bytes {
                self.store_row()?;
            }
        }
        Ok(())
    }

    fn store_row(&mut self) -> SqlResult<()> {
        let faults = self.store.cluster.faults();
        if faults.is_on("disk_full") {
            faults.before_payload_row(self.buffer.len())?;
        }
        let shift = u64::from(faults.is_on("shifted_offset") && self.rows > 0);
        let length = self.buffer.len() as u64;
        let offset = Datum::Int(i64::try_from(self.offset + shift).unwrap_or(i64::MAX));
        let values = [
            self.file_id.clone(),
            offset,
            Datum::Bytes(std::mem::take(&mut self.buffer)),
        ];
        self.store.session().query(
            &format!("INSERT INTO {} VALUES ($1, $2, $3)", self.store.payload()),
            &values,
        )?;
        // The buffer is used again, so that a large file does not ask for memory row by row.
        if let [_, _, Datum::Bytes(mut spent)] = values {
            spent.clear();
            self.buffer = spent;
        }
        self.offset += length;
        self.rows += 1;
        Ok(())
    }

    /// Stores the remainder and the size; gives the size.
    pub fn finish(mut self) -> SqlResult<u64> {
        if !self.buffer.is_empty() {
            self.store_row()?;
        }
        let values = [
            Datum::Int(i64::try_from(self.offset).unwrap_or(i64::MAX)),
            Datum::from(self.filename.as_str()),
        ];
        self.store.session().query(
            &format!("UPDATE {} SET file_size=$1 WHERE filename=$2", self.store.files()),
            &values,
        )?;
        Ok(self.offset)
    }

    /// Removes what was written.
    pub fn abort(self) -> SqlResult<()> {
        self.store.delete(&self.filename)
    }
}

/// 0A000 for a store whose COPY target is switched off.
pub(super) fn copy_is_off() -> SqlError {
    SqlError::new(
        sqlstate::FEATURE_NOT_SUPPORTED,
        "COPY into userfile storage is disabled on this cluster",
    )
    .with_hint(format!(
        "The fault {} of the practice cluster is on.",
        quote_ident("copy_disabled")
    ))
}

/// Leaves grants to admin, root and the owner only, whatever default privileges say.
fn close_to_others(session: &mut Session, schema: &Descriptor, base: &str, owner: &str) -> SqlResult<()> {
    let catalog = session.catalog()?;
    for suffix in ["_upload_files", "_upload_payload"] {
        let Some(table) = catalog.object_in_schema(schema.id, &format!("{base}{suffix}")) else {
            continue;
        };
        let mut changed = Descriptor::clone(table);
        changed.grants = Grants::standard();
        if owner != "root" {
            changed.grants.grant(owner, Privilege::All, true);
        }
        if owner == SOMEBODY_ELSE {
            changed.owner = owner.to_owned();
        }
        session.update_descriptor(&changed)?;
    }
    Ok(())
}
