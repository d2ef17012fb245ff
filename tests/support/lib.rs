//! What the tests need: real servers, temporary stores, and a look behind the scenes.

mod bytes;
mod command;
mod place;
mod proxy;
mod server;

pub use bytes::bytes_of;
pub use command::jetblob;
pub use place::{Place, unique};
pub use proxy::{Fate, Frame, Proxy};
pub use server::{Server, ServerKind, root};
