//! jetblob, driven line by line: see `../README.md`.

mod protocol;

use std::time::Duration;

use futures_util::TryStreamExt;
use jetblob::{Body, Bucket, BucketConfig, Link, ListOptions, ObjectInfo, ObjectMeta, Store, WatchEvent};
use protocol::{Answer, Refusal, Request, locked, serve};
use serde_json::{Value, json};

fn told(info: &ObjectInfo) -> Value {
    json!({
        "name": info.name, "bucket": info.bucket, "size": info.size, "chunks": info.chunks,
        "digest": info.digest.map(|digest| digest.to_string()),
        "description": info.description, "headers": info.headers, "metadata": info.metadata,
        "link": info.link.as_ref().map(|Link { bucket, name, .. }| json!({ "bucket": bucket, "name": name })),
        "deleted": info.deleted,
    })
}

fn meta(request: &Request, name: &str) -> ObjectMeta {
    let headers = request.header_values();
    ObjectMeta {
        description: request.description.clone(),
        headers: headers
            .map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()))
            .collect(),
        metadata: request.metadata.clone(),
        chunk_size: request.chunk_size,
        ..ObjectMeta::from(name)
    }
}

async fn create(store: &Store, request: &Request) -> Answer {
    let config = BucketConfig {
        description: request.description.clone(),
        ttl: request.ttl.map(Duration::from_secs),
        max_bytes: request.max_bytes,
        compression: request.compression,
        metadata: request.metadata.clone(),
        ..BucketConfig::new(&request.bucket)
    };
    store.create_bucket(config).await?;
    Ok(Value::Null)
}

async fn status(bucket: &Bucket) -> Answer {
    let status = bucket.status().await?;
    Ok(json!({
        "description": status.description, "ttl": status.ttl.map_or(0, |ttl| ttl.as_secs()),
        "max_bytes": status.max_bytes, "sealed": status.sealed, "compressed": status.compressed,
        "metadata": status.metadata,
    }))
}

async fn watch(bucket: &Bucket) -> Answer {
    let mut seen = Vec::new();
    let mut watch = bucket.watch().await?;
    while let Some(WatchEvent::Object(info)) = watch.next().await? {
        seen.push(told(&info));
    }
    Ok(seen.into())
}

async fn answer(store: &Store, request: Request) -> Answer {
    if request.op == "create" {
        return create(store, &request).await;
    }
    let bucket = store.bucket(&request.bucket).await?;
    let name = request.name.as_str();
    match request.op.as_str() {
        "put" => drop(bucket.put(meta(&request, name), Body::stream(request.pieces()?)).await?),
        "get" => drop(bucket.get_file(name, &request.file).await?),
        "info" => return Ok(told(&bucket.info(name).await?)),
        "update" => drop(bucket.update_meta(name, meta(&request, name)).await?),
        "rename" => drop(bucket.rename(name, &request.new_name).await?),
        "delete" => drop(bucket.delete(name).await?),
        "link" => {
            let target = store.bucket(&request.target_bucket).await?.info(&request.target).await?;
            bucket.add_link(name, &target).await?;
        }
        "bucket_link" => {
            bucket.add_bucket_link(name, &store.bucket(&request.target_bucket).await?).await?;
        }
        "list" => {
            let listed: Vec<_> = bucket.list(ListOptions::default()).try_collect().await?;
            return Ok(listed.iter().map(told).collect());
        }
        "watch" => return watch(&bucket).await,
        "seal" => drop(bucket.seal().await?),
        "status" => return status(&bucket).await,
        _ => return Err(Refusal::Absent("no such operation")),
    }
    Ok(Value::Null)
}

#[tokio::main]
async fn main() {
    let mut store = None;
    serve(async |request| {
        if request.op == "hello" {
            store = Some(Store::open(&request.url).await?);
            return Ok(json!({ "version": locked("jetblob") }));
        }
        answer(store.as_ref().expect("hello comes first"), request).await
    })
    .await;
}
