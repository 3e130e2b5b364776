-- SPDX-License-Identifier: MIT
-- One side of a pairing, made by hand over a raw link (Core v5.4, Vol 3, Part H): each PDU as a right
-- peer sends it, at the script's disposal to be sent, changed, repeated or kept.
--
--   local peer = smp.initiator(link, { method = "secure" })
--   peer:walk("random")                  -- everything before that step
--   peer:send(peer:pdu("random"))        -- what a right peer sends there
--   peer:failed(smp.CONFIRM_VALUE_FAILED)
local ll = require "ll_tester"

local smp = {}

smp.PASSKEY_ENTRY_FAILED = 0x01
smp.AUTHENTICATION_REQUIREMENTS = 0x03
smp.CONFIRM_VALUE_FAILED = 0x04
smp.PAIRING_NOT_SUPPORTED = 0x05
smp.ENCRYPTION_KEY_SIZE = 0x06
smp.COMMAND_NOT_SUPPORTED = 0x07
smp.UNSPECIFIED_REASON = 0x08
smp.REPEATED_ATTEMPTS = 0x09
smp.INVALID_PARAMETERS = 0x0A
smp.DHKEY_CHECK_FAILED = 0x0B

local CODES = {
  request = 0x01, response = 0x02, confirm = 0x03, random = 0x04, failed = 0x05,
  encryption_information = 0x06, central_identification = 0x07, identity_information = 0x08,
  identity_address = 0x09, signing_information = 0x0A, security_request = 0x0B,
  public_key = 0x0C, check = 0x0D, keypress = 0x0E,
}
smp.CODES = CODES

-- Octets of each PDU with its code.
smp.LENGTHS = {
  request = 7, response = 7, confirm = 17, random = 17, failed = 2,
  encryption_information = 17, central_identification = 11, identity_information = 17,
  identity_address = 8, signing_information = 17, security_request = 2,
  public_key = 65, check = 17, keypress = 2,
}

-- In what order the two exchange PDUs: ">" is the initiator's.
local EXCHANGES = {
  secure = ">request <response >public_key <public_key <confirm >random <random >check <check",
  passkey = ">request <response >public_key <public_key" ..
    string.rep(" >confirm <confirm >random <random", 20) .. " >check <check",
  legacy = ">request <response >confirm <confirm >random <random",
}
local KEYS = {
  secure = "identity_information identity_address signing_information",
  legacy = "encryption_information central_identification identity_information identity_address " ..
    "signing_information",
}
KEYS.passkey = KEYS.secure

local PRIVATE_KEY = string.rep("\x3d", 32)
local NONCE = string.rep("\x7e", 16)
local ZEROS = string.rep("\0", 16)

local Peer = {}
Peer.__index = Peer

-- Each with the round of passkey entry that it belongs to.
local function steps_of(method, initiator)
  local steps, round, confirms = {}, 0, 0
  for side, name in EXCHANGES[method]:gmatch("([<>])([%w_]+)") do
    confirms = confirms + (name == "confirm" and 1 or 0)
    round = (confirms + 1) // 2
    steps[#steps + 1] = { name = name, mine = (side == ">") == initiator, round = round }
  end
  return steps
end

-- options: method ("secure", "passkey", "legacy"), passkey (and `wrong`: it is not the right one), io, auth,
-- key_size, keys, private_key, nonce, identity (the address that it distributes).
local function new(link, initiator, options)
  local peer = setmetatable({
    link = link, initiator = initiator, method = options.method or "secure",
    passkey = options.passkey or 0, wrong = options.wrong, round = 0, theirs = {},
    private_key = options.private_key or PRIVATE_KEY, nonce = options.nonce or NONCE,
    identity = options.identity or link.address,
  }, Peer)
  local secure = peer.method ~= "legacy"
  local io = options.io or (peer.method == "passkey" and 2 or 3)
  local auth = options.auth or 0x01 | (secure and 0x08 or 0) | (options.passkey and 0x04 or 0)
  peer.features = string.char(io, 0, auth, options.key_size or 16)
  peer.keys = string.rep(string.char(options.keys or 0x07), 2)
  peer.secure = secure
  peer.public_key = crypto.p256_public(peer.private_key)
  peer.steps = steps_of(peer.method, initiator)
  peer.at = 1
  return peer
end

function smp.initiator(link, options)
  return new(link, true, options or {})
end

function smp.responder(link, options)
  return new(link, false, options or {})
end

function Peer:send(pdu, faults)
  faults = faults or {}
  faults.octets = faults.octets or 251
  self.link:l2cap(ll.SMP, pdu, faults)
end

-- The next PDU of the Security Manager.
function Peer:get(timeout)
  return self.link:next_l2cap(ll.SMP, timeout or s(4))
end

function Peer:parties()
  local link = self.link
  local own, peer = link.address, link.peer
  if self.initiator then
    return own, "random", peer, link.peer_type
  end
  return peer, link.peer_type, own, "random"
end

-- --- calculations ---

-- Nonces of the initiator and of the responder.
function Peer:nonces()
  local theirs = self.theirs.random
  if self.initiator then
    return self.nonce, theirs
  end
  return theirs, self.nonce
end

-- The bit of the passkey that a round is about (2.3.5.6.3), as f4 wants it.
function Peer:z()
  if self.method ~= "passkey" then
    return 0
  end
  return 0x80 | (self.passkey >> (self.round - 1) & 1)
end

function Peer:tk()
  return string.rep("\0", 12) .. string.pack(">I4", self.passkey)
end

function Peer:legacy_confirm(nonce)
  local initiator, initiator_type, responder, responder_type = self:parties()
  return crypto.c1 {
    k = self:tk(), r = nonce, preq = self.preq, pres = self.pres,
    initiator = initiator, initiator_type = initiator_type,
    responder = responder, responder_type = responder_type,
  }
end

local function x_of(public_key)
  return public_key:sub(1, 32)
end

function Peer:own_confirm()
  if not self.secure then
    return self:legacy_confirm(self.nonce)
  end
  return crypto.f4(x_of(self.public_key), x_of(self.theirs.public_key), self.nonce, self:z())
end

-- What the peer has committed itself to is what it shows.
function Peer:verify_confirm()
  local nonce, wanted = self.theirs.random, nil
  if self.secure then
    wanted = crypto.f4(x_of(self.theirs.public_key), x_of(self.public_key), nonce, self:z())
  else
    wanted = self:legacy_confirm(nonce)
  end
  if self.theirs.confirm and not self.wrong then
    expect(hex(self.theirs.confirm)):named("the device's confirm value"):equals(hex(wanted))
  end
end

-- MacKey and LTK, or STK.
function Peer:derive()
  local initiator, initiator_type, responder, responder_type = self:parties()
  local n1, n2 = self:nonces()
  if not self.secure then
    self.ltk = crypto.s1(self:tk(), n2, n1)
    return
  end
  self.dhkey = self.dhkey or crypto.p256_dhkey(self.private_key, self.theirs.public_key)
  self.mackey, self.ltk = crypto.f5 {
    dhkey = self.dhkey, n1 = n1, n2 = n2,
    initiator = initiator, initiator_type = initiator_type,
    responder = responder, responder_type = responder_type,
  }
end

-- Ea of the initiator, Eb of the responder.
function Peer:dhkey_check(of_initiator)
  local initiator, initiator_type, responder, responder_type = self:parties()
  local n1, n2 = self:nonces()
  local features = of_initiator and self.preq or self.pres
  local check = {
    w = self.mackey, r = self.method == "passkey" and self:tk() or ZEROS,
    io_cap = features:sub(2, 4):reverse(),
    n1 = n1, n2 = n2, a1 = initiator, a1_type = initiator_type, a2 = responder, a2_type = responder_type,
  }
  if not of_initiator then
    check.n1, check.n2 = n2, n1
    check.a1, check.a1_type, check.a2, check.a2_type =
      check.a2, check.a2_type, check.a1, check.a1_type
  end
  return crypto.f6(check)
end

-- --- what a right peer sends ---

local MAKE = {}

function MAKE.request(peer)
  return peer.features .. peer.keys
end
MAKE.response = MAKE.request

function MAKE.public_key(peer)
  return peer.public_key:sub(1, 32):reverse() .. peer.public_key:sub(33):reverse()
end

function MAKE.confirm(peer)
  return peer:own_confirm():reverse()
end

function MAKE.random(peer)
  return peer.nonce:reverse()
end

function MAKE.check(peer)
  if not peer.ltk then
    peer:derive()
  end
  return peer:dhkey_check(peer.initiator):reverse()
end

function MAKE.encryption_information()
  return string.rep("\x11", 16)
end

function MAKE.central_identification()
  return string.rep("\x22", 10)
end

function MAKE.identity_information()
  return string.rep("\x33", 16)
end

function MAKE.identity_address(peer)
  return "\x01" .. bytes(peer.identity):reverse()
end

function MAKE.signing_information()
  return string.rep("\x44", 16)
end

function MAKE.security_request()
  return "\x09"
end

function MAKE.keypress()
  return "\x00"
end

function MAKE.failed()
  return string.char(smp.UNSPECIFIED_REASON)
end

function Peer:pdu(name)
  return string.char(CODES[name]) .. MAKE[name](self)
end

-- --- what came ---

local TAKE = {}

function TAKE.confirm(peer, value)
  peer.theirs.confirm = value:reverse()
end

function TAKE.random(peer, value)
  peer.theirs.random = value:reverse()
  peer:verify_confirm()
end

function TAKE.public_key(peer, value)
  peer.theirs.public_key = value:sub(1, 32):reverse() .. value:sub(33):reverse()
end

function TAKE.check(peer, value)
  peer.theirs.check = value
  if not peer.ltk then
    peer:derive()
  end
  expect(hex(value:reverse())):named("the device's DHKey check")
    :equals(hex(peer:dhkey_check(not peer.initiator)))
end

-- The features as they were sent go into confirm values and checks.
function Peer:note(name, pdu)
  if name == "request" then
    self.preq = pdu
  elseif name == "response" then
    self.pres = pdu
  end
end

-- Takes what the device sends at this step.
function Peer:take(name, pdu)
  pdu = pdu or self:get()
  expect(pdu:byte(1)):named("the code of " .. name):equals(CODES[name])
  self:note(name, pdu)
  if TAKE[name] then
    TAKE[name](self, pdu:sub(2))
  end
  return pdu
end

-- One step, as a right peer does it.
function Peer:step()
  local step = self.steps[self.at]
  self.at = self.at + 1
  self.round = step.round
  if not step.mine then
    self:take(step.name)
    return
  end
  local pdu = self:pdu(step.name)
  self:note(step.name, pdu)
  self:send(pdu)
end

-- What the device sends until it is this side's turn again.
function Peer:take_answers()
  while self.steps[self.at] and not self.steps[self.at].mine do
    self:step()
  end
  return self
end

-- To the end, or until the device fails the pairing: then the round that it was in, and the reason.
function Peer:finish()
  for at = self.at, #self.steps do
    local step = self.steps[at]
    if step.mine then
      self:step()
    else
      local pdu = self:get()
      if pdu:byte(1) == CODES.failed then
        return step.round, pdu:byte(2)
      end
      self.at, self.round = at + 1, step.round
      self:take(step.name, pdu)
    end
  end
end

-- Everything before this side's step of that name (the n-th of that name).
function Peer:walk(name, n)
  n = n or 1
  while true do
    local step = self.steps[self.at] or error("no step " .. name)
    if step.mine and step.name == name then
      n = n - 1
      if n == 0 then
        self.round = step.round
        return self
      end
    end
    self:step()
  end
end

-- The same with the PDUs that bring keys, which come after encryption.
function Peer:walk_to(name)
  local keys = self:key_names()
  for index, key in ipairs(keys) do
    if key == name then
      self:exchange():encrypt()
      if self.initiator then
        self:take_keys()
      end
      for before = 1, index - 1 do
        self:send(self:pdu(keys[before]))
      end
      return self
    end
  end
  return self:walk(name)
end

-- Up to encryption, exclusive; then `ltk` is the key.
function Peer:exchange()
  while self.steps[self.at] do
    self:step()
  end
  if not self.ltk then
    self:derive()
  end
  return self
end

function Peer:encrypt()
  if self.initiator then
    ll.encrypt(self.link, self.ltk)
  else
    ll.let_encrypt(self.link, self.ltk)
  end
  self.encrypted = true
  return self
end

-- A central encrypts as soon as it has what it needs; this peripheral has no key.
function Peer:refuse_encryption()
  ll.refuse_encryption(self.link)
end

-- The names of the PDUs that bring keys, of both directions.
function Peer:key_names()
  local names = {}
  for name in KEYS[self.method]:gmatch("[%w_]+") do
    names[#names + 1] = name
  end
  return names
end

function Peer:take_keys()
  for _, name in ipairs(self:key_names()) do
    self:take(name)
  end
  return self
end

function Peer:give_keys()
  for _, name in ipairs(self:key_names()) do
    self:send(self:pdu(name))
  end
  return self
end

-- Keys of both: the responder's first (3.6.1).
function Peer:distribute()
  if self.initiator then
    return self:take_keys():give_keys()
  end
  return self:give_keys():take_keys()
end

-- A whole pairing, as it should be.
function Peer:pair()
  return self:exchange():encrypt():distribute()
end

-- An honest peer pairs with a device as its central, and leaves; its key is what the device has in its bond.
function smp.bond(tester, device, address, options)
  local link = ll.connect(tester, device, { address = address })
  local peer = smp.initiator(link, options):pair()
  link:flush(s(1))
  ll.leave(link)
  return peer.ltk
end

-- The same with the device as central.
function smp.bond_as_peripheral(tester, device, address, options)
  local link = ll.await(tester, device, address)
  local peer = smp.responder(link, options)
  peer:send(peer:pdu "security_request")
  peer:pair()
  link:flush(s(1))
  ll.leave(link)
  return peer.ltk
end

-- --- attacks, and what is to come of them ---

smp.ROLES = { "initiator", "responder" }
smp.SENT_BY = { initiator = "a central", responder = "a peripheral" }

-- One of each PDU, where a right peer sends it; Pairing Request and Response have their own ways.
smp.PDUS = {
  { method = "secure", name = "public_key" },
  { method = "secure", name = "random" },
  { method = "secure", name = "check" },
  { method = "secure", name = "identity_information" },
  { method = "secure", name = "identity_address" },
  { method = "secure", name = "signing_information" },
  { method = "legacy", name = "confirm" },
  { method = "legacy", name = "random" },
  { method = "legacy", name = "encryption_information" },
  { method = "legacy", name = "central_identification" },
}

-- A link with a device whose pairing this side begins ("initiator"), or which begins it ("responder"); not walked
-- yet. Each number is another peer.
function smp.attack(tester, device, role, number, options)
  options = options or {}
  local address = ll.address(number)
  local link, conn
  if role == "initiator" then
    link, conn = ll.connect(tester, device, { address = address, interval = options.interval })
  else
    link, conn = ll.await(tester, device, address, { interval = options.interval })
  end
  local peer = new(link, role == "initiator", options)
  peer.device, peer.conn = device, conn
  peer.outcome = device:script(function()
    return pcall(role == "initiator" and conn.wait_pairing or conn.pair, conn)
  end)
  if role == "initiator" then
    return peer
  end
  peer:take("request")
  peer.at = 2
  return peer
end

-- The device has sent Pairing Failed with this reason, and nothing else.
function Peer:failed(reason, what)
  expect(hex(self:get())):named(what .. ": the answer"):equals(hex(string.char(CODES.failed, reason)))
  ll.quiet(self.link, what)
end

-- Its application has been told.
function Peer:told(reason, what)
  local ok, err = self.outcome:join(s(1))
  expect(ok):named(what .. ": whether it paired"):is_false()
  expect(err.layer):named(what .. ": what failed"):equals("smp")
  expect(err.code):named(what .. ": why"):equals(reason)
end

-- Nobody has got anything: no bond, nothing that needs encryption, and the link goes on.
function Peer:nothing_gained(values, what)
  expect(#self.device:bonds()):named(what .. ": bonds"):equals(0)
  ll.reads(self.link, values.open.handle, "W", what)
  if not self.encrypted then
    expect(self.conn.encrypted):named(what .. ": encrypted"):is_false()
    ll.does_not_read(self.link, values.secret.handle, what)
  end
end

-- All of that: the pairing was refused with this reason.
function Peer:refused(values, reason, what)
  self:failed(reason, what)
  self:told(reason, what)
  self:nothing_gained(values, what)
  ll.leave(self.link)
end

-- An honest peer can connect, pair, and then read what it could not; of ll.values(), or one of them alone.
function smp.honest_peer(tester, device, role, values, options)
  local peer = smp.attack(tester, device, role, 0xFFFF, options)
  if values.secret then
    ll.does_not_read(peer.link, values.secret.handle, "an honest peer before it has paired")
  end
  peer:pair()
  local ok = peer.outcome:join(s(1))
  expect(ok):named("whether an honest peer has paired"):is_true()
  expect(#device:bonds()):named("bonds"):equals(1)
  if values.secret then
    ll.reads(peer.link, values.secret.handle, "secret", "an honest peer")
  else
    ll.reads(peer.link, values.open.handle, "W", "an honest peer")
  end
  ll.quiet(peer.link, "an honest peer")
  ll.leave(peer.link)
  device:forget()
end

return smp
