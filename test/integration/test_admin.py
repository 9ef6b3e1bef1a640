#!/usr/bin/python3
"""What only some may do: commands of admins (XEP-0050, XEP-0133) with slixmpp, in memory and with --data, on one thread and on two, and behind
another Couplet; accounts for whoever comes (--accept-any-user)."""

import asyncio
import os
import shutil
import sqlite3
import ssl
import tempfile
import threading
import unittest

import slixmpp
from accounts_wire import by_iq_auth, by_plain, offered_fields, register
from harness import DOMAIN, LINK_SECRET, LOOPBACK, PATIENCE, SM_ID, Server, main, run, secret_file
from slixmpp.exceptions import IqError
from wire import Stream

loop = asyncio.new_event_loop()


def on_loop(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE * 3)


async def log_in(address, user, password, tls=False):
    """Lets slixmpp choose among what is offered. The client, or the condition of the failure."""
    client = slixmpp.ClientXMPP(f"{user}@{DOMAIN}/slix", password, plugin_config={"feature_mechanisms": {"unencrypted_plain": True}})
    done = loop.create_future()
    client.add_event_handler("session_start", lambda _: done.done() or done.set_result(client))
    client.add_event_handler("failed_auth", lambda s: done.done() or done.set_result(s["condition"]))
    client.ssl_context.check_hostname = False
    client.ssl_context.verify_mode = ssl.CERT_NONE
    client.connect(address, use_ssl=False, force_starttls=tls, disable_starttls=not tls)
    return await asyncio.wait_for(done, PATIENCE)


async def leave(client):
    await asyncio.wait_for(client.disconnect(wait=2), PATIENCE)


ADMIN = "http://jabber.org/protocol/admin"
DATA = "jabber:x:data"
SECRET = "never-in-a-log-7c41"


class Boss(slixmpp.ClientXMPP):
    """An admin, or somebody who would be one."""

    def __init__(self, user, password):
        super().__init__(f"{user}@{DOMAIN}/desk", password, plugin_config={"feature_mechanisms": {"unencrypted_plain": True}})
        for plugin in ("xep_0004", "xep_0030", "xep_0050", "xep_0133"):
            self.register_plugin(plugin)

    async def log_in(self, address):
        started = loop.create_future()
        self.add_event_handler("session_start", lambda _: started.done() or started.set_result(True))
        self.connect(address, use_ssl=False, force_starttls=False, disable_starttls=True)
        await asyncio.wait_for(started, PATIENCE)
        return self

    def filled(self, values, form_type=ADMIN):
        form = self["xep_0004"].make_form(ftype="submit")
        form.add_field(var="FORM_TYPE", ftype="hidden", value=form_type)
        for var, value in values.items():
            form.add_field(var=var, ftype="jid-multi" if isinstance(value, list) else "text-single", value=value)
        return form

    async def run(self, name, form_type=ADMIN, **values):
        """Asks for the form, fills it in: what the command answers at the end."""
        node = name if ":" in name else f"{ADMIN}#{name}"
        first = await self["xep_0050"].send_command(DOMAIN, node, timeout=PATIENCE)
        if first["command"]["status"] == "completed":
            return first
        assert first["command"]["status"] == "executing", first
        return await self["xep_0050"].send_command(DOMAIN, node, action="complete", payload=self.filled(values, form_type),
                                                   sessionid=first["command"]["sessionid"], timeout=PATIENCE)  # fmt: skip

    async def values(self, name, field, **values):
        answer = await self.run(name, **values)
        found = [f for f in answer.xml.iter(f"{{{DATA}}}field") if f.get("var") == field]
        return [v.text for f in found for v in f.iter(f"{{{DATA}}}value")]

    async def refused(self, name, **values):
        """The condition, and the text."""
        try:
            await self.run(name, **values)
        except IqError as e:
            return e.iq["error"]["condition"], e.iq["error"]["text"]
        return None, None

    async def by_plugin(self, name, values):
        """The way of slixmpp's own workflow."""
        done = loop.create_future()

        def complete(iq, session):
            session["payload"] = self.filled(values)
            session["next"] = lambda last, _: done.set_result(last)
            session["error"] = lambda last, _: done.set_result(last)
            self["xep_0050"].complete_command(session)

        getattr(self["xep_0133"], name)(jid=DOMAIN, session={"next": complete, "error": lambda iq, _: done.set_result(iq)})
        return await asyncio.wait_for(done, PATIENCE)


async def new_boss(user, password, address):
    return await Boss(user, password).log_in(address)


class Administration(unittest.TestCase):
    threads = 1
    lasting = False
    behind = False

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-admin-")
        self.data = os.path.join(self.folder, "data")
        self.logs = ""
        self.servers = []
        self.start()

    def tearDown(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        for secret in (SECRET, "of-boss", "of-alice"):
            self.assertNotIn(secret, self.logs)

    def start(self):
        users = secret_file(self.folder, "users", f"boss@{DOMAIN}:of-boss\nalice@{DOMAIN}:of-alice\n")
        manager = ["--users", users, "--admin", f"boss@{DOMAIN}", "--register", "--threads", self.threads, "--log-level", "debug",
                   "--log-stanzas", "components"]  # fmt: skip
        if self.lasting:
            manager += ["--data", self.data]
        if not self.behind:
            self.servers = [Server(*manager, *LOOPBACK)]
        else:
            link = secret_file(self.folder, "link", LINK_SECRET)
            back = Server(*manager, "--no-clients", "--c2s", f"{SM_ID}:@{link}", "--listen-components", "127.0.0.1:0")
            host, port = back.address("component")
            self.servers = [back, Server(*LOOPBACK, "--sm", f"{host}:{port}", "--sm-id", SM_ID, "--sm-secret", f"@{link}")]
        self.address = self.servers[-1].address()

    def stop(self):
        wrong = []
        for server in reversed(self.servers):
            server.signal()
            server.wait()
            self.logs += server.log()
            wrong += server.stop()
        self.servers = []
        self.assertEqual(wrong, [])

    def boss(self, user="boss"):
        client = on_loop(new_boss(user, f"of-{user}", self.address))
        self.addCleanup(lambda: on_loop(leave(client)))
        return client

    def stream(self, user, password, resource="home"):
        return self.enterContext(Stream(self.address).login(user, resource, password, how="sasl"))

    def test_found_by_admins_only(self):
        boss, alice = self.boss(), self.boss("alice")
        items = on_loop(boss["xep_0133"].get_commands(timeout=PATIENCE))
        nodes = {node for _, node, _ in items["disco_items"]["items"]}
        for name in ("add-user", "delete-user", "change-user-password", "end-user-session", "get-online-users-list"):
            self.assertIn(f"{ADMIN}#{name}", nodes)
        info = on_loop(boss["xep_0030"].get_info(DOMAIN, f"{ADMIN}#add-user", timeout=PATIENCE))
        self.assertIn(("automation", "command-node"), {i[:2] for i in info["disco_info"]["identities"]})
        info = on_loop(alice["xep_0030"].get_info(DOMAIN, timeout=PATIENCE))
        self.assertIn("http://jabber.org/protocol/commands", info["disco_info"]["features"])
        with self.assertRaises(IqError) as refused:
            on_loop(alice["xep_0133"].get_commands(timeout=PATIENCE))
        self.assertEqual(refused.exception.iq["error"]["condition"], "forbidden")
        self.assertEqual(on_loop(alice.refused("add-user"))[0], "forbidden")

    def test_accounts(self):
        boss = self.boss()
        for i in range(8):  # of both threads
            done = on_loop(boss.by_plugin("add_user", {"accountjid": f"user{i}@{DOMAIN}", "password": SECRET, "password-verify": SECRET}))
            self.assertEqual(done["command"]["status"], "completed", done)
            self.assertEqual(by_plain(self.address, f"user{i}", SECRET), "success")
        condition, text = on_loop(boss.refused("add-user", accountjid=f"user1@{DOMAIN}", password="other"))
        self.assertEqual(condition, "conflict")
        self.assertIn("user1", text)
        condition, text = on_loop(boss.refused("add-user", accountjid=f"x@{DOMAIN}", **{"password": SECRET, "password-verify": "y"}))
        self.assertEqual((condition, text), ("bad-request", "The two passwords differ."))
        self.assertEqual(on_loop(boss.values("get-registered-users-num", "registeredusersnum")), ["10"])
        on_loop(boss.run("change-user-password", accountjid=f"user2@{DOMAIN}", password=f"{SECRET}-2"))
        self.assertEqual(by_plain(self.address, "user2", SECRET), "not-authorized")
        self.assertEqual(by_plain(self.address, "user2", f"{SECRET}-2"), "success")
        user3 = self.stream("user3", SECRET)
        user3.ask("<iq type='set' id='card'><vCard xmlns='vcard-temp'><FN>Three</FN></vCard></iq>")
        on_loop(boss.run("delete-user", accountjids=[f"user3@{DOMAIN}", f"user4@{DOMAIN}"]))
        self.assertEqual(user3.wait_closed(), ("not-authorized", True))
        for user in ("user3", "user4"):
            self.assertEqual(by_plain(self.address, user, SECRET), "not-authorized")
        # What it kept is gone as well.
        on_loop(boss.run("add-user", accountjid=f"user3@{DOMAIN}", password=SECRET))
        card = self.stream("user3", SECRET).ask("<iq type='get' id='card'><vCard xmlns='vcard-temp'/></iq>")
        self.assertEqual(list(card.iter("{vcard-temp}FN")), [])
        condition, _ = on_loop(boss.refused("change-user-password", accountjid=f"alice@{DOMAIN}", password="x"))
        self.assertEqual(condition, "not-allowed" if self.lasting else None)
        self.assertIsNone(register(self.address, "dora", SECRET))
        self.assertEqual(register(self.address, "boss", SECRET), "conflict")
        if self.lasting:
            self.stop()
            self.start()
            self.assertEqual(by_plain(self.address, "user2", f"{SECRET}-2"), "success")
            self.assertEqual(by_plain(self.address, "user4", SECRET), "not-authorized")

    def test_sessions(self):
        boss = self.boss()
        users = [f"user{i}" for i in range(6)]
        for user in users:
            on_loop(boss.run("add-user", accountjid=f"{user}@{DOMAIN}", password=SECRET))
        streams = {user: self.stream(user, SECRET) for user in users}
        phone = self.stream("user0", SECRET, "phone")
        everybody = sorted([f"boss@{DOMAIN}"] + [f"{user}@{DOMAIN}" for user in users])
        self.assertEqual(on_loop(boss.values("get-online-users-list", "onlineuserjids", max_items="none")), everybody)
        self.assertEqual(on_loop(boss.values("get-online-users-num", "onlineusersnum")), ["7"])
        self.assertEqual(sorted(on_loop(boss.values("user-stats", "onlineresources", accountjid=f"user0@{DOMAIN}"))), ["home", "phone"])
        on_loop(boss.run("end-user-session", accountjids=[f"user0@{DOMAIN}/phone"]))
        self.assertEqual(phone.wait_closed(), ("policy-violation", True))
        on_loop(boss.run("end-user-session", accountjids=[f"{user}@{DOMAIN}" for user in users]))
        for stream in streams.values():
            self.assertEqual(stream.wait_closed(), ("policy-violation", True))
        self.assertEqual(on_loop(boss.values("get-online-users-list", "onlineuserjids")), [f"boss@{DOMAIN}"])
        self.assertEqual(on_loop(boss.refused("end-user-session", accountjids=[f"user0@{DOMAIN}"]))[0], "item-not-found")
        self.servers[-1].wait_log_like("ended_by_admin")

    def test_emptied(self):
        boss = self.boss()
        users = [f"user{i}" for i in range(4)]
        for user in users:
            on_loop(boss.run("add-user", accountjid=f"{user}@{DOMAIN}", password=SECRET))
        alice, user0 = self.stream("alice", "of-alice"), self.stream("user0", SECRET)
        for stream in (alice, user0):
            stream.ask(f"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='user1@{DOMAIN}'/></query></iq>")
            stream.ask("<iq type='set' id='c'><vCard xmlns='vcard-temp'><FN>N</FN></vCard></iq>")
            stream.ask(f"<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='user2@{DOMAIN}'/></block></iq>")
            stream.send(f"<message to='user1@{DOMAIN}' type='chat' id='m'><body>for later</body></message>")
        room = f"cave@conference.{DOMAIN}"
        alice.send(f"<presence to='{room}/alice'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        alice.receive_until(lambda e: e.tag.endswith("}presence") and e.get("from") == f"{room}/alice")
        alice.ask(f"<iq type='set' id='o' to='{room}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='{DATA}' "
                  "type='submit'><field var='muc#roomconfig_persistentroom'><value>1</value></field></x></query></iq>")  # fmt: skip

        node = "urn:couplet:admin#reset"
        if self.lasting:
            condition, text = on_loop(boss.refused(node, form_type="urn:couplet:admin", confirm="0"))
            self.assertEqual(condition, "bad-request")
            self.assertIn("Nothing was done", text)
            self.assertTrue(alice.is_open())
        done = on_loop(boss.run(node, form_type="urn:couplet:admin", confirm="1"))
        self.assertEqual(done["command"]["status"], "completed")
        for stream in (alice, user0):
            self.assertEqual(stream.wait_closed(), ("reset", True))
        self.servers[-1].wait_log_like("server_reset")
        # The admin is there still, and knows a server without anybody.
        self.assertEqual(on_loop(boss.values("get-registered-users-num", "registeredusersnum")), ["2"])
        self.assertEqual(on_loop(boss.values("get-online-users-list", "onlineuserjids")), [f"boss@{DOMAIN}"])
        for user in users:
            self.assertEqual(by_plain(self.address, user, SECRET), "not-authorized")
        for restarted in (False, True):
            alice = self.stream("alice", "of-alice")
            alice.send("<presence/>")
            for question, found in (("<query xmlns='jabber:iq:roster'/>", "{jabber:iq:roster}item"),
                                    ("<vCard xmlns='vcard-temp'/>", "{vcard-temp}FN"),
                                    ("<blocklist xmlns='urn:xmpp:blocking'/>", "{urn:xmpp:blocking}item")):  # fmt: skip
                answer = alice.ask(f"<iq type='get' id='q'>{question}</iq>")
                self.assertEqual((answer.get("type"), list(answer.iter(found))), ("result", []))
            info = alice.ask(f"<iq type='get' id='i' to='{room}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
            self.assertEqual(info.get("type"), "error")
            on_loop(boss.run("add-user", accountjid=f"user1@{DOMAIN}", password=SECRET)) if not restarted else None
            if self.lasting and not restarted:
                user1 = self.stream("user1", SECRET)
                user1.send("<presence/>")
                user1.receive_until(lambda e: e.tag.endswith("}presence"))
                user1.ask(f"<iq type='get' id='p' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>")
                with sqlite3.connect(os.path.join(self.data, "couplet.db")) as db:
                    for table, rows in (("accounts", 1), ("entries", 0), ("offline", 0), ("archive", 0), ("rooms", 0)):
                        self.assertEqual(db.execute(f"SELECT count(*) FROM {table}").fetchone(), (rows,), table)
                self.stop()
                self.start()
            else:
                break


class AdministrationOnTwoThreads(Administration):
    threads = 2


class AdministrationThatLasts(Administration):
    lasting = True


class AdministrationThatLastsOnTwoThreads(Administration):
    threads = 2
    lasting = True


class AdministrationBehindAnother(Administration):
    threads = 2
    behind = True


class AcceptAnyUser(unittest.TestCase):
    threads = 1

    def check(self, address):
        for tls in (False, True):
            name = "dora" if tls else "emil"
            client = on_loop(log_in(address, name, "the first", tls))
            self.assertNotIsInstance(client, str)
            on_loop(leave(client))
            self.assertEqual(on_loop(log_in(address, name, "another", tls)), "not-authorized")
        self.assertEqual(by_plain(address, "emil", "the first"), "success")
        self.assertEqual(by_plain(address, "emil", "another"), "not-authorized")
        self.assertIsNone(by_iq_auth(address, "fay", "of fay"))
        self.assertEqual(by_iq_auth(address, "fay", "another"), "not-authorized")
        self.assertEqual(by_plain(address, "fay", "of fay"), "success")

    def test_whoever_comes_has_an_account_and_keeps_its_password(self):
        server = Server("--accept-any-user", "--threads", self.threads, "--user", f"alice@{DOMAIN}:of-alice", *LOOPBACK)
        address = server.address()
        self.check(address)
        self.assertEqual(by_plain(address, "alice", "another"), "not-authorized")
        self.assertEqual(by_plain(address, "alice", "of-alice"), "success")
        self.assertEqual(offered_fields(address, "nobody"), ["password", "resource", "username"])
        with Stream(address) as stream:
            stream.open("1.0")
            offered = [m.text for m in stream.receive().iter("{urn:ietf:params:xml:ns:xmpp-sasl}mechanism")]
        self.assertEqual(offered, ["PLAIN"])
        server.wait_log("--accept-any-user")
        self.assertNotIn("the first", server.log())
        self.assertEqual(server.stop(), [])

    def test_who_comes_is_there_for_others(self):
        server = Server("--accept-any-user", "--threads", self.threads, *LOOPBACK)
        with Stream(server.address()) as gina, Stream(server.address()) as hugo:
            gina.login("gina", "home", "of gina", how="sasl")
            hugo.login("hugo", "home", "of hugo", how="sasl")
            hugo.send("<presence/>")
            hugo.ask(f"<iq type='get' id='there' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>")
            gina.send(f"<message to='hugo@{DOMAIN}' type='chat'><body>hello</body></message>")
            message = hugo.receive_until(lambda e: e.tag.endswith("}message"))
            self.assertEqual(message.find("{jabber:client}body").text, "hello")
        self.assertEqual(server.stop(), [])

    def test_behind_another_couplet(self):
        link = secret_file(os.environ.get("TMPDIR", "/tmp"), f"couplet-link-{os.getpid()}", LINK_SECRET)
        self.addCleanup(os.unlink, link)
        back = Server("--accept-any-user", "--threads", self.threads, "--no-clients", "--c2s", f"{SM_ID}:@{link}",
                      "--listen-components", "127.0.0.1:0")  # fmt: skip
        host, port = back.address("component")
        front = Server(*LOOPBACK, "--sm", f"{host}:{port}", "--sm-id", SM_ID, "--sm-secret", f"@{link}")
        self.check(front.address())
        self.assertEqual(front.stop() + back.stop(), [])

    def test_not_where_accounts_last(self):
        for more in (("--data", "/nonexistent"), ("--sm", "127.0.0.1:1", "--sm-id", "a", "--sm-secret", "b")):
            result = run("--accept-any-user", *more)
            self.assertEqual(result.returncode, 2)
            self.assertEqual(result.stderr.count("\n"), 1)
            self.assertIn("--accept-any-user", result.stderr)
            self.assertIn(more[0], result.stderr)


class AcceptAnyUserOnTwoThreads(AcceptAnyUser):
    threads = 2


if __name__ == "__main__":
    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.set_event_loop(loop)
    main()
