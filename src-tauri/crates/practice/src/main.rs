//! The practice cluster as a program, for tests, trials and psql.

use std::error::Error;
use std::io::Write as _;
use std::net::ToSocketAddrs as _;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt as _};
use roachvault_practice::{Options, PracticeCluster, faults};

const PASSWORD_VARIABLE: &str = "ROACHVAULT_PRACTICE_PASSWORD";

const USAGE: &str = "\
roachvault-practice serve [options]

Runs a practice cluster until it is stopped, and prints one line, `ready <connection URL>`, when it accepts connections.
The URL holds no password: it is the value of ROACHVAULT_PRACTICE_PASSWORD, for `demo` and for `root`.

  --listen ADDRESS       where to listen; port 0 takes a free one (127.0.0.1:0)
  --data DIR             keep the data there; without it the cluster is empty at every start
  --memory               the same as no --data
  --external-dir DIR     folder of nodelocal files and bucket stand-ins, shared by clusters that name the same
  --insecure             no TLS, no passwords
  --client-ca FILE       let in clients whose certificate these authorities signed, its common name being the user; those of
                         the cluster's own authority always: with --data, client.root.crt and .key lie beside ca.crt
  --user NAME            the admin besides root (demo)
  --emulate VERSION      v23.2, v24.3, v25.4 or v26.2 (v25.4); of v21.2, v22.2, v23.1 and v26.3 only what recorded
                         cases show is known
  --clock-speed N        cluster seconds in a real second, as 3600 or 3600x (1)
  --regions A,B,C        regions of the nodes
  --empty                without the sample databases
  --job-seconds N        how long a backup or restore takes at least (2)
  --latency SPAN         shorthand for --fault latency=SPAN
  --fault LIST           faults from the start; `SET practice.fault = 'LIST'` changes them

Faults:
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("roachvault-practice: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let Some(options) = read_arguments()? else {
        std::io::stdout().write_all(format!("{USAGE}{}", faults::TABLE).as_bytes())?;
        return Ok(());
    };
    let (user, insecure) = (options.user.clone(), options.insecure);
    let folder = options.folder.clone();
    let cluster = PracticeCluster::start(options)?;
    let address = cluster.address();
    let tls = match folder.filter(|_| !insecure) {
        _ if insecure => "sslmode=disable".to_owned(),
        Some(folder) => format!(
            "sslmode=verify-full&sslrootcert={}",
            folder.join("ca.crt").display()
        ),
        None => "sslmode=require".to_owned(),
    };
    let mut out = std::io::stdout();
    writeln!(
        out,
        "ready postgresql://{user}@localhost:{}/defaultdb?{tls}",
        address.port()
    )?;
    out.flush()?;
    // Without this the folder of a cluster in memory would stay behind when the program is stopped.
    let (stop, stopped) = std::sync::mpsc::channel();
    ctrlc::set_handler(move || {
        // A second signal finds nobody waiting, and nothing left to do.
        let _ = stop.send(());
    })?;
    stopped.recv()?;
    drop(cluster);
    Ok(())
}

/// `None`: the usage was asked for.
fn read_arguments() -> Result<Option<Options>, Box<dyn Error>> {
    let mut options = Options::default();
    if let Some(password) = std::env::var_os(PASSWORD_VARIABLE) {
        options.password = password
            .into_string()
            .map_err(|_| format!("{PASSWORD_VARIABLE} is not UTF-8"))?;
    }
    let mut faults = Vec::new();
    let mut arguments = Parser::from_env();
    let mut serve = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Value(word) if word == "serve" && !serve => serve = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            Arg::Long("listen") => {
                let text = arguments.value()?.string()?;
                options.listen = text
                    .to_socket_addrs()?
                    .next()
                    .ok_or("--listen names no address")?;
            }
            Arg::Long("data") => options.folder = Some(arguments.value()?.into()),
            Arg::Long("memory") => options.folder = None,
            Arg::Long("external-dir") => options.external_folder = Some(arguments.value()?.into()),
            Arg::Long("insecure") => options.insecure = true,
            Arg::Long("client-ca") => {
                let file = std::path::PathBuf::from(arguments.value()?);
                let pem = std::fs::read_to_string(&file)
                    .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
                options.client_ca = Some(pem);
            }
            Arg::Long("user") => options.user = arguments.value()?.string()?,
            Arg::Long("emulate") => options.version = arguments.value()?.parse()?,
            Arg::Long("clock-speed") => {
                options.clock_speed = arguments.value()?.string()?.trim_end_matches('x').parse()?;
            }
            Arg::Long("regions") => {
                options.regions = arguments
                    .value()?
                    .string()?
                    .split(',')
                    .map(str::to_owned)
                    .collect();
            }
            Arg::Long("empty") => options.sample_data = false,
            Arg::Long("job-seconds") => {
                let seconds: f64 = arguments.value()?.parse()?;
                options.backups.least_job_duration = std::time::Duration::try_from_secs_f64(seconds)?;
            }
            Arg::Long("latency") => faults.push(format!("latency={}", arguments.value()?.string()?)),
            Arg::Long("fault") => faults.push(arguments.value()?.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    options.faults = faults.join(", ");
    Ok(serve.then_some(options))
}
