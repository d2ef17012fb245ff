//! What the product promises, as files that every language runs: `README.md` says what is in them.

mod arguments;
mod broken;
mod call;
mod coverage;
mod expect;
mod keys;
mod run;
mod told;
mod value;

/// Where a scenario runs; the name that files know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Local,
    JetStream,
}

/// Makes two tests of each file: one for each engine.
macro_rules! on_both_engines {
    ($($file:ident)*) => {
        pub(crate) const FILES: &[&str] = &[$(stringify!($file)),*];

        $(mod $file {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn local() {
                crate::run::file(stringify!($file), crate::Engine::Local).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn jetstream() {
                crate::run::file(stringify!($file), crate::Engine::JetStream).await;
            }
        })*
    };
}

on_both_engines! {
    buckets put get ranges info list watch meta links delete conditions upload names check errors
}
