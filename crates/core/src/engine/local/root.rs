//! The directory of a whole store: its format, its buckets, and what creates and removes them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ballast::Ballast;
use super::database::{self, BucketRow};
use super::layout::{self, BucketDir, Id, at, sync_dir};
use super::lock::Lock;
use crate::protocol::{BucketConfig, BucketName};
use crate::{Error, Result};

const FORMAT: &str = "jetblob-local 1\n";

/// The directory of a store.
#[derive(Debug, Clone)]
pub(super) struct Root(Arc<Path>);

impl Root {
    /// Opens a directory that is a store, or makes it one. Clears away what crashes left beside the buckets.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let invalid = |reason: String| Error::InvalidArgument { argument: "path", reason };
        if path.exists() && !path.is_dir() {
            return Err(invalid(format!("{} is not a directory", path.display())));
        }
        let root = Self(std::path::absolute(path).map_err(at(path))?.into());
        let new: Vec<&Path> = root.0.ancestors().take_while(|dir| !dir.exists()).collect();
        fs::create_dir_all(&root.0).map_err(at(path))?;
        let format = root.0.join("FORMAT");
        match fs::read(&format) {
            Ok(text) if text == FORMAT.as_bytes() => {}
            Ok(text) => {
                let text = String::from_utf8_lossy(&text[..text.len().min(64)]).trim_end().to_owned();
                return Err(invalid(format!("{} names the unknown format {text:?}", format.display())));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Without a format another process, or this one before a crash, may have made the directory.
                sync_parents(&root.0, new.len().max(1))?;
                root.write_format(&format)?;
            }
            Err(error) => return Err(at(&format)(error)),
        }
        root.clear_leftovers();
        Ok(root)
    }

    /// Written aside and renamed: another process must never read half of it.
    fn write_format(&self, format: &Path) -> Result<()> {
        let new = self.fresh(".new-");
        let write = || {
            let mut file = File::create_new(&new)?;
            file.write_all(FORMAT.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, format)?;
            sync_dir(&self.0)
        };
        write().map_err(at(format))
    }

    fn clear_leftovers(&self) {
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            let has_id = |prefix| name.strip_prefix(prefix).is_some_and(|id| Id::parse(id).is_some());
            let is_trash = has_id(".trash-") && path.is_dir();
            if is_trash || (has_id(".new-") && layout::is_stale(&path)) {
                discard_tree(&path);
            }
        }
    }

    /// Where the bucket is, if it exists.
    pub(super) fn bucket(&self, bucket: &BucketName) -> BucketDir {
        BucketDir::new(&self.0.join(layout::dir_name(bucket)))
    }

    /// The names of all buckets.
    pub(super) fn bucket_names(&self) -> Result<Vec<BucketName>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(at(&self.0))? {
            names.extend(layout::bucket_in(&entry.map_err(at(&self.0))?.path()));
        }
        Ok(names)
    }

    /// What a bucket's database says of it, without opening the bucket.
    pub(super) fn describe(&self, bucket: &BucketName) -> Result<BucketRow> {
        self.describe_locked(bucket, &Lock::shared(&self.bucket(bucket))?)
    }

    fn describe_locked(&self, bucket: &BucketName, lock: &Lock) -> Result<BucketRow> {
        let dir = self.bucket(bucket);
        let read = || BucketRow::read(&database::connect(&dir, lock)?, bucket);
        // A bucket that is on its way out isn't there any more.
        read().map_err(|failure| match failure.into_error(&dir, bucket) {
            Error::BucketDeleted { bucket } => Error::BucketNotFound { bucket },
            error => error,
        })
    }

    /// Creates a bucket unless it exists with the same configuration. Nothing of it is seen before it is whole.
    pub(super) fn create_bucket(&self, bucket: &BucketName, config: &BucketConfig) -> Result<()> {
        let lock = Lock::exclusive(&self.0)?;
        let trash = match self.describe_locked(bucket, &lock) {
            Ok(row) if row.config(bucket) == *config => return Ok(()),
            Ok(row) => {
                let existing = row.config(bucket).to_stream_config(bucket);
                return Err(Error::BucketExists {
                    bucket: bucket.to_string(),
                    differs: config.differences(bucket, &existing).join(", "),
                });
            }
            Err(Error::BucketNotFound { .. }) => self.move_away(bucket)?,
            Err(error) => return Err(error),
        };
        let new = self.fresh(".new-");
        let built = self.build(&new, bucket, config);
        drop(lock);
        if built.is_err() {
            discard_tree(&new);
        }
        if let Some(trash) = trash {
            discard_tree(&trash);
        }
        built
    }

    fn build(&self, new: &Path, bucket: &BucketName, config: &BucketConfig) -> Result<()> {
        let dir = BucketDir::new(new);
        for path in [new, &dir.objects(), &dir.tmp(), &dir.locks()] {
            fs::create_dir(path).map_err(at(path))?;
        }
        let target = self.bucket(bucket);
        if layout::bucket_in(target.path()).is_none() {
            let name = new.join("name");
            let written = File::create_new(&name).and_then(|mut file| {
                file.write_all(bucket.as_str().as_bytes())?;
                file.sync_all()
            });
            written.map_err(at(&name))?;
        }
        fs::write(dir.bell(), b"0").map_err(at(&dir.bell()))?;
        Ballast::new(&dir).fill();
        database::create(&dir, bucket, config).map_err(|failure| failure.into_error(&dir, bucket))?;
        sync_dir(new).map_err(at(new))?;
        fs::rename(new, target.path()).map_err(at(target.path()))?;
        sync_dir(&self.0).map_err(at(&self.0))
    }

    /// Deletes a bucket. Its row goes first: with it every open handle, also of other processes, learns of it.
    pub(super) fn delete_bucket(&self, bucket: &BucketName) -> Result<()> {
        let lock = Lock::exclusive(&self.0)?;
        let dir = self.bucket(bucket);
        let not_found = || Error::BucketNotFound { bucket: bucket.to_string() };
        if !dir.path().exists() {
            return Err(not_found());
        }
        // The disk may be full.
        Ballast::new(&dir).release();
        let connection = database::connect(&dir, &lock);
        let unlisted = connection.and_then(|connection| Ok(connection.execute("DELETE FROM bucket", [])?));
        let was_listed = match unlisted {
            Ok(rows) => rows > 0,
            // A bucket that can't be read can still be deleted.
            Err(failure) if failure.is_damage() || !dir.database().exists() => true,
            Err(failure) => return Err(failure.into_error(&dir, bucket)),
        };
        let trash = self.move_away(bucket)?;
        drop(lock);
        if let Some(trash) = trash {
            discard_tree(&trash);
        }
        if was_listed { Ok(()) } else { Err(not_found()) }
    }

    /// Takes a bucket's directory, if there is one, from its name, and says where it is to be removed.
    fn move_away(&self, bucket: &BucketName) -> Result<Option<PathBuf>> {
        let (dir, trash) = (self.bucket(bucket), self.fresh(".trash-"));
        match fs::rename(dir.path(), &trash) {
            Ok(()) => sync_dir(&self.0).map_err(at(&self.0))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(dir.path())(error)),
        }
        Ok(Some(trash))
    }

    fn fresh(&self, prefix: &str) -> PathBuf {
        self.0.join(format!("{prefix}{}", Id::fresh()))
    }
}

/// Makes the names of a directory and of some of those that it is in durable.
fn sync_parents(path: &Path, levels: usize) -> Result<()> {
    for parent in path.ancestors().skip(1).take(levels) {
        match sync_dir(parent) {
            // A name may be made where none may be listed.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(at(parent)(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Removes a directory that has no use any more; the next opening tries again.
fn discard_tree(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { layout::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "could not remove");
        }
        _ => {}
    }
}
