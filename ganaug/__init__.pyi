from . import errors as errors
from . import grids as grids
from . import pictures as pictures
from .bank import Bank as Bank
from .config import GanConfig as GanConfig
from .errors import InputError as InputError
from .training import train as train
from .training import train_classes as train_classes
