//! Which emulated release a case is run on.

/// The releases the practice cluster emulates, newest last.
pub const EMULATED: &[&str] = &["v23.2", "v24.3", "v25.4", "v26.2"];

/// Releases that are emulated only as far as their cases here go: taken when no other release fits.
const AS_RECORDED: &[&str] = &["v21.2", "v22.2", "v23.1", "v26.3"];

/// Tried first when a case allows it.
const DEFAULT: &str = "v25.4";

type Release = (u32, u32);

/// `v25.4` as numbers; `x` counts as the newest.
fn release(text: &str) -> Option<Release> {
    let (year, number) = text.strip_prefix('v')?.split_once('.')?;
    Some((year.parse().ok()?, number.parse().unwrap_or(u32::MAX)))
}

/// The lowest and highest release a version note names, read from its first words.
fn range(note: &str) -> Option<(Release, Release)> {
    let first = note.split(" (").next().unwrap_or(note).trim();
    if let Some(until) = first.strip_prefix("<= ") {
        return Some(((0, 0), release(until)?));
    }
    let first = first.split_whitespace().next()?;
    let (low, high) = first.split_once('-').unwrap_or((first, first));
    let low_release =
        release(low).map(|(year, number)| (year, if number == u32::MAX { 0 } else { number }))?;
    Some((low_release, release(high)?))
}

/// The emulated release for a version note: the default if it lies in the range, else the newest that does.
/// `None` when the range holds none of them.
pub fn choose(note: &str) -> Option<&'static str> {
    let (low, high) = range(note)?;
    let fits = |version: &&str| release(version).is_some_and(|release| release >= low && release <= high);
    if fits(&DEFAULT) {
        return Some(DEFAULT);
    }
    AS_RECORDED
        .iter()
        .chain(EMULATED)
        .rev()
        .copied()
        .find(|version| fits(version))
}

/// The emulated release of this name.
pub fn named(name: &str) -> Option<&'static str> {
    EMULATED
        .iter()
        .chain(AS_RECORDED)
        .copied()
        .find(|version| *version == name)
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn ranges_are_read_from_their_first_words() {
        assert_eq!(choose("v25.1-v26.x"), Some("v25.4"));
        assert_eq!(
            choose("v26.x (the closing semicolon is missing in old releases)"),
            Some("v26.2")
        );
        assert_eq!(
            choose("<= v26.1 (incremental_location removed in v26.2)"),
            Some("v25.4")
        );
        assert_eq!(choose("v22.2-v24.3"), Some("v24.3"));
        assert_eq!(choose("v22.2 rendering of options"), Some("v22.2"));
    }
}
