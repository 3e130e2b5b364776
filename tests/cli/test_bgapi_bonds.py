# SPDX-License-Identifier: MIT
"""blueroom serve --bgapi: pairing with and without a passkey, and the bonds in its flash.

usage: test_bgapi_bonds.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import pathlib
import struct
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import bgapi_client as bgapi  # noqa: E402
from bgapi_case import LOCK, SECRET, SENSOR, BgapiCase  # noqa: E402

KEYBOARD = 2
ROOM_OF_TYPISTS = """
local typist = device { name = "typist", address = "C0:00:00:00:18:0D",
  security = { io = "keyboard_only", mitm = true, secure_connections = false } }
scenario("somebody reads the passkey off the dongle, and is late", function()
  typist:agent { enter = function() return 123456 end }
  typist:advertise { name = "Typist", interval = ms(50) }
  typist:wait_connected():wait_disconnected()
end)
"""


class Bonds(BgapiCase):
    def bond(self, dongle, conn=0, permanent=True):
        """What ends it: a connection_status or a bonding_fail."""
        if permanent:
            self.assertEqual(dongle.command(bgapi.SET_BONDABLE, "B", 1), b"")
        self.assertEqual(dongle.result(bgapi.ENCRYPT_START, "BB", conn, 1), 0)
        return dongle.wait(bgapi.STATUS, bgapi.BONDING_FAIL)[0]

    def encrypted(self, packet, conn=0):
        self.assertEqual(packet[:3], bgapi.STATUS)
        self.assertEqual(packet[3][:2], bytes([conn, bgapi.CONNECTED | bgapi.ENCRYPTED]))
        return packet[3][-1]  # the bond

    def kept(self, dongle, conn=0):
        """The number under which the bond is kept, at the peer as well: it has the last keys when
        it has answered what was sent behind them."""
        status = dongle.event(bgapi.STATUS)
        self.assertEqual(status[:2], bytes([conn, bgapi.CONNECTED | bgapi.ENCRYPTED]))
        self.assertIsInstance(dongle.read_value(conn, 1), bytes)
        return status[-1]

    def clear(self, dongle):
        for number, *_ in reversed(dongle.bonds()):
            self.assertEqual(dongle.result(bgapi.DELETE_BONDING, "B", number), 0)

    def leave(self, dongle, conn=0):
        dongle.command(bgapi.DISCONNECT, "B", conn)
        dongle.event(bgapi.DISCONNECTED)

    def test_bond_with_the_sensor(self):
        _, dongle = self.started()
        dongle.connect(SENSOR)
        self.assertEqual(self.encrypted(self.bond(dongle)), 255)
        self.assertEqual(self.kept(dongle), 0)
        (number, size, mitm, keys), = dongle.bonds()
        self.assertEqual((number, size, mitm), (0, 16, 0))
        self.assertEqual(keys & 0x11, 0x11)  # LTK, EDIV and RAND
        self.leave(dongle)
        self.assertEqual(dongle.connect(SENSOR)[-1], 0)
        self.assertEqual(self.encrypted(self.bond(dongle)), 0)
        self.clear(dongle)
        self.assertEqual(dongle.bonds(), [])
        self.assertEqual(dongle.result(bgapi.DELETE_BONDING, "B", 0), 0x0180)

    def test_not_bondable_is_not_kept(self):
        _, dongle = self.started()
        dongle.connect(SENSOR)
        self.assertEqual(self.encrypted(self.bond(dongle, permanent=False)), 255)
        self.assertTrue(dongle.silent(0.5))
        self.assertEqual(dongle.bonds(), [])

    def unlock(self, dongle, passkey=1234):
        self.assertEqual(dongle.command(bgapi.SET_PARAMETERS, "BBB", 1, 7, KEYBOARD), b"")
        self.assertEqual(dongle.command(bgapi.SET_BONDABLE, "B", 1), b"")
        self.assertEqual(dongle.result(bgapi.ENCRYPT_START, "BB", 0, 1), 0)
        self.assertEqual(dongle.event(bgapi.PASSKEY_REQUEST), b"\0")
        self.assertEqual(dongle.result(bgapi.PASSKEY_ENTRY, "BI", 0, 1000000), 0x0180)
        self.assertEqual(dongle.result(bgapi.PASSKEY_ENTRY, "BI", 0, passkey), 0)
        return dongle.wait(bgapi.STATUS, bgapi.BONDING_FAIL)[0]

    def test_the_lock_s_passkey(self):
        _, dongle = self.started()
        dongle.connect(LOCK)
        secret = dongle.attributes(0)[SECRET]
        self.assertEqual(dongle.read_value(0, secret), 0x0405)
        self.assertEqual(dongle.write_value(0, secret, b"open"), 0x0405)
        self.encrypted(self.unlock(dongle))
        self.assertEqual(self.kept(dongle), 0)
        self.assertEqual(dongle.read_value(0, secret), b"locked")
        self.assertEqual(dongle.write_value(0, secret, b"open"), 0)
        (_, size, mitm, _), = dongle.bonds()
        self.assertEqual((size, mitm), (16, 1))
        self.assertEqual(dongle.result(bgapi.PASSKEY_ENTRY, "BI", 0, 1), 0x0181)

    def test_a_wrong_passkey(self):
        _, dongle = self.started()
        dongle.connect(LOCK)
        packet = self.unlock(dongle, 4321)
        self.assertEqual(packet, (*bgapi.BONDING_FAIL, bytes.fromhex("000403")))
        self.assertEqual(dongle.bonds(), [])

    def test_no_keyboard(self):
        """What the lock guards stays shut, whatever came of the pairing."""
        _, dongle = self.started()
        dongle.connect(LOCK)
        secret = dongle.attributes(0)[SECRET]
        self.bond(dongle)
        self.assertIn(dongle.read_value(0, secret), (0x0405, 0x040F))

    def test_the_dongle_shows_a_passkey(self):
        _, dongle = self.started(room=ROOM_OF_TYPISTS)
        dongle.connect(SENSOR)
        self.assertEqual(dongle.command(bgapi.SET_PARAMETERS, "BBB", 1, 7, 0), b"")
        self.assertEqual(dongle.result(bgapi.ENCRYPT_START, "BB", 0, 1), 0)
        conn, passkey = struct.unpack("<BI", dongle.event(bgapi.PASSKEY_DISPLAY))
        self.assertEqual(conn, 0)
        self.assertTrue(0 <= passkey <= 999999 and passkey != 123456)
        self.assertEqual(dongle.event(bgapi.BONDING_FAIL).hex(), "000403")

    def test_flash(self):
        """Bonds outlive the server, and a reset; a peer that has lost its own says so."""
        properties = f",bonds={self.top / 'flash'},address=00:07:80:00:00:01"
        server, dongle = self.started(properties=properties)
        for conn, address in enumerate((LOCK, SENSOR)):
            dongle.connect(address, conn=conn)
            self.bond(dongle, conn)
            self.assertEqual(self.kept(dongle, conn), conn)
        before = dongle.bonds()
        self.assertEqual([bond[0] for bond in before], [0, 1])
        dongle.send(bgapi.RESET, "B", 0)
        self.assertEqual(dongle.bonds(), before)
        dongle.connect(SENSOR)
        self.encrypted(self.bond(dongle))
        dongle.close()
        self.ends_well(server)
        self.assertTrue((self.top / "flash").exists())
        server, dongle = self.started(properties=properties)
        self.assertEqual(dongle.bonds(), before)
        self.assertEqual(dongle.connect(SENSOR)[-1], 1)
        packet = self.bond(dongle)
        self.assertEqual(packet, (*bgapi.BONDING_FAIL, bytes.fromhex("000602")))
        self.assertEqual(dongle.result(bgapi.DELETE_BONDING, "B", 1), 0)
        dongle.close()
        self.ends_well(server)
        server, dongle = self.started(properties=properties)
        self.assertEqual(dongle.bonds(), before[:1])
        self.clear(dongle)
        self.ends_well(server)

    def test_bonds_that_make_no_sense(self):
        (self.top / "flash").write_text("nonsense\n", encoding="utf-8")
        server, dongle = self.started(properties=f",bonds={self.top / 'flash'}")
        self.assertEqual(dongle.bonds(), [])
        status, said = server.stop()
        self.assertEqual(status, 0)
        self.assertIn("kept as", said)


if __name__ == "__main__":
    unittest.main()
