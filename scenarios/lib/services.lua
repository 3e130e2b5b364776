-- SPDX-License-Identifier: MIT
-- Services that several scripts put on their devices, by their specifications' names.
local services = {}

-- Heart Rate Service 1.0. Returns measure(bpm), which notifies every subscriber.
function services.heart_rate(device, options)
  local service = device:service(0x180D)
  local measurement = service:characteristic { uuid = 0x2A37, properties = "notify" }
  service:characteristic {
    uuid = 0x2A38, properties = "read", value = string.char(options.location),
  }
  local heart = {}
  function heart.measure(bpm)
    return measurement:notify(services.heart_rate_value(bpm))
  end
  return heart
end

-- Heart Rate Measurement (0x2A37): flags, then 8 bits where they suffice, else 16.
function services.heart_rate_value(bpm)
  if bpm > 255 then
    return string.pack("I1I2", 0x01, bpm)
  end
  return string.pack("I1I1", 0x00, bpm)
end

function services.heart_rate_of(value)
  local wide = value:byte(1) & 0x01 ~= 0
  return (string.unpack(wide and "I2" or "I1", value, 2))
end

-- Device Information Service 1.1.
function services.device_information(device, options)
  local service = device:service(0x180A)
  service:characteristic { uuid = 0x2A29, properties = "read", value = options.manufacturer }
  service:characteristic { uuid = 0x2A24, properties = "read", value = options.model }
end

-- Battery Service 1.0. Returns set(level in percent), which notifies every subscriber.
function services.battery(device, options)
  local level = device:service(0x180F):characteristic {
    uuid = 0x2A19, properties = "read, notify", value = string.char(options.level),
  }
  local battery = {}
  function battery.set(percent)
    level:set(string.char(percent))
    return level:notify(string.char(percent))
  end
  return battery
end

-- The UUIDs of a list of services or characteristics.
function services.uuids(list)
  local uuids = {}
  for index, object in ipairs(list) do
    uuids[index] = object.uuid
  end
  return uuids
end

return services
