//! Who a connection is made as, as a context says it.

use super::Context;
use super::environment::Environment;
use super::nkey::read_seed;
use crate::{Result, StoreOptions};

impl Context {
    /// Adds the context's credentials. A password that is given elsewhere wins.
    pub(super) fn authenticate(
        &self,
        environment: &Environment,
        options: &mut StoreOptions,
        password: Option<String>,
    ) -> Result<()> {
        let jwt_or_seed = self.user_jwt.as_ref().or(self.user_seed.as_ref());
        let kinds = [
            ("user", self.user.as_ref()),
            ("creds", self.creds.as_ref()),
            ("nkey", self.nkey.as_ref()),
            ("user_jwt", jwt_or_seed),
        ];
        let given: Vec<&str> =
            kinds.iter().filter(|(_, value)| value.is_some()).map(|(kind, _)| *kind).collect();
        if let [one, other, ..] = given[..] {
            return Err(self.origin.refuse(&format!("it has both {one} and {other}; keep one of them")));
        }
        let path = |field, value: &Option<String>| self.origin.path(environment, field, value.as_deref());
        if let Some(user) = &self.user {
            let password = match password {
                Some(password) => Some(password),
                None => self.origin.literal(environment, "password", self.password.as_deref())?,
            };
            options.user_and_password = Some((user.clone(), password.unwrap_or_default()));
        }
        options.token = self.origin.literal(environment, "token", self.token.as_deref())?;
        options.credentials_file = path("creds", &self.creds)?;
        options.nkey_seed = path("nkey", &self.nkey)?.as_deref().map(read_seed).transpose()?;
        options.credentials = self.jwt_and_seed(environment)?;
        Ok(())
    }

    /// `user_jwt` and `user_seed` as the text of a `.creds` file.
    fn jwt_and_seed(&self, environment: &Environment) -> Result<Option<String>> {
        let jwt = self.origin.literal(environment, "user_jwt", self.user_jwt.as_deref())?;
        let seed = self.origin.literal(environment, "user_seed", self.user_seed.as_deref())?;
        match (jwt, seed) {
            (None, None) => Ok(None),
            (Some(jwt), Some(seed)) => Ok(Some(format!(
                "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
                 -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
                jwt.trim(),
                seed.trim()
            ))),
            _ => {
                let reason = "user_jwt and user_seed are one thing, and one of them is missing";
                Err(self.origin.refuse(reason))
            }
        }
    }
}
