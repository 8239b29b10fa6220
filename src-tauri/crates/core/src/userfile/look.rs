//! Looking closely: which stores there are, one file's details, and the head of its contents.

use std::sync::Arc;

use roachvault_cockroach::userfile::{self, FileRow, Lanes, Layout, Stop, Store, StoreName, StoredName};

use sha2::{Digest, Sha256};

use super::archive::hex;
use super::{Userfiles, open_store};
use crate::cluster::OpenCluster;
use crate::error::{Code, Error, Result};

/// A store that can be chosen.
#[derive(Debug, Clone)]
pub struct StoreEntry {
    pub name: StoreName,
    /// The user's own, which may not exist yet.
    pub own: bool,
    pub exists: bool,
}

/// The user's own store first, then all that the catalog shows.
pub async fn list_stores(cluster: &OpenCluster) -> Result<Vec<StoreEntry>> {
    let cluster = cluster.readable();
    let own = StoreName::default_of(cluster.user());
    let found = userfile::list_stores(cluster).await?;
    let mut stores = vec![StoreEntry {
        name: own.clone(),
        own: true,
        exists: found.contains(&own),
    }];
    let others = found.into_iter().filter(|name| *name != own);
    stores.extend(others.map(|name| StoreEntry {
        name,
        own: false,
        exists: true,
    }));
    Ok(stores)
}

/// All that is known of a file.
#[derive(Debug, Clone)]
pub struct Details {
    pub file: FileRow,
    pub store: String,
    pub uri: String,
    pub layout: Layout,
    /// Hex, of the whole file, where its chunks tell it: when there is at most one.
    pub sha256: Option<String>,
}

/// The head of a file, as far as it can be shown.
#[derive(Debug, Clone)]
pub enum Preview {
    Text {
        text: String,
        truncated: bool,
    },
    Image {
        media_type: &'static str,
        bytes: Vec<u8>,
    },
    Binary {
        head: Vec<u8>,
    },
}

const TEXT_BYTES: u32 = 256 << 10;
const IMAGE_BYTES: u32 = 4 << 20;

impl Userfiles {
    pub async fn details(&self, cluster: &OpenCluster, store: Option<&str>, path: &str) -> Result<Details> {
        let store = open_store(cluster.readable(), store).await?;
        let file = find(&store, path).await?;
        let layout = userfile::layout(&store, &lanes(&store), file.file_id).await?;
        let sha256 = match layout.chunks.as_slice() {
            [] if file.size_bytes == 0 => Some(hex(&Sha256::digest([]))),
            [only] if layout.contiguous && only.size_bytes == file.size_bytes => Some(only.sha256.clone()),
            _ => None,
        };
        Ok(Details {
            sha256,
            store: store.name.host(),
            uri: store.name.uri(&file.name),
            file,
            layout,
        })
    }

    pub async fn preview(&self, cluster: &OpenCluster, store: Option<&str>, path: &str) -> Result<Preview> {
        let store = open_store(cluster.readable(), store).await?;
        let file = find(&store, path).await?;
        let head = userfile::head(&store, file.file_id, TEXT_BYTES).await?;
        if let Some(media_type) = image_type(&head)
            && file.size_bytes <= u64::from(IMAGE_BYTES)
        {
            let bytes = userfile::head(&store, file.file_id, IMAGE_BYTES).await?;
            return Ok(Preview::Image { media_type, bytes });
        }
        let truncated = file.size_bytes > head.len() as u64;
        Ok(match as_text(&head, truncated) {
            Some(text) => Preview::Text { text, truncated },
            None => Preview::Binary {
                head: head.into_iter().take(1024).collect(),
            },
        })
    }
}

pub(super) async fn find(store: &Store, path: &str) -> Result<FileRow> {
    let name = StoredName::stored(format!("/{}", path.trim_start_matches('/')));
    userfile::get_file(store, &name)
        .await?
        .ok_or_else(|| Error::new(Code::NotFound, format!("{name} is not in the cluster any more.")))
}

pub(super) fn lanes(store: &Store) -> Lanes {
    let patience = std::time::Duration::from_secs(10);
    Lanes::new(&store.cluster, Arc::new(|_| {}), Stop::new().1).patience(patience)
}

fn image_type(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// Text is what is UTF-8 and has no control characters but white space. A head may end within a
/// character.
fn as_text(head: &[u8], truncated: bool) -> Option<String> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if truncated && error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let plain = text
        .chars()
        .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}'));
    plain.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_bytes() {
        assert!(as_text("a,b\r\nÀ".as_bytes(), false).is_some());
        assert_eq!(as_text(&"aÀ".as_bytes()[..2], true).as_deref(), Some("a"));
        assert!(as_text(&"aÀ".as_bytes()[..2], false).is_none());
        assert!(as_text(b"a\0b", false).is_none());
    }
}
