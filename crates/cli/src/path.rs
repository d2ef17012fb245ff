//! The paths by which buckets and objects are called: `[nats://host:port/]bucket/name`.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use crate::exit::Failure;

/// What a path says. Whether its names keep the rules is for the store to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    store: Option<String>,
    bucket: String,
    name: String,
}

impl FromStr for Parts {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let (store, path) = split_store(path)?;
        let (bucket, name) = path.split_once('/').unwrap_or((path, ""));
        if bucket.is_empty() {
            return Err(match store {
                Some(store) => format!("there is no bucket after {}", without_user(&store)),
                None => "it must begin with a bucket".to_owned(),
            });
        }
        // Nor may what is most likely a token be told of as a bucket's name.
        if bucket.contains('@') {
            return Err(
                "no bucket has an @ in its name; a server in front of it begins with nats://".to_owned()
            );
        }
        Ok(Self { store, bucket: bucket.to_owned(), name: name.to_owned() })
    }
}

/// Takes the server off the front of a path.
fn split_store(path: &str) -> Result<(Option<String>, &str), String> {
    const DIRECTORY: &str = "a directory can't stand in front of a bucket; give it as --store";
    let first = path.split('/').next().unwrap_or_default();
    match first.split_once(':') {
        None => Ok((None, path)),
        Some(("file", _)) => Err(DIRECTORY.to_owned()),
        Some((scheme @ ("nats" | "tls" | "ws" | "wss"), "")) if path[first.len()..].starts_with("//") => {
            let rest = &path[first.len() + 2..];
            let (server, path) = rest.split_once('/').unwrap_or((rest, ""));
            if server.is_empty() {
                return Err(format!("there is no server after {scheme}://"));
            }
            Ok((Some(format!("{scheme}://{server}")), path))
        }
        Some(_) => {
            Err("what is in front of the bucket must be nats://, tls://, ws:// or wss:// and a server"
                .to_owned())
        }
    }
}

/// A server's URL, or what may be one, without user and password.
pub(crate) fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => format!("…@{host}"),
        _ => url.to_owned(),
    }
}

/// The path of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectPath {
    /// The store, if the path names one.
    pub(crate) store: Option<String>,
    pub(crate) bucket: String,
    /// Not empty.
    pub(crate) name: String,
}

impl FromStr for ObjectPath {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let Parts { store, bucket, name } = path.parse()?;
        if name.is_empty() {
            return Err(format!("there is no object name in it; give {bucket}/NAME"));
        }
        Ok(Self { store, bucket, name })
    }
}

impl ObjectPath {
    /// The file to which the object goes when none is given: the last part of its name, in the current directory, and
    /// never anywhere else.
    pub(crate) fn file(&self) -> Result<PathBuf, Failure> {
        let last = self.name.rsplit('/').next().unwrap_or_default();
        let mut components = Path::new(last).components();
        // On some systems more than `/` leads elsewhere.
        let is_file_name =
            matches!((components.next(), components.next()), (Some(Component::Normal(_)), None));
        if !is_file_name || last.contains('\0') {
            let name = &self.name;
            return Err(Failure::Usage(format!(
                "the object name {name:?} ends with no file name; give FILE"
            )));
        }
        Ok(PathBuf::from(last))
    }
}

/// The path under which something is put: its name may be left to the file's, or to the old name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TargetPath {
    /// The store, if the path names one.
    pub(crate) store: Option<String>,
    pub(crate) bucket: String,
    name: String,
}

impl FromStr for TargetPath {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let Parts { store, bucket, name } = path.parse()?;
        Ok(Self { store, bucket, name })
    }
}

impl TargetPath {
    /// The object name for what is read from `file`; `None` is standard input.
    pub(crate) fn name_for(&self, file: Option<&Path>) -> Result<String, Failure> {
        let bucket = &self.bucket;
        match file {
            None if self.name.is_empty() => {
                Err(Failure::Usage(format!("standard input has no name; give {bucket}/NAME")))
            }
            Some(file) if self.is_open() => {
                let base = file.file_name().and_then(|base| base.to_str()).ok_or_else(|| {
                    let file = file.display();
                    Failure::Usage(format!("{file} has no name that an object can bear; give {bucket}/NAME"))
                })?;
                Ok(format!("{}{base}", self.name))
            }
            _ => Ok(self.name.clone()),
        }
    }

    /// The name for what is called `name` elsewhere.
    pub(crate) fn name_after(&self, name: &str) -> Result<String, Failure> {
        match name.rsplit('/').next() {
            _ if !self.is_open() => Ok(self.name.clone()),
            Some(last) if !last.is_empty() => Ok(format!("{}{last}", self.name)),
            _ => {
                let bucket = &self.bucket;
                Err(Failure::Usage(format!("the name {name:?} ends with a slash; give {bucket}/NAME")))
            }
        }
    }

    /// Whether the end of the name is left to something else.
    fn is_open(&self) -> bool {
        self.name.is_empty() || self.name.ends_with('/')
    }
}

/// The path of an object, or of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnyPath {
    /// The store, if the path names one.
    pub(crate) store: Option<String>,
    pub(crate) bucket: String,
    /// Not empty; `None` for the bucket.
    pub(crate) name: Option<String>,
}

impl FromStr for AnyPath {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let Parts { store, bucket, name } = path.parse()?;
        Ok(Self { store, bucket, name: Some(name).filter(|name| !name.is_empty()) })
    }
}

/// The path of a bucket, or of the objects in it whose names begin with something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrefixPath {
    /// The store, if the path names one.
    pub(crate) store: Option<String>,
    pub(crate) bucket: String,
    /// Empty for all objects.
    pub(crate) prefix: String,
}

impl FromStr for PrefixPath {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let Parts { store, bucket, name } = path.parse()?;
        Ok(Self { store, bucket, prefix: name })
    }
}

/// The path of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BucketPath {
    /// The store, if the path names one.
    pub(crate) store: Option<String>,
    pub(crate) bucket: String,
}

impl FromStr for BucketPath {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let Parts { store, bucket, name } = path.parse()?;
        if !name.is_empty() {
            return Err(format!("that is the path of an object; the bucket alone is {bucket}"));
        }
        Ok(Self { store, bucket })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str) -> (Option<String>, String, String) {
        let Parts { store, bucket, name } = path.parse().unwrap();
        (store, bucket, name)
    }

    fn some(store: Option<&str>, bucket: &str, name: &str) -> (Option<String>, String, String) {
        (store.map(str::to_owned), bucket.to_owned(), name.to_owned())
    }

    #[test]
    fn the_first_part_is_the_bucket_and_the_rest_the_name() {
        assert_eq!(parts("b"), some(None, "b", ""));
        assert_eq!(parts("b/"), some(None, "b", ""));
        assert_eq!(parts("b/a/b.txt"), some(None, "b", "a/b.txt"));
        assert_eq!(parts("b//a/"), some(None, "b", "/a/"));
        assert_eq!(parts("b/c:\\d e\n日本"), some(None, "b", "c:\\d e\n日本"));
        assert_eq!(parts("b/nats://x/y"), some(None, "b", "nats://x/y"));
    }

    #[test]
    fn a_server_may_stand_in_front() {
        assert_eq!(parts("nats://h:4222/b/a/b"), some(Some("nats://h:4222"), "b", "a/b"));
        assert_eq!(parts("wss://u:p@h/b"), some(Some("wss://u:p@h"), "b", ""));
        assert_eq!(parts("tls://[::1]:4222/b/n"), some(Some("tls://[::1]:4222"), "b", "n"));
        assert_eq!(parts("nats://a:1,b:2/b/n"), some(Some("nats://a:1,b:2"), "b", "n"));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in
            ["", "/", "/b/n", "nats://", "nats:///b/n", "nats://h", "nats://h/", "nats:b/n", "file:/d/b/n"]
        {
            assert!(path.parse::<Parts>().is_err(), "{path}");
        }
        assert!("file:///d/b/n".parse::<Parts>().unwrap_err().contains("--store"));
        assert!("http://h/b/n".parse::<Parts>().unwrap_err().contains("nats://"));
        assert!(!"nats://u:s3cret@h".parse::<Parts>().unwrap_err().contains("s3cret"));
        assert!("b".parse::<ObjectPath>().unwrap_err().contains("b/NAME"));
        assert!("b/n".parse::<BucketPath>().is_err());
    }

    #[test]
    fn an_object_goes_to_a_file_in_the_current_directory_alone() {
        let file = |path: &str| path.parse::<ObjectPath>().unwrap().file();
        assert_eq!(file("b/n").unwrap(), Path::new("n"));
        assert_eq!(file("b/../../etc/a b").unwrap(), Path::new("a b"));
        assert_eq!(file("b/日\n本").unwrap(), Path::new("日\n本"));
        for path in ["b/..", "b/.", "b/a/..", "b/a/.", "b/a/", "b//", "b/a\0b"] {
            assert!(matches!(file(path), Err(Failure::Usage(_))), "{path:?}");
        }
    }

    #[test]
    fn a_put_takes_the_name_of_its_file_where_the_path_leaves_it_open() {
        let name =
            |path: &str, file: &str| path.parse::<TargetPath>().unwrap().name_for(Some(Path::new(file)));
        assert_eq!(name("b", "dir/f.txt").unwrap(), "f.txt");
        assert_eq!(name("b/", "f.txt").unwrap(), "f.txt");
        assert_eq!(name("b/sub/", "/x/f.txt").unwrap(), "sub/f.txt");
        assert_eq!(name("b/n", "f.txt").unwrap(), "n");
        assert!(name("b", "..").is_err() && name("b", "/").is_err());

        let after = |path: &str, name: &str| path.parse::<TargetPath>().unwrap().name_after(name);
        assert_eq!(after("b", "a/n").unwrap(), "n");
        assert_eq!(after("b/sub/", "a/n").unwrap(), "sub/n");
        assert_eq!(after("b/sub/", "..").unwrap(), "sub/..");
        assert_eq!(after("b/other", "a/").unwrap(), "other");
        assert!(matches!(after("b/sub/", "a/"), Err(Failure::Usage(text)) if text.contains("b/NAME")));

        let stdin = |path: &str| path.parse::<TargetPath>().unwrap().name_for(None);
        assert_eq!(stdin("b/n").unwrap(), "n");
        assert_eq!(stdin("b/folder/").unwrap(), "folder/");
        assert!(matches!(stdin("b"), Err(Failure::Usage(text)) if text.contains("b/NAME")));
    }
}
