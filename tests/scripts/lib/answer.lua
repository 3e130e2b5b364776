-- SPDX-License-Identifier: MIT
return 42
