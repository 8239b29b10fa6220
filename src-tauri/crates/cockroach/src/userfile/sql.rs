//! Statement texts with many parameters.

use std::fmt::Write as _;

/// `($1,$2),($3,$4),…`: `rows` rows of `width` parameters.
pub(crate) fn values(rows: usize, width: usize) -> String {
    let mut out = String::new();
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ",(" });
        out.push_str(&placeholders(row * width + 1, width));
        out.push(')');
    }
    out
}

/// `$first,$first+1,…`: `count` of them.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    let mut out = String::new();
    for i in 0..count {
        if i > 0 {
            out.push(',');
        }
        let _ = write!(out, "${}", first + i);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn parameters_are_numbered_through() {
        assert_eq!(super::values(2, 2), "($1,$2),($3,$4)");
        assert_eq!(super::placeholders(3, 2), "$3,$4");
    }
}
