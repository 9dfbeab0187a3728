"""Tests of replay.scores."""
