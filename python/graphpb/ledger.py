"""Why a public name of TensorFlow 1 is absent: one reason for each family of names."""

import re

_LATER = "graphpb does not have it yet"

_RULES = [
    (r"(GradientTape|Module|function|autograph\..*|custom_gradient_v2|.*Spec|.*\.GradientTape)$", "graphpb builds graphs as TensorFlow 1 does and has no eager mode: use tf.gradients, variable scopes and tf.Session"),
    (r"(enable|disable)_(eager_execution|v2_.*|tensor_equality|control_flow_v2|resource_variables)$|enable_v2_behavior$|(control_flow_v2|executing_eagerly_outside).*", "graphpb has TensorFlow 1's behaviour only"),
    (r"(histogram|image|scalar|merge(_all)?|audio)_summar(y|ies)$|concat_v2$|batch_svd$|train\.SummaryWriter$", "TensorFlow 1 does not have it either: it went with release 1.0"),
    (r"(.*Accumulator(Base)?|.*Barrier|.*StagingArea|LMDBReader)$", "of what holds values between runs, graphpb has variables, queues and readers; " + _LATER),
    (r"data\..*", "of tf.data, graphpb has Dataset, Iterator, Options, the datasets over files and the transformations of tf.data.experimental; " + _LATER),
    (r"(FixedLen.*|VarLenFeature|SparseFeature|parse_.*|io\.(parse_.*|FixedLen.*|VarLenFeature|SparseFeature)|decode_(csv|json_example|compressed)|python_io\..*|feature_column\..*)$", "input pipelines: " + _LATER),
    (r"(summary\..*|train\.(ProfilerHook|basic_train_loop))$", "summaries and training loops: " + _LATER),
    (r"(train\.(Checkpoint.*|.*[Cc]heckpoint.*|warm_start|VocabInfo)|saved_model\..*)$", "checkpoints and SavedModels are those of TensorFlow 1 (tf.train.Saver, tf.saved_model.Builder); " + _LATER),
    (r"(group_v2)$", "control flow: " + _LATER),
    (r"(distribute\..*|tpu\..*|.*\.?(Server|ServerDef|ClusterSpec|ClusterDef|JobDef|DeviceSpec)|train\.(SyncReplicasOptimizer|replica_device_setter)|contrib\.tpu.*)$", "graphpb runs on one machine and has no devices to choose"),
    (r"(ragged\..*|RaggedTensor.*)$", "ragged tensors are not part of graphpb"),
    (r"(.*quantiz.*|fake_quant.*|nn\.quantized.*|quantization\..*|QUANTIZED_DTYPES)$", "quantized kernels are not part of graphpb"),
    (r"(lite|profiler|estimator|keras|mixed_precision|sysconfig|config|debug|mlir|xla|nccl)(\..*)?$", "it is not part of graphpb"),
    (r"contrib\.slim\.(losses|metrics)$", "use tf.losses and tf.metrics, whose first arguments are the labels"),
    (r"contrib\.slim\.(learning|evaluation|queues|dataset|data_.*|.*decoder|nets|.*reader|prefetch_queue|training)$", "use tf.train.MonitoredTrainingSession and its hooks"),
    (r"contrib\.layers\.(GDN|gdn|rev_block|RevBlock|recompute_grad)$", "a rare layer of tf.contrib; " + _LATER),
    (r"contrib\.layers\.(.*_column.*|bucketize|sparse_feature_cross|.*input_from_feature_columns|.*from_feature_columns|parse_feature_columns.*|scattered_embedding.*|safe_embedding.*|hashed_embedding.*|joint_weighted.*|make_place_holder.*|transform_features|shared_embedding.*|check_feature_columns|create_feature_spec.*|infer_real.*|real_valued.*|regression_target|multi_class_target)$", "feature columns are not part of graphpb: look up embeddings with tf.nn.embedding_lookup and tf.nn.embedding_lookup_sparse"),
    (r"contrib\.(factorization|tensor_forest|boosted_trees|learn|eager|cudnn_rnn|tensorboard|image|staging|training\..*|graph_editor).*", "of tf.contrib, graphpb has data, distributions, framework, layers, legacy_seq2seq, lookup, rnn, seq2seq, slim and training.HParams"),
    (r"(linalg\.LinearOperator.*|signal\..*|spectral\..*|audio\..*|distributions\..*|sets\..*|sdca.*)$", "it is beyond the parts of TensorFlow 1 that the surveyed programs use; " + _LATER),
    (r"(app\.)?flags\..*", "graphpb has the flags that programs define and read; for the rest of absl's, import absl.flags"),
    (r"(fft|ifft|rfft|irfft|(i?r?|ir)fftnd|i?fft2d|i?fft3d).*$", "Fourier transforms: " + _LATER),
    (r"(io\.)?(serialize_.*|deserialize_.*|decode_(proto|raw)|encode_proto|read_file|write_file|matching_files|parse_tensor|TFRecord.*|tf_record_iterator|RaggedFeature|match_filenames_once|decode_.*|encode_(jpeg|png).*|extract_jpeg_shape|is_jpeg)$|io\.gfile\..*|train\.(BytesList|Example|Feature.*|FloatList|Int64List|SequenceExample|sdca.*)$", "records and their fields: " + _LATER),
    (r"image\.(.*(jpeg|png|gif|bmp|webp|jxl).*|decode_image)$", "image files: " + _LATER),
    (r"image\..*", "it is beyond the sizes, frames and colours that graphpb's tf.image covers"),
    (r"(io\.gfile|gfile)\..*|.*load_(file_system_)?library$|load_op_library$", "graphpb loads no code and no file systems"),
    (r"sparse[._].*|ragged_fill.*", "of sparse tensors, graphpb has making, adding, joining, ordering, products and lookups; " + _LATER),
    (r"random\.(Algorithm|Generator|create_rng_state|fold_in|get_global_generator|set_global_generator|split|stateless_.*)$|random_index_shuffle$", "generators without state came with TensorFlow 2: use op seeds and tf.set_random_seed"),
    (r"math\.(special\..*|bessel.*|betainc|erf.*inv|ndtri|nextafter|sobol_sample|approx.*|igammac?|cumulative_logsumexp)$|(betainc|igammac?|approx_top_k)$", "a special function without a kernel here; " + _LATER),
    (r"linalg\..*|matrix_square_root$", "of linear algebra, graphpb has products, factorizations, solves and determinants; " + _LATER),
    (r"nn\.(fractional|approx|collapse|ctc|compute_average_loss|scale_regularization|erosion|conv_transpose|with_space).*", "a rare function of TensorFlow 1; " + _LATER),
    (r"strings\.(unicode.*|ngrams|bytes_split|unsorted_segment_join)$|fingerprint$", "Unicode and ragged strings: " + _LATER),
    (r"debugging\..*", "it belongs to TensorFlow 2's tracebacks, devices and checks"),
    (r"test\..*", "it belongs to TensorFlow's own tests"),
    (r"resource_loader\..*|user_ops\..*", "it belongs to TensorFlow's own build"),
    (r"(get_session_handle|get_session_tensor|delete_session_tensor)$", "handles of values kept in a session: feed and fetch the values"),
    (r"(py_function|recompute_grad|grad_pass_through|wrap_function|vectorized_map|nondifferentiable_batch_function|type_spec_from_value|is_symbolic_tensor|tensor_scatter_nd_.*|CriticalSection|unravel_index|guarantee_const|check_pinned|conv|conv2d_backprop_.*_v2|get_logger|timestamp|extract_volume_patches|histogram_fixed_width_bins|create_partitioned_variables|dtypes\..*|metrics\..*|errors\..*)$", "a rare or later function; " + _LATER),
    (r"(CXX.*|MONOLITHIC_BUILD)$", "graphpb is not built from C++"),
    (r"nn\.(conv3d_backprop.*|depthwise_conv2d.*backprop.*|dilation2d)$|print$|initializers\.(local_)?variables$|io\.encode_base64$|random\.all_candidate_sampler$|train\.piecewise_constant_decay$", "another spelling: the function is in tf.raw_ops, or under its first name"),
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
