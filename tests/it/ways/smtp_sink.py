"""A mail server that keeps what it is given: smtp_sink.py PORT CERTIFICATE KEY FOLDER.

It takes mail only after STARTTLS and the right password. An address with "reject" in it is refused
for good, one with "defer" the first two times, and with "hang" nothing is answered those two times.
"""

import asyncio
import json
import pathlib
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

port, certificate, key, folder = sys.argv[1:]
deferred = {}
kept = 0


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if "reject" in address:
            return "550 5.1.1 no such user"
        if "defer" in address or "hang" in address:
            deferred[address] = deferred.get(address, 0) + 1
            if deferred[address] <= 2:
                if "hang" in address:
                    await asyncio.sleep(600)
                return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global kept
        kept += 1
        mail = {
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None,
            "text": envelope.content.decode("utf-8", "surrogateescape"),
        }
        path = pathlib.Path(folder, f"{kept}.json")
        path.with_suffix(".new").write_text(json.dumps(mail))
        path.with_suffix(".new").rename(path)
        return "250 2.0.0 queued"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"workmate", b"secret")
    return AuthResult(success=right, handled=right, auth_data=data)


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
Controller(
    Handler(),
    hostname="127.0.0.1",
    port=int(port),
    tls_context=context,
    authenticator=authenticate,
    auth_require_tls=True,
    auth_required=True,
).start()
signal.pause()
