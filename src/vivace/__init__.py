"""Vivace."""
