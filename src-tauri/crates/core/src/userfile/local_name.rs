//! From names in a cluster to paths on this computer.
//!
//! A stored name is any text that somebody else may have chosen. It must not lead out of the chosen
//! folder, meet a device name, or land on another file because a file system folds case or drops a dot
//! at the end. So every part is checked and changed where needed, and whoever plans a download shows
//! what was changed.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// What the target's file system asks for.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Reserved characters and device names, no dot or blank at the end.
    pub windows: bool,
    /// `A` and `a` are the same file.
    pub folds_case: bool,
}

impl Rules {
    pub const HERE: Self = Self {
        windows: cfg!(windows),
        folds_case: cfg!(any(windows, target_os = "macos")),
    };

    /// Names that every file system takes.
    pub const EVERYWHERE: Self = Self {
        windows: true,
        folds_case: true,
    };
}

/// Relative paths for names (without leading slash, as shown), in the same order. They are all
/// different, none leads out of the folder, and none is a folder of another.
pub fn local_names<'a>(names: impl IntoIterator<Item = &'a str>, rules: Rules) -> Vec<PathBuf> {
    let parts: Vec<Vec<String>> = names
        .into_iter()
        .map(|name| {
            let mut parts: Vec<String> = name
                .split('/')
                .filter(|part| !part.is_empty())
                .map(|part| safe_part(part, rules))
                .collect();
            if parts.is_empty() {
                parts.push("_".into());
            }
            parts
        })
        .collect();
    let key = |parts: &[String]| {
        let joined = parts.join("/");
        if rules.folds_case {
            // Lower case alone keeps apart what file systems do not, such as the two small sigmas.
            joined.to_lowercase().to_uppercase()
        } else {
            joined
        }
    };
    // Names that are folders of other names; a file cannot have the same path.
    let mut folders = HashSet::new();
    for parts in &parts {
        for depth in 1..parts.len() {
            folders.insert(key(&parts[..depth]));
        }
    }
    let mut used: HashSet<String> = HashSet::new();
    let mut next: HashMap<String, u32> = HashMap::new();
    let mut paths = Vec::with_capacity(parts.len());
    for mut parts in parts {
        let first = key(&parts);
        let mut taken = folders.contains(&first) || used.contains(&first);
        let original = parts.last().cloned().unwrap_or_default();
        while taken {
            let number = next.entry(first.clone()).or_insert(1);
            *number += 1;
            if let Some(last) = parts.last_mut() {
                *last = numbered(&original, *number);
            }
            let now = key(&parts);
            taken = folders.contains(&now) || used.contains(&now);
        }
        used.insert(key(&parts));
        paths.push(parts.iter().collect());
    }
    paths
}

/// `report (2).csv`.
pub fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => {
            format!("{stem} ({number}).{extension}")
        }
        _ => format!("{name} ({number})"),
    }
}

/// Most file systems end a part at 255 bytes; room is left for a number.
const MOST_BYTES: usize = 240;

fn safe_part(part: &str, rules: Rules) -> String {
    let mut safe: String = part
        .chars()
        .map(|c| {
            let reserved = rules.windows && matches!(c, '<' | '>' | ':' | '"' | '\\' | '|' | '?' | '*');
            // Marks that turn the direction of text make a name look like another.
            let turns =
                matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
            if c.is_control() || c == '/' || reserved || turns {
                '_'
            } else {
                c
            }
        })
        .collect();
    if safe == "." || safe == ".." {
        safe = safe.replace('.', "_");
    }
    // Before the end is looked at: a dot may come to stand there.
    if safe.len() > MOST_BYTES {
        let mut end = MOST_BYTES;
        while !safe.is_char_boundary(end) {
            end -= 1;
        }
        safe.truncate(end);
    }
    if rules.windows {
        let kept = safe.trim_end_matches(['.', ' ']).len();
        safe = safe
            .char_indices()
            .map(|(at, c)| if at < kept { c } else { '_' })
            .collect();
        let stem = safe
            .split('.')
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_ascii_uppercase();
        let numbered = |device: &str| {
            stem.strip_prefix(device).is_some_and(|rest| {
                matches!(rest.chars().next(), Some('0'..='9' | '¹' | '²' | '³')) && rest.chars().count() == 1
            })
        };
        let device = matches!(
            stem.as_str(),
            "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
        ) || numbered("COM")
            || numbered("LPT");
        if device {
            safe.insert(0, '_');
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    const WINDOWS: Rules = Rules {
        windows: true,
        folds_case: true,
    };
    const LINUX: Rules = Rules {
        windows: false,
        folds_case: false,
    };

    fn mapped(names: &[&str], rules: Rules) -> Vec<String> {
        let paths = local_names(names.iter().copied(), rules);
        paths
            .into_iter()
            .map(|path| path.to_str().unwrap().replace('\\', "/"))
            .collect()
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        let names = ["data/2021/03/24-210532.53/a.sst", "À b+c.csv", ".hidden", "a..b"];
        assert_eq!(mapped(&names, LINUX), names);
        assert_eq!(mapped(&names, WINDOWS), names);
    }

    #[test]
    fn names_that_would_mean_something_else_are_changed() {
        assert_eq!(
            mapped(&["../../etc/passwd", "/abs", "a/./b"], LINUX),
            ["__/__/etc/passwd", "abs", "a/_/b"]
        );
        assert_eq!(
            mapped(&["C:\\x", "nul.txt", "com1", "a.", "b "], WINDOWS),
            ["C__x", "_nul.txt", "_com1", "a_", "b_"]
        );
        assert_eq!(mapped(&["A", "a"], WINDOWS), ["A", "a (2)"]);
        assert_eq!(mapped(&["ΣΑΣ", "σασ"], WINDOWS), ["ΣΑΣ", "σασ (2)"]);
        let stem = "a".repeat(MOST_BYTES - 1);
        assert_eq!(
            mapped(&[&format!("{stem}.csv"), &stem], WINDOWS),
            [format!("{stem}_"), stem.clone()]
        );
        assert_eq!(mapped(&["a", "a/b"], LINUX), ["a (2)", "a/b"]);
        assert_eq!(mapped(&["x\ny", "x_y"], LINUX), ["x_y", "x_y (2)"]);
    }

    proptest! {
        #[test]
        fn no_name_leads_out_of_the_folder_and_no_two_meet(
            names in prop::collection::vec("[a-bA./\\\\: \u{7}\u{202e}]{0,8}|\\PC{0,12}|(con|NUL|com1)(\\.txt)?", 0..12),
            windows in any::<bool>(),
        ) {
            let rules = Rules { windows, folds_case: windows };
            let paths = local_names(names.iter().map(String::as_str), rules);
            prop_assert_eq!(paths.len(), names.len());
            let mut seen = HashSet::new();
            for path in &paths {
                prop_assert!(path.is_relative() && path.components().count() > 0);
                prop_assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{path:?}");
                let text = path.to_str().unwrap();
                prop_assert!(!text.chars().any(char::is_control));
                prop_assert!(seen.insert(if windows { text.to_lowercase() } else { text.to_owned() }), "{text} twice");
            }
            for path in &paths {
                let mut above = path.parent();
                while let Some(folder) = above.filter(|folder| *folder != Path::new("")) {
                    prop_assert!(!paths.iter().any(|other| other == folder), "{folder:?} is a file and a folder");
                    above = folder.parent();
                }
            }
        }
    }
}
