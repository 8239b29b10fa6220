//! Which releases can restore a backup of which.
//!
//! A backup restores into its own release and every later one up to and including the next regular
//! release; innovation releases in between may be skipped. Never into an older release.

/// Major and minor.
pub(super) type Release = (u16, u16);

/// What the rule says of a backup and a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Fits,
    /// The backup is from a later release than the cluster runs.
    TooNew,
    /// The cluster is further ahead than one regular release.
    TooOld {
        /// The last release that takes it.
        last: Release,
    },
}

pub(super) fn fit(backup: Release, cluster: Release) -> Fit {
    let last = next_regular(backup);
    if backup > cluster {
        Fit::TooNew
    } else if cluster > last {
        Fit::TooOld { last }
    } else {
        Fit::Fits
    }
}

/// Up to v24.1 every release was a regular one, two a year. In 2024 came one innovation release, v24.2;
/// since 2025 there are four releases a year and the even ones are regular.
fn is_regular((major, minor): Release) -> bool {
    match major {
        ..=23 => true,
        24 => minor != 2,
        _ => minor % 2 == 0,
    }
}

fn next_regular(release: Release) -> Release {
    let mut next = following(release);
    while !is_regular(next) {
        next = following(next);
    }
    next
}

fn following((major, minor): Release) -> Release {
    let in_a_year = match major {
        ..=23 => 2,
        24 => 3,
        _ => 4,
    };
    if minor < in_a_year {
        (major, minor + 1)
    } else {
        (major + 1, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_table_holds() {
        let releases = [
            (23, 1),
            (23, 2),
            (24, 1),
            (24, 2),
            (24, 3),
            (25, 1),
            (25, 2),
            (25, 3),
            (25, 4),
            (26, 1),
            (26, 2),
            (26, 3),
        ];
        for (taken, into) in [
            ((23, 2), vec![(23, 2), (24, 1)]),
            ((24, 1), vec![(24, 1), (24, 2), (24, 3)]),
            ((24, 2), vec![(24, 2), (24, 3)]),
            ((24, 3), vec![(24, 3), (25, 1), (25, 2)]),
            ((25, 4), vec![(25, 4), (26, 1), (26, 2)]),
        ] {
            let fitting: Vec<_> = releases
                .into_iter()
                .filter(|cluster| fit(taken, *cluster) == Fit::Fits)
                .collect();
            assert_eq!(fitting, into, "taken on {taken:?}");
        }
        assert_eq!(fit((26, 1), (25, 4)), Fit::TooNew);
        assert_eq!(fit((24, 3), (25, 4)), Fit::TooOld { last: (25, 2) });
    }
}
