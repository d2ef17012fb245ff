//! A whole object.

use crate::get::ATTEMPTS;
use crate::{Bucket, Error, GetOptions, Object, Result};

/// Reads an object to its end by `read`, and once more from its beginning if it is replaced meanwhile: nothing of it was
/// handed out. Fails as [`Bucket::get_with`] and what `read` does; with `ObjectChanged` if it is replaced again and again.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> jetblob::Result<()> {
/// # let dir = tempfile::tempdir().unwrap();
/// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
/// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
/// # bucket.put_string("a", "0123456789").await?;
/// use jetblob::{GetOptions, Object, handle};
///
/// let options = GetOptions::default().with_range(..4);
/// assert_eq!(handle::whole(&bucket, "a", options, Object::into_bytes).await?, "0123");
/// # Ok(())
/// # }
/// ```
pub async fn whole<T, Read>(
    bucket: &Bucket,
    name: &str,
    options: GetOptions,
    read: impl Fn(Object) -> Read,
) -> Result<T>
where
    Read: Future<Output = Result<T>>,
{
    for _ in 1..ATTEMPTS {
        match read(bucket.get_with(name, options.clone()).await?).await {
            Err(Error::ObjectChanged { .. }) => {}
            outcome => return outcome,
        }
    }
    read(bucket.get_with(name, options).await?).await
}
