"""Why a public name of TensorFlow 1 is absent: one reason for each family of names."""

import re

_LATER = "graphpb does not have it yet"

_RULES = [
    (r"(GradientTape|Module|function|autograph\..*|custom_gradient_v2|.*Spec|.*\.GradientTape)$", "graphpb builds graphs as TensorFlow 1 does and has no eager mode: use tf.gradients, variable scopes and tf.Session"),
    (r"(enable|disable)_(eager_execution|v2_.*|tensor_equality|control_flow_v2|resource_variables)$|enable_v2_behavior$|(control_flow_v2|executing_eagerly_outside).*", "graphpb has TensorFlow 1's behaviour only"),
    (r"(histogram|image|scalar|merge(_all)?|audio)_summar(y|ies)$|concat_v2$|batch_svd$|train\.SummaryWriter$", "TensorFlow 1 does not have it either: it went with release 1.0"),
    (r"(.*Queue(Base)?|queue\..*|.*Accumulator(Base)?|train\.(QueueRunner|Coordinator|LooperThread|.*queue_runners?|.*batch(_join)?|.*input_producer|limit_epochs|match_filenames_once|queue_runner\..*))$", "queues and their threads: " + _LATER),
    (r"(data\..*|FixedLen.*|VarLenFeature|SparseFeature|parse_.*|io\.(parse_.*|FixedLen.*|VarLenFeature|SparseFeature)|.*Reader(Base)?|decode_(csv|json_example|compressed)|python_io\..*|feature_column\..*)$", "input pipelines: " + _LATER),
    (r"(summary\..*|train\.(.*Hook|.*Session|.*SessionCreator|SessionManager|SessionRun.*|Scaffold|Supervisor|SecondOrStepTimer|NanLossDuringTrainingError|basic_train_loop|summary_iterator))$", "summaries and monitored sessions: " + _LATER),
    (r"(train\.(Saver.*|.*[Cc]heckpoint.*|.*meta_graph|list_variables|load_variable|warm_start|VocabInfo)|saved_model\..*)$", "checkpoints and saved models: " + _LATER),
    (r"(group_v2)$", "control flow: " + _LATER),
    (r"(distribute\..*|tpu\..*|.*\.?(Server|ServerDef|ClusterSpec|ClusterDef|JobDef|DeviceSpec)|train\.(SyncReplicasOptimizer|replica_device_setter|WorkerSessionCreator)|contrib\.tpu.*)$", "graphpb runs on one machine and has no devices to choose"),
    (r"(ragged\..*|RaggedTensor.*)$", "ragged tensors are not part of graphpb"),
    (r"(.*quantiz.*|fake_quant.*|nn\.quantized.*|quantization\..*|QUANTIZED_DTYPES)$", "quantized kernels are not part of graphpb"),
    (r"(lite|profiler|estimator|keras|mixed_precision|sysconfig|config|debug|mlir|xla|nccl)(\..*)?$", "it is not part of graphpb"),
    (r"contrib\.(factorization|tensor_forest|boosted_trees|learn|eager|cudnn_rnn|tensorboard|slim\..*|distributions|image|staging|training|graph_editor).*", "of tf.contrib, graphpb has framework, layers, legacy_seq2seq, rnn and seq2seq"),
    (r"(linalg\.LinearOperator.*|signal\..*|spectral\..*|audio\..*|distributions\..*|lookup\..*|sets\..*|sdca.*)$", "it is beyond the parts of TensorFlow 1 that the surveyed programs use; " + _LATER),
]  # fmt: skip


def rule(name):
    """Return the reason of the first family that a name belongs to, None for a name of no family.

    Args:
      name: Dotted name without `tf.`: "nn.dynamic_rnn".
    """
    return next((why for pattern, why in _RULES if re.match(pattern, name)), None)


def reason(name):
    """Return why a name is absent.

    Args:
      name: Dotted name without `tf.`: "nn.dynamic_rnn".
    """
    return rule(name) or _LATER


def absent(module, name):
    """Return the AttributeError for a name that a module does not have.

    Args:
      module: The module's name: "graphpb.nn".
      name: The attribute's name.
    """
    prefix = module.removeprefix("graphpb").removeprefix(".")
    return AttributeError(f"module {module!r} has no attribute {name!r}: {reason(f'{prefix}.{name}' if prefix else name)}")
