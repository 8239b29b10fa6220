//! A value that must never be shown, stored in a file or sent to the screen.
//!
//! The type has no `Serialize`, no `Display` and no `Deref` on purpose: handing a secret to anything
//! that formats or encodes it is a compile error, and every real use is found by searching `expose`.

use std::fmt;

use zeroize::Zeroizing;

/// A password, passphrase, token or private key. Its memory is overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The clear text. Callers pass it on to the one place that needs it and keep no copy.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_output_holds_nothing_of_the_secret() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
