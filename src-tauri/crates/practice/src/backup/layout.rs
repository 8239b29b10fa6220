//! The names a backup's files have inside a collection, which clients recognise collections, sizes and
//! complete backups by.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use chrono::NaiveDateTime;

use crate::clock::Timestamp;
use crate::datum::hex;

pub const MANIFEST: &str = "BACKUP_MANIFEST";
pub const METADATA: &str = "BACKUP_METADATA";
pub const CHECKSUM_SUFFIX: &str = "-CHECKSUM";
pub const FILE_LIST: &str = "filelist.sst";
pub const DESCRIPTOR_LIST: &str = "descriptorslist.sst";
pub const STATISTICS: &str = "BACKUP-STATISTICS";
pub const ENCRYPTION_INFO: &str = "ENCRYPTION-INFO";
pub const LOCK_PREFIX: &str = "BACKUP-LOCK-";
pub const CHECKPOINT_PREFIX: &str = "progress/BACKUP-CHECKPOINT-";
pub const LATEST_FOLDER: &str = "metadata/latest/";
pub const INDEX_FOLDER: &str = "metadata/index/";
pub const INCREMENTALS: &str = "incrementals";

/// Hundredths of a second are cut, not rounded, as Go formats them.
fn hundredths(at: Timestamp) -> String {
    format!("{:02}", at.to_datetime().timestamp_subsec_millis() / 10)
}

/// `/2021/03/24-210532.53`: the folder of a full backup, named after its end time.
pub fn full_folder(end: Timestamp) -> String {
    format!(
        "{}.{}",
        end.to_datetime().format("/%Y/%m/%d-%H%M%S"),
        hundredths(end)
    )
}

/// `/20210325/090000.00`, with the start appended from v25.2 on: the folder of an increment.
pub fn incremental_folder(start: Timestamp, end: Timestamp, with_start: bool) -> String {
    let mut folder = format!(
        "{}.{}",
        end.to_datetime().format("/%Y%m%d/%H%M%S"),
        hundredths(end)
    );
    if with_start {
        folder.push_str(&format!(
            "-{}.{}",
            start.to_datetime().format("%Y%m%d-%H%M%S"),
            hundredths(start)
        ));
    }
    folder
}

/// Whether a name is a full backup's folder: `YYYY/MM/DD-HHMMSS.ff`, leading slash or not.
pub fn is_full_folder(name: &str) -> bool {
    full_folder_time(name).is_some()
}

/// The moment a full backup's folder is named after.
pub fn full_folder_time(name: &str) -> Option<NaiveDateTime> {
    let name = name.strip_prefix('/').unwrap_or(name);
    (name.len() == 20)
        .then(|| NaiveDateTime::parse_from_str(name, "%Y/%m/%d-%H%M%S%.f").ok())
        .flatten()
}

/// Sixteen hex digits that sort the newest first.
fn descending(at: Timestamp) -> String {
    let micros = u64::try_from(at.0 / 1000).unwrap_or(0);
    hex(&(u64::MAX - micros).to_be_bytes())
}

/// `metadata/latest/LATEST-<hex>`; the newest sorts first.
pub fn latest_file(at: Timestamp) -> String {
    format!("{LATEST_FOLDER}LATEST-{}", descending(at))
}

/// `progress/BACKUP-CHECKPOINT-<hex>`; the newest sorts first.
pub fn checkpoint_file(at: Timestamp) -> String {
    format!("{CHECKPOINT_PREFIX}{}", descending(at))
}

fn stamp(at: Timestamp) -> String {
    format!("{}.{}", at.to_datetime().format("%Y%m%d-%H%M%S"), hundredths(at))
}

/// `metadata/index/<hex>_<full end>/<hex>_<start or 0>_<end>_metadata.pb`; the newest sorts first.
pub fn index_file(full_end: Timestamp, start: Option<Timestamp>, end: Timestamp) -> String {
    let start = start.map_or_else(|| "0".to_owned(), stamp);
    format!(
        "{INDEX_FOLDER}{}_{}/{}_{start}_{}_metadata.pb",
        descending(full_end),
        stamp(full_end),
        descending(end),
        stamp(end)
    )
}

/// A backup's id from v26.2 on: the end time in milliseconds and, for an increment, how long before it it starts; both
/// with the lowest byte first, without closing zeros, in base 64.
pub fn backup_id(start: Option<Timestamp>, end: Timestamp) -> String {
    let millis = |nanos: i64| u64::try_from(nanos / 1_000_000).unwrap_or(0);
    let span = start.map_or(0, |start| millis(end.0) - millis(start.0).min(millis(end.0)));
    let mut bytes = [millis(end.0).to_le_bytes(), span.to_le_bytes()].concat();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    // Without the slash of the usual alphabet, which would make a path of an id.
    URL_SAFE.encode(bytes)
}

/// Whether a string may be a backup id rather than a folder.
pub fn looks_like_id(text: &str) -> bool {
    !text.starts_with('/')
        && !is_full_folder(text)
        && URL_SAFE
            .decode(text)
            .is_ok_and(|bytes| (5..=16).contains(&bytes.len()))
}

/// The shortest step between two folder names.
pub const FOLDER_STEP: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    const MARCH: Timestamp = Timestamp(1_616_619_932_539_000_000);

    #[test]
    fn folders_are_named_after_the_end_time() {
        assert_eq!(full_folder(MARCH), "/2021/03/24-210532.53");
        let later = Timestamp(MARCH.0 + 42_867_461_000_000);
        assert_eq!(incremental_folder(MARCH, later, false), "/20210325/090000.00");
        assert_eq!(
            incremental_folder(MARCH, later, true),
            "/20210325/090000.00-20210324-210532.53"
        );
        assert!(is_full_folder("2021/03/24-210532.53") && is_full_folder("/2021/03/24-210532.53"));
        assert!(!is_full_folder("/subdir"));
    }

    #[test]
    fn newer_marker_files_sort_first() {
        let later = Timestamp(MARCH.0 + 1_000_000);
        assert!(latest_file(later) < latest_file(MARCH));
        assert!(index_file(MARCH, Some(MARCH), later) < index_file(MARCH, None, MARCH));
    }

    #[test]
    fn ids_are_short_for_full_backups_and_longer_for_increments() {
        let end = Timestamp(0x019d_aee5_c0a2 * 1_000_000);
        assert_eq!(backup_id(None, end), "osDlrp0B");
        let end = Timestamp(0x019d_aee9_5b72 * 1_000_000);
        let start = Timestamp(end.0 - 0x000c_9bd0 * 1_000_000);
        assert_eq!(backup_id(Some(start), end), "clvprp0BAADQmww=");
        assert!(
            looks_like_id("osDlrp0B") && !looks_like_id("/2021/03/24-210532.53") && !looks_like_id("latest")
        );
    }
}
