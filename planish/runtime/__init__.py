"""Compiled programs: `compile` finds or makes one, an executable runs it."""

from planish.runtime.programs import compile as compile
