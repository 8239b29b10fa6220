//! What a person looks for among names, and the order in which names are shown.

use roachvault_cockroach::userfile::Glob;

/// What is looked for, in any case of letters.
///
/// A text is found in the own name of a file or folder, however deep it lies. `*`, `?` and `[a-z]` make it a
/// pattern: without a slash over own names as well, with one over paths below the folder that is shown, where
/// `**` stands for any number of folders. What is no valid pattern, such as `report [1`, is a text.
pub(super) enum Sought {
    Text(String),
    Name(Glob),
    Path(Vec<Step>),
}

pub(super) enum Step {
    AnyFolders,
    Part(Glob),
}

impl Sought {
    pub fn new(filter: &str) -> Self {
        let filter = filter.to_lowercase();
        Self::pattern(&filter).unwrap_or(Self::Text(filter))
    }

    fn pattern(filter: &str) -> Option<Self> {
        if !filter.contains(['*', '?', '[']) {
            return None;
        }
        if !filter.contains('/') {
            return Some(Self::Name(Glob::new(filter).ok()?));
        }
        let step = |part: &str| match part {
            "**" => Some(Step::AnyFolders),
            part => Some(Step::Part(Glob::new(part).ok()?)),
        };
        let steps = filter.trim_matches('/').split('/').map(step);
        Some(Self::Path(steps.collect::<Option<_>>()?))
    }

    /// `path` is a file's or a folder's, relative to the folder that is shown, and does not end in a slash.
    pub fn takes(&self, path: &str) -> bool {
        let path = path.to_lowercase();
        let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
        match self {
            Self::Text(text) => name.contains(text),
            Self::Name(glob) => glob.matches(name),
            Self::Path(steps) => {
                let parts: Vec<&str> = path.split('/').collect();
                leads(steps, &parts)
            }
        }
    }
}

/// Whether the steps lead over exactly these parts of a path.
fn leads(steps: &[Step], parts: &[&str]) -> bool {
    match (steps.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((Step::AnyFolders, rest)), _) => {
            (0..=parts.len()).any(|skipped| leads(rest, &parts[skipped..]))
        }
        (Some((Step::Part(glob), steps)), Some((part, parts))) => glob.matches(part) && leads(steps, parts),
        _ => false,
    }
}

/// A key that orders names as people count: `part-2` before `part-10`, letters in any case.
pub(super) fn natural(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 8);
    let mut rest = name;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (text, digits) = rest.split_at(at);
        key.extend(text.chars().flat_map(char::to_lowercase));
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let number = digits[..end].trim_start_matches('0');
        // A longer number is a larger one, so its length stands first; the zero before it sorts where digits do.
        key.push('0');
        key.extend(u8::try_from(number.len()).map(char::from));
        key.push_str(number);
        rest = &digits[end..];
    }
    key.extend(rest.chars().flat_map(char::to_lowercase));
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_as_people_count() {
        let mut names = [
            "part-10", "Part-2", "part-1", "part", "part-02b", "a9z", "a10", "b",
        ];
        names.sort_by_key(|name| natural(name));
        assert_eq!(
            names,
            [
                "a9z", "a10", "b", "part", "part-1", "Part-2", "part-02b", "part-10"
            ]
        );
    }

    #[test]
    fn patterns_reach_as_far_as_they_say() {
        let takes = |filter: &str, path: &str| Sought::new(filter).takes(path);
        assert!(takes("*.csv", "a/b/c.CSV"));
        assert!(takes("a/*.csv", "a/c.csv"));
        assert!(!takes("a/*.csv", "a/b/c.csv"));
        assert!(takes("a/**/*.csv", "a/c.csv"));
        assert!(takes("**/b/*", "x/y/b/c"));
        assert!(!takes("**/b/*", "x/y/b/c/d"));
        assert!(takes("[x", "a/[x].txt"));
        assert!(!takes("b", "b/c"));
    }
}
