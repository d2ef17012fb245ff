//! Bytes that two processes can make alike.

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

/// The bytes of this size that belong to a name.
pub fn bytes_of(name: &str, size: u64) -> Bytes {
    let seed = name.bytes().fold(size, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let mut bytes = vec![0; usize::try_from(size).expect("a size that fits into memory")];
    StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes.into()
}
