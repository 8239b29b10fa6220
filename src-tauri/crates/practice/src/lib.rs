//! practice
pub mod stmt;
