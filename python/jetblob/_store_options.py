"""How to reach a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import os
    from datetime import timedelta


class StoreOptions(TypedDict, total=False):
    """How to reach and use a NATS account: keyword arguments of ``Store.open``. A local store needs none of it."""

    credentials_file: str | os.PathLike[str] | None
    """A ``.creds`` file (JWT and seed), read when the store is opened, and anew for each connection."""
    credentials: str | None
    """The text of a ``.creds`` file, for who keeps it elsewhere; wins over ``credentials_file``."""
    user_and_password: tuple[str, str] | None
    """User and password."""
    token: str | None
    """A token."""
    nkey_seed: str | None
    """The seed of an nkey (``SU…``)."""
    root_certificates: str | os.PathLike[str] | None
    """A file of root certificates in PEM, instead of the system's."""
    client_certificate: tuple[str | os.PathLike[str], str | os.PathLike[str]] | None
    """The client's own certificate and key, files in PEM."""
    require_tls: bool
    """Refuse a connection that isn't encrypted."""
    tls_first: bool
    """Start TLS before the server says anything."""
    domain: str | None
    """The JetStream domain."""
    api_prefix: str | None
    """The JetStream API prefix; wins over ``domain``."""
    inbox_prefix: str | None
    """What the subjects of replies begin with; ``_INBOX`` if not given."""
    name: str | None
    """The name that the server shows for this connection."""
    idle_timeout: timedelta | float | None
    """How long any step may go without progress, a ``timedelta`` or seconds; 30 seconds if not given."""
