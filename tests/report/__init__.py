"""Tests of the telling part."""
