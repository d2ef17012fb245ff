//! The real binary, on local stores in temporary directories.

mod acl;
mod buckets;
mod check;
mod conditions;
mod contexts;
mod damage;
mod failures;
mod links;
mod listing;
mod log;
mod manual;
mod moving;
mod names;
mod ranges;
mod round_trip;
mod sandbox;
mod secrets;
mod signals;
mod watching;
