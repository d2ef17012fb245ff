//! Opens a store and prints the names of its buckets: `context-opener <context or -> [token]`.
//!
//! A program of its own, so that a test can choose its environment. On an error it prints the code, and ends with 1.

use std::process::ExitCode;

use futures_util::TryStreamExt;
use jetblob::{Result, Store, StoreOptions};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let context = arguments.next().expect("usage: context-opener <context or -> [token]");
    let mut options = StoreOptions::default();
    options.token = arguments.next();
    match names(&context, options).await {
        Ok(names) => {
            println!("{}", names.join(" "));
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{}", error.code());
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn names(context: &str, options: StoreOptions) -> Result<Vec<String>> {
    let store = match context {
        "-" => Store::open_default(options).await?,
        context => Store::open_context(context, options).await?,
    };
    store.bucket_names().try_collect().await
}
