//! What the tests need: real servers, temporary stores, and a look behind the scenes.

mod bytes;
mod place;
mod server;

pub use bytes::bytes_of;
pub use place::{Place, unique};
pub use server::{Server, ServerKind, root};
