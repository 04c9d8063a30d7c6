import pipelines.verbs.compare

from . import grids as grids
from .bank.bank import Bank as Bank
from .config import GanConfig as GanConfig
from .errors import InputError as InputError
from .training.train import train as train
from .training.train import train_classes as train_classes

compare = pipelines.verbs.compare.compare
