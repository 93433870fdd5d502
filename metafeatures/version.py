"""The version of the meta-features; a module of its own, since a service reports it before it describes anything."""

VERSION = "warmtune-2"
"""Values of different versions are never compared: a task of another one has gaps only.

It changes when a name means something else: by another formula, or computed from other rows. A value that is only added
keeps it, and so does one that is left out: values are found by their names, and a name that a task lacks is a gap.
"""
