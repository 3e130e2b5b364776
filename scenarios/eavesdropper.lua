-- A radio that hears a whole legacy Just Works pairing computes its keys; of Secure Connections it computes nothing.
-- Core v5.4, Vol 3, Part H, 2.3.5.5 (legacy: TK is zero) and 2.3.5.6; Vol 6, Part B, 5.1.3.1 (the session key).
-- SPDX-License-Identifier: MIT
local SECRET = "the door opens: 0815"
local SMP, ATT = 6, 4
local CONTROL, START = 3, 2
local T_IFS = us(150)
local ZEROS = string.rep("\0", 16)
local ALICE_PRIVATE = string.rep("\x21", 32)

local alice = device { name = "alice" }
local bob = device { name = "bob" }
local eve = sniffer { name = "eve", position = { x = 2, y = 2 } }

-- Alice and bob meet, pair and tell a secret; returns every packet of that as eve has heard it.
local function overhear(security)
  alice:security(security)
  bob:security { secure_connections = security.secure_connections }
  local note = bob:service(0x1815):characteristic {
    uuid = 0x2A56, properties = "read, write", read_level = 2, write_level = 2,
  }
  bob:advertise { interval = ms(50) }
  local conn = alice:connect(bob)
  expect(conn:pair().method):equals("just_works")
  conn:write(note.handle, SECRET)
  sleep(ms(200))

  local packets = {}
  while eve.heard > 0 do
    packets[#packets + 1] = eve:next(0)
  end
  return packets
end

-- The data PDUs of the connection, each once and with its sender: the central begins each event, then they take turns.
local function follow(packets)
  local pdus, last_sn = {}, {}
  local access_address, ended, from_central
  for _, packet in ipairs(packets) do
    if packet.type == "CONNECT_IND" then
      access_address = string.unpack("<I4", packet.pdu, 15)
    elseif packet.access_address == access_address then
      from_central = not (ended and packet.time - ended <= T_IFS and from_central)
      ended = packet.ended
      local header, length = packet.pdu:byte(1, 2)
      local sn = header >> 3 & 1
      if length > 0 and last_sn[from_central] ~= sn then
        pdus[#pdus + 1] = {
          llid = header & 3, header = header, payload = packet.pdu:sub(3), from_central = from_central,
        }
      end
      last_sn[from_central] = sn
    end
  end
  return pdus
end

-- L2CAP frames out of data PDUs.
local function frames_of(pdus)
  local frames, partial = {}, {}
  for _, pdu in ipairs(pdus) do
    if pdu.llid ~= CONTROL then
      local from = pdu.from_central
      partial[from] = (pdu.llid == START and "" or partial[from]) .. pdu.payload
      local length, cid = string.unpack("<I2 I2", partial[from])
      if #partial[from] == 4 + length then
        frames[#frames + 1] = { cid = cid, payload = partial[from]:sub(5), from_central = from }
      end
    end
  end
  return frames
end

-- What was said in clear: LL_ENC_REQ and LL_ENC_RSP, and the PDUs of the pairing by code and sender.
local function read_clear(pdus)
  local clear = { encrypted = {}, central = {}, peripheral = {} }
  local before = {}
  for _, pdu in ipairs(pdus) do
    if clear.started then
      clear.encrypted[#clear.encrypted + 1] = pdu
    else
      before[#before + 1] = pdu
    end
    local opcode = pdu.llid == CONTROL and pdu.payload:byte(1)
    if opcode == 0x03 and not clear.started then
      clear.skd_c, clear.iv_c = pdu.payload:sub(12, 19), pdu.payload:sub(20, 23)
    elseif opcode == 0x04 and not clear.started then
      clear.skd_p, clear.iv_p = pdu.payload:sub(2, 9), pdu.payload:sub(10, 13)
    elseif opcode == 0x05 and not clear.started then
      clear.started = true
    end
  end
  for _, frame in ipairs(frames_of(before)) do
    if frame.cid == SMP then
      local sender = frame.from_central and clear.central or clear.peripheral
      sender[frame.payload:byte(1)] = frame.payload
    end
  end
  return clear
end

-- The value of a PDU of the pairing, most significant octet first.
local function value(pdu)
  return pdu:sub(2):reverse()
end

-- What follows in clear, if that is the key; nil at the first MIC that is wrong.
local function decrypt(clear, ltk)
  local key = crypto.session_key { ltk = ltk, skd_c = clear.skd_c, skd_p = clear.skd_p }
  local counter = { [true] = 0, [false] = 0 }
  local opened = {}
  for _, pdu in ipairs(clear.encrypted) do
    local from = pdu.from_central
    local payload = crypto.ccm_open {
      key = key, iv_c = clear.iv_c, iv_p = clear.iv_p,
      counter = counter[from], from_central = from, header = pdu.header, data = pdu.payload,
    }
    if not payload then
      return nil
    end
    counter[from] = counter[from] + 1
    opened[#opened + 1] = { llid = pdu.llid, payload = payload, from_central = from }
  end
  return frames_of(opened)
end

local function written(frames)
  for _, frame in ipairs(frames) do
    if frame.cid == ATT and frame.payload:byte(1) == 0x12 then
      return frame.payload:sub(4)
    end
  end
end

local function parties(functions)
  functions.initiator, functions.responder = alice, bob
  return functions
end

scenario("of LE legacy pairing without a passkey eve reads everything", function()
  local clear = read_clear(follow(overhear { secure_connections = false }))
  local mrand, srand = value(clear.central[4]), value(clear.peripheral[4])
  local confirm = crypto.c1(parties {
    k = ZEROS, r = mrand, preq = clear.central[1], pres = clear.peripheral[2],
  })
  expect(hex(confirm)):named("Mconfirm of TK 0"):equals(hex(value(clear.central[3])))

  local stk = crypto.s1(ZEROS, srand, mrand)
  local frames = decrypt(clear, stk)
  expect(written(frames)):equals(SECRET)
  -- The keys that were handed out under it are hers as well: those of every connection to come.
  local ltks = {}
  for _, frame in ipairs(frames) do
    if frame.cid == SMP and frame.payload:byte(1) == 0x06 then
      ltks[frame.from_central] = value(frame.payload)
    end
  end
  expect(hex(ltks[false])):equals(hex(alice:bond(bob).theirs.ltk))
  expect(hex(ltks[true])):equals(hex(alice:bond(bob).ours.ltk))
end)

-- What f5 makes of a DHKey and of what eve has heard.
local function ltk_of(clear, dhkey)
  local _, ltk = crypto.f5(parties {
    dhkey = dhkey, n1 = value(clear.central[4]), n2 = value(clear.peripheral[4]),
  })
  return ltk
end

local function public_key(pdu)
  return pdu:sub(2, 33):reverse() .. pdu:sub(34):reverse()
end

scenario("of Secure Connections eve has all but the DHKey, and reads nothing", function()
  local clear = read_clear(follow(overhear {
    secure_connections = true, private_key = ALICE_PRIVATE,
  }))
  local alices, bobs = public_key(clear.central[12]), public_key(clear.peripheral[12])
  local eves = string.rep("\x77", 32)
  local guesses = {
    ["nothing"] = string.rep("\0", 32),
    ["alice's X"] = alices:sub(1, 32),
    ["bob's X"] = bobs:sub(1, 32),
    ["eve's key with alice's"] = crypto.p256_dhkey(eves, alices),
    ["eve's key with bob's"] = crypto.p256_dhkey(eves, bobs),
  }
  expect(#clear.encrypted):above(0)
  for name, dhkey in pairs(guesses) do
    expect(decrypt(clear, ltk_of(clear, dhkey))):named(name):is_nil()
  end
  expect(decrypt(clear, crypto.s1(ZEROS, value(clear.peripheral[4]), value(clear.central[4]))))
    :named("as if it were legacy"):is_nil()

  -- With a private key that should never have left alice, it is as easy.
  local dhkey = crypto.p256_dhkey(ALICE_PRIVATE, bobs)
  expect(written(decrypt(clear, ltk_of(clear, dhkey)))):equals(SECRET)
end)
