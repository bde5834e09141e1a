"""Photos of an order: how many, how large, how long one may wait for its order, and what the ledger keeps of one."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta

from dispatch.domain.vocabulary import Word

MOST = 4
"""How many photos come with a request, and how many with a result."""

MOST_BYTES = 2 * 1024 * 1024
"""The largest picture taken in, in bytes; a phone makes its own smaller before it sends it."""

MOST_PIXELS = 16_000_000
"""The largest picture that is decoded, in pixels: what a phone takes, and 64 MB of memory (ours)."""

LOOSE_KEPT = timedelta(days=1)
"""How long a photo waits for the order it belongs to (ours)."""

ID = r"^[0-9A-Za-z_\-]{22}$"
"""What the id of a photo looks like."""

_ID_BYTES = 16


class PhotoKind(Word):
    """What a photo came with."""

    FILING = "filing", "点单照片", "with the request"
    RESULT = "result", "办结照片", "with the result"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of an order, without its picture."""

    id: str
    kind: PhotoKind


def photo_id(random: bytes) -> str:
    """Return the id that 16 random bytes make: 22 characters that nobody guesses, fit for an address."""
    return urlsafe_b64encode(random[:_ID_BYTES]).rstrip(b"=").decode()


def repeated_id(secret: bytes, scope: str, key: str, picture: bytes) -> str:
    """Return the id of a picture sent under an Idempotency-Key: the same picture under the same key has the same.

    Whoever sends a draft again after a lost answer so sends the same photos, and the request is the same request.
    """
    told = f"photo:{scope}:{key}:".encode() + hashlib.sha256(picture).digest()
    return photo_id(hmac.new(secret, told, hashlib.sha256).digest())


def photo_digest(salt: bytes, jpeg: bytes) -> str:
    """Return the salted SHA-256, in hex, that stands in the ledger for a photo; it says nothing once both are gone."""
    return hashlib.sha256(salt + jpeg).hexdigest()
