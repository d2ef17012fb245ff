//! Where the parts of a bucket stand: names of directories and files, and how they are made durable.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::Error;
use crate::protocol::{BucketName, Digest};

/// What a left-over of a crash must have as its least age where no lock tells that its owner is gone.
const STALE_AFTER: Duration = Duration::from_hours(1);

/// The longest file name that every file system takes.
const MAX_FILE_NAME_BYTES: usize = 255;

/// 128 random bits that name a file or a session.
///
/// Written in lower-case hex, because nuids that differ in case only are one file on some file systems.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id(pub(super) [u8; 16]);

impl Id {
    pub(super) fn fresh() -> Self {
        Self(rand::random())
    }

    pub(super) fn parse(hex: &str) -> Option<Self> {
        HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The directory of one bucket.
#[derive(Debug, Clone)]
pub(super) struct BucketDir(Arc<Path>);

impl BucketDir {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn database(&self) -> PathBuf {
        self.0.join("meta.db")
    }

    pub(super) fn objects(&self) -> PathBuf {
        self.0.join("objects")
    }

    pub(super) fn shard(&self, file: Id) -> PathBuf {
        self.objects().join(HEXLOWER.encode(&file.0[..1]))
    }

    pub(super) fn object(&self, file: Id) -> PathBuf {
        self.shard(file).join(file.to_string())
    }

    pub(super) fn tmp(&self) -> PathBuf {
        self.0.join("tmp")
    }

    pub(super) fn upload(&self, session: Id, file: Id) -> PathBuf {
        self.tmp().join(format!("{session}-{file}"))
    }

    pub(super) fn locks(&self) -> PathBuf {
        self.0.join("locks")
    }

    pub(super) fn bell(&self) -> PathBuf {
        self.0.join("bell")
    }

    pub(super) fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// The uploads in `tmp/`, each with its session and file.
    pub(super) fn uploads(&self) -> io::Result<Vec<(PathBuf, Id, Id)>> {
        let mut uploads = Vec::new();
        for entry in fs::read_dir(self.tmp())? {
            let entry = entry?;
            let name = entry.file_name();
            let ids = name.to_str().and_then(|name| name.split_once('-'));
            if let Some((session, file)) = ids.and_then(|(s, f)| Some((Id::parse(s)?, Id::parse(f)?))) {
                uploads.push((entry.path(), session, file));
            }
        }
        Ok(uploads)
    }

    /// Does `act` to the file of a committed blob. Its commit may not have moved it out of `tmp/` yet, or may do so
    /// between two looks, so `objects/` is tried first and last.
    pub(super) fn with_file<T>(&self, file: Id, act: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
        let object = self.object(file);
        match act(&object) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
        for (upload, _, id) in self.uploads()? {
            if id == file {
                match act(&upload) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    done => return done,
                }
            }
        }
        act(&object)
    }

    /// Moves the file of a committed blob to where it belongs. Not made durable: until it is, the row and the file
    /// in `tmp/` are found by the next opening.
    pub(super) fn settle(&self, upload: &Path, file: Id) -> io::Result<()> {
        let object = self.object(file);
        match fs::rename(upload, &object) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && upload.exists() => {
                match fs::create_dir(self.shard(file)) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    _ => sync_dir(&self.objects())?,
                }
                fs::rename(upload, &object)
            }
            done => done,
        }
    }
}

/// The name of a bucket's directory. An upper-case `X` becomes `~x`, because file systems may not tell cases apart;
/// a name that would get too long by it is replaced by its digest, and written into the file `name` inside.
pub(super) fn dir_name(bucket: &BucketName) -> String {
    let mut name = String::from("b.");
    for char in bucket.as_str().chars() {
        if char.is_ascii_uppercase() {
            name.push('~');
        }
        name.push(char.to_ascii_lowercase());
    }
    if name.len() > MAX_FILE_NAME_BYTES {
        name = format!("h.{}", Digest::of(bucket.as_str().as_bytes()).to_hex());
    }
    name
}

/// The bucket in this directory, or `None` if no bucket is in it.
pub(super) fn bucket_in(dir: &Path) -> Option<BucketName> {
    let found = dir.file_name()?.to_str()?;
    let bucket = match found.strip_prefix("b.") {
        Some(escaped) => {
            let mut name = String::new();
            let mut chars = escaped.chars();
            while let Some(char) = chars.next() {
                name.push(if char == '~' { chars.next()?.to_ascii_uppercase() } else { char });
            }
            BucketName::parse(&name).ok()?
        }
        None if found.starts_with("h.") => {
            BucketName::parse(&fs::read_to_string(dir.join("name")).ok()?).ok()?
        }
        None => return None,
    };
    (dir_name(&bucket) == found).then_some(bucket)
}

/// Names the path that an I/O error struck.
pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> Error {
    move |error| Error::io(path.display().to_string(), &error)
}

/// Makes the names in a directory durable. Windows has no such call, and needs none.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Removes a file; that it is gone already is a success.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether a file or directory is so old that no process can still be making it.
pub(super) fn is_stale(path: &Path) -> bool {
    let age = fs::metadata(path).and_then(|metadata| metadata.modified()).map(|modified| modified.elapsed());
    matches!(age, Ok(Ok(age)) if age > STALE_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_name_has_a_directory_of_its_own_in_any_case() {
        for (bucket, dir) in [("photos", "b.photos"), ("Photos", "b.~photos"), ("A-b_C9", "b.~a-b_~c9")] {
            let bucket = BucketName::parse(bucket).unwrap();
            assert_eq!(dir_name(&bucket), dir);
            assert_eq!(bucket_in(Path::new(dir)), Some(bucket));
        }
        for foreign in ["b.", "b.Photos", "b.~", "b.a.b", "FORMAT", ".trash-1", "b.~-x"] {
            assert_eq!(bucket_in(Path::new(foreign)), None, "{foreign}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_when_escaped_is_kept_by_its_digest() {
        let bucket = BucketName::parse(&"X".repeat(250)).unwrap();
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join(dir_name(&bucket));
        fs::create_dir(&dir).unwrap();
        assert_eq!(bucket_in(&dir), None);
        fs::write(dir.join("name"), bucket.as_str()).unwrap();
        assert_eq!(bucket_in(&dir), Some(bucket));
    }
}
