"""Tests of the smart-MAC family."""
