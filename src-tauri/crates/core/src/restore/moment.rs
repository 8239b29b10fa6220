//! Which moment of a chain is meant, and how RESTORE is asked for it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use roachvault_cockroach::backup::timestamp;

use crate::backup::Chain;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    pub time: Option<DateTime<Utc>>,
    /// For AS OF SYSTEM TIME; `None` at the end of the chain, which needs no time.
    pub as_of: Option<String>,
    /// The same moment for a look at the live data.
    pub live_as_of: Option<String>,
    /// The full backup's own end: only its rows are a count of rows.
    pub rows_are_known: bool,
    /// The backup does not hold it.
    pub missing: bool,
}

/// SHOW BACKUP shortens times to microseconds and screens to milliseconds.
const SAME_MOMENT: Duration = Duration::from_millis(1);

impl Moment {
    pub fn of(chain: &Chain, wanted: Option<DateTime<Utc>>) -> Self {
        let layers = &chain.contents.layers;
        let end = chain.contents.end_time();
        let Some(wanted) = wanted.filter(|wanted| end.is_none_or(|end| !same(*wanted, end))) else {
            let exact = chain
                .manifests
                .last()
                .and_then(|manifest| manifest.end_decimal.clone());
            return Self {
                time: end,
                as_of: None,
                live_as_of: exact.or_else(|| end.map(timestamp)),
                rows_are_known: layers.len() == 1,
                missing: false,
            };
        };
        let layer = layers
            .iter()
            .position(|layer| layer.end_time.is_some_and(|end| same(end, wanted)));
        if let Some(position) = layer {
            let exact = chain
                .manifests
                .get(position)
                .and_then(|manifest| manifest.end_decimal.clone());
            let as_of = exact.unwrap_or_else(|| timestamp(layers[position].end_time.unwrap_or(wanted)));
            return Self {
                time: layers[position].end_time,
                live_as_of: Some(as_of.clone()),
                as_of: Some(as_of),
                rows_are_known: position == 0,
                missing: false,
            };
        }
        let covered = chain
            .windows()
            .iter()
            .any(|window| window.from <= wanted && wanted <= window.to);
        Self {
            time: Some(wanted),
            as_of: Some(timestamp(wanted)),
            live_as_of: Some(timestamp(wanted)),
            rows_are_known: false,
            missing: !covered,
        }
    }
}

fn same(one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    (one - other)
        .abs()
        .to_std()
        .is_ok_and(|apart| apart < SAME_MOMENT)
}

#[cfg(test)]
mod tests {
    use roachvault_cockroach::backup::{BackupContents, BackupKind, Layer, Manifest};

    use super::*;

    const END: i64 = 1_800_000_600_123_456_789;

    fn at(nanos: i64) -> Option<DateTime<Utc>> {
        Some(DateTime::from_timestamp_micros(nanos / 1000).unwrap_or_default())
    }

    fn chain(ends: &[i64], revisions_since: Option<i64>) -> Chain {
        let layer = |(position, end): (usize, &i64)| Layer {
            kind: if position == 0 {
                BackupKind::Full
            } else {
                BackupKind::Incremental
            },
            start_time: None,
            end_time: at(*end),
            is_full_cluster: false,
            objects: Vec::new(),
        };
        let manifest = |end: &i64| Manifest {
            end_decimal: Some(format!("{end}.0000000000")),
            end_time: at(*end),
            revisions_since: revisions_since.and_then(at),
            release: None,
        };
        Chain {
            contents: BackupContents {
                layers: ends.iter().enumerate().map(layer).collect(),
            },
            manifests: ends.iter().map(manifest).collect(),
            ..Chain::unread("/x")
        }
    }

    #[test]
    fn the_end_of_the_chain_needs_no_time() {
        let whole = Moment::of(&chain(&[END], None), None);
        assert_eq!(
            (whole.as_of.clone(), whole.rows_are_known, whole.missing),
            (None, true, false)
        );
        assert_eq!(Moment::of(&chain(&[END], None), at(END)), whole);
        assert!(!Moment::of(&chain(&[END - 1_000_000_000, END], None), None).rows_are_known);
    }

    #[test]
    fn the_end_of_an_inner_layer_is_asked_for_to_the_nanosecond() {
        let first = END - 60_000_000_000;
        let moment = Moment::of(&chain(&[first, END], None), at(first));
        assert_eq!(moment.as_of, Some(format!("{first}.0000000000")));
        assert!(moment.rows_are_known && !moment.missing);
    }

    #[test]
    fn other_moments_are_there_only_with_revision_history() {
        let wanted = at(END - 30_000_000_000);
        assert!(Moment::of(&chain(&[END], None), wanted).missing);
        let kept = Moment::of(&chain(&[END], Some(END - 60_000_000_000)), wanted);
        assert!(!kept.missing && !kept.rows_are_known);
        assert!(
            Moment::of(
                &chain(&[END], Some(END - 60_000_000_000)),
                at(END + 5_000_000_000)
            )
            .missing
        );
    }
}
