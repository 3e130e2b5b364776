-- SPDX-License-Identifier: MIT
return require "circle"
