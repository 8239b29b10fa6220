//! The cluster as clients meet it: PostgreSQL's wire protocol, version 3, over TCP and TLS.
//!
//! The protocol is spoken here and not by a library, because a stand-in must be able to misbehave exactly as asked
//! (cut a connection in the middle of a message, keep silent, refuse a message for its size and go on) and must never hold more than
//! one message of a client in memory. A connection is a thread with blocking reads: sessions work on SQLite, which blocks too.

mod certificate;
mod connection;
mod copy;
mod extended;
mod frame;
mod server;
mod startup;
pub mod tls;
mod token;

pub use server::{Server, ServerOptions};
