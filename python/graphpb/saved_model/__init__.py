"""`tf.saved_model`: graphs with variables, assets and signatures in one folder."""

from graphpb.saved_model import builder as builder
from graphpb.saved_model import constants as constants
from graphpb.saved_model import loader as loader
from graphpb.saved_model import main_op as main_op
from graphpb.saved_model import signature_constants as signature_constants
from graphpb.saved_model import signature_def_utils as signature_def_utils
from graphpb.saved_model import tag_constants as tag_constants
from graphpb.saved_model import tensor_info as utils  # noqa: F401
from graphpb.saved_model.builder import SavedModelBuilder as Builder  # noqa: F401
from graphpb.saved_model.builder import simple_save as simple_save
from graphpb.saved_model.constants import ASSETS_DIRECTORY as ASSETS_DIRECTORY
from graphpb.saved_model.constants import ASSETS_KEY as ASSETS_KEY
from graphpb.saved_model.constants import LEGACY_INIT_OP_KEY as LEGACY_INIT_OP_KEY
from graphpb.saved_model.constants import MAIN_OP_KEY as MAIN_OP_KEY
from graphpb.saved_model.constants import SAVED_MODEL_FILENAME_PB as SAVED_MODEL_FILENAME_PB
from graphpb.saved_model.constants import SAVED_MODEL_FILENAME_PBTXT as SAVED_MODEL_FILENAME_PBTXT
from graphpb.saved_model.constants import SAVED_MODEL_SCHEMA_VERSION as SAVED_MODEL_SCHEMA_VERSION
from graphpb.saved_model.constants import VARIABLES_DIRECTORY as VARIABLES_DIRECTORY
from graphpb.saved_model.constants import VARIABLES_FILENAME as VARIABLES_FILENAME
from graphpb.saved_model.loader import contains_saved_model as contains_saved_model
from graphpb.saved_model.loader import load as load
from graphpb.saved_model.loader import maybe_saved_model_directory as maybe_saved_model_directory
from graphpb.saved_model.main_op import main_op_with_restore as main_op_with_restore
from graphpb.saved_model.signature_def_utils import build_signature_def as build_signature_def
from graphpb.saved_model.signature_def_utils import classification_signature_def as classification_signature_def
from graphpb.saved_model.signature_def_utils import is_valid_signature as is_valid_signature
from graphpb.saved_model.signature_def_utils import predict_signature_def as predict_signature_def
from graphpb.saved_model.signature_def_utils import regression_signature_def as regression_signature_def
from graphpb.saved_model.tensor_info import build_tensor_info as build_tensor_info
from graphpb.saved_model.tensor_info import get_tensor_from_tensor_info as get_tensor_from_tensor_info


def __getattr__(name: str) -> object:
    from graphpb.ledger import absent

    raise absent(__name__, name)
