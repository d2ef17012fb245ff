//! async-nats, driven line by line: see `../README.md`.

mod protocol;

use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::object_store::{Config, ObjectInfo, ObjectMetadata, ObjectStore, UpdateMetadata};
use async_nats::{HeaderMap, HeaderValue};
use futures_util::TryStreamExt;
use protocol::{Answer, Refusal, Request, locked, serve};
use serde_json::{Map, Value, json};
use tokio_util::io::StreamReader;

fn told_headers(headers: Option<&HeaderMap>) -> Value {
    let Some(headers) = headers else { return json!({}) };
    headers
        .iter()
        .map(|(name, values)| {
            let values: Vec<&str> = values.iter().map(HeaderValue::as_str).collect();
            (name.to_string(), json!(values))
        })
        .collect::<Map<_, _>>()
        .into()
}

fn told(info: &ObjectInfo) -> Value {
    let link = info.options.as_ref().and_then(|options| options.link.as_ref());
    json!({
        "name": info.name, "bucket": info.bucket, "size": info.size, "chunks": info.chunks, "digest": info.digest,
        "description": info.description.as_deref().unwrap_or_default(),
        "headers": told_headers(info.headers.as_ref()), "metadata": info.metadata,
        "link": link.map(|link| json!({ "bucket": link.bucket, "name": link.name })), "deleted": info.deleted,
    })
}

fn headers(request: &Request) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, values) in request.header_values() {
        for value in values {
            headers.append(name, value);
        }
    }
    (!headers.is_empty()).then_some(headers)
}

fn description(request: &Request) -> Option<String> {
    Some(request.description.clone()).filter(|description| !description.is_empty())
}

async fn create(context: &Context, request: &Request) -> Answer {
    if !request.metadata.is_empty() {
        return Err(Refusal::Absent("metadata of a bucket"));
    }
    let config = Config {
        bucket: request.bucket.clone(),
        description: description(request),
        max_age: Duration::from_secs(request.ttl.unwrap_or_default()),
        max_bytes: request.max_bytes.map_or(-1, u64::cast_signed),
        compression: request.compression,
        ..Config::default()
    };
    context.create_object_store(config).await?;
    Ok(Value::Null)
}

async fn put(bucket: &ObjectStore, request: &Request) -> Answer {
    let meta = ObjectMetadata {
        name: request.name.clone(),
        description: description(request),
        chunk_size: request.chunk_size,
        metadata: request.metadata.clone().into_iter().collect(),
        headers: headers(request),
    };
    bucket.put(meta, &mut StreamReader::new(request.pieces()?)).await?;
    Ok(Value::Null)
}

async fn get(bucket: &ObjectStore, request: &Request) -> Answer {
    let mut object = bucket.get(&request.name).await?;
    let mut file = tokio::fs::File::create(&request.file).await?;
    tokio::io::copy(&mut object, &mut file).await?;
    file.sync_all().await?;
    Ok(Value::Null)
}

async fn update(bucket: &ObjectStore, request: &Request, name: &str, description: Option<String>) -> Answer {
    let update = UpdateMetadata {
        name: name.to_owned(),
        description,
        metadata: request.metadata.clone().into_iter().collect(),
        headers: headers(request),
    };
    bucket.update_metadata(&request.name, update).await?;
    Ok(Value::Null)
}

async fn answer(context: &Context, request: Request) -> Answer {
    if request.op == "create" {
        return create(context, &request).await;
    }
    let mut bucket = context.get_object_store(&request.bucket).await?;
    let name = request.name.as_str();
    match request.op.as_str() {
        "put" => return put(&bucket, &request).await,
        // It waits without end for chunks that it doesn't find. That is a known fault, and costs this much each time.
        "get" => return tokio::time::timeout(Duration::from_secs(5), get(&bucket, &request)).await?,
        "info" => return Ok(told(&bucket.info(name).await?)),
        "update" => return update(&bucket, &request, name, description(&request)).await,
        "rename" => {
            let info = bucket.info(name).await?;
            return update(&bucket, &request, &request.new_name, info.description).await;
        }
        "delete" => bucket.delete(name).await?,
        "link" => {
            let from = context.get_object_store(&request.target_bucket).await?;
            let target = from.info(&request.target).await?;
            bucket.add_link(name, &target).await?;
        }
        "bucket_link" => drop(bucket.add_bucket_link(name, &request.target_bucket).await?),
        "list" => {
            let listed: Vec<_> = bucket.list().await?.try_collect().await?;
            return Ok(listed.iter().map(told).collect());
        }
        // It doesn't tell where the initial state ends.
        "watch" => return Err(Refusal::Absent("an end of the initial state")),
        "seal" => bucket.seal().await?,
        "status" => return Err(Refusal::Absent("a status")),
        _ => return Err(Refusal::Absent("no such operation")),
    }
    Ok(Value::Null)
}

#[tokio::main]
async fn main() {
    let mut context = None;
    serve(async |request| {
        if request.op == "hello" {
            context = Some(async_nats::jetstream::new(async_nats::connect(&request.url).await?));
            return Ok(json!({ "version": locked("async-nats") }));
        }
        answer(context.as_ref().expect("hello comes first"), request).await
    })
    .await;
}
