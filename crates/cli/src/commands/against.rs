//! `jetblob check --against`: whether a bucket has what a directory or another bucket has.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use futures_util::TryStreamExt;
use jetblob::protocol::digest::RunningDigest;
use jetblob::{Bucket, Digest, ListOptions, Store};

use crate::args::Global;
use crate::exit::Failure;
use crate::path::BucketPath;
use crate::store::in_store;

/// Bytes of a file that are read at once.
const PIECE: usize = 1 << 18;

/// What a bucket is compared with.
#[derive(Debug, Clone)]
pub(crate) enum Other {
    Directory(PathBuf),
    Bucket(BucketPath),
}

impl FromStr for Other {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with(['.', '/']) {
            return Ok(Self::Directory(text.into()));
        }
        text.parse().map(Self::Bucket)
    }
}

/// A name that is not the same in both.
pub(crate) struct Difference {
    /// `missing` here, `extra` here, or it `differs`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) reason: String,
}

/// The objects, or the files, that are somewhere. Links are no bytes of their own.
enum Place {
    Bucket(Bucket),
    Directory(PathBuf),
}

/// Bytes under a name.
struct Content {
    size: u64,
    /// Where it is known without a look at the bytes.
    digest: Option<Digest>,
}

/// Tells of each name that is not the same in both, in the order of the names; answers with how many were compared.
pub(crate) async fn compare(
    store: &Store,
    bucket: &str,
    other: &Other,
    global: &Global,
    tell: impl Fn(Difference) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let here = Place::Bucket(store.bucket(bucket).await?);
    match other {
        Other::Directory(directory) => differences(&here, &Place::Directory(directory.clone()), tell).await,
        Other::Bucket(path) => {
            in_store(global, path.store.as_deref(), async |store| {
                let there = Place::Bucket(store.bucket(&path.bucket).await?);
                differences(&here, &there, tell).await
            })
            .await
        }
    }
}

async fn differences(
    here: &Place,
    there: &Place,
    tell: impl Fn(Difference) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let (ours, mut theirs) = (here.contents().await?, there.contents().await?);
    let (mut compared, mut told) = (0, Vec::new());
    for (name, ours) in ours {
        compared += 1;
        let difference = match theirs.remove(&name) {
            None => Some(("extra", "only the bucket has it".to_owned())),
            Some(theirs) if theirs.size != ours.size => {
                Some(("differs", format!("it has {} bytes here, and {} there", ours.size, theirs.size)))
            }
            Some(theirs) => {
                let same = here.digest(&name, &ours).await? == there.digest(&name, &theirs).await?;
                (!same).then(|| ("differs", "it has other bytes there".to_owned()))
            }
        };
        told.extend(difference.map(|(kind, reason)| Difference { kind, name, reason }));
    }
    compared += theirs.len() as u64;
    told.extend(theirs.into_keys().map(|name| Difference {
        kind: "missing",
        name,
        reason: "the bucket doesn't have it".to_owned(),
    }));
    told.sort_by(|one, other| one.name.cmp(&other.name));
    told.into_iter().try_for_each(tell)?;
    Ok(compared)
}

impl Place {
    async fn contents(&self) -> Result<BTreeMap<String, Content>, Failure> {
        match self {
            Self::Directory(directory) => {
                let mut files = BTreeMap::new();
                collect(directory, "", &mut files)?;
                Ok(files)
            }
            Self::Bucket(bucket) => {
                let objects = bucket.list(ListOptions::default()).try_filter(|info| {
                    let is_object = info.link.is_none();
                    std::future::ready(is_object)
                });
                let contents = objects
                    .map_ok(|info| (info.name, Content { size: info.size, digest: info.digest }))
                    .try_collect();
                Ok(contents.await?)
            }
        }
    }

    async fn digest(&self, name: &str, content: &Content) -> Result<Digest, Failure> {
        match (self, content.digest) {
            (_, Some(digest)) => Ok(digest),
            (Self::Directory(directory), None) => digest_of_file(&directory.join(name)),
            (Self::Bucket(bucket), None) => {
                let (mut object, mut digest) = (bucket.get(name).await?, RunningDigest::default());
                while let Some(chunk) = object.next().await? {
                    digest.update(&chunk);
                }
                Ok(digest.finish())
            }
        }
    }
}

/// The files in a directory and in those below it, by the names that they would have as objects.
fn collect(directory: &Path, prefix: &str, files: &mut BTreeMap<String, Content>) -> Result<(), Failure> {
    let failed = |error| Failure::io(directory.display().to_string(), error);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let Some(name) = entry.file_name().to_str().map(|name| format!("{prefix}{name}")) else {
            let reason = format!("{}: a name that is not UTF-8 can be none of an object", path.display());
            return Err(Failure::Usage(reason));
        };
        let found = fs::metadata(&path).map_err(|error| Failure::io(path.display().to_string(), error))?;
        if found.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else if found.is_file() {
            files.insert(name, Content { size: found.len(), digest: None });
        }
    }
    Ok(())
}

fn digest_of_file(path: &Path) -> Result<Digest, Failure> {
    let failed = |error| Failure::io(path.display().to_string(), error);
    let (mut file, mut digest) = (File::open(path).map_err(failed)?, RunningDigest::default());
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).map_err(failed)? {
            0 => return Ok(digest.finish()),
            size => digest.update(&piece[..size]),
        }
    }
}
