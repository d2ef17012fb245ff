//! One call: on a store, a bucket, an object, an upload, a watch or a check.

use std::io;

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use jetblob::{Body, Bucket, Check, Error, Object, ObjectInfo, Result, Store, Upload, Watch};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::arguments as given;
use crate::keys::{Keys, number};
use crate::run::World;
use crate::told;
use crate::value::{bytes, of_bytes};

/// What can be saved.
#[derive(Debug)]
pub(crate) enum Thing {
    Store(Store),
    Bucket(Bucket),
    Object(Box<Object>),
    Upload(Upload, given::Progress),
    Watch(Box<Watch>),
    Check(Check),
    Info(Box<ObjectInfo>),
    Error(Error),
    Value,
}

/// What a call gives, and what it is as JSON.
type Answer = Result<(Thing, Value)>;

/// Makes the call that the step says.
pub(crate) async fn call(world: &mut World, step: &mut Keys) -> Answer {
    let call = step.need_text("call");
    let Some(on) = step.text("on") else { return Ok(of_the_runner(world, &call, step).await) };
    match world.saved.get(&on) {
        Some(Thing::Store(store)) => on_store(&store.clone(), &call, step, &world.url).await,
        Some(Thing::Bucket(bucket)) => match call.as_str() {
            "add_link" | "add_bucket_link" | "resolve" => {
                with_saved(&bucket.clone(), &call, step, world).await
            }
            _ => on_bucket(&bucket.clone(), &call, step).await,
        },
        _ => {
            let (thing, answer) = match world.saved.remove(&on) {
                Some(Thing::Object(object)) => on_object(object, &call, step).await,
                Some(Thing::Upload(upload, progress)) => on_upload(upload, progress, &call, step).await,
                Some(Thing::Watch(watch)) => on_watch(watch, &call).await,
                Some(Thing::Check(check)) => on_check(check, &call).await,
                other => panic!("there is nothing to call on {on:?}, but {other:?}"),
            };
            world.saved.extend(thing.map(|thing| (on, thing)));
            answer
        }
    }
}

async fn on_store(store: &Store, call: &str, step: &mut Keys, url: &str) -> Answer {
    match call {
        "open" => {
            let url = step.text("url").unwrap_or_else(|| url.to_owned());
            Store::open_with(&url, given::store_options(step)).await.map(Thing::Store).map(handle)
        }
        "create_bucket" => store.create_bucket(given::config(step)).await.map(Thing::Bucket).map(handle),
        "update_bucket" => store.update_bucket(given::config(step)).await.map(Thing::Bucket).map(handle),
        "create_or_update_bucket" => {
            store.create_or_update_bucket(given::config(step)).await.map(Thing::Bucket).map(handle)
        }
        "bucket" => store.bucket(&step.need_text("name")).await.map(Thing::Bucket).map(handle),
        "delete_bucket" => store.delete_bucket(&step.need_text("name")).await.map(|()| value(Value::Null)),
        "bucket_names" => store.bucket_names().try_collect::<Vec<_>>().await.map(|names| value(json!(names))),
        "buckets" => {
            let statuses: Vec<_> =
                store.buckets().map_ok(|status| told::status(&status)).try_collect().await?;
            Ok(value(statuses.into()))
        }
        "suspend" => store.suspend().await.map(|()| value(Value::Null)),
        "resume" => {
            store.resume();
            Ok(value(Value::Null))
        }
        "close" => {
            store.close().await;
            Ok(value(Value::Null))
        }
        _ => panic!("a store has no {call}"),
    }
}

async fn on_bucket(bucket: &Bucket, call: &str, step: &mut Keys) -> Answer {
    match call {
        "name" => Ok(value(bucket.name().into())),
        "status" => bucket.status().await.map(|status| value(told::status(&status))),
        "seal" => bucket.seal().await.map(|status| value(told::status(&status))),
        "put" => {
            let (meta, body) = (given::meta(step), bytes(&step.need("body")));
            let body = step.number("pieces").map_or_else(|| body.clone().into(), |size| pieces(&body, size));
            let (options, progress) = given::put_options(step);
            let put = bucket.put_with(meta, body, options).await.map(info);
            put.inspect(|_| progress.check())
        }
        "put_bytes" => bucket.put_bytes(given::meta(step), bytes(&step.need("body"))).await.map(info),
        "put_string" => bucket.put_string(given::meta(step), step.need_text("text")).await.map(info),
        "put_file" => bucket.put_file(step.need_text("path")).await.map(info),
        "upload" => {
            let meta = given::meta(step);
            let (options, progress) = given::put_options(step);
            Ok(handle(Thing::Upload(bucket.upload_with(meta, options), progress)))
        }
        "get" => {
            let object = bucket.get_with(&step.need_text("name"), given::get_options(step)).await?;
            let told = json!({ "info": told::info(&object.info) });
            Ok((Thing::Object(Box::new(object)), told))
        }
        "get_bytes" => bucket.get_bytes(&step.need_text("name")).await.map(|bytes| value(of_bytes(&bytes))),
        "get_string" => bucket.get_string(&step.need_text("name")).await.map(|text| value(text.into())),
        "get_file" => bucket.get_file(&step.need_text("name"), step.need_text("path")).await.map(info),
        "info" => bucket.info_with(&step.need_text("name"), given::info_options(step)).await.map(info),
        "update_meta" => {
            let (name, meta) = (step.need_text("name"), given::meta(step));
            bucket.update_meta_with(&name, meta, given::write_options(step)).await.map(info)
        }
        "rename" => {
            let (name, new_name) = (step.need_text("name"), step.need_text("new_name"));
            bucket.rename_with(&name, &new_name, given::write_options(step)).await.map(info)
        }
        "delete" => bucket.delete_with(&step.need_text("name"), given::write_options(step)).await.map(info),
        "purge" => {
            let purged = bucket.purge_with(&step.need_text("name"), given::write_options(step)).await;
            purged.map(|()| value(Value::Null))
        }
        "list" => {
            let listed = bucket.list(given::list_options(step)).map_ok(|info| told::info(&info));
            listed.try_collect::<Vec<_>>().await.map(|infos| value(infos.into()))
        }
        "watch" => {
            let watch = bucket.watch_with(given::watch_options(step)).await;
            watch.map(|watch| handle(Thing::Watch(Box::new(watch))))
        }
        "check" => Ok(handle(Thing::Check(bucket.check(given::check_options(step))?))),
        "gc" => bucket.gc(given::gc_options(step)).await.map(|report| value(told::gc_report(&report))),
        _ => panic!("a bucket has no {call}"),
    }
}

/// The calls of a bucket that take what was saved.
async fn with_saved(bucket: &Bucket, call: &str, step: &mut Keys, world: &World) -> Answer {
    let argument = step.need_text(if call == "resolve" { "unknown" } else { "target" });
    match (call, world.saved.get(&argument)) {
        ("add_link", Some(Thing::Info(target))) => {
            bucket.add_link_with(given::meta(step), target, given::write_options(step)).await.map(info)
        }
        ("add_bucket_link", Some(Thing::Bucket(target))) => {
            bucket.add_bucket_link_with(given::meta(step), target, given::write_options(step)).await.map(info)
        }
        ("resolve", Some(Thing::Error(unknown))) => {
            bucket.resolve(unknown).await.map(|resolved| panic!("{resolved:?} is not known here"))
        }
        (_, other) => panic!("{argument:?} is nothing for {call}, but {other:?}"),
    }
}

async fn on_object(mut object: Box<Object>, call: &str, step: &mut Keys) -> (Option<Thing>, Answer) {
    let answer = match call {
        "next" if step.is_set("to_end") => to_end(&mut object).await.map(|bytes| value(of_bytes(&bytes))),
        "next" => object.next().await.map(|chunk| value(chunk.map_or(Value::Null, |chunk| of_bytes(&chunk)))),
        "read" => {
            let mut bytes = Vec::new();
            let read = (&mut *object).take(number(&step.need("size"))).read_to_end(&mut bytes).await;
            read.map(|_| value(of_bytes(&bytes))).map_err(own)
        }
        "seek" => object.seek(given::seek(step)).await.map(|place| value(place.into())).map_err(own),
        "range" => {
            let range = object.range();
            Ok(value(json!([range.start, range.end])))
        }
        "is_verified" => Ok(value(object.is_verified().into())),
        "into_bytes" => return (None, object.into_bytes().await.map(|bytes| value(of_bytes(&bytes)))),
        "into_string" => return (None, object.into_string().await.map(|text| value(text.into()))),
        "into_file" => {
            let (path, progress) = (step.need_text("path"), given::file_options(step));
            let file = object.into_file_with(path, progress.tell()).await.map(info);
            return (None, file.inspect(|_| progress.check()));
        }
        "close" => return (None, Ok(value(Value::Null))),
        _ => panic!("an object has no {call}"),
    };
    (Some(Thing::Object(object)), answer)
}

async fn on_upload(
    mut upload: Upload,
    progress: given::Progress,
    call: &str,
    step: &mut Keys,
) -> (Option<Thing>, Answer) {
    match call {
        "write" => {
            let written = upload.write(bytes(&step.need("body"))).await;
            (Some(Thing::Upload(upload, progress)), written.map(|()| value(Value::Null)))
        }
        "finish" => {
            let finished = upload.finish().await.map(info);
            (None, finished.inspect(|_| progress.check()))
        }
        "abort" => {
            upload.abort().await;
            (None, Ok(value(Value::Null)))
        }
        _ => panic!("an upload has no {call}"),
    }
}

async fn on_watch(mut watch: Box<Watch>, call: &str) -> (Option<Thing>, Answer) {
    match call {
        "next" => {
            let event = watch.next().await;
            (Some(Thing::Watch(watch)), event.map(|event| value(told::event(event))))
        }
        "close" => (None, Ok(value(Value::Null))),
        _ => panic!("a watch has no {call}"),
    }
}

async fn on_check(mut check: Check, call: &str) -> (Option<Thing>, Answer) {
    let answer = match call {
        "next" => check.next().await.map(|finding| value(told::finding(finding))),
        "report" => Ok(value(told::check_report(&check.report()))),
        _ => panic!("a check has no {call}"),
    };
    (Some(Thing::Check(check)), answer)
}

async fn of_the_runner(world: &World, call: &str, step: &mut Keys) -> (Thing, Value) {
    if call == "publish" {
        publish(&world.url, step.need_text("subject"), bytes(&step.need("body"))).await;
        return value(Value::Null);
    }
    let path = step.need_text("path");
    match call {
        "write_file" => {
            std::fs::write(path, bytes(&step.need("body"))).expect("a file that can be written");
            value(Value::Null)
        }
        "read_file" => match std::fs::read(path) {
            Ok(bytes) => value(of_bytes(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => value(Value::Null),
            Err(error) => panic!("{error}"),
        },
        _ => panic!("the runner has no {call}"),
    }
}

/// Stores a message on a server as any client may.
async fn publish(url: &str, subject: String, body: Bytes) {
    let client = async_nats::connect(url).await.expect("a connection");
    let jetstream = async_nats::jetstream::new(client);
    let stored = jetstream.publish(subject, body).await.expect("a message sent");
    stored.await.expect("a message stored");
}

async fn to_end(object: &mut Object) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = object.next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn pieces(body: &Bytes, size: u64) -> Body {
    let pieces: Vec<_> = body.chunks(given::size(size)).map(Bytes::copy_from_slice).map(Ok).collect();
    Body::stream(stream::iter(pieces))
}

fn info(info: ObjectInfo) -> (Thing, Value) {
    let told = told::info(&info);
    (Thing::Info(Box::new(info)), told)
}

fn handle(thing: Thing) -> (Thing, Value) {
    (thing, Value::Null)
}

fn value(told: Value) -> (Thing, Value) {
    (Thing::Value, told)
}

/// The library's own error in one of reading.
fn own(error: io::Error) -> Error {
    error.downcast().unwrap_or_else(|error| panic!("no error of the library: {error}"))
}
