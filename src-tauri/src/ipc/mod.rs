//! The door between the screen and the core: decode, one call, encode.
//!
//! A command is declared once, in `commands.rs`; everything that must agree with it is made from
//! that line, so a handler, its TypeScript signature and its permission cannot drift apart.

pub mod about;
pub mod backups;
pub mod connections;
pub mod error;
pub mod jobs;
pub mod overview;
pub mod practice;
pub mod restores;
pub mod schedules;
pub mod settings;
pub mod userfiles;

#[cfg(test)]
mod bindings;
#[cfg(test)]
mod tests;

pub use error::IpcError;

use chrono::{DateTime, Utc};
use tauri::ipc::{Channel, Invoke};
use tauri::{Runtime, State};
use uuid::Uuid;

use crate::state::AppState;

macro_rules! commands {
    ($( $(#[$doc:meta])* $feature:ident :: $name:ident ( $($arg:ident : $ty:ty),* $(,)? ) $(streams $stream:ty)? => $ret:ty ; )*) => {
        mod handlers {
            use super::*;
            $(
                #[tauri::command]
                pub async fn $name(
                    state: State<'_, AppState>,
                    $($arg: $ty,)*
                    $(channel: Channel<$stream>,)?
                ) -> Result<$ret, IpcError> {
                    $feature::$name(&state, $($arg,)* $(pass_channel::<$stream>(channel),)?).await
                }
            )*
        }

        /// Serves every command of the list.
        pub fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$(handlers::$name),*]
        }

        #[cfg(test)]
        fn describe(bindings: &mut bindings::Bindings) {
            $(
                bindings.command(stringify!($name))
                    $(.argument::<$ty>(stringify!($arg)))*
                    $(.stream::<$stream>())?
                    .answer::<$ret>();
            )*
        }
    };
}

/// Names the channel's type where the macro has only an optional type to repeat over.
fn pass_channel<T>(channel: Channel<T>) -> Channel<T> {
    channel
}

include!("commands.rs");
