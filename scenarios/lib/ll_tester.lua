-- SPDX-License-Identifier: MIT
-- What scripts with a raw radio at one end of a link have in common: a link to a device under test,
-- encryption by hand, and what tells that nothing else came and that the device still works.
local ll = {}

ll.ATT, ll.SMP = 4, 6
ll.MIC_FAILURE = 0x3D
ll.REMOTE_USER = 0x13
ll.INTERVAL = ms(7.5)

-- An address of its own for each case, so that what one peer did is not held against the next.
function ll.address(number)
  return string.format("C0:00:00:00:%02X:%02X", number >> 8, number & 0xFF)
end

-- A characteristic that anybody may read.
function ll.open_value(device, value)
  return device:service(0x180F):characteristic {
    uuid = 0x2A19, properties = "read, write", value = value,
  }
end

-- One that anybody may read, and one that needs an encrypted link.
function ll.values(device)
  local service = device:service(0x180F)
  return {
    open = service:characteristic { uuid = 0x2A19, properties = "read, write", value = "W" },
    secret = service:characteristic {
      uuid = 0x2A00, properties = "read, write", value = "secret", read_level = 2, write_level = 2,
    },
  }
end

-- As central: the device advertises, and the link stands and has done what a device does first.
-- Returns the link and the device's conn.
function ll.connect(tester, device, options)
  options = options or {}
  options.to = device
  options.interval = options.interval or ll.INTERVAL
  device:advertise { interval = ms(20) }
  local short = options.short
  options.short = nil
  local link = tester:connect(options)
  ll.settle(link, short)
  return link, device:wait_connected(0)
end

-- As peripheral, under that address if one is given: the device connects. Returns the same.
function ll.await(tester, device, address, options)
  options = options or {}
  options.interval = options.interval or ll.INTERVAL
  address = address or tester.address
  local short = options.short
  options.short = nil
  local link = tester:advertise { interval = ms(20), address = address }
  local conn = device:connect(address, options)
  ll.settle(link, short)
  return link, conn
end

-- Data lengths of 251 octets are agreed, unless they are to be short ones.
function ll.settle(link, short)
  if not short then
    link:answer("LL_LENGTH_REQ", "LL_LENGTH_RSP", string.pack("<I2 I2 I2 I2", 251, 2120, 251, 2120))
  end
  sleep(4 * link.interval)
  ll.quiet(link, "as the link begins", 0)
end

-- Nothing has come that was not taken, and nothing comes for some events.
function ll.quiet(link, what, time)
  local ok, pdu = pcall(link.next, link, time or 5 * link.interval)
  if ok then
    expect(string.format("LLID %d %s%s", pdu.llid, pdu.control or "", hex(pdu.payload)))
      :named(what .. ": what came besides"):is_nil()
  end
end

-- An ATT Read Request, and an ATT Write Request for its value.
function ll.read_req(handle)
  return "\x0a" .. string.pack("<I2", handle)
end

function ll.write_req(handle, value)
  return "\x12" .. string.pack("<I2", handle) .. value
end

-- The device answers an ATT Read Request.
function ll.reads(link, handle, value, what)
  link:l2cap(ll.ATT, ll.read_req(handle))
  expect(link:next_l2cap(ll.ATT, s(4))):named(what .. ": what is read"):equals("\x0b" .. value)
end

-- It refuses to answer one: Insufficient Authentication, or another error.
function ll.does_not_read(link, handle, what, code)
  link:l2cap(ll.ATT, ll.read_req(handle))
  expect(hex(link:next_l2cap(ll.ATT, s(4)))):named(what .. ": what is read")
    :equals(hex("\x01\x0a" .. string.pack("<I2 I1", handle, code or 0x05)))
end

-- The link goes on as if nothing had been: nothing comes, and ATT is answered.
function ll.goes_on(link, handle, value, what)
  ll.quiet(link, what)
  ll.reads(link, handle, value, what)
end

-- The device leaves the link for this reason, and says nothing else before; nor does it say that it leaves, where the
-- specification wants silence.
function ll.ended(link, conn, reason, what)
  expect(conn:wait_disconnected(s(10))):named(what .. ": why it is over"):equals(reason)
  ll.nothing_left(link, what)
  link:stop()
end

-- No key is kept for this peer: encryption is refused, and the link goes on in clear.
function ll.no_key(link, what)
  link:control("LL_ENC_REQ", ll.enc_req())
  link:next_control("LL_ENC_RSP", s(4))
  local answer = link:next(s(1))
  expect(answer.control):named(what .. ": the answer to LL_ENC_REQ"):equals("LL_REJECT_EXT_IND")
  expect(hex(answer.data)):named(what .. ": why"):equals("03 06")
end

function ll.nothing_left(link, what)
  local ok, pdu = pcall(link.next, link, 0)
  if ok then
    expect(pdu.control or hex(pdu.payload)):named(what .. ": what came before the end"):is_nil()
  end
end

function ll.leave(link)
  if link.up then
    link:control("LL_TERMINATE_IND", string.char(ll.REMOTE_USER))
    link:wait_closed(s(4))
  end
end

-- --- encryption by hand; keys most significant octet first, as raw_link:encrypt wants them ---

ll.SKD_C, ll.IV_C = "\x01\x02\x03\x04\x05\x06\x07\x08", "\x11\x12\x13\x14"
ll.SKD_P, ll.IV_P = "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8", "\xb1\xb2\xb3\xb4"

-- CtrData of LL_ENC_REQ. Rand and EDIV are 0 with the key of Secure Connections, and with an STK.
function ll.enc_req(rand, ediv)
  return (rand or string.rep("\0", 8)) .. string.pack("<I2", ediv or 0) .. ll.SKD_C .. ll.IV_C
end

-- Central: up to LL_START_ENC_REQ, which has come. Returns what raw_link:encrypt takes.
function ll.ask_for_encryption(link, ltk, rand, ediv)
  link:control("LL_ENC_REQ", ll.enc_req(rand, ediv))
  local enc_rsp = link:next_control("LL_ENC_RSP", s(4)).data
  link:next_control("LL_START_ENC_REQ", s(4))
  return {
    ltk = ltk, skd_c = ll.SKD_C, iv_c = ll.IV_C,
    skd_p = enc_rsp:sub(1, 8), iv_p = enc_rsp:sub(9, 12),
  }
end

-- Central: the whole procedure.
function ll.encrypt(link, ltk, rand, ediv)
  local keys = ll.ask_for_encryption(link, ltk, rand, ediv)
  link:encrypt(keys)
  link:control("LL_START_ENC_RSP")
  link:next_control("LL_START_ENC_RSP", s(4))
  return keys
end

-- Peripheral: LL_ENC_REQ has been or will be there, and is answered up to LL_START_ENC_RSP.
function ll.let_encrypt(link, ltk)
  local keys = ll.answer_enc_req(link, ltk)
  link:control("LL_START_ENC_REQ")
  link:encrypt(keys)
  link:next_control("LL_START_ENC_RSP", s(4))
  link:control("LL_START_ENC_RSP")
  return keys
end

-- Peripheral: LL_ENC_RSP alone.
function ll.answer_enc_req(link, ltk)
  local enc_req = link:next_control("LL_ENC_REQ", s(4)).data
  link:control("LL_ENC_RSP", ll.SKD_P .. ll.IV_P)
  return {
    ltk = ltk, skd_c = enc_req:sub(11, 18), iv_c = enc_req:sub(19, 22),
    skd_p = ll.SKD_P, iv_p = ll.IV_P,
  }
end

-- Peripheral: there is no key.
function ll.refuse_encryption(link)
  ll.answer_enc_req(link)
  link:control("LL_REJECT_EXT_IND", "\x03\x06")
end

return ll
