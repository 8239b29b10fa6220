//! What a person has set for the whole app. It is kept in one small file of the data folder and holds
//! nothing secret.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::userfile::SpeedLimit;

/// Unknown names in the file are of later releases and are ignored; missing ones have their default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How fast all transfers together may be. `None` for as fast as they can.
    pub transfer_bytes_per_second: Option<u64>,
}

/// Slower than this a single chunk would seem to stand still.
pub const LEAST_BYTES_PER_SECOND: u64 = 16 << 10;

/// The settings in force, and the file they are kept in.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    settings: Mutex<Settings>,
    limit: Arc<SpeedLimit>,
}

impl SettingsFile {
    /// A file that cannot be read is as good as none: settings are quickly made again.
    pub fn open(folder: &Path) -> Self {
        let path = folder.join("settings.json");
        let settings = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).unwrap_or_else(|error| {
                tracing::warn!(%error, "the settings could not be read");
                Settings::default()
            }),
            Err(_) => Settings::default(),
        };
        let limit = Arc::new(SpeedLimit::default());
        limit.set(settings.transfer_bytes_per_second);
        Self {
            path,
            settings: Mutex::new(settings),
            limit,
        }
    }

    pub fn get(&self) -> Settings {
        self.settings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps the settings and puts them in force, also for what is under way.
    pub fn save(&self, settings: Settings) -> Result<Settings> {
        if let Some(limit) = settings.transfer_bytes_per_second
            && limit < LEAST_BYTES_PER_SECOND
        {
            let message = format!(
                "The least limit is {} KiB per second.",
                LEAST_BYTES_PER_SECOND >> 10
            );
            return Err(Error::new(Code::InvalidInput, "The speed limit is too low.")
                .field("transferBytesPerSecond", message));
        }
        write(&self.path, &settings).map_err(|error| {
            Error::new(
                Code::LocalDisk,
                format!("The settings could not be written to {}.", self.path.display()),
            )
            .detail(error.to_string())
        })?;
        self.limit.set(settings.transfer_bytes_per_second);
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings.clone();
        Ok(settings)
    }

    /// The limit that these settings steer.
    pub fn speed_limit(&self) -> &Arc<SpeedLimit> {
        &self.limit
    }
}

/// All of it or nothing.
fn write(path: &Path, settings: &Settings) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".settings").tempfile_in(folder)?;
    serde_json::to_writer_pretty(&mut file, settings)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn settings_outlive_the_app_and_a_broken_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::open(folder.path());
        assert_eq!(file.get(), Settings::default());
        let set = Settings {
            transfer_bytes_per_second: Some(1 << 20),
        };
        file.save(set.clone()).unwrap();
        let file = SettingsFile::open(folder.path());
        assert_eq!(file.get(), set);
        assert_eq!(file.speed_limit().bytes_per_second(), Some(1 << 20));
        let too_low = Settings {
            transfer_bytes_per_second: Some(1),
        };
        assert_eq!(file.save(too_low).unwrap_err().code, Code::InvalidInput);
        assert_eq!(file.get(), set);
        for text in ["{", "{\"later\": 1}"] {
            std::fs::write(folder.path().join("settings.json"), text).unwrap();
            assert_eq!(SettingsFile::open(folder.path()).get(), Settings::default());
        }
    }
}
