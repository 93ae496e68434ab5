"""Tales from plots, to train the story model on: see README.md.

import tales                               # from a recipe in training/
plots, held_out = tales.split(tales.read())
for tale in tales.tell_many(plots, 1000, seed=0): ...
"""

from .plots import PLOTS, Plot, faults, is_held_out, read, split
from .tales import Tale, tell, tell_many

__all__ = ["PLOTS", "Plot", "Tale", "faults", "is_held_out", "read", "split", "tell", "tell_many"]
