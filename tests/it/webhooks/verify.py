"""Verifies what a receiver was sent with the library that Standard Webhooks itself gives to receivers: a message a line, a verdict a line."""

import base64
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    message = json.loads(line)
    try:
        told = Webhook(message["secret"]).verify(base64.b64decode(message["body"]), message["headers"])
        print("good", told["type"])
    except WebhookVerificationError as why:
        print("bad", why)
