"""Accounts made, changed and removed byte by byte, for the tests of what lasts."""

import xml.etree.ElementTree as ET

from harness import DOMAIN
from wire import AUTH, REGISTER, SASL, Stream, stanza_error


def register_iq(user, password, identifier="reg"):
    return (
        f"<iq type='set' id='{identifier}'><query xmlns='{REGISTER}'><username>{user}</username>"
        f"<password>{password}</password></query></iq>"
    )


def register(address, user, password):
    """The condition of the refusal, or None."""
    with Stream(address) as stream:
        stream.open()
        return stanza_error(stream.ask(register_iq(user, password)))


def change_password(stream, user, password):
    """Of somebody who has logged in."""
    return stanza_error(stream.ask(register_iq(user, password, "change").replace("id=", f"to='{DOMAIN}' id=", 1)))


def remove(stream):
    return stanza_error(stream.ask(f"<iq type='set' to='{DOMAIN}' id='remove'><query xmlns='{REGISTER}'><remove/></query></iq>"))


def by_plain(address, user, password):
    """"success", or the condition of the failure."""
    with Stream(address) as stream:
        stream.open("1.0")
        stream.receive()
        answer = stream.sasl_plain(user, password)
        return answer[0].tag.split("}")[1] if answer.tag == f"{{{SASL}}}failure" else answer.tag.split("}")[1]


def by_iq_auth(address, user, password, how="password"):
    """The condition of the refusal, or None."""
    with Stream(address) as stream:
        stream.open()
        return stanza_error(stream.ask(stream.auth_iq(user, "old", password, how)))


def offered_fields(address, user):
    with Stream(address) as stream:
        stream.open()
        name = f"<username>{user}</username>" if user else ""
        answer = stream.ask(f"<iq type='get' id='fields'><query xmlns='{AUTH}'>{name}</query></iq>")
        assert answer.get("type") == "result", ET.tostring(answer)
        return sorted(field.tag.split("}")[1] for field in answer[0])
