//! What `Store.open` takes by keyword.

use jetblob::StoreOptions;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::field::converted;
use crate::options::Seconds;

/// The options of these names; one that is `None` is not given.
pub(crate) fn store_options(given: &Bound<'_, PyDict>) -> PyResult<StoreOptions> {
    let mut options = StoreOptions::default();
    for (key, value) in given {
        if value.is_none() {
            continue;
        }
        let key: String = key.extract()?;
        set(&mut options, &key, &value)?;
    }
    Ok(options)
}

fn set(options: &mut StoreOptions, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    match key {
        "credentials_file" => options.credentials_file = converted(value, key)?,
        "credentials" => options.credentials = converted(value, key)?,
        "user_and_password" => options.user_and_password = converted(value, key)?,
        "token" => options.token = converted(value, key)?,
        "nkey_seed" => options.nkey_seed = converted(value, key)?,
        "root_certificates" => options.root_certificates = converted(value, key)?,
        "client_certificate" => options.client_certificate = converted(value, key)?,
        "require_tls" => options.require_tls = converted(value, key)?,
        "tls_first" => options.tls_first = converted(value, key)?,
        "domain" => options.domain = converted(value, key)?,
        "api_prefix" => options.api_prefix = converted(value, key)?,
        "inbox_prefix" => options.inbox_prefix = converted(value, key)?,
        "name" => options.name = converted(value, key)?,
        "idle_timeout" => Seconds(options.idle_timeout) = converted(value, key)?,
        _ => return Err(PyTypeError::new_err(format!("a store has no option {key:?}"))),
    }
    Ok(())
}
