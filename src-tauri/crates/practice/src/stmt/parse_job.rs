//! PAUSE, RESUME and CANCEL JOB.

use super::lexer::Kind;
use super::parser::{Parsed, Parser};
use super::{Command, ControlJobs, ControlJobsTarget, Ids, Statement};

const ALL_KINDS: &[&str] = &["backup", "restore", "changefeed", "import"];

impl Parser<'_> {
    /// One id, or the ids a query answers.
    pub(super) fn ids(&mut self) -> Parsed<Ids> {
        match self.peek() {
            Kind::Number(_) | Kind::Placeholder(_) => self.number().map(Ids::One),
            _ => self.sub_query().map(Ids::Query),
        }
    }

    /// The command, if the words after it are `next`.
    pub(super) fn command(&mut self, verbs: &[(&str, Command)], next: &[&str]) -> Option<Command> {
        verbs.iter().find_map(|(verb, command)| {
            let words: Vec<&str> = std::iter::once(*verb).chain(next.iter().copied()).collect();
            self.eat(&words).then_some(*command)
        })
    }

    pub(super) fn job_statement(&mut self) -> Option<Parsed<Statement>> {
        let verbs = [
            ("pause", Command::Pause),
            ("resume", Command::Resume),
            ("cancel", Command::Cancel),
        ];
        let (command, target) = if let Some(command) = self.command(&verbs, &["jobs", "for", "schedules"]) {
            (
                command,
                self.sub_query()
                    .map(|query| ControlJobsTarget::Schedules(Ids::Query(query))),
            )
        } else if let Some(command) = self.command(&verbs, &["jobs", "for", "schedule"]) {
            (command, self.ids().map(ControlJobsTarget::Schedules))
        } else if let Some(command) = self.command(&verbs, &["jobs"]) {
            (
                command,
                self.sub_query()
                    .map(|query| ControlJobsTarget::Ids(Ids::Query(query))),
            )
        } else if let Some(command) = self.command(&verbs, &["job"]) {
            (command, self.ids().map(ControlJobsTarget::Ids))
        } else {
            let (kind, command) = ALL_KINDS.iter().find_map(|kind| {
                self.command(&verbs, &["all", kind, "jobs"])
                    .map(|command| (kind, command))
            })?;
            (command, Ok(ControlJobsTarget::All(kind.to_uppercase())))
        };
        Some(target.and_then(|target| {
            let mut reason = None;
            if command == Command::Pause && self.eat(&["with", "reason"]) {
                self.expect_symbol("=")?;
                reason = Some(self.text()?);
            }
            Ok(Statement::ControlJobs(ControlJobs {
                command,
                target,
                reason,
            }))
        }))
    }
}
