//! An operator of NATS: servers let in who has a JWT of its account, for as long as that says.

use std::time::{Duration, SystemTime};

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

/// An operator with one account, which has JetStream.
#[derive(Debug)]
pub struct Operator {
    account: KeyPair,
    config: String,
}

impl Default for Operator {
    fn default() -> Self {
        Self::new()
    }
}

impl Operator {
    /// A new one, which no server knows yet.
    pub fn new() -> Self {
        let (operator, account, system) =
            (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account());
        let mut limits = json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
            "leaf": -1,
        });
        let operator_jwt = jwt(&operator, &operator, None, json!({ "type": "operator" }));
        let account_jwt = |account: &KeyPair, limits: &Value| {
            jwt(&operator, account, None, json!({ "type": "account", "limits": limits }))
        };
        let system_jwt = account_jwt(&system, &limits);
        for limit in ["mem_storage", "disk_storage", "streams", "consumer"] {
            limits[limit] = json!(-1);
        }
        let config = format!(
            "operator: {operator_jwt}\nsystem_account: {system}\nresolver: MEMORY\n\
             resolver_preload {{ {system}: {system_jwt}, {}: {} }}\n",
            account.public_key(),
            account_jwt(&account, &limits),
            system = system.public_key(),
        );
        Self { account, config }
    }

    /// What a server's configuration says of it.
    pub fn config(&self) -> &str {
        &self.config
    }

    /// The text of a `.creds` file for a new user, who is let in for so long, if not for good.
    pub fn credentials(&self, valid: Option<Duration>) -> String {
        let user = KeyPair::new_user();
        let claims = json!({ "type": "user", "subs": -1, "data": -1, "payload": -1 });
        let jwt = jwt(&self.account, &user, valid.map(|valid| SystemTime::now() + valid), claims);
        let seed = user.seed().expect("a seed");
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n",
        )
    }
}

/// What `issuer` says of `subject` until then, signed.
fn jwt(issuer: &KeyPair, subject: &KeyPair, until: Option<SystemTime>, mut nats: Value) -> String {
    nats["version"] = 2.into();
    let mut claims = json!({
        "jti": "none", "iat": 1, "name": "test", "iss": issuer.public_key(), "sub": subject.public_key(), "nats": nats,
    });
    if let Some(until) = until {
        let since_1970 = until.duration_since(SystemTime::UNIX_EPOCH).expect("a time after 1970");
        claims["exp"] = since_1970.as_secs().into();
    }
    let part = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let text = format!("{}.{}", part(json!({ "typ": "JWT", "alg": "ed25519-nkey" })), part(claims));
    let signature = BASE64URL_NOPAD.encode(&issuer.sign(text.as_bytes()).expect("a signature"));
    format!("{text}.{signature}")
}
