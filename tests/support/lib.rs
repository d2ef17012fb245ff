//! What the tests need: real servers, temporary stores, and a look behind the scenes.

mod authority;
mod bytes;
mod command;
mod operator;
mod place;
mod proxy;
mod server;
mod wire;

pub use authority::{Authority, Certified};
pub use bytes::bytes_of;
pub use command::{jetblob, jetblob_within};
pub use operator::Operator;
pub use place::{Place, unique};
pub use proxy::{Fate, Frame, Proxy};
pub use server::{Server, ServerKind, root};
pub use wire::Wire;
