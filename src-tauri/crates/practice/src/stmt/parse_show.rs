//! The SHOW statements of the family.

use super::parser::{Parsed, Parser};
use super::{
    Details, ExternalConnection, Ids, ScheduleFilter, ShowBackup, ShowBackupOptions, ShowBackups, ShowJobs,
    ShowJobsOptions, ShowSchedules, Statement, SyntaxError,
};

const SHOW_BACKUP_WITHOUT_IN: &str = "The `SHOW BACKUP` syntax without the `IN` keyword is no longer supported. \
     Please use `SHOW BACKUP FROM <subdirectory> IN <collectionURI>`.";

impl Parser<'_> {
    /// At the word SHOW. `None` when it shows something else.
    pub(super) fn show(&mut self) -> Option<Parsed<Statement>> {
        if self.eat(&["show", "backups"]) {
            self.set_topic("SHOW BACKUP");
            return Some(self.show_backups());
        }
        if self.eat(&["show", "backup", "connection"]) {
            self.set_topic("SHOW BACKUP");
            return Some(self.check_connection(true));
        }
        if self.eat(&["show", "backup"]) {
            self.set_topic("SHOW BACKUP");
            return Some(self.show_backup());
        }
        self.show_jobs()
            .or_else(|| self.show_schedules())
            .or_else(|| self.show_connections())
    }

    fn show_backups(&mut self) -> Parsed<Statement> {
        self.expect(&["in"])?;
        let collection = self.texts()?;
        let (mut newer_than, mut older_than, mut with_revision_start_time) = (None, None, false);
        loop {
            if self.eat(&["newer", "than"]) {
                let moment = self.moment()?;
                self.once(&mut newer_than, "NEWER THAN", moment)?;
            } else if self.eat(&["older", "than"]) {
                let moment = self.moment()?;
                self.once(&mut older_than, "OLDER THAN", moment)?;
            } else if self.eat(&["with", "revision", "start", "time"]) {
                self.once_set(&mut with_revision_start_time, "REVISION START TIME")?;
            } else {
                break;
            }
        }
        Ok(Statement::ShowBackups(ShowBackups {
            collection,
            newer_than,
            older_than,
            with_revision_start_time,
        }))
    }

    fn show_backup(&mut self) -> Parsed<Statement> {
        let mut details = Details::Objects;
        for (word, meaning) in [
            ("schemas", Details::Schemas),
            ("files", Details::Files),
            ("ranges", Details::Ranges),
            ("validate", Details::Validate),
        ] {
            if self.eat(&[word, "from"]) {
                details = meaning;
                break;
            }
            if self.peek_words(&[word]) && !self.peek_words(&[word, "in"]) {
                self.expect(&[word, "from"])?;
            }
        }
        let from_written = details != Details::Objects || self.eat(&["from"]);
        let from = self.text()?;
        if !self.eat(&["in"]) {
            return Err(SyntaxError {
                without_collection: Some("SHOW BACKUP 'uri'"),
                ..self.error_here(Some(SHOW_BACKUP_WITHOUT_IN))
            });
        }
        let collection = self.texts()?;
        let mut options = ShowBackupOptions::default();
        self.options(|parser| parser.show_backup_option(&mut options))?;
        Ok(Statement::ShowBackup(Box::new(ShowBackup {
            details,
            from_written,
            from,
            collection,
            options,
        })))
    }

    fn show_backup_option(&mut self, options: &mut ShowBackupOptions) -> Parsed<()> {
        for (words, slot) in [
            (&["as_json"][..], &mut options.as_json),
            (&["check_files"], &mut options.check_files),
            (&["debug_ids"], &mut options.debug_ids),
            (&["privileges"], &mut options.privileges),
            (&["skip", "size"], &mut options.skip_size),
        ] {
            if self.eat(words) {
                return self.once_set(slot, &words.join(" "));
            }
        }
        for (word, slot) in [
            ("encryption_passphrase", &mut options.encryption_passphrase),
            ("encryption_info_dir", &mut options.encryption_info_dir),
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

    fn show_jobs(&mut self) -> Option<Parsed<Statement>> {
        let shown = if self.eat(&["show", "automatic", "jobs"]) {
            Ok(ShowJobs::Automatic)
        } else if self.eat(&["show", "changefeed", "jobs"]) {
            Ok(ShowJobs::Changefeeds)
        } else if self.eat(&["show", "job", "when", "complete"])
            || self.eat(&["show", "jobs", "when", "complete"])
        {
            self.ids().map(ShowJobs::WhenComplete)
        } else if self.eat(&["show", "jobs", "for", "schedule"]) {
            self.ids().map(ShowJobs::ForSchedules)
        } else if self.eat(&["show", "jobs", "for", "schedules"]) {
            self.sub_query()
                .map(|query| ShowJobs::ForSchedules(Ids::Query(query)))
        } else if self.eat(&["show", "job"]) {
            self.ids().map(ShowJobs::Ids)
        } else if self.eat(&["show", "jobs"]) {
            if self.at_end()
                || self.peek_words(&["with", "resolved"])
                || self.peek_words(&["with", "execution"])
            {
                Ok(ShowJobs::Recent)
            } else {
                self.sub_query().map(|query| ShowJobs::Ids(Ids::Query(query)))
            }
        } else {
            return None;
        };
        self.set_topic("SHOW JOBS");
        Some(shown.and_then(|shown| Ok(Statement::ShowJobs(shown, self.show_jobs_options()?))))
    }

    fn show_jobs_options(&mut self) -> Parsed<ShowJobsOptions> {
        let mut options = ShowJobsOptions::default();
        self.options(|parser| {
            if parser.eat(&["execution", "details"]) {
                parser.once_set(&mut options.execution_details, "EXECUTION DETAILS")
            } else if parser.eat(&["resolved", "timestamp"]) {
                parser.once_set(&mut options.resolved_timestamp, "RESOLVED TIMESTAMP")
            } else {
                Err(parser.unexpected())
            }
        })?;
        Ok(options)
    }

    fn show_schedules(&mut self) -> Option<Parsed<Statement>> {
        let shown = if self.eat(&["show", "create", "all", "schedules"]) {
            Ok(ShowSchedules::CreateAll)
        } else if self.eat(&["show", "create", "schedule"]) {
            self.number().map(ShowSchedules::Create)
        } else if self.eat(&["show", "schedule"]) {
            self.number().map(ShowSchedules::One)
        } else {
            let filter = if self.eat(&["show", "running", "schedules"]) {
                ScheduleFilter::Running
            } else if self.eat(&["show", "paused", "schedules"]) {
                ScheduleFilter::Paused
            } else if self.eat(&["show", "schedules"]) {
                ScheduleFilter::Any
            } else {
                return None;
            };
            Ok(ShowSchedules::List {
                filter,
                for_backup: self.eat(&["for", "backup"]),
            })
        };
        self.set_topic("SHOW SCHEDULES");
        Some(shown.map(Statement::ShowSchedules))
    }

    fn show_connections(&mut self) -> Option<Parsed<Statement>> {
        let shown = if self.eat(&["show", "create", "all", "external", "connections"]) {
            Ok(ExternalConnection::ShowCreate { name: None })
        } else if self.eat(&["show", "create", "external", "connection"]) {
            self.text()
                .map(|name| ExternalConnection::ShowCreate { name: Some(name) })
        } else if self.eat(&["show", "external", "connections"]) {
            Ok(ExternalConnection::Show { name: None })
        } else if self.eat(&["show", "external", "connection"]) {
            self.text()
                .map(|name| ExternalConnection::Show { name: Some(name) })
        } else {
            return None;
        };
        Some(shown.map(Statement::ExternalConnection))
    }
}
