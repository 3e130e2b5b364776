-- SPDX-License-Identifier: MIT
local function f()
  = 3
end
