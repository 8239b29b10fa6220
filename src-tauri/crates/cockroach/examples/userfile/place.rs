//! What a destination or pattern argument names: a store, and a path in it.

use roachvault_cockroach::Cluster;
use roachvault_cockroach::userfile::StoreName;

use crate::Failure;

pub struct Place {
    pub store: StoreName,
    /// As given, without the scheme and host.
    pub path: String,
}

impl Place {
    /// `userfile://host/path`, `userfile:///path`, or a bare path in the user's own store.
    pub fn parse(argument: &str, cluster: &Cluster) -> Result<Self, Failure> {
        let own = || StoreName::default_of(cluster.user());
        let Some(rest) = argument.strip_prefix("userfile://") else {
            return Ok(Self {
                store: own(),
                path: argument.to_owned(),
            });
        };
        let (host, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let store = if host.is_empty() {
            own()
        } else {
            StoreName::parse(host)?
        };
        Ok(Self {
            store,
            path: path.to_owned(),
        })
    }

    /// The text that names must begin with, and the pattern that the rest of them must match: cut at
    /// the last slash before the first wildcard.
    pub fn split_pattern(&self) -> (String, String) {
        let path = format!("/{}", self.path.trim_start_matches('/'));
        match path.find(['*', '?', '[']) {
            Some(wildcard) => {
                let slash = path[..wildcard].rfind('/').unwrap_or(0);
                (path[..=slash].to_owned(), path[slash + 1..].to_owned())
            }
            None => (path, String::new()),
        }
    }
}
