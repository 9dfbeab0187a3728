"""Tests of the detectors: plain calls and asserts, since detectors know neither a clock nor a socket."""
