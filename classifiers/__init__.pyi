from .config import TrainConfig as TrainConfig
from .errors import InputError as InputError
from .registry import ModelInfo as ModelInfo
from .registry import build_model as build_model
from .registry import list_models as list_models
from .registry import model_info as model_info
from .registry import register_model as register_model
