"""All mistakes, in the order in which a user meets them; each group has a file of its own."""

from __future__ import annotations

from augmenting import AUGMENTING
from branching import BRANCHING
from building import BUILDING
from cases import Stage
from converting import CONVERTING
from convolving import CONVOLVING
from distributing import DISTRIBUTING
from exporting import EXPORTING
from fitting import FITTING
from freezing import FREEZING
from functions import FUNCTIONS
from holding import HOLDING
from losing import LOSING
from modules import MODULES
from naming import NAMING
from normalizing import NORMALIZING
from opening import OPENING
from picturing import PICTURING
from predicting import PREDICTING
from reading import LOADING
from several_processes import SHARING
from shaping import SHAPING
from state_dicts import STATE_DICTS
from subclassing import SUBCLASSING
from training import TRAINING
from watching import WATCHING

STAGES: tuple[Stage, ...] = (
    *(BUILDING, BRANCHING, SHAPING, CONVOLVING, NORMALIZING, NAMING, FITTING, FUNCTIONS, TRAINING, FREEZING),
    *(SUBCLASSING, LOSING, HOLDING, PICTURING, AUGMENTING, WATCHING, PREDICTING, LOADING, OPENING, CONVERTING),
    *(STATE_DICTS, MODULES, EXPORTING, DISTRIBUTING, SHARING),
)
