//! What the bindings for other languages hold: an object that is being read, one that is being written, a list or a
//! watch.
//!
//! Unlike [`Object`](crate::Object), [`Upload`](crate::Upload) and the streams, these are shared (`&self`), take owned
//! arguments, and are closed by whoever wants, whoever else is waiting in them. A task of the runtime feeds each over a
//! bounded channel: so their methods do no work of their own when they are polled, and may be polled anywhere. They are
//! made inside a Tokio runtime.

mod download;
mod items;
mod upload;

pub use {crate::get::whole, download::Download, items::Items, upload::Upload};
