#!/usr/bin/python3
"""What people do (doings.py), with each of three client libraries, in one process: ann has the library, ben has Twisted's where he is there from
the beginning (a program for each of them would take its time)."""

import doings
import twisted_world
from harness import WithDeployment, main
from people import NodePerson, StrophePerson, TwistedPerson


class People(doings.Doings, WithDeployment):
    threads = 2
    options = {"users": doings.PASSWORDS}
    library = None
    __test__ = False

    def make(self, user, resource, place):
        library = TwistedPerson if resource == "b" else self.library
        return library(self.address, user, resource, doings.PASSWORDS[user])


class Twisted(People):
    library = TwistedPerson


class Strophe(People):
    library = StrophePerson


class XmppJs(People):
    library = NodePerson


if __name__ == "__main__":
    twisted_world.start()
    main()
