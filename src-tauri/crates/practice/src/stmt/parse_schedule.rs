//! CREATE, ALTER, PAUSE, RESUME and DROP SCHEDULE.

use super::lexer::Kind;
use super::parser::{Parsed, Parser};
use super::{
    AlterSchedule, BackupOptions, Command, ControlSchedules, CreateSchedule, Destination, FullRecurrence,
    Ids, ScheduleChange, ScheduleOption, Statement, Text,
};

impl Parser<'_> {
    pub(super) fn schedule_statement(&mut self) -> Option<Parsed<Statement>> {
        if self.eat(&["create", "schedule"]) {
            self.set_topic("CREATE SCHEDULE FOR BACKUP");
            let created = self.create_schedule();
            return Some(created.map(|schedule| Statement::CreateSchedule(Box::new(schedule))));
        }
        if self.eat(&["alter", "backup", "schedule"]) {
            self.set_topic("ALTER BACKUP SCHEDULE");
            return Some(self.alter_schedule());
        }
        let verbs = [
            ("pause", Command::Pause),
            ("resume", Command::Resume),
            ("drop", Command::Cancel),
        ];
        let (command, ids) = if let Some(command) = self.command(&verbs, &["schedules"]) {
            (command, self.sub_query().map(Ids::Query))
        } else {
            let command = self.command(&verbs, &["schedule"])?;
            (command, self.ids())
        };
        Some(ids.map(|ids| Statement::ControlSchedules(ControlSchedules { command, ids })))
    }

    fn create_schedule(&mut self) -> Parsed<CreateSchedule> {
        let if_not_exists = self.eat(&["if", "not", "exists"]);
        let label = if self.peek_words(&["for", "backup"]) {
            None
        } else {
            Some(self.text()?)
        };
        self.expect(&["for", "backup"])?;
        let targets = self.targets("into")?;
        self.expect(&["into"])?;
        let (into, collection) = self.destination()?;
        if into != Destination::New {
            return Err(self.unexpected());
        }
        let mut options = BackupOptions::default();
        self.options(|parser| parser.backup_option(&mut options))?;
        self.expect(&["recurring"])?;
        let recurring = self.text()?;
        let full_backup = if self.eat(&["full", "backup"]) {
            Some(self.full_recurrence()?)
        } else {
            None
        };
        let mut schedule_options = Vec::new();
        if self.eat(&["with", "schedule", "options"]) {
            let bracketed = self.eat_symbol("(");
            loop {
                schedule_options.push(self.schedule_option()?);
                if !self.eat_symbol(",") {
                    break;
                }
            }
            if bracketed {
                self.expect_symbol(")")?;
            }
        }
        Ok(CreateSchedule {
            if_not_exists,
            label,
            targets,
            collection,
            options,
            recurring,
            full_backup,
            schedule_options,
        })
    }

    fn full_recurrence(&mut self) -> Parsed<FullRecurrence> {
        if self.eat(&["always"]) {
            Ok(FullRecurrence::Always)
        } else {
            self.text().map(FullRecurrence::Cron)
        }
    }

    fn schedule_option(&mut self) -> Parsed<ScheduleOption> {
        let name = self.name()?;
        let value = if self.eat_symbol("=") {
            Some(self.text_or_number()?)
        } else {
            None
        };
        Ok(ScheduleOption { name, value })
    }

    /// Besides strings, numbers are taken: `= 1` is a truth value here.
    pub(super) fn text_or_number(&mut self) -> Parsed<Text> {
        match self.peek().clone() {
            Kind::Number(digits) => {
                self.advance();
                Ok(Text::Literal(digits))
            }
            _ => self.text(),
        }
    }

    fn alter_schedule(&mut self) -> Parsed<Statement> {
        let schedule = self.number()?;
        let mut changes = vec![self.schedule_change()?];
        while self.eat_symbol(",") {
            changes.push(self.schedule_change()?);
        }
        Ok(Statement::AlterSchedule(AlterSchedule { schedule, changes }))
    }

    fn schedule_change(&mut self) -> Parsed<ScheduleChange> {
        if self.eat(&["execute", "immediately"]) {
            return Ok(ScheduleChange::Execute { full: false });
        }
        if self.eat(&["execute", "full", "immediately"]) {
            return Ok(ScheduleChange::Execute { full: true });
        }
        self.expect(&["set"])?;
        if self.eat(&["label"]) {
            return self.text().map(ScheduleChange::Label);
        }
        if self.eat(&["into"]) {
            return self.texts().map(ScheduleChange::Collection);
        }
        if self.eat(&["recurring"]) {
            return self.text().map(ScheduleChange::Recurring);
        }
        if self.eat(&["full", "backup"]) {
            return self.full_recurrence().map(ScheduleChange::FullBackup);
        }
        if self.eat(&["schedule", "option"]) {
            return self.schedule_option().map(ScheduleChange::Option);
        }
        self.expect(&["with"])?;
        let mut options = BackupOptions::default();
        self.backup_option(&mut options)?;
        Ok(ScheduleChange::With(options))
    }
}
