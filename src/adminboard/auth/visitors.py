"""Someone at the door: what is known of a request before anybody has logged in."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from adminboard.auth.tokens import hash_token, new_token
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.signing import SignedTexts

DEVICE_LIFETIME = timedelta(days=90)
_DEVICE_PURPOSE = "known device"
IPV6_CUSTOMER_PREFIX = 64
MAX_EMAIL_LENGTH = 320


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from. ``device_cookie`` is the text of the known-device cookie, if it has one."""

    ip_address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    device_cookie: str | None = None

    def as_actor(self) -> Actor:
        """The actor of what happens before anybody is known: it may do nothing but be counted."""
        return Actor(
            ActorKind.SYSTEM,
            "login",
            frozenset(),
            ip_address=self.ip_address,
            user_agent=self.user_agent,
            request_id=self.request_id,
        )

    @property
    def counted_address(self) -> str | None:
        """The address that limits count: an IPv6 customer has a whole /64 to guess from."""
        if self.ip_address is None:
            return None
        address = ip_address(self.ip_address)
        if not isinstance(address, IPv6Address):
            return str(address)
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, IPV6_CUSTOMER_PREFIX), strict=False).network_address)


@dataclass(frozen=True, slots=True)
class Device:
    """A browser an account has logged in with before. ``cookie`` proves it at the next login."""

    hash: bytes
    cookie: str


def new_device(signed: SignedTexts, account: str, now: datetime) -> Device:
    """A browser that has just proved itself for ``account`` (a key from `account_key`)."""
    return _device(signed, account, new_token(), now)


def find_device(signed: SignedTexts, account: str, cookie: str | None, now: datetime) -> Device | None:
    """The known browser of ``account`` that the cookie proves; another account's cookie proves nothing."""
    value = signed.read(_DEVICE_PURPOSE, cookie, now=now) if cookie else None
    if not isinstance(value, list) or len(value) != 2 or value[0] != account:
        return None
    return _device(signed, account, str(value[1]), now)


def account_key(secret_key: str, email: str) -> str:
    """A name for the account an e-mail address means, which does not give the typed text away.

    People type passwords into the wrong field; the table of attempts must not keep them (guarantee 20).
    """
    return hmac.new(secret_key.encode(), normalize_email(email).encode(), sha256).hexdigest()


def normalize_email(typed: str) -> str:
    """What was typed as the spelling by which accounts are looked up; any text will do."""
    return typed.encode(errors="ignore").decode().replace("\0", "").strip().lower()[:MAX_EMAIL_LENGTH]


def _device(signed: SignedTexts, account: str, token: str, now: datetime) -> Device:
    cookie = signed.sign(_DEVICE_PURPOSE, [account, token], expires_at=now + DEVICE_LIFETIME)
    return Device(hash_token(token), cookie)
