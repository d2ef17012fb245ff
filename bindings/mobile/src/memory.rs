//! Bytes on their way between the languages: those that go out are seen where they are, those that come in are copied
//! once, to where they are sent from.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::failure::invalid;

/// Bytes of an object, to be read where they are for as long as this lives.
#[derive(Debug, uniffi::Object)]
pub struct Chunk(Bytes);

impl Chunk {
    pub(crate) fn new(bytes: Bytes) -> Arc<Self> {
        Arc::new(Self(bytes))
    }
}

#[uniffi::export]
impl Chunk {
    /// Where they begin.
    pub fn address(&self) -> u64 {
        address_of(&self.0)
    }

    /// How many they are.
    pub fn size(&self) -> i64 {
        // Rust allocates no more than that.
        self.0.len().cast_signed() as i64
    }
}

/// Bytes of an object in pieces, to be read where they are for as long as this lives. All are told of together: to ask for
/// each takes longer than to copy it.
#[derive(Debug, uniffi::Object)]
pub struct Chunks {
    table: Vec<u64>,
    _chunks: Vec<Bytes>,
}

impl Chunks {
    pub(crate) fn new(chunks: Vec<Bytes>) -> Arc<Self> {
        let places = chunks.iter().flat_map(|chunk| [address_of(chunk), chunk.len() as u64]);
        Arc::new(Self { table: [chunks.len() as u64].into_iter().chain(places).collect(), _chunks: chunks })
    }
}

#[uniffi::export]
impl Chunks {
    /// Where it stands how many there are, and then where each begins and how many bytes it has, in 8 bytes each.
    pub fn table(&self) -> u64 {
        self.table.as_ptr().addr() as u64
    }
}

fn address_of(bytes: &Bytes) -> u64 {
    bytes.as_ptr().addr() as u64
}

/// Memory for bytes that come in: written where it is, whole, and then handed over with the call that stores it.
#[derive(Debug, uniffi::Object)]
pub struct Buffer(Mutex<Option<Vec<u8>>>);

#[uniffi::export]
impl Buffer {
    /// Memory for so many bytes.
    ///
    /// Fails with `io` if there is none.
    #[uniffi::constructor]
    pub fn new(size: i64) -> crate::failure::Result<Arc<Self>> {
        let mut memory = Vec::new();
        let size = usize::try_from(size).map_err(|_| invalid("size", format!("{size} is negative")))?;
        memory.try_reserve_exact(size).map_err(|_| jetblob::Error::Io {
            during: Box::default(),
            kind: std::io::ErrorKind::OutOfMemory,
            what: "the bytes".to_owned(),
            reason: format!("no memory for {size} of them"),
        })?;
        // SAFETY: the memory is there, and the packages, who alone call this, write all of it before they hand it over.
        #[allow(unsafe_code, reason = "memory that is about to be written need not be cleared first")]
        #[allow(clippy::uninit_vec, reason = "the other language writes it")]
        unsafe {
            memory.set_len(size);
        }
        Ok(Arc::new(Self(Mutex::new(Some(memory)))))
    }

    /// Where it begins; 0 once it was handed over.
    pub fn address(&self) -> u64 {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.as_mut().map_or(0, |memory| memory.as_mut_ptr().addr() as u64)
    }
}

impl Buffer {
    /// The bytes, which can be taken once.
    pub(crate) fn take(&self) -> Bytes {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.unwrap_or_default().into()
    }
}
