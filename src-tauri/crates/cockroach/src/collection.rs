//! Collections in file storage, recognised by the names of their files.
//!
//! No statement lists collections. In file storage they can be found all the same: BACKUP names its
//! files by a fixed pattern (`<collection>/2026/11/23-110000.00/BACKUP_MANIFEST`), and what has no
//! manifest is being written or was given up.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::connect::Cluster;
use crate::error::{ErrorKind, Result};
use crate::quote::literal;
use crate::row;
use crate::userfile::{Store, StoreName};

/// A collection in file storage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundCollection {
    /// In the store, with its leading slash.
    pub path: String,
    /// Subdirectories of finished full backups with a leading slash, oldest first.
    pub backups: Vec<String>,
    pub unfinished: Vec<Unfinished>,
}

/// A directory of a full backup without a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Such as `/2026/11/23-110000.00`.
    pub subdirectory: String,
    /// The job that writes it or has written it.
    pub job_id: Option<i64>,
}

/// Files below a path, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    pub count: u64,
    pub size_bytes: u64,
}

/// All collections of a store. A store that does not exist yet has none.
pub async fn find_collections(cluster: &Cluster, name: &StoreName) -> Result<Vec<FoundCollection>> {
    let store = Store::open(cluster, name.clone()).await?;
    let sql = format!(
        "SELECT filename FROM {} WHERE filename LIKE {} OR filename LIKE {} ORDER BY filename",
        store.files,
        literal("%/BACKUP_M%")?,
        literal("%/BACKUP-LOCK-%")?
    );
    match row::simple_query(cluster, &sql).await {
        Ok(rows) => Ok(recognise(
            rows.iter().filter_map(|row| row::text(row, "filename")),
        )),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What lies below `path`, which begins and ends with a slash. `None`: there is no store yet.
pub async fn totals_below(cluster: &Cluster, name: &StoreName, path: &str) -> Result<Option<Totals>> {
    let store = Store::open(cluster, name.clone()).await?;
    // The range from `/a/` to `/a0` holds exactly the names below `/a/`, and uses the key.
    let end = format!("{}0", path.strip_suffix('/').unwrap_or(path));
    let sql = format!(
        "SELECT count(*) AS n, sum(file_size) AS bytes FROM {} WHERE filename >= {} AND filename < {}",
        store.files,
        literal(path)?,
        literal(&end)?
    );
    match row::simple_query(cluster, &sql).await {
        Ok(rows) => Ok(rows.first().map(|row| Totals {
            count: row::count(row, "n").unwrap_or(0),
            // A sum over integers is a DECIMAL.
            size_bytes: row::number(row, "bytes").map_or(0, |bytes| bytes as u64),
        })),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn recognise(names: impl Iterator<Item = String>) -> Vec<FoundCollection> {
    let mut found: BTreeMap<String, BTreeMap<String, (bool, Option<i64>)>> = BTreeMap::new();
    for name in names {
        let Some((directory, file)) = name.rsplit_once('/') else {
            continue;
        };
        let Some((collection, subdirectory)) = split_full(directory) else {
            continue;
        };
        let finished = matches!(file, "BACKUP_MANIFEST" | "BACKUP_METADATA");
        let job = file.strip_prefix("BACKUP-LOCK-").map(read_job_id);
        if !finished && job.is_none() {
            continue;
        }
        let entry = found
            .entry(collection.to_owned())
            .or_default()
            .entry(subdirectory.to_owned())
            .or_default();
        entry.0 |= finished;
        entry.1 = entry.1.or(job.flatten());
    }
    found
        .into_iter()
        .map(|(path, directories)| {
            let mut collection = FoundCollection {
                path,
                ..FoundCollection::default()
            };
            for (subdirectory, (finished, job_id)) in directories {
                if finished {
                    collection.backups.push(subdirectory);
                } else {
                    collection.unfinished.push(Unfinished { subdirectory, job_id });
                }
            }
            collection
        })
        .collect()
}

/// The digits after `BACKUP-LOCK-`. A time may follow the job's number without a mark between them;
/// nothing is said then.
fn read_job_id(rest: &str) -> Option<i64> {
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// `/nightly/2026/11/23-110000.00` → `/nightly` and `/2026/11/23-110000.00`. Directories of
/// incremental backups look the same but lie below `incrementals`.
fn split_full(directory: &str) -> Option<(&str, &str)> {
    let start = directory.len().checked_sub("/2026/11/23-110000.00".len())?;
    let (collection, subdirectory) = directory.split_at_checked(start)?;
    time_of(subdirectory)?;
    let below_increments = collection.ends_with("/incrementals") || collection.contains("/incrementals/");
    (!below_increments && collection.starts_with('/')).then_some((collection, subdirectory))
}

/// The moment that a full backup's directory is named after: `/2026/11/23-110000.00`, with or without
/// its leading slash, in UTC.
pub fn time_of(subdirectory: &str) -> Option<DateTime<Utc>> {
    let text = subdirectory.strip_prefix('/').unwrap_or(subdirectory);
    let shape = "dddd/dd/dd-dddddd.dd";
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        });
    if !fits {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().ok();
    NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?
        .and_hms_milli_opt(
            number(11, 13)?,
            number(13, 15)?,
            number(15, 17)?,
            number(18, 20)? * 10,
        )
        .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_are_found_by_their_files_and_unfinished_backups_told_apart() {
        let names = [
            "/nightly/2026/11/22-110000.00/BACKUP_MANIFEST",
            "/nightly/2026/11/22-110000.00/BACKUP_MANIFEST-CHECKSUM",
            "/nightly/2026/11/22-110000.00/BACKUP-LOCK-931546543215",
            "/nightly/2026/11/23-110000.00/BACKUP-LOCK-931546543216",
            "/nightly/incrementals/2026/11/22-110000.00/20261122/120000.00/BACKUP_MANIFEST",
            "/a/b/2026/11/22-110000.00/BACKUP_METADATA",
            "/reports/BACKUP_MANIFEST",
            "/BACKUP_MANIFEST",
            "/x/2026/13/40-110000.00/BACKUP_MANIFEST",
        ];
        let found = recognise(names.into_iter().map(str::to_owned));
        assert_eq!(
            found.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(),
            ["/a/b", "/nightly"]
        );
        assert_eq!(found[1].backups, ["/2026/11/22-110000.00"]);
        let unfinished = Unfinished {
            subdirectory: "/2026/11/23-110000.00".into(),
            job_id: Some(931_546_543_216),
        };
        assert_eq!(found[1].unfinished, [unfinished]);
    }

    #[test]
    fn a_directory_tells_its_time_to_the_hundredth() {
        let time = time_of("2023/12/21-142943.73").map(|time| time.to_rfc3339());
        assert_eq!(time.as_deref(), Some("2023-12-21T14:29:43.730+00:00"));
        for bad in [
            "",
            "/2023/12/21",
            "2023/12/21-14294x.73",
            "2023-12-21-142943.73",
            "é023/12/21-142943.7",
        ] {
            assert_eq!(time_of(bad), None, "{bad}");
        }
    }
}
