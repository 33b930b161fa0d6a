"""Floors: the least that the same work costs without the product around it."""
