import classifiers.config
import pipelines.recipes.data
import pipelines.recipes.feed
import pipelines.recipes.mix
import pipelines.verbs.classify
import pipelines.verbs.compare
import pipelines.verbs.drawing
import pipelines.verbs.explain
import pipelines.verbs.export
import pipelines.verbs.gan
import pipelines.verbs.predict
import pipelines.verbs.tune

from . import grids as grids
from .bank.bank import Bank as Bank
from .config import GanConfig as GanConfig
from .errors import InputError as InputError
from .training.train import train as train
from .training.train import train_classes as train_classes

__version__: str

DataConfig = pipelines.recipes.data.DataConfig
InputConfig = pipelines.recipes.feed.InputConfig
MixConfig = pipelines.recipes.mix.MixConfig
TrainConfig = classifiers.config.TrainConfig

classify = pipelines.verbs.classify.classify
compare = pipelines.verbs.compare.compare
explain = pipelines.verbs.explain.explain
export = pipelines.verbs.export.export
gan = pipelines.verbs.gan.gan
load = pipelines.verbs.predict.load
sample = pipelines.verbs.drawing.sample
tune = pipelines.verbs.tune.tune
