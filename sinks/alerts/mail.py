"""A channel that sends mail."""

import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from http import HTTPStatus

from anpr.errors import SecretError
from anpr.sites.channels import Email
from sinks.alerts.channel import Fate, Outcome
from sinks.alerts.text import Text, Writer
from sinks.signing import Secrets

TIMEOUT_S = 3.0
"""For each answer of the mail server."""

_FINAL = HTTPStatus.INTERNAL_SERVER_ERROR
"""From here on an answer of a mail server means the same for every attempt (RFC 5321, 4.2.1)."""


class Mail:
    """A `Channel` over SMTP: each message has the key as its Message-ID, so that doubles fall out.

    What is said of one alert makes one thread.
    """

    def __init__(
        self, terms: Email, writer: Writer, secrets: Secrets, now: Callable[[], datetime]
    ) -> None:
        self._terms = terms
        self._writer = writer
        self._secrets = secrets
        self._now = now

    def send(self, body: bytes, key: str) -> Outcome:
        """Hand a message to the mail server."""
        message = self._message(self._writer.write(body), key)
        try:
            password = self._secrets(self._terms.password) if self._terms.password else None
            with self._connected() as server:
                if self._terms.user is not None:
                    server.login(self._terms.user, password or "")
                refused = server.send_message(message)
        except SecretError as error:
            return Outcome(Fate.RETRY, str(error))
        except smtplib.SMTPAuthenticationError as error:  # a password can be mended
            return Outcome(Fate.RETRY, f"SMTP {error.smtp_code}")
        except smtplib.SMTPRecipientsRefused as error:
            return _judge(max(code for code, _ in error.recipients.values()))
        except smtplib.SMTPResponseException as error:
            return _judge(error.smtp_code)
        except (smtplib.SMTPException, OSError) as error:  # its words may hold addresses
            return Outcome(Fate.RETRY, type(error).__name__)
        told = f"{len(refused)} of {len(self._terms.to)} addresses refused" if refused else "taken"
        return Outcome(Fate.SENT, told)

    def close(self) -> None:
        """Nothing stays open."""

    def _connected(self) -> smtplib.SMTP:
        host, port = self._terms.host, self._terms.port
        if self._terms.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
        if self._terms.security == "starttls":
            try:
                server.starttls(context=ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server

    def _message(self, text: Text, key: str) -> EmailMessage:
        domain = self._terms.sender.rpartition("@")[2]
        message = EmailMessage()
        message["From"] = self._terms.sender
        message["To"] = ", ".join(self._terms.to)
        message["Subject"] = text.title
        message["Date"] = format_datetime(self._now())
        message["Message-ID"] = f"<{key}@{domain}>"
        message["References"] = f"<{text.thread}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.body)
        return message


def _judge(code: int) -> Outcome:
    return Outcome(Fate.REFUSED if code >= _FINAL else Fate.RETRY, f"SMTP {code}")
