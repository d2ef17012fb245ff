import { type Checks, flag, pair, path, seconds, secret, text } from "./argument.js";
import type * as native from "./native.js";

/** How to reach and use a NATS account. A local store needs none of it. */
export interface StoreOptions {
  /** A `.creds` file (JWT and seed), read when the store is opened, and anew for each connection. */
  credentialsFile?: string | URL | undefined;
  /** The text of a `.creds` file, for who keeps it elsewhere; wins over `credentialsFile`. */
  credentials?: string | undefined;
  /** User and password. */
  userAndPassword?: readonly [user: string, password: string] | undefined;
  /** A token. */
  token?: string | undefined;
  /** The seed of an nkey (`SU…`). */
  nkeySeed?: string | undefined;
  /** A file of root certificates in PEM, instead of the system's. */
  rootCertificates?: string | URL | undefined;
  /** The client's own certificate and key, files in PEM. */
  clientCertificate?: readonly [certificate: string | URL, key: string | URL] | undefined;
  /** Refuse a connection that isn't encrypted. */
  requireTls?: boolean | undefined;
  /** Start TLS before the server says anything. */
  tlsFirst?: boolean | undefined;
  /** The JetStream domain. */
  domain?: string | undefined;
  /** The JetStream API prefix; wins over `domain`. */
  apiPrefix?: string | undefined;
  /** What the subjects of replies begin with; `_INBOX` if not given. */
  inboxPrefix?: string | undefined;
  /** The name that the server shows for this connection. */
  name?: string | undefined;
  /** How long any step may go without progress, in seconds; 30 if not given. */
  idleTimeout?: number | undefined;
}

/** What is right of each. */
export const STORE: Checks<native.Connection> = {
  credentialsFile: path,
  credentials: secret,
  userAndPassword: pair(secret),
  token: secret,
  nkeySeed: secret,
  rootCertificates: path,
  clientCertificate: pair(path),
  requireTls: flag,
  tlsFirst: flag,
  domain: text,
  apiPrefix: text,
  inboxPrefix: text,
  name: text,
  idleTimeout: seconds,
};
