//! Which store a command works in, and its opening and closing.

use jetblob::Store;
use jetblob::context::Choice;

use crate::args::Global;
use crate::exit::Failure;
use crate::interrupt::Interrupt;

/// Opens the store, works in it, and closes it whatever happens: what is under way in its background, as the removal
/// of a put that was given up, comes to its end. A signal ends the work; a second one ends the closing too.
///
/// `url` is the store in front of a path, which wins over the option.
pub(crate) async fn in_store<T>(
    global: &Global,
    url: Option<&str>,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let choice = choose(global, url);
    let mut interrupt = Interrupt::listen().map_err(|error| Failure::io("signals", error))?;

    let store = tokio::select! {
        opened = choice.open() => opened?,
        signal = interrupt.came() => return Err(Failure::Interrupted(signal)),
    };
    let outcome = tokio::select! {
        outcome = work(&store) => outcome,
        signal = interrupt.came() => Err(Failure::Interrupted(signal)),
    };
    tokio::select! {
        () = store.close() => outcome,
        signal = interrupt.came() => outcome.and(Err(Failure::Interrupted(signal))),
    }
}

/// What the command line says of the store. The library adds variables and contexts.
fn choose(global: &Global, url: Option<&str>) -> Choice {
    let connection = &global.connection;
    let mut choice = Choice::default();
    choice.url = url.map(str::to_owned).or_else(|| global.store.clone());
    choice.context.clone_from(&connection.context);
    choice.user.clone_from(&connection.user);
    choice.password.clone_from(&connection.password);
    choice.nkey_file.clone_from(&connection.nkey);
    choice.certificate.clone_from(&connection.tlscert);
    choice.certificate_key.clone_from(&connection.tlskey);
    choice.options.credentials_file.clone_from(&connection.creds);
    choice.options.root_certificates.clone_from(&connection.tlsca);
    choice.options.tls_first = connection.tlsfirst;
    choice.options.domain.clone_from(&connection.domain);
    choice.options.inbox_prefix.clone_from(&connection.inbox_prefix);
    choice.options.idle_timeout = connection.timeout;
    choice
}
