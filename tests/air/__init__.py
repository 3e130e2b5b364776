# SPDX-License-Identifier: MIT
"""What air_check.py knows of the Link Layer, written from the specification alone."""
