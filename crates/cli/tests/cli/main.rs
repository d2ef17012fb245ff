//! The real binary, on local stores in temporary directories.

mod buckets;
mod check;
mod conditions;
mod contexts;
mod damage;
mod failures;
mod links;
mod listing;
mod manual;
mod moving;
mod names;
mod ranges;
mod round_trip;
mod sandbox;
mod signals;
mod watching;
