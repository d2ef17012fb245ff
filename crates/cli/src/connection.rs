//! How to reach a server: what options, variables, and a context say together.

use jetblob::StoreOptions;

use crate::args::Connection;
use crate::context::Context;
use crate::exit::Failure;
use crate::{home, nkey};

/// Options and variables win over the context, each for itself; but credentials are one thing: any that are given, or
/// stand in the URL, are in the place of all of the context's.
pub(crate) fn options(
    connection: &Connection,
    url: &str,
    context: Option<&Context>,
) -> Result<StoreOptions, Failure> {
    let mut options = StoreOptions::default();
    options.credentials_file.clone_from(&connection.creds);
    options.user_and_password =
        connection.user.as_ref().map(|user| (user.clone(), connection.password.clone().unwrap_or_default()));
    options.token = home::variable("NATS_TOKEN")?;
    options.nkey_seed = connection.nkey.as_deref().map(nkey::read_seed).transpose()?;
    options.root_certificates.clone_from(&connection.tlsca);
    options.client_certificate = connection.tlscert.clone().zip(connection.tlskey.clone());
    options.tls_first = connection.tlsfirst;
    options.domain.clone_from(&connection.domain);
    options.inbox_prefix.clone_from(&connection.inbox_prefix);
    options.idle_timeout = connection.timeout;

    if let Some(context) = context {
        let authenticated = options.credentials_file.is_some()
            || options.user_and_password.is_some()
            || options.token.is_some()
            || options.nkey_seed.is_some()
            || url.contains('@');
        if !authenticated {
            context.authenticate(&mut options, connection.password.as_deref())?;
        }
        context.complete(&mut options)?;
    }
    Ok(options)
}
