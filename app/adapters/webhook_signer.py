"""Signatures by the Standard Webhooks: receivers verify them with a library of their language."""

import base64
import binascii
from datetime import datetime

from standardwebhooks import Webhook

from app.domain.errors import ConfigError

PREFIX = "whsec_"
SIZES = range(24, 65)  # bytes of a key, by the standard


class StandardWebhookSigner:
    """Implements `ports.WebhookSigner`."""

    def __init__(self, secret: str) -> None:
        """Raises ConfigError, without repeating it, when this is no secret."""
        self._webhook = Webhook(_key(secret))

    def headers(self, delivery_id: str, at: datetime, body: str) -> dict[str, str]:
        return {
            "webhook-id": delivery_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._webhook.sign(delivery_id, at, body),
        }


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or len(key) not in SIZES:
        raise ConfigError(
            f"webhooks.secret: not {PREFIX} and 24 to 64 bytes as base64",
            hint=f'make one: echo "{PREFIX}$(openssl rand -base64 32)"',
        )
    return key
