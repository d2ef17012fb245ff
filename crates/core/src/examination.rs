//! A check under way: blobs first, then records and links, then bytes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use tokio::sync::mpsc;

use crate::check::{CheckLevel, CheckOptions, CheckReport, lock};
use crate::engine::{BlobSize, Consistency, StoredBlob, StoredRecord};
use crate::finding::{Finding, FindingKind};
use crate::orphan::{Look, Orphan};
use crate::protocol::record::Record;
use crate::protocol::{BucketName, Nuid, ObjectInfo};
use crate::{Bucket, Error, InfoOptions, Result};

/// Objects whose bytes are read at a time.
const READERS: usize = 4;

const AT_THE_LEADER: InfoOptions = InfoOptions { show_deleted: true, consistency: Consistency::Leader };

/// What was seen of a blob.
struct Seen {
    blob: StoredBlob,
    /// How many records name it.
    named: u32,
}

/// A check under way.
pub(crate) struct Examination {
    bucket: Bucket,
    options: CheckOptions,
    /// Whether everything in the bucket expires.
    expires: bool,
    found: mpsc::Sender<Finding>,
    report: Arc<Mutex<CheckReport>>,
    /// Blobs of which it is known without reading them.
    broken: HashSet<Nuid>,
}

impl Examination {
    pub(crate) fn new(
        bucket: Bucket,
        options: CheckOptions,
        found: mpsc::Sender<Finding>,
        report: Arc<Mutex<CheckReport>>,
    ) -> Self {
        Self { bucket, options, expires: false, found, report, broken: HashSet::new() }
    }

    /// Examines all, and tells of each finding as it is found.
    pub(crate) async fn run(mut self) -> Result<()> {
        for hazard in self.bucket.engine.hazards().await? {
            self.tell(Finding::new(FindingKind::Settings, hazard)).await;
        }
        if self.options.level == CheckLevel::Settings {
            return Ok(());
        }
        self.expires = self.bucket.engine.status().await?.ttl.is_some();
        // Blobs first: whatever has a record by the end of the look at the records is named there.
        let mut blobs = HashMap::new();
        let mut listed = self.bucket.engine.blobs();
        while let Some(blob) = listed.next().await {
            let blob = blob?;
            blobs.insert(blob.nuid.clone(), Seen { blob, named: 0 });
        }
        self.count(|report| report.blobs = blobs.len() as u64);
        let mut records = self.bucket.engine.scan();
        while let Some(stored) = records.next().await {
            self.examine(&stored?, &mut blobs).await?;
        }
        let shared = blobs.iter().filter(|(_, seen)| seen.named > 1).map(|(nuid, _)| nuid.clone()).collect();
        self.examine_shared(shared).await?;
        self.examine_unnamed(blobs).await?;
        if self.options.level == CheckLevel::Data {
            self.read().await?;
        }
        Ok(())
    }

    async fn tell(&self, finding: Finding) {
        self.count(|report| report.findings += 1);
        // Who dropped the check doesn't poll this.
        let _ = self.found.send(finding).await;
    }

    fn count(&self, count: impl FnOnce(&mut CheckReport)) {
        count(&mut lock(&self.report));
    }

    async fn examine(&mut self, stored: &StoredRecord, blobs: &mut HashMap<Nuid, Seen>) -> Result<()> {
        let names = stored.record().as_ref().ok().filter(|record| !record.is_deleted() && !record.is_link());
        let seen = names.and_then(Record::nuid).and_then(|nuid| blobs.get_mut(&nuid)).map(|seen| {
            seen.named += 1;
            &*seen
        });
        match self.bucket.read_record(stored) {
            Ok(info) if info.deleted => self.count(|report| report.deleted += 1),
            Ok(info) if info.link.is_some() => {
                self.count(|report| report.links += 1);
                self.examine_link(&info.name).await?;
            }
            Ok(info) => {
                self.count(|report| {
                    report.objects += 1;
                    report.bytes = report.bytes.saturating_add(info.size);
                });
                let is_whole = seen.map_or(info.size == 0, |seen| fits(&info, &seen.blob));
                if !is_whole {
                    self.examine_object(&info).await?;
                }
            }
            Err(Error::BadMeta { name, reason, .. }) => {
                self.tell(Finding::of_name(FindingKind::InvalidRecord, &name, reason)).await;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Compares an object with what there is of it.
    async fn examine_object(&mut self, info: &ObjectInfo) -> Result<()> {
        let Some(nuid) = &info.nuid else { return Ok(()) };
        let there = self.bucket.engine.blob_size(nuid).await?;
        let bytes = there.map_or(0, |there| there.bytes);
        if bytes == info.size || !self.still_stands(info).await? {
            return Ok(());
        }
        if self.expires && bytes < info.size {
            self.broken.insert(nuid.clone());
            self.count(|report| report.expired += 1);
            return Ok(());
        }
        let size = info.size;
        let (kind, reason) = match there {
            _ if bytes > size => {
                (FindingKind::Long, format!("there are {bytes} bytes of it, but it should have {size}"))
            }
            None => (FindingKind::DataMissing, format!("of its {size} bytes nothing is there")),
            Some(BlobSize { chunks: Some(chunks), .. }) if chunks < info.chunks => (
                FindingKind::DataMissing,
                format!("of its {size} bytes {bytes} are there, in {chunks} of {} chunks", info.chunks),
            ),
            Some(_) => (FindingKind::Short, format!("it should have {size} bytes, but has {bytes}")),
        };
        self.broken.insert(nuid.clone());
        self.tell(Finding { found: Some(bytes), ..Finding::of_object(kind, info, reason) }).await;
        Ok(())
    }

    /// Whether the record is as it was: what was replaced or deleted meanwhile has lost its bytes by that.
    async fn still_stands(&self, info: &ObjectInfo) -> Result<bool> {
        match self.bucket.look_up(&info.name, AT_THE_LEADER).await {
            Ok(now) => Ok(now.revision == info.revision && now.nuid == info.nuid),
            Err(Error::NotFound { .. } | Error::BadMeta { .. } | Error::InvalidName { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn examine_link(&self, name: &str) -> Result<()> {
        let bucket = &self.bucket;
        let options = InfoOptions::default().with_consistency(Consistency::Leader);
        let error = match bucket.follow(name, options).await {
            Ok(_) => return Ok(()),
            Err(Error::IsBucketLink { target, .. }) => {
                let Ok(target) = BucketName::parse(&target) else { return Ok(()) };
                match bucket.store.open_bucket(&target).await {
                    Ok(_) => return Ok(()),
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        let kind = match &error {
            // The link itself is gone by now.
            Error::NotFound { bucket: of, name: missing, .. } if of == bucket.name() && missing == name => {
                return Ok(());
            }
            Error::LinkLoop { .. } => FindingKind::LinkLoop,
            Error::NotFound { .. } | Error::BucketNotFound { .. } => FindingKind::DanglingLink,
            Error::BucketDeleted { bucket: of } if of != bucket.name() => FindingKind::DanglingLink,
            // A record here is a finding of its own; one elsewhere is another bucket's, as is what may not be seen of it.
            Error::BadMeta { .. } | Error::PermissionDenied { .. } | Error::InvalidName { .. } => {
                return Ok(());
            }
            _ => return Err(error),
        };
        self.tell(Finding::of_name(kind, name, error.to_string())).await;
        Ok(())
    }

    /// Looks for the names of blobs that more than one record named. A rename that was under way is over by now.
    async fn examine_shared(&self, blobs: HashSet<Nuid>) -> Result<()> {
        if blobs.is_empty() {
            return Ok(());
        }
        let mut names: BTreeMap<Nuid, Vec<ObjectInfo>> = BTreeMap::new();
        let mut records = self.bucket.engine.scan();
        while let Some(stored) = records.next().await {
            let Ok(info) = self.bucket.read_record(&stored?) else { continue };
            if let Some(nuid) = info.nuid.clone().filter(|nuid| !info.deleted && blobs.contains(nuid)) {
                names.entry(nuid).or_default().push(info);
            }
        }
        for infos in names.into_values() {
            let mut sharing = Vec::new();
            for info in infos {
                if self.still_stands(&info).await? {
                    sharing.push(info);
                }
            }
            for (index, info) in sharing.iter().enumerate().filter(|_| sharing.len() > 1) {
                let other = &sharing[usize::from(index == 0)].name;
                let reason = format!("it shares its bytes with {other:?}, and goes with it");
                self.tell(Finding::of_object(FindingKind::SharedBlob, info, reason)).await;
            }
        }
        Ok(())
    }

    /// Tells of orphans, found as `gc` finds them.
    async fn examine_unnamed(&self, blobs: HashMap<Nuid, Seen>) -> Result<()> {
        let unnamed = blobs.into_iter().filter(|(_, seen)| seen.named == 0);
        let mut unnamed: HashMap<_, _> = unnamed.map(|(nuid, seen)| (nuid, seen.blob)).collect();
        if unnamed.is_empty() {
            return Ok(());
        }
        Look::at(&self.bucket, &mut unnamed).await?;
        for blob in unnamed.into_values() {
            if blob.age < self.options.grace {
                self.count(|report| report.under_way += 1);
                continue;
            }
            let Some(Orphan { nuid, bytes, age }) = Orphan::measured(&*self.bucket.engine, &blob).await?
            else {
                continue;
            };
            let reason = format!("{bytes} bytes that no object has");
            let (nuid, found, age) = (Some(nuid), Some(bytes), Some(age));
            self.tell(Finding { nuid, found, age, ..Finding::new(FindingKind::Orphan, reason) }).await;
        }
        Ok(())
    }

    /// Reads the bytes of all objects, or of some.
    async fn read(&self) -> Result<()> {
        let total = lock(&self.report).bytes;
        let records = self.bucket.engine.scan().filter_map(|stored| {
            let wanted = stored.map(|stored| self.bucket.read_record(&stored).ok());
            let wanted = wanted
                .transpose()
                .filter(|wanted| wanted.as_ref().map_or(true, |info| self.is_to_be_read(info, total)));
            std::future::ready(wanted)
        });
        let mut read = records.map(async |info| self.read_object(&info?).await).buffer_unordered(READERS);
        while let Some(finding) = read.next().await {
            if let Some(finding) = finding? {
                self.tell(finding).await;
            }
        }
        Ok(())
    }

    fn is_to_be_read(&self, info: &ObjectInfo, total: u64) -> bool {
        let Some(nuid) = &info.nuid else { return false };
        !info.deleted
            && info.link.is_none()
            && !self.broken.contains(nuid)
            && self.options.subset.is_none_or(|subset| subset.has(self.options.seed, nuid, total))
    }

    async fn read_object(&self, info: &ObjectInfo) -> Result<Option<Finding>> {
        let whole = async {
            let mut object = self.bucket.clone().begin(info.clone(), 0..info.size, false).await?;
            while let Some(chunk) = object.next().await? {
                self.count(|report| report.read_bytes += chunk.len() as u64);
            }
            Ok(())
        };
        let finding = |kind, error: &Error| Some(Finding::of_object(kind, info, error.to_string()));
        let found = match whole.await {
            Ok(()) => None,
            // Replaced, deleted, or expired.
            Err(Error::NotFound { .. } | Error::ObjectChanged { .. }) => return Ok(None),
            Err(error @ Error::DigestMismatch { .. }) => finding(FindingKind::DigestMismatch, &error),
            Err(error @ Error::BadMeta { .. }) => finding(FindingKind::Long, &error),
            Err(error @ Error::DataMissing { received, .. }) => {
                let missing = finding(FindingKind::DataMissing, &error);
                missing.map(|missing| Finding { found: Some(received), ..missing })
            }
            Err(error) => return Err(error),
        };
        self.count(|report| {
            report.read_objects += 1;
            report.undigested += u64::from(info.digest.is_none());
        });
        Ok(found)
    }
}

/// Whether the blob is surely as large as the record says: its last chunk is as large as it must be after full ones. Where
/// it isn't, the chunks may be of other sizes.
fn fits(info: &ObjectInfo, blob: &StoredBlob) -> bool {
    let before = blob.chunks.checked_sub(1).and_then(|full| match full {
        0 => Some(0),
        full => full.checked_mul(info.chunk_size?),
    });
    before.and_then(|before| before.checked_add(blob.last_chunk)) == Some(info.size)
}
