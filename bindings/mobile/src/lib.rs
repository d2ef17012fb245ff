//! The native part of the Swift package and of the Kotlin module `jetblob`: what their classes delegate to.
//!
//! Each operation is an `async` method here that runs on threads of its own, so that the other language's executor is
//! woken once when it ends. Nothing here has a default or a rule of its own.

#![allow(unreachable_pub, reason = "what is exported is reached from the other languages")]
#![allow(clippy::needless_pass_by_value, reason = "what comes from the other languages is owned")]
#![allow(clippy::result_large_err, reason = "an error crosses to the other language as it is")]
#![allow(
    clippy::wrong_self_convention,
    reason = "the names are those of every language, and objects are shared"
)]

mod bucket;
mod cancellation;
mod check;
mod config;
mod connection;
mod download;
mod failure;
mod finding;
mod gc;
mod info;
mod items;
mod memory;
mod meta;
mod options;
mod progress;
mod runtime;
mod seconds;
mod status;
mod store;
mod upload;

uniffi::setup_scaffolding!("jetblob");
