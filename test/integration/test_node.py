#!/usr/bin/python3
"""@xmpp/client, in node/chat.mjs: each of its checks is one test here, in every role."""

import os
import pathlib
import re
import subprocess

from harness import DOMAIN, PASSWORDS, PATIENCE, WithDeployment, in_every_role, main

FOLDER = pathlib.Path(__file__).resolve().parent / "node"
CHECKS = re.findall(r'^  async "([^"]+)"\(\)', (FOLDER / "chat.mjs").read_text(encoding="utf-8"), re.MULTILINE)


class XmppClient(WithDeployment):
    """The clients talk once for the whole class, the tests read what came of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        environment = {**os.environ, "FIRST_PASSWORD": PASSWORDS["alice"], "SECOND_PASSWORD": PASSWORDS["bob"],
                       "NODE_TLS_REJECT_UNAUTHORIZED": "0"}  # the server has signed its certificate itself
        run = subprocess.run(
            ["node", "chat.mjs", str(cls.address[1]), DOMAIN, "alice", "bob"],
            cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=PATIENCE * 10, check=False,
        )  # fmt: skip
        cls.said = run.stdout + run.stderr


def check_of(name):
    def test(self):
        if f"ok: {name}\n" not in self.said:
            self.fail(self.said)

    return test


for number, check in enumerate(CHECKS, 1):
    setattr(XmppClient, f"test_{number}_{check.replace(' ', '_').replace(',', '')}", check_of(check))
in_every_role(XmppClient)


if __name__ == "__main__":
    assert len(CHECKS) == 9, "the checks of chat.mjs were not found"
    main()
