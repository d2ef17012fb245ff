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
        self.0.as_ptr().addr() as u64
    }

    /// How many they are.
    pub fn size(&self) -> i64 {
        // Rust allocates no more than that.
        self.0.len().cast_signed() as i64
    }
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
