//! BACKUP and RESTORE.

use super::parser::{Parsed, Parser};
use super::{Backup, BackupOptions, Destination, Restore, RestoreOptions, SyntaxError, Targets};

const BACKUP_TO: &str =
    "The `BACKUP TO` syntax is no longer supported. Please use `BACKUP INTO` to create a backup collection.";

/// `specified multiple times`, in the wording each option has.
fn repeated(option: &str) -> String {
    match option {
        "revision_history" | "detached" | "updates_cluster_monitoring_metrics" => {
            format!("{option} option specified multiple times")
        }
        _ => format!("{option} specified multiple times"),
    }
}

impl Parser<'_> {
    /// Stores an option's value unless it is there already.
    pub(super) fn once<T>(&self, slot: &mut Option<T>, option: &str, value: T) -> Parsed<()> {
        if slot.is_some() {
            return Err(self.multiple(option));
        }
        *slot = Some(value);
        Ok(())
    }

    pub(super) fn once_list<T>(&self, slot: &mut Vec<T>, option: &str, values: Vec<T>) -> Parsed<()> {
        if !slot.is_empty() {
            return Err(self.multiple(option));
        }
        *slot = values;
        Ok(())
    }

    pub(super) fn once_set(&self, slot: &mut bool, option: &str) -> Parsed<()> {
        if std::mem::replace(slot, true) {
            Err(self.multiple(option))
        } else {
            Ok(())
        }
    }

    fn multiple(&self, option: &str) -> SyntaxError {
        self.error_here(Some(&repeated(option)))
    }

    /// After the word BACKUP.
    pub(super) fn backup(&mut self) -> Parsed<Backup> {
        if self.eat(&["to"]) {
            return Err(SyntaxError {
                without_collection: Some("BACKUP … TO"),
                ..self.error_here(Some(BACKUP_TO))
            });
        }
        let targets = self.targets("into")?;
        if self.eat(&["to"]) {
            return Err(SyntaxError {
                without_collection: Some("BACKUP … TO"),
                ..self.error_here(Some(BACKUP_TO))
            });
        }
        self.expect(&["into"])?;
        let (into, collection) = self.destination()?;
        let as_of = self.as_of()?;
        let mut options = BackupOptions::default();
        self.options(|parser| parser.backup_option(&mut options))?;
        Ok(Backup {
            targets,
            into,
            collection,
            as_of,
            options,
        })
    }

    /// `uri`, `LATEST IN uri` or `'sub' IN uri`.
    pub(super) fn destination(&mut self) -> Parsed<(Destination, Vec<super::Text>)> {
        if self.eat(&["latest", "in"]) {
            return Ok((Destination::Latest, self.texts()?));
        }
        let first = self.texts()?;
        if !self.eat(&["in"]) {
            return Ok((Destination::New, first));
        }
        match <[super::Text; 1]>::try_from(first) {
            Ok([subdirectory]) => Ok((Destination::Subdirectory(subdirectory), self.texts()?)),
            Err(_) => Err(self.unexpected()),
        }
    }

    /// One option of BACKUP.
    pub(super) fn backup_option(&mut self, options: &mut BackupOptions) -> Parsed<()> {
        if self.eat(&["execution", "locality"]) {
            self.expect_symbol("=")?;
            let value = self.text()?;
            return self.once(&mut options.execution_locality, "execution locality", value);
        }
        if self.eat(&["strict", "storage", "locality"]) {
            return self.once_set(&mut options.strict_storage_locality, "strict storage locality");
        }
        if self.eat(&["revision_history"]) {
            let value = self.optional_flag()?;
            return self.once(&mut options.revision_history, "revision_history", value);
        }
        if self.eat(&["detached"]) {
            let value = self.detached()?;
            return self.once(&mut options.detached, "detached", value);
        }
        if self.eat(&["encryption_passphrase"]) {
            self.expect_symbol("=")?;
            let value = self.text()?;
            return self.once(&mut options.encryption_passphrase, "encryption_passphrase", value);
        }
        if self.eat(&["kms"]) {
            self.expect_symbol("=")?;
            let value = self.texts()?;
            return self.once_list(&mut options.kms, "kms", value);
        }
        if self.eat(&["incremental_location"]) {
            self.expect_symbol("=")?;
            let value = self.texts()?;
            return self.once_list(
                &mut options.incremental_location,
                "incremental_location option",
                value,
            );
        }
        if self.eat(&["include_all_virtual_clusters"]) || self.eat(&["include_all_secondary_tenants"]) {
            let value = self.optional_flag()?;
            return self.once(
                &mut options.include_all_virtual_clusters,
                "include_all_virtual_clusters",
                value,
            );
        }
        if self.eat(&["updates_cluster_monitoring_metrics"]) {
            let value = self.optional_flag()?;
            let slot = &mut options.updates_cluster_monitoring_metrics;
            return self.once(slot, "updates_cluster_monitoring_metrics", value);
        }
        Err(self.unexpected())
    }

    /// `detached` takes TRUE and FALSE but, unlike the others, no placeholder.
    fn detached(&mut self) -> Parsed<bool> {
        if !self.eat_symbol("=") || self.eat(&["true"]) {
            return Ok(true);
        }
        if self.eat(&["false"]) {
            Ok(false)
        } else {
            Err(self.unexpected())
        }
    }

    /// After the word RESTORE.
    pub(super) fn restore(&mut self) -> Parsed<Restore> {
        let targets = if self.eat(&["system", "users"]) {
            Targets::SystemUsers
        } else {
            self.targets("from")?
        };
        self.expect(&["from"])?;
        let from = self.texts()?;
        if !self.eat(&["in"]) {
            return Err(SyntaxError {
                without_collection: Some("RESTORE … FROM 'uri'"),
                ..self.restore_from_uri(&targets)
            });
        }
        let Ok([from]) = <[super::Text; 1]>::try_from(from) else {
            return Err(self.unexpected());
        };
        let collection = self.texts()?;
        let as_of = self.as_of()?;
        let mut options = RestoreOptions::default();
        let start = self.position();
        match self.options(|parser| parser.restore_option(&mut options)) {
            Ok(()) => Ok(Restore {
                targets,
                from,
                collection,
                as_of,
                options,
            }),
            // The grammar falls back to the removed form when an option is unknown to it; the server's
            // message is that odd too.
            Err(error) if self.unknown_option_since(start) => {
                let mut odd = self.restore_from_uri(&targets);
                odd.detail = error.detail;
                Err(odd)
            }
            Err(error) => Err(error),
        }
    }

    fn restore_from_uri(&self, targets: &Targets) -> SyntaxError {
        let what = if *targets == Targets::Cluster {
            ""
        } else {
            "<targets> "
        };
        self.error_here(Some(&format!(
            "The `RESTORE {what}FROM <backupURI>` syntax is no longer supported. Please use `RESTORE {what}FROM \
             <subdirectory> IN <collectionURI>`."
        )))
    }

    fn restore_option(&mut self, options: &mut RestoreOptions) -> Parsed<()> {
        for (words, slot) in [
            (
                &["skip_missing_foreign_keys"][..],
                &mut options.skip_missing_foreign_keys,
            ),
            (&["skip_missing_sequences"], &mut options.skip_missing_sequences),
            (
                &["skip_missing_sequence_owners"],
                &mut options.skip_missing_sequence_owners,
            ),
            (&["skip_missing_views"], &mut options.skip_missing_views),
            (&["skip_missing_udfs"], &mut options.skip_missing_udfs),
            (&["skip_localities_check"], &mut options.skip_localities_check),
            (&["schema_only"], &mut options.schema_only),
            (
                &["verify_backup_table_data"],
                &mut options.verify_backup_table_data,
            ),
            (
                &["unsafe_restore_incompatible_version"],
                &mut options.unsafe_restore_incompatible_version,
            ),
            (
                &["experimental", "deferred", "copy"],
                &mut options.experimental_deferred_copy,
            ),
            (&["experimental", "copy"], &mut options.experimental_copy),
            (&["remove_regions"], &mut options.remove_regions),
            (&["grants"], &mut options.grants),
        ] {
            if self.eat(words) {
                return self.once_set(slot, &words.join(" "));
            }
        }
        if self.eat(&["detached"]) {
            let value = self.detached()?;
            return self.once(&mut options.detached, "detached", value);
        }
        // Older names of two options.
        if self.eat(&["strip_localities"]) {
            return self.once_set(&mut options.remove_regions, "remove_regions");
        }
        if self.eat(&["tenant_name"]) {
            self.expect_symbol("=")?;
            let value = self.text()?;
            return self.once(&mut options.virtual_cluster_name, "virtual_cluster_name", value);
        }
        if self.eat(&["execution", "locality"]) {
            self.expect_symbol("=")?;
            let value = self.text()?;
            return self.once(&mut options.execution_locality, "execution locality", value);
        }
        for (word, slot) in [
            ("encryption_passphrase", &mut options.encryption_passphrase),
            ("into_db", &mut options.into_db),
            ("new_db_name", &mut options.new_db_name),
            ("virtual_cluster_name", &mut options.virtual_cluster_name),
            ("virtual_cluster", &mut options.virtual_cluster),
        ] {
            if self.eat(&[word]) {
                self.expect_symbol("=")?;
                let value = self.text()?;
                return self.once(slot, word, value);
            }
        }
        for (word, slot) in [
            ("kms", &mut options.kms),
            ("incremental_location", &mut options.incremental_location),
        ] {
            if self.eat(&[word]) {
                self.expect_symbol("=")?;
                let value = self.texts()?;
                return self.once_list(slot, word, value);
            }
        }
        Err(self.unexpected())
    }
}
