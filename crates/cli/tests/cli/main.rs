//! The real binary, on local stores in temporary directories.

mod buckets;
mod contexts;
mod damage;
mod failures;
mod listing;
mod names;
mod round_trip;
mod sandbox;
mod signals;
