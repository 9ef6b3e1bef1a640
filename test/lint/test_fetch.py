#!/usr/bin/python3
"""What scripts/fetch-wolfssl takes for wolfSSL's source, and what it does not, and where scripts/fetch-clients looks for clients: with an apt-get, a
dpkg-source and a dpkg-deb of ours."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from small_runner import main

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("src", "wolfssl", "wolfcrypt/src")
OLDEST = (ROOT / "subprojects/wolfssl/oldest-version").read_text().strip()

APT_GET = """#!/bin/sh
case "$*" in
  *" update") [ -z "$FAKE_LISTS" ] || cat "$(dirname "$2")"/sources/* >"$FAKE_LISTS"; exit 0 ;;
  *" download "*) [ -z "$FAKE_FAILURE" ] || { echo "E: $FAKE_FAILURE"; exit 100; } ;;
esac
cp "$FAKE_PACKAGE"/* .
"""
APT_CONFIG = """#!/bin/sh
echo "sourcelist='$FAKE_ETC/sources.list'"
echo "sourceparts='$FAKE_ETC/sources.list.d'"
"""
DPKG_DEB = """#!/bin/sh
mkdir -p "$3/usr/bin" "$3/usr/share/doc"
touch "$3/usr/bin/go-sendxmpp"
chmod +x "$3/usr/bin/go-sendxmpp"
"""
# The last argument is the folder that it unpacks into.
DPKG_SOURCE = """#!/bin/sh
for into; do :; done
mkdir -p "$into/src" "$into/wolfssl" "$into/wolfcrypt/src"
touch "$into/COPYING" "$into/LICENSING" "$into/src/ssl.c"
"""


class Fetch(unittest.TestCase):
    """A tree of its own with one of the scripts."""

    tools = {"apt-get": APT_GET}

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = pathlib.Path(scratch.name)
        for folder in ("scripts", "bin", "package"):
            (self.top / folder).mkdir(parents=True)
        for name in (self.script, "apt-apart.bash"):
            shutil.copy(ROOT / "scripts" / name, self.top / "scripts")
        for name, text in self.tools.items():
            (self.top / "bin" / name).write_text(text)
            (self.top / "bin" / name).chmod(0o755)

    def fetch(self, **more):
        environment = dict(os.environ, PATH=f"{self.top / 'bin'}:{os.environ['PATH']}", FAKE_PACKAGE=str(self.top / "package"), **more)
        done = subprocess.run([self.top / "scripts" / self.script], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout + done.stderr


@unittest.skipUnless(shutil.which("apt-config") and shutil.which("dpkg"), "there is no apt")
class FetchWolfssl(Fetch):
    script = "fetch-wolfssl"
    tools = {"apt-get": APT_GET, "dpkg-source": DPKG_SOURCE}

    def setUp(self):
        super().setUp()
        self.library = self.top / "subprojects/wolfssl"
        self.library.mkdir(parents=True)
        (self.library / "oldest-version").write_text(OLDEST + "\n")

    def package(self, version, digest=None):
        """What apt-get brings: a description, and the one part that it names."""
        part = b"sources"
        (self.top / "package/wolfssl.tar.gz").write_bytes(part)
        digest = digest or hashlib.sha256(part).hexdigest()
        (self.top / "package/wolfssl.dsc").write_text(
            f"Source: wolfssl\nVersion: {version}\nChecksums-Sha256:\n {digest} {len(part)} wolfssl.tar.gz\nFiles:\n x\n")

    def refused(self, why):
        said = self.fetch()
        self.assertEqual(said.count("\n"), 1, said)
        self.assertIn("setup: no source of wolfSSL", said)
        self.assertIn(why, said)
        self.assertFalse((self.library / "source").exists())

    def test_security_55_an_older_version_is_not_built(self):
        self.package("5.5.4-2+deb12u1")
        self.refused(f"lacks security fixes, {OLDEST} has them")

    def test_other_digests_than_the_description_has(self):
        self.package(OLDEST, "0" * 64)
        self.refused("digests")

    def test_a_description_without_digests(self):
        self.package(OLDEST, "none")
        self.refused("digests")

    def test_an_older_version_that_is_there_already_goes(self):
        (self.library / "source").mkdir()
        (self.library / "source/.version").write_text("5.5.4-2\n")
        self.package("5.5.4-2")
        self.refused("lacks security fixes")

    def test_what_is_right_is_taken_and_fetched_once(self):
        self.package(OLDEST)
        self.assertIn(OLDEST, self.fetch())
        self.assertEqual((self.library / "source/.version").read_text().strip(), OLDEST)
        for part in PARTS:
            self.assertTrue((self.library / "source" / part).is_dir(), part)
        self.package("1.0")
        self.assertEqual(self.fetch(), "")


DPKG_QUERY = """#!/bin/sh
case "$*" in *libwolfssl-dev*) version=$(cat "$FAKE_STATE/version") ;; *) version=1 ;; esac
[ "$version" ] || exit 1
case "$*" in *Version*) printf 'installed %s' "$version" ;; *) printf 'installed' ;; esac
"""
# It brings what its lists know, which may be old.
APT_GET_INSTALL = """#!/bin/sh
case "$*" in
  update*) cp "$FAKE_STATE/archive" "$FAKE_STATE/lists" ;;
  *) cp "$FAKE_STATE/lists" "$FAKE_STATE/version" ;;
esac
echo "$*" >>"$FAKE_STATE/asked"
"""
NOTHING = "#!/bin/sh\n"


@unittest.skipUnless(shutil.which("dpkg"), "there is no dpkg")
class OldLibrary(Fetch):
    """SECURITY 55: the system's library is not built with where it lacks Debian's fixes, which its own version does not tell."""

    script = "setup"
    tools = {"dpkg-query": DPKG_QUERY, "apt-get": APT_GET_INSTALL, "apt-cache": NOTHING, "id": "#!/bin/sh\necho 0\n"}

    def setUp(self):
        super().setUp()
        shutil.copy(ROOT / "scripts/check-wolfssl", self.top / "scripts")
        (self.top / "scripts/fetch-wolfssl").write_text(NOTHING)
        (self.top / "scripts/fetch-wolfssl").chmod(0o755)
        self.library = self.top / "subprojects/wolfssl"
        self.library.mkdir(parents=True)
        (self.library / "oldest-version").write_text(OLDEST + "\n")

    def start(self, installed, lists=None, archive=None, script="setup"):
        """Installed is one version; apt's lists know another one, and the archive a third. Code, what it says, and what is installed then."""
        for name, version in (("version", installed), ("lists", lists or installed), ("archive", archive or lists or installed)):
            (self.top / name).write_text(version)
        (self.top / "asked").write_text("")
        environment = dict(os.environ, PATH=f"{self.top / 'bin'}:{os.environ['PATH']}", FAKE_STATE=str(self.top))
        done = subprocess.run([self.top / "scripts" / script], env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr + done.stdout, (self.top / "version").read_text()

    def test_what_is_new_enough_needs_nothing(self):
        for version in (OLDEST, "5.5.4-2+deb12u10", "5.7.2-0.1"):
            self.assertEqual(self.start(version), (0, "", version))
            self.assertEqual(self.start(version, script="check-wolfssl"), (0, "", version))
        self.assertEqual((self.top / "asked").read_text(), "")

    def test_security_55_an_old_one_is_replaced(self):
        self.assertEqual(self.start("5.5.4-2", OLDEST)[::2], (0, OLDEST))
        self.assertEqual(self.start("5.5.4-2", "5.5.4-2", OLDEST)[::2], (0, OLDEST))  # apt's lists were too old

    def test_security_55_where_there_is_no_newer_one_it_ends_and_says_why(self):
        why = f"libwolfssl-dev 5.5.4-2+deb12u1 lacks security fixes, {OLDEST} has them"
        code, said, _ = self.start("5.5.4-2", "5.5.4-2+deb12u1")
        self.assertEqual(code, 1)
        self.assertRegex(said, f"(?m)^setup: {why.replace('+', '[+]')}")
        self.assertEqual(said.count("lacks security fixes"), 1)
        code, said, _ = self.start("5.5.4-2+deb12u1", script="check-wolfssl")
        self.assertEqual((code, said.count("\n")), (1, 1))
        self.assertTrue(said.startswith(why), said)
        # Our own build of the source does not need it.
        (self.library / "source").mkdir()
        (self.library / "source/.version").write_text(OLDEST)
        self.assertEqual(self.start("5.5.4-2", "5.5.4-2")[0], 0)

    def test_where_there_is_no_package_there_is_nothing_to_say(self):
        self.assertEqual(self.start("", script="check-wolfssl")[:2], (0, ""))

    def test_the_build_asks(self):
        """meson ends where the system's library is meant and has to be refused."""
        (self.top / "version").write_text("5.5.4-2")
        environment = dict(os.environ, PATH=f"{self.top / 'bin'}:{os.environ['PATH']}", FAKE_STATE=str(self.top))
        done = subprocess.run(["meson", "setup", self.top / "build", ROOT, "-Dwolfssl=system", "-Dtests=false"], env=environment, capture_output=True,
                              text=True, timeout=120)  # fmt: skip
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ERROR: Problem encountered: libwolfssl-dev 5.5.4-2 lacks security fixes", done.stdout)


class FetchClients(Fetch):
    script = "fetch-clients"
    tools = {"apt-get": APT_GET, "apt-config": APT_CONFIG, "dpkg-deb": DPKG_DEB}

    def setUp(self):
        super().setUp()
        self.etc = self.top / "etc"
        (self.etc / "sources.list.d").mkdir(parents=True)
        self.folder = self.top / "test/integration"
        self.folder.mkdir(parents=True)
        (self.top / "package/one.deb").touch()
        lines = pathlib.Path("/etc/os-release").read_text().splitlines()
        release = dict(line.split("=", 1) for line in lines if "=" in line)
        self.suite = release.get("VERSION_CODENAME", "").strip('"')
        if not self.suite:
            self.skipTest("this system has no code name")

    def lists(self):
        """The sources that apt is asked to use."""
        self.fetch(FAKE_LISTS=str(self.top / "lists"), FAKE_ETC=str(self.etc))
        return (self.top / "lists").read_text().split("\n")

    def test_they_come_from_the_same_places(self):
        (self.etc / "sources.list").write_text(
            f"# deb http://a.example {self.suite} main\ndeb [arch=amd64] http://a.example {self.suite} main\n"
            f"deb http://a.example {self.suite}-updates main\ndeb-src http://a.example {self.suite} main\n")
        (self.etc / "sources.list.d/b.sources").write_text(
            f"Types: deb\nURIs: http://b.example\nSuites: {self.suite} {self.suite}-updates\nComponents: main\n\n"
            f"Types: deb\nURIs: http://c.example\nSuites: {self.suite}-security\nComponents: main\n")
        self.assertEqual([line for line in self.lists() if line], [
            f"deb [arch=amd64] http://a.example {self.suite}-backports main",
            "Types: deb", "URIs: http://b.example", f"Suites: {self.suite}-backports", "Components: main"])  # fmt: skip

    def test_they_are_unpacked_and_fetched_once(self):
        self.assertIn("newer clients are in", self.fetch(FAKE_ETC=str(self.etc)))
        self.assertTrue((self.folder / "newer/usr/bin/go-sendxmpp").exists())
        self.assertFalse((self.folder / "newer/usr/share").exists())
        self.assertEqual(self.fetch(FAKE_ETC=str(self.etc)), "")

    def test_where_they_cannot_be_had_one_line_says_why(self):
        said = self.fetch(FAKE_ETC=str(self.etc), FAKE_FAILURE="Unable to locate package go-sendxmpp")
        self.assertEqual(said.count("\n"), 1, said)
        self.assertIn("no newer clients (E: Unable to locate package go-sendxmpp)", said)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    main()
