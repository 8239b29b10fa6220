//! Running the cases, counting, and holding the results against the list of known gaps.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::gaps::Gap;

/// Cases that run side by side; each has clusters of its own.
const LANES: usize = 8;

/// The results of one file.
#[derive(Debug)]
pub struct Tally {
    passed: Vec<String>,
    failed: Vec<(String, String)>,
    /// Only cases whose names contain this were run.
    only: Option<String>,
}

impl Tally {
    /// Runs every case, or those that `ROACHVAULT_CASE` picks.
    pub fn run<C: Sync>(
        cases: &[C],
        name: impl Fn(&C) -> &String,
        run: impl Fn(&C) -> Result<(), String> + Sync,
    ) -> Tally {
        let only = std::env::var("ROACHVAULT_CASE").ok();
        let picked: Vec<&C> = cases
            .iter()
            .filter(|case| {
                only.as_ref()
                    .is_none_or(|only| name(case).contains(only.as_str()))
            })
            .collect();
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..LANES {
                scope.spawn(|| {
                    while let Some(case) = picked.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let result = run(case);
                        results
                            .lock()
                            .expect("no lane panicked while it held the results")
                            .push((*case, result));
                    }
                });
            }
        });
        let mut tally = Tally {
            passed: Vec::new(),
            failed: Vec::new(),
            only,
        };
        for (case, result) in results.into_inner().expect("every lane has ended") {
            match result {
                Ok(()) => tally.passed.push(name(case).clone()),
                Err(why) => tally.failed.push((name(case).clone(), why)),
            }
        }
        tally.failed.sort();
        tally
    }

    /// Prints the result and panics when it differs from what the list of gaps says.
    pub fn close(self, file: &str, gaps: &[Gap]) {
        let total = self.passed.len() + self.failed.len();
        let gap = |name: &str| gaps.iter().find(|gap| gap.case == name);
        for (name, why) in &self.failed {
            match gap(name) {
                Some(gap) => println!("  {file} {name}: known gap ({}); {why}", gap.reason),
                None => println!("  {file} {name}: FAILED: {why}"),
            }
        }
        let picked = self
            .only
            .map_or_else(String::new, |only| format!(" (only *{only}*)"));
        println!(
            "{file}: {} passed, {} failed of {total}{picked}",
            self.passed.len(),
            self.failed.len()
        );
        let unlisted: Vec<&str> = self
            .failed
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| gap(name).is_none())
            .collect();
        let closed: Vec<&str> = self
            .passed
            .iter()
            .map(String::as_str)
            .filter(|name| gap(name).is_some())
            .collect();
        assert!(
            unlisted.is_empty(),
            "{file}: these cases fail and are not listed as gaps: {unlisted:?}"
        );
        assert!(
            closed.is_empty(),
            "{file}: these cases are listed as gaps and pass; take them off: {closed:?}"
        );
    }
}
