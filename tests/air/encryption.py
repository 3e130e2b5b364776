# SPDX-License-Identifier: MIT
"""
What may be sent while encryption starts, lasts, pauses and starts again (Core v5.4, Vol 6, Part B,
5.1.3). Looks at new PDUs alone: a repeated one is what it was. Empty PDUs always may be sent, and
are never encrypted.
"""

from air.capture import CENTRAL, PERIPHERAL

LL_TERMINATE_IND = 0x02
LL_ENC_REQ, LL_ENC_RSP, LL_START_ENC_REQ, LL_START_ENC_RSP = 0x03, 0x04, 0x05, 0x06
LL_PAUSE_ENC_REQ, LL_PAUSE_ENC_RSP = 0x0A, 0x0B
LL_REJECT_IND, LL_REJECT_EXT_IND = 0x0D, 0x11

NAMES = {LL_ENC_REQ: "LL_ENC_REQ", LL_ENC_RSP: "LL_ENC_RSP", LL_START_ENC_REQ: "LL_START_ENC_REQ",
         LL_START_ENC_RSP: "LL_START_ENC_RSP", LL_PAUSE_ENC_REQ: "LL_PAUSE_ENC_REQ",
         LL_PAUSE_ENC_RSP: "LL_PAUSE_ENC_RSP"}
SIDES = {CENTRAL: "central", PERIPHERAL: "peripheral"}
REJECTS = (LL_REJECT_IND, LL_REJECT_EXT_IND)
START, PAUSE = "5.1.3.1", "5.1.3.2"
# Opcode and CtrData; of another length it is none of them.
LENGTHS = {LL_ENC_REQ: 23, LL_ENC_RSP: 13, LL_START_ENC_REQ: 1, LL_START_ENC_RSP: 1,
           LL_PAUSE_ENC_REQ: 1, LL_PAUSE_ENC_RSP: 1, LL_TERMINATE_IND: 2, LL_REJECT_IND: 2,
           LL_REJECT_EXT_IND: 3}

# The step that each PDU begins: who sends it, encrypted or not, after which steps.
STEPS = {
    "asked": (LL_ENC_REQ, CENTRAL, False, ("clear", "paused")),
    "answered": (LL_ENC_RSP, PERIPHERAL, False, ("asked",)),
    "starting": (LL_START_ENC_REQ, PERIPHERAL, False, ("answered",)),
    "half started": (LL_START_ENC_RSP, CENTRAL, True, ("starting",)),
    "encrypted": (LL_START_ENC_RSP, PERIPHERAL, True, ("half started",)),
    "pausing": (LL_PAUSE_ENC_REQ, CENTRAL, True, ("encrypted",)),
    "half paused": (LL_PAUSE_ENC_RSP, PERIPHERAL, True, ("pausing",)),
    "paused": (LL_PAUSE_ENC_RSP, CENTRAL, False, ("half paused",)),
}

# Who encrypts in a step, and who must not send but what leads to the next one.
ENCRYPTS = {
    "half started": (CENTRAL,),
    "encrypted": (CENTRAL, PERIPHERAL),
    "pausing": (CENTRAL, PERIPHERAL),
    "half paused": (CENTRAL, PERIPHERAL),
}
QUIET = {
    "asked": (CENTRAL,),
    "answered": (CENTRAL, PERIPHERAL),
    "starting": (CENTRAL, PERIPHERAL),
    "half started": (CENTRAL, PERIPHERAL),
    "pausing": (CENTRAL,),
    "half paused": (CENTRAL, PERIPHERAL),
    "paused": (CENTRAL, PERIPHERAL),
}


class Encryption:
    def __init__(self, report):
        self.report = report
        self.step = "clear"
        self.again = False  # a key is being refreshed: the peripheral stays quiet before LL_ENC_RSP

    def new(self, packet, sender):
        """A new PDU that is not empty. False: it is not what the peer will understand."""
        opcode = packet.content[2] if packet.content[0] & 3 == 3 else None
        if LENGTHS.get(opcode) != len(packet.content) - 2:
            opcode = None
        step = self.step_of(packet, sender, opcode)
        if step:
            self.begin(packet, step)
            return packet.mic_valid or not packet.encrypted
        encrypts = sender in ENCRYPTS.get(self.step, ())
        quiet = sender in QUIET.get(self.step, ()) or (self.step == "asked" and self.again)
        if encrypts and not packet.encrypted:
            self.report(packet, f"the {SIDES[sender]} sends in clear, or what nobody can decrypt, "
                        "though encryption has begun", START)
        elif packet.encrypted and not encrypts:
            self.report(packet, f"the {SIDES[sender]} encrypts, though encryption has not begun",
                        START)
        elif opcode in NAMES:
            how = "encrypted" if packet.encrypted else "in clear"
            self.report(packet, f"{NAMES[opcode]} of the {SIDES[sender]}, {how}, when the "
                        f"connection is {self.step}", PAUSE if "PAUSE" in NAMES[opcode] else START)
        elif opcode in REJECTS and self.step in ("asked", "answered") and sender == PERIPHERAL:
            self.step = "clear"
        elif quiet and opcode != LL_TERMINATE_IND:
            self.report(packet, f"the {SIDES[sender]} sends data, or another procedure's PDU, when "
                        f"the connection is {self.step}", START)
        return encrypts == packet.encrypted and (packet.mic_valid or not packet.encrypted)

    def step_of(self, packet, sender, opcode):
        """The step that the PDU begins, if it is the next one."""
        for name, (code, by, encrypted, after) in STEPS.items():
            if (opcode, sender, packet.encrypted) == (code, by, encrypted) and self.step in after:
                return name
        return None

    def begin(self, packet, step):
        if packet.encrypted and not packet.mic_valid:
            return  # the peer cannot take it for what it says
        self.again = "paused" in (step, self.step)
        self.step = step
