//! `cockroach userfile`, with the same words and faster: upload, list, get, delete.
//!
//! ```text
//! userfile [--url URL] [--like-cli] upload [-r] SOURCE [DESTINATION]
//! userfile [--url URL] [--like-cli] list | get PATTERN [DESTINATION] | delete PATTERN
//! ```
//!
//! The URL may come from `COCKROACH_URL`. `--like-cli` uses the algorithms of the original, to compare
//! with: one COPY row a file upwards, a quarter of a megabyte a statement downwards.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use roachvault_cockroach::userfile::{
    DeleteTarget, Glob, Lanes, LocalSource, OnConflict, PartFile, Source, Stop, Store, StoreName, StoredName,
    Upload, delete, download, get_file, list_names, pin, upload,
};
use roachvault_cockroach::{Cluster, Error, ErrorKind};
use uuid::Uuid;

#[path = "../../tests/support/like_cli.rs"]
mod like_cli;
mod local;
mod place;
#[path = "../../tests/support/target.rs"]
mod target;

use place::Place;

/// What stopped the program: the line after `ERROR: `, and what the server said besides.
pub struct Failure {
    message: String,
    sqlstate: Option<String>,
    hint: Option<String>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            message: error.message,
            sqlstate: error.sqlstate,
            hint: error.hint,
        }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self {
            message,
            sqlstate: None,
            hint: None,
        }
    }
}

struct Arguments {
    url: String,
    like_cli: bool,
    verb: String,
    recursive: bool,
    positional: Vec<String>,
}

fn arguments() -> Result<Arguments, Failure> {
    let mut url = std::env::var("COCKROACH_URL").ok();
    let (mut like_cli, mut recursive, mut words) = (false, false, Vec::new());
    let mut rest = std::env::args().skip(1).peekable();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--url" => url = rest.next(),
            "--like-cli" => like_cli = true,
            "-r" | "--recursive" => recursive = true,
            "userfile" if words.is_empty() => {}
            _ => words.push(argument),
        }
    }
    let verb = if words.is_empty() {
        String::new()
    } else {
        words.remove(0)
    };
    let url = url.ok_or_else(|| Failure::from("no cluster: give --url or set COCKROACH_URL".to_owned()))?;
    Ok(Arguments {
        url,
        like_cli,
        verb,
        recursive,
        positional: words,
    })
}

#[tokio::main]
async fn main() -> ExitCode {
    let parsed = arguments();
    let verb = parsed
        .as_ref()
        .map(|arguments| arguments.verb.clone())
        .unwrap_or_default();
    let done = match parsed {
        Ok(arguments) => run(arguments).await,
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("ERROR: {}", failure.message);
            if let Some(sqlstate) = failure.sqlstate {
                eprintln!("SQLSTATE: {sqlstate}");
            }
            if let Some(hint) = failure.hint {
                eprintln!("HINT: {hint}");
            }
            eprintln!("Failed running \"userfile {verb}\"");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let target = target::target(&arguments.url)?;
    let cluster = Cluster::connect(&target).await?;
    let program = Program {
        cluster,
        like_cli: arguments.like_cli,
    };
    let argument = |i: usize| arguments.positional.get(i).map(String::as_str);
    match (arguments.verb.as_str(), argument(0)) {
        ("upload", Some(source)) if arguments.recursive => program.upload_tree(source, argument(1)).await,
        ("upload", Some(source)) => program.upload_one(source, argument(1)).await,
        ("list" | "ls", pattern) => program.list(pattern.unwrap_or("")).await,
        ("get", Some(pattern)) => program.get(pattern, argument(1)).await,
        ("delete" | "rm", Some(pattern)) => program.delete(pattern).await,
        (verb, _) => Err(Failure::from(format!(
            "unknown command or missing argument: userfile {verb}"
        ))),
    }
}

struct Program {
    cluster: Cluster,
    like_cli: bool,
}

impl Program {
    async fn store(&self, name: &StoreName) -> Result<Store, Failure> {
        Ok(Store::open(&self.cluster, name.clone()).await?)
    }

    fn lanes(&self) -> Arc<Lanes> {
        let (_, stop) = Stop::new();
        Arc::new(Lanes::new(&self.cluster, Arc::new(|_| {}), stop).patience(Duration::from_secs(60)))
    }

    async fn upload_one(&self, source: &str, destination: Option<&str>) -> Result<(), Failure> {
        let path = Path::new(source);
        let metadata =
            std::fs::metadata(path).map_err(|error| like_cli::local_error("open", path, &error))?;
        if metadata.is_dir() {
            return Err(Failure::from(format!(
                "source file {source} is a directory, not a file"
            )));
        }
        let own = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let place = Place::parse(
            destination.filter(|text| !text.is_empty()).unwrap_or(&own),
            &self.cluster,
        )?;
        let store = self.store(&place.store).await?;
        self.send(&store, &self.lanes(), path, &place.path).await
    }

    async fn upload_tree(&self, source: &str, destination: Option<&str>) -> Result<(), Failure> {
        let root = Path::new(source);
        let files = local::walk(root).map_err(|error| like_cli::local_error("lstat", root, &error))?;
        let trimmed = source.trim_end_matches('/');
        let name = Path::new(trimmed)
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let (below, with_name) = match destination.filter(|text| !text.is_empty()) {
            Some(destination) => (
                destination.trim_end_matches('/').to_owned(),
                !source.ends_with('/'),
            ),
            None => (name.clone(), false),
        };
        let base = if with_name {
            format!("{below}/{name}")
        } else {
            below
        };
        let place = Place::parse(&base, &self.cluster)?;
        let store = self.store(&place.store).await?;
        let lanes = self.lanes();
        for relative in files {
            println!("uploading: {relative}");
            let stored = format!("{}/{relative}", place.path.trim_end_matches('/'));
            self.send(&store, &lanes, &root.join(&relative), &stored).await?;
        }
        println!("successfully uploaded all files in the subtree rooted at {name}");
        Ok(())
    }

    async fn send(
        &self,
        store: &Store,
        lanes: &Arc<Lanes>,
        path: &Path,
        stored: &str,
    ) -> Result<(), Failure> {
        let name = StoredName::new(stored)?;
        if self.like_cli {
            let mut connection = store.cluster.transfer_connection().await?;
            like_cli::upload(&mut connection, store, path, &name).await?;
        } else {
            let source: Arc<dyn Source> = LocalSource::open(path).await?;
            let one = Upload {
                name: name.clone(),
                file_id: Uuid::new_v4(),
                on_conflict: OnConflict::Fail,
            };
            upload(store, lanes, &one, &source)
                .await
                .map_err(|error| match error.kind {
                    ErrorKind::AlreadyExists => {
                        Failure::from(format!("destination file already exists for {}", name.as_str()))
                    }
                    _ => Failure::from(error),
                })?;
        }
        println!(
            "successfully uploaded to userfile://{}{}",
            store.name,
            name.as_str()
        );
        Ok(())
    }

    /// Names that match, as they are shown, with the store they are in.
    async fn matching(&self, argument: &str) -> Result<(Store, Vec<String>), Failure> {
        let place = Place::parse(argument, &self.cluster)?;
        let store = self.store(&place.store).await?;
        let (prefix, pattern) = place.split_pattern();
        let glob = (!pattern.is_empty()).then(|| Glob::new(&pattern)).transpose()?;
        let mut matching = Vec::new();
        for name in list_names(&store, &prefix).await? {
            let rest = name.strip_prefix(prefix.as_str()).unwrap_or(&name);
            if glob.as_ref().is_none_or(|glob| glob.matches(rest)) {
                matching.push(name.trim_start_matches('/').to_owned());
            }
        }
        Ok((store, matching))
    }

    async fn list(&self, pattern: &str) -> Result<(), Failure> {
        for name in self.matching(pattern).await?.1 {
            println!("{name}");
        }
        Ok(())
    }

    async fn get(&self, pattern: &str, destination: Option<&str>) -> Result<(), Failure> {
        let (store, names) = self.matching(pattern).await?;
        if names.is_empty() {
            return Err(Failure::from(
                "no files matched requested path or path pattern".to_owned(),
            ));
        }
        let lanes = self.lanes();
        let moment = pin(&self.cluster, store.dialect).await?;
        for name in &names {
            let target = local::target(name, destination, names.len() == 1);
            print!("downloading {name}... ");
            if target.exists() {
                return Err(Failure::from(format!("open {}: file exists", target.display())));
            }
            let size = if self.like_cli {
                let mut connection = store.cluster.transfer_connection().await?;
                like_cli::get(&mut connection, &store, name, &target).await?
            } else {
                let Some(file) = get_file(&store, &StoredName::stored(format!("/{name}"))).await? else {
                    return Err(Failure::from(format!("file /{name} does not exist")));
                };
                let part = PartFile::open(&target, &file.file_id.simple().to_string()).await?;
                let done = download(&store, &lanes, &file, &moment, &part, false).await;
                match done {
                    Ok(done) => done.size_bytes,
                    Err(error) if error.kind == ErrorKind::AlreadyExists => {
                        part.discard().await?;
                        return Err(Failure::from(format!("open {}: file exists", target.display())));
                    }
                    Err(error) => return Err(error.into()),
                }
            };
            println!(
                "\rdownloaded {name} to {} ({})",
                target.display(),
                local::size_words(size)
            );
        }
        Ok(())
    }

    async fn delete(&self, pattern: &str) -> Result<(), Failure> {
        let (store, names) = self.matching(pattern).await?;
        if self.like_cli {
            let mut connection = store.cluster.transfer_connection().await?;
            like_cli::delete(&mut connection, &store, &names).await?;
        } else {
            let mut targets = Vec::with_capacity(names.len());
            for name in &names {
                if let Some(file) = get_file(&store, &StoredName::stored(format!("/{name}"))).await? {
                    let (name, file_id, size_bytes) = (file.name, file.file_id, file.size_bytes);
                    targets.push(DeleteTarget {
                        name,
                        file_id,
                        size_bytes,
                    });
                }
            }
            delete(&store, &self.lanes(), &targets, |_| {}).await?;
        }
        for name in names {
            println!("successfully deleted {name}");
        }
        Ok(())
    }
}
