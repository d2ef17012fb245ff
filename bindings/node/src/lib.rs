//! The native part of the npm package `jetblob`: what the classes of `node/src` delegate to.
//!
//! Each operation is a method here that gives a [`Call`](call::Call), which TypeScript runs and may abort. What is
//! written in TypeScript has checked the types of all arguments. Nothing here has a default or a rule of its own.

#![cfg_attr(test, allow(dead_code, reason = "napi registers nothing in tests"))]
#![allow(unreachable_pub, reason = "napi takes only methods that are public, whatever their class is")]

mod bucket;
mod call;
mod check;
mod config;
mod connection;
mod download;
mod error;
mod gc;
mod info;
mod items;
mod meta;
mod number;
mod options;
mod progress;
mod runtime;
mod status;
mod store;
mod upload;
