"""Types of graphpb.protos; written by tools/protogen."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from google.protobuf.descriptor import Descriptor, EnumDescriptor
from google.protobuf.message import Message

_T = TypeVar("_T")

class _Enum:
    DESCRIPTOR: ClassVar[EnumDescriptor]
    @classmethod
    def Name(cls, number: int) -> str: ...
    @classmethod
    def Value(cls, name: str) -> int: ...
    @classmethod
    def keys(cls) -> list[str]: ...
    @classmethod
    def values(cls) -> list[int]: ...
    @classmethod
    def items(cls) -> list[tuple[str, int]]: ...

class _Scalars(list[_T]):
    def MergeFrom(self, other: Iterable[_T]) -> None: ...

class _Messages(list[_T]):
    def add(self, **fields: Any) -> _T: ...
    def MergeFrom(self, other: Iterable[_T]) -> None: ...

class _Map(dict[_T, Any]):
    def MergeFrom(self, other: Mapping[_T, Any]) -> None: ...

class DataType(_Enum): ...

DT_INVALID: int
DT_FLOAT: int
DT_DOUBLE: int
DT_INT32: int
DT_UINT8: int
DT_INT16: int
DT_INT8: int
DT_STRING: int
DT_COMPLEX64: int
DT_INT64: int
DT_BOOL: int
DT_QINT8: int
DT_QUINT8: int
DT_QINT32: int
DT_BFLOAT16: int
DT_QINT16: int
DT_QUINT16: int
DT_UINT16: int
DT_COMPLEX128: int
DT_HALF: int
DT_RESOURCE: int
DT_VARIANT: int
DT_UINT32: int
DT_UINT64: int
DT_FLOAT8_E5M2: int
DT_FLOAT8_E4M3FN: int
DT_FLOAT8_E4M3FNUZ: int
DT_FLOAT8_E4M3B11FNUZ: int
DT_FLOAT8_E5M2FNUZ: int
DT_INT4: int
DT_UINT4: int
DT_INT2: int
DT_UINT2: int
DT_FLOAT4_E2M1FN: int
DT_FLOAT_REF: int
DT_DOUBLE_REF: int
DT_INT32_REF: int
DT_UINT8_REF: int
DT_INT16_REF: int
DT_INT8_REF: int
DT_STRING_REF: int
DT_COMPLEX64_REF: int
DT_INT64_REF: int
DT_BOOL_REF: int
DT_QINT8_REF: int
DT_QUINT8_REF: int
DT_QINT32_REF: int
DT_BFLOAT16_REF: int
DT_QINT16_REF: int
DT_QUINT16_REF: int
DT_UINT16_REF: int
DT_COMPLEX128_REF: int
DT_HALF_REF: int
DT_RESOURCE_REF: int
DT_VARIANT_REF: int
DT_UINT32_REF: int
DT_UINT64_REF: int
DT_FLOAT8_E5M2_REF: int
DT_FLOAT8_E4M3FN_REF: int
DT_FLOAT8_E4M3FNUZ_REF: int
DT_FLOAT8_E4M3B11FNUZ_REF: int
DT_FLOAT8_E5M2FNUZ_REF: int
DT_INT4_REF: int
DT_UINT4_REF: int
DT_INT2_REF: int
DT_UINT2_REF: int
DT_FLOAT4_E2M1FN_REF: int

class TensorShapeProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Dim(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        size: int
        name: str
        def __init__(self, **fields: Any) -> None: ...

    dim: _Messages[TensorShapeProto.Dim]
    unknown_rank: bool
    def __init__(self, **fields: Any) -> None: ...

class TensorProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    dtype: int
    tensor_shape: TensorShapeProto
    version_number: int
    tensor_content: bytes
    float_val: _Scalars[float]
    double_val: _Scalars[float]
    int_val: _Scalars[int]
    string_val: _Scalars[bytes]
    scomplex_val: _Scalars[float]
    int64_val: _Scalars[int]
    bool_val: _Scalars[bool]
    dcomplex_val: _Scalars[float]
    half_val: _Scalars[int]
    resource_handle_val: _Messages[ResourceHandleProto]
    variant_val: _Messages[VariantTensorDataProto]
    uint32_val: _Scalars[int]
    uint64_val: _Scalars[int]
    float8_val: bytes
    def __init__(self, **fields: Any) -> None: ...

class ResourceHandleProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class DtypeAndShape(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        dtype: int
        shape: TensorShapeProto
        def __init__(self, **fields: Any) -> None: ...

    device: str
    container: str
    name: str
    hash_code: int
    maybe_type_name: str
    dtypes_and_shapes: _Messages[ResourceHandleProto.DtypeAndShape]
    def __init__(self, **fields: Any) -> None: ...

class VariantTensorDataProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    type_name: str
    metadata: bytes
    tensors: _Messages[TensorProto]
    def __init__(self, **fields: Any) -> None: ...

class SerializedDType(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    datatype: int
    def __init__(self, **fields: Any) -> None: ...

class FullTypeId(_Enum): ...

TFT_UNSET: int
TFT_VAR: int
TFT_ANY: int
TFT_PRODUCT: int
TFT_NAMED: int
TFT_FOR_EACH: int
TFT_CALLABLE: int
TFT_TENSOR: int
TFT_ARRAY: int
TFT_OPTIONAL: int
TFT_LITERAL: int
TFT_ENCODED: int
TFT_SHAPE_TENSOR: int
TFT_BOOL: int
TFT_UINT8: int
TFT_UINT16: int
TFT_UINT32: int
TFT_UINT64: int
TFT_INT8: int
TFT_INT16: int
TFT_INT32: int
TFT_INT64: int
TFT_HALF: int
TFT_FLOAT: int
TFT_DOUBLE: int
TFT_BFLOAT16: int
TFT_COMPLEX64: int
TFT_COMPLEX128: int
TFT_STRING: int
TFT_DATASET: int
TFT_RAGGED: int
TFT_ITERATOR: int
TFT_MUTEX_LOCK: int
TFT_LEGACY_VARIANT: int

class NodeDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class ExperimentalDebugInfo(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        original_node_names: _Scalars[str]
        original_func_names: _Scalars[str]
        def __init__(self, **fields: Any) -> None: ...

    name: str
    op: str
    input: _Scalars[str]
    device: str
    attr: _Map[str]
    experimental_debug_info: NodeDef.ExperimentalDebugInfo
    experimental_type: FullTypeDef
    def __init__(self, **fields: Any) -> None: ...

class AttrValue(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class ListValue(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        s: _Scalars[bytes]
        i: _Scalars[int]
        f: _Scalars[float]
        b: _Scalars[bool]
        type: _Scalars[int]
        shape: _Messages[TensorShapeProto]
        tensor: _Messages[TensorProto]
        func: _Messages[NameAttrList]
        def __init__(self, **fields: Any) -> None: ...

    list: AttrValue.ListValue
    s: bytes
    i: int
    f: float
    b: bool
    type: int
    shape: TensorShapeProto
    tensor: TensorProto
    placeholder: str
    func: NameAttrList
    def __init__(self, **fields: Any) -> None: ...

class NameAttrList(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    attr: _Map[str]
    def __init__(self, **fields: Any) -> None: ...

class FullTypeDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    type_id: int
    args: _Messages[FullTypeDef]
    s: str
    i: int
    def __init__(self, **fields: Any) -> None: ...

class OpDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class ArgDef(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        name: str
        description: str
        type: int
        type_attr: str
        number_attr: str
        type_list_attr: str
        handle_data: _Messages[ResourceHandleProto.DtypeAndShape]
        is_ref: bool
        experimental_full_type: FullTypeDef
        def __init__(self, **fields: Any) -> None: ...

    class AttrDef(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        name: str
        type: str
        default_value: AttrValue
        description: str
        has_minimum: bool
        minimum: int
        allowed_values: AttrValue
        def __init__(self, **fields: Any) -> None: ...

    name: str
    input_arg: _Messages[OpDef.ArgDef]
    output_arg: _Messages[OpDef.ArgDef]
    attr: _Messages[OpDef.AttrDef]
    summary: str
    description: str
    deprecation: OpDeprecation
    is_aggregate: bool
    is_stateful: bool
    is_commutative: bool
    allows_uninitialized_input: bool
    control_output: _Scalars[str]
    is_distributed_communication: bool
    def __init__(self, **fields: Any) -> None: ...

class OpDeprecation(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    version: int
    explanation: str
    def __init__(self, **fields: Any) -> None: ...

class OpList(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    op: _Messages[OpDef]
    def __init__(self, **fields: Any) -> None: ...

class GraphDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    node: _Messages[NodeDef]
    library: FunctionDefLibrary
    version: int
    versions: VersionDef
    debug_info: GraphDebugInfo
    def __init__(self, **fields: Any) -> None: ...

class VersionDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    producer: int
    min_consumer: int
    bad_consumers: _Scalars[int]
    def __init__(self, **fields: Any) -> None: ...

class FunctionDefLibrary(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    function: _Messages[FunctionDef]
    gradient: _Messages[GradientDef]
    registered_gradients: _Messages[RegisteredGradient]
    def __init__(self, **fields: Any) -> None: ...

class FunctionDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class ArgAttrs(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        attr: _Map[str]
        def __init__(self, **fields: Any) -> None: ...

    signature: OpDef
    node_def: _Messages[NodeDef]
    ret: _Map[str]
    attr: _Map[str]
    control_ret: _Map[str]
    arg_attr: _Map[int]
    resource_arg_unique_id: _Map[int]
    def __init__(self, **fields: Any) -> None: ...

class GradientDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    function_name: str
    gradient_func: str
    def __init__(self, **fields: Any) -> None: ...

class RegisteredGradient(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    gradient_func: str
    registered_op_type: str
    def __init__(self, **fields: Any) -> None: ...

class GraphDebugInfo(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class FileLineCol(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        file_index: int
        line: int
        col: int
        func: str
        code: str
        def __init__(self, **fields: Any) -> None: ...

    class StackTrace(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        file_line_cols: _Messages[GraphDebugInfo.FileLineCol]
        frame_id: _Scalars[int]
        def __init__(self, **fields: Any) -> None: ...

    files: _Scalars[str]
    traces: _Map[str]
    frames_by_id: _Map[int]
    name_to_trace_id: _Map[str]
    traces_by_id: _Map[int]
    def __init__(self, **fields: Any) -> None: ...

class BundleHeaderProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Endianness(_Enum): ...

    LITTLE: int
    BIG: int
    num_shards: int
    endianness: int
    version: VersionDef
    def __init__(self, **fields: Any) -> None: ...

class BundleEntryProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    dtype: int
    shape: TensorShapeProto
    shard_id: int
    offset: int
    size: int
    crc32c: int
    slices: _Messages[TensorSliceProto]
    def __init__(self, **fields: Any) -> None: ...

class TensorSliceProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Extent(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        start: int
        length: int
        def __init__(self, **fields: Any) -> None: ...

    extent: _Messages[TensorSliceProto.Extent]
    def __init__(self, **fields: Any) -> None: ...

class SavedTensorSlices(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    meta: SavedTensorSliceMeta
    data: SavedSlice
    def __init__(self, **fields: Any) -> None: ...

class SavedTensorSliceMeta(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    tensor: _Messages[SavedSliceMeta]
    versions: VersionDef
    def __init__(self, **fields: Any) -> None: ...

class SavedSliceMeta(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    shape: TensorShapeProto
    type: int
    slice: _Messages[TensorSliceProto]
    def __init__(self, **fields: Any) -> None: ...

class SavedSlice(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    slice: TensorSliceProto
    data: TensorProto
    def __init__(self, **fields: Any) -> None: ...

class CheckpointState(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    model_checkpoint_path: str
    all_model_checkpoint_paths: _Scalars[str]
    all_model_checkpoint_timestamps: _Scalars[float]
    last_preserved_timestamp: float
    def __init__(self, **fields: Any) -> None: ...

class VariableSynchronization(_Enum): ...

VARIABLE_SYNCHRONIZATION_AUTO: int
VARIABLE_SYNCHRONIZATION_NONE: int
VARIABLE_SYNCHRONIZATION_ON_WRITE: int
VARIABLE_SYNCHRONIZATION_ON_READ: int

class VariableAggregation(_Enum): ...

VARIABLE_AGGREGATION_NONE: int
VARIABLE_AGGREGATION_SUM: int
VARIABLE_AGGREGATION_MEAN: int
VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA: int

class Code(_Enum): ...

OK: int
CANCELLED: int
UNKNOWN: int
INVALID_ARGUMENT: int
DEADLINE_EXCEEDED: int
NOT_FOUND: int
ALREADY_EXISTS: int
PERMISSION_DENIED: int
UNAUTHENTICATED: int
RESOURCE_EXHAUSTED: int
FAILED_PRECONDITION: int
ABORTED: int
OUT_OF_RANGE: int
UNIMPLEMENTED: int
INTERNAL: int
UNAVAILABLE: int
DATA_LOSS: int

class VariableDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    variable_name: str
    initializer_name: str
    snapshot_name: str
    save_slice_info_def: SaveSliceInfoDef
    is_resource: bool
    initial_value_name: str
    trainable: bool
    synchronization: int
    aggregation: int
    def __init__(self, **fields: Any) -> None: ...

class SaveSliceInfoDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    full_name: str
    full_shape: _Scalars[int]
    var_offset: _Scalars[int]
    var_shape: _Scalars[int]
    def __init__(self, **fields: Any) -> None: ...

class WhileContextDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    context_name: str
    parallel_iterations: int
    back_prop: bool
    swap_memory: bool
    pivot_name: str
    pivot_for_pred_name: str
    pivot_for_body_name: str
    loop_exit_names: _Scalars[str]
    values_def: ValuesDef
    loop_enter_names: _Scalars[str]
    maximum_iterations_name: str
    nested_contexts: _Messages[ControlFlowContextDef]
    def __init__(self, **fields: Any) -> None: ...

class CondContextDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    context_name: str
    pred_name: str
    pivot_name: str
    branch: int
    values_def: ValuesDef
    nested_contexts: _Messages[ControlFlowContextDef]
    def __init__(self, **fields: Any) -> None: ...

class ControlFlowContextDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    cond_ctxt: CondContextDef
    while_ctxt: WhileContextDef
    def __init__(self, **fields: Any) -> None: ...

class ValuesDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    values: _Scalars[str]
    external_values: _Map[str]
    def __init__(self, **fields: Any) -> None: ...

class QueueRunnerDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    queue_name: str
    enqueue_op_name: _Scalars[str]
    close_op_name: str
    cancel_op_name: str
    queue_closed_exception_types: _Scalars[int]
    def __init__(self, **fields: Any) -> None: ...

class ConfigProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Experimental(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        class MlirBridgeRollout(_Enum): ...

        MLIR_BRIDGE_ROLLOUT_UNSPECIFIED: int
        MLIR_BRIDGE_ROLLOUT_ENABLED: int
        MLIR_BRIDGE_ROLLOUT_DISABLED: int
        collective_group_leader: str
        executor_type: str
        recv_buf_max_chunk: int
        use_numa_affinity: bool
        collective_deterministic_sequential_execution: bool
        collective_nccl: bool
        share_session_state_in_clusterspec_propagation: bool
        disable_thread_spinning: bool
        share_cluster_devices_in_session: bool
        session_metadata: SessionMetadata
        optimize_for_static_graph: bool
        enable_mlir_bridge: bool
        disable_output_partition_graphs: bool
        xla_fusion_autotuner_thresh: int
        enable_mlir_graph_optimization: bool
        mlir_bridge_rollout: int
        use_tfrt: bool
        disable_functional_ops_lowering: bool
        xla_prefer_single_graph_cluster: bool
        coordination_config: CoordinationServiceConfig
        disable_optimize_for_static_graph: bool
        disable_eager_executor_streaming_enqueue: bool
        enable_multi_host: bool
        backend_server_port: int
        target_tpu: bool
        target_gpu: bool
        stream_merge_threshold: int
        tfrt_use_ifrt: bool
        finalize_function_library_runtime: bool
        finalize_resource_manager: bool
        tf2xla_dump_dir: str
        online_cost_analysis: bool
        def __init__(self, **fields: Any) -> None: ...

    device_count: _Map[str]
    intra_op_parallelism_threads: int
    placement_period: int
    device_filters: _Scalars[str]
    inter_op_parallelism_threads: int
    gpu_options: GPUOptions
    allow_soft_placement: bool
    log_device_placement: bool
    use_per_session_threads: bool
    graph_options: GraphOptions
    operation_timeout_in_ms: int
    session_inter_op_thread_pool: _Messages[ThreadPoolOptionProto]
    rpc_options: RPCOptions
    cluster_def: ClusterDef
    isolate_session_state: bool
    experimental: ConfigProto.Experimental
    share_cluster_devices_in_session: bool
    pluggable_device_options: GPUOptions
    def __init__(self, **fields: Any) -> None: ...

class GPUOptions(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Experimental(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        class VirtualDevices(Message):
            DESCRIPTOR: ClassVar[Descriptor]
            memory_limit_mb: _Scalars[float]
            priority: _Scalars[int]
            device_ordinal: _Scalars[int]
            def __init__(self, **fields: Any) -> None: ...

        class StreamMergeOptions(Message):
            DESCRIPTOR: ClassVar[Descriptor]
            merge_host_to_device_stream: bool
            merge_device_to_host_stream: bool
            merge_device_to_device_stream: bool
            def __init__(self, **fields: Any) -> None: ...

        virtual_devices: _Messages[GPUOptions.Experimental.VirtualDevices]
        use_unified_memory: bool
        num_dev_to_dev_copy_streams: int
        collective_ring_order: str
        timestamped_allocator: bool
        kernel_tracker_max_interval: int
        kernel_tracker_max_bytes: int
        kernel_tracker_max_pending: int
        internal_fragmentation_fraction: float
        use_cuda_malloc_async: bool
        disallow_retry_on_allocation_failure: bool
        gpu_host_mem_limit_in_mb: float
        gpu_host_mem_disallow_growth: bool
        num_virtual_devices_per_gpu: int
        gpu_system_memory_size_in_mb: int
        populate_pjrt_gpu_client_creation_info: bool
        node_id: int
        stream_merge_options: GPUOptions.Experimental.StreamMergeOptions
        def __init__(self, **fields: Any) -> None: ...

    per_process_gpu_memory_fraction: float
    allocator_type: str
    deferred_deletion_bytes: int
    allow_growth: bool
    visible_device_list: str
    polling_active_delay_usecs: int
    polling_inactive_delay_msecs: int
    force_gpu_compatible: bool
    experimental: GPUOptions.Experimental
    def __init__(self, **fields: Any) -> None: ...

class GraphOptions(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    enable_recv_scheduling: bool
    optimizer_options: OptimizerOptions
    build_cost_model: int
    infer_shapes: bool
    place_pruned_graph: bool
    enable_bfloat16_sendrecv: bool
    timeline_step: int
    build_cost_model_after: int
    rewrite_options: RewriterConfig
    def __init__(self, **fields: Any) -> None: ...

class OptimizerOptions(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Level(_Enum): ...

    L1: int
    L0: int
    class GlobalJitLevel(_Enum): ...

    DEFAULT: int
    OFF: int
    ON_1: int
    ON_2: int
    do_common_subexpression_elimination: bool
    do_constant_folding: bool
    opt_level: int
    do_function_inlining: bool
    global_jit_level: int
    max_folded_constant_in_bytes: int
    cpu_global_jit: bool
    def __init__(self, **fields: Any) -> None: ...

class RewriterConfig(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Toggle(_Enum): ...

    DEFAULT: int
    ON: int
    OFF: int
    AGGRESSIVE: int
    EXPERIMENTAL_MLIR: int
    EXPERIMENTAL_BOTH: int
    class CpuLayout(_Enum): ...

    NO_CONVERSION_ON_CPU: int
    NCHW_TO_NHWC: int
    NHWC_TO_NCHW: int
    class NumIterationsType(_Enum): ...

    DEFAULT_NUM_ITERS: int
    ONE: int
    TWO: int
    class MemOptType(_Enum): ...

    DEFAULT_MEM_OPT: int
    NO_MEM_OPT: int
    MANUAL: int
    SWAPPING_HEURISTICS: int
    RECOMPUTATION_HEURISTICS: int
    SCHEDULING_HEURISTICS: int
    HEURISTICS: int
    class CustomGraphOptimizer(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        name: str
        parameter_map: _Map[str]
        def __init__(self, **fields: Any) -> None: ...

    layout_optimizer: int
    disable_model_pruning: bool
    constant_folding: int
    memory_optimization: int
    auto_parallel: AutoParallelOptions
    memory_optimizer_target_node_name_scope: str
    arithmetic_optimization: int
    dependency_optimization: int
    loop_optimization: int
    function_optimization: int
    debug_stripper: int
    meta_optimizer_iterations: int
    shape_optimization: int
    remapping: int
    scoped_allocator_optimization: int
    scoped_allocator_opts: ScopedAllocatorOptions
    min_graph_nodes: int
    pin_to_host_optimization: int
    disable_meta_optimizer: bool
    meta_optimizer_timeout_ms: int
    fail_on_optimizer_errors: bool
    implementation_selector: int
    auto_mixed_precision: int
    common_subgraph_elimination: int
    auto_mixed_precision_mkl: int
    experimental_disable_compressed_tensor_optimization: bool
    experimental_disable_folding_quantization_emulation: bool
    use_plugin_optimizers: int
    auto_mixed_precision_cpu: int
    experimental_conditional_code_motion: int
    auto_mixed_precision_onednn_bfloat16: int
    disable_tfg_optimizer: bool
    cpu_layout_conversion: int
    optimizers: _Scalars[str]
    custom_optimizers: _Messages[RewriterConfig.CustomGraphOptimizer]
    inter_optimizer_verifier_config: VerifierConfig
    post_optimization_verifier_config: VerifierConfig
    def __init__(self, **fields: Any) -> None: ...

class AutoParallelOptions(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    enable: bool
    num_replicas: int
    def __init__(self, **fields: Any) -> None: ...

class ScopedAllocatorOptions(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    enable_op: _Scalars[str]
    def __init__(self, **fields: Any) -> None: ...

class VerifierConfig(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Toggle(_Enum): ...

    DEFAULT: int
    ON: int
    OFF: int
    verification_timeout_in_ms: int
    structure_verifier: int
    def __init__(self, **fields: Any) -> None: ...

class ThreadPoolOptionProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    num_threads: int
    global_name: str
    def __init__(self, **fields: Any) -> None: ...

class SessionMetadata(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    version: int
    def __init__(self, **fields: Any) -> None: ...

class RunOptions(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class TraceLevel(_Enum): ...

    NO_TRACE: int
    SOFTWARE_TRACE: int
    HARDWARE_TRACE: int
    FULL_TRACE: int
    class Experimental(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        class RunHandlerPoolOptions(Message):
            DESCRIPTOR: ClassVar[Descriptor]
            priority: int
            def __init__(self, **fields: Any) -> None: ...

        collective_graph_key: int
        use_run_handler_pool: bool
        run_handler_pool_options: RunOptions.Experimental.RunHandlerPoolOptions
        def __init__(self, **fields: Any) -> None: ...

    trace_level: int
    timeout_in_ms: int
    inter_op_thread_pool: int
    output_partition_graphs: bool
    debug_options: DebugOptions
    report_tensor_allocations_upon_oom: bool
    experimental: RunOptions.Experimental
    def __init__(self, **fields: Any) -> None: ...

class DebugOptions(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    debug_tensor_watch_opts: _Messages[DebugTensorWatch]
    global_step: int
    reset_disk_byte_usage: bool
    def __init__(self, **fields: Any) -> None: ...

class DebugTensorWatch(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    node_name: str
    output_slot: int
    debug_ops: _Scalars[str]
    debug_urls: _Scalars[str]
    tolerate_debug_op_creation_failures: bool
    def __init__(self, **fields: Any) -> None: ...

class CallableOptions(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    feed: _Scalars[str]
    fetch: _Scalars[str]
    target: _Scalars[str]
    run_options: RunOptions
    tensor_connection: _Messages[TensorConnection]
    feed_devices: _Map[str]
    fetch_devices: _Map[str]
    fetch_skip_sync: bool
    def __init__(self, **fields: Any) -> None: ...

class TensorConnection(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    from_tensor: str
    to_tensor: str
    def __init__(self, **fields: Any) -> None: ...

class RPCOptions(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    use_rpc_for_inprocess_master: bool
    compression_algorithm: str
    compression_level: int
    cache_rpc_response: bool
    disable_session_connection_sharing: bool
    num_channels_per_target: int
    def __init__(self, **fields: Any) -> None: ...

class CoordinationServiceConfig(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    service_type: str
    service_leader: str
    enable_health_check: bool
    cluster_register_timeout_in_ms: int
    heartbeat_timeout_in_ms: int
    shutdown_barrier_timeout_in_ms: int
    agent_destruction_without_shutdown: bool
    recoverable_jobs: _Scalars[str]
    coordinated_job_list: _Messages[CoordinatedJob]
    allow_new_incarnation_to_reconnect: bool
    force_disable: bool
    poll_for_error_from_service_at_startup: bool
    cluster_register_with_barrier: bool
    def __init__(self, **fields: Any) -> None: ...

class CoordinatedJob(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    num_tasks: int
    def __init__(self, **fields: Any) -> None: ...

class ClusterDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    job: _Messages[JobDef]
    def __init__(self, **fields: Any) -> None: ...

class JobDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    tasks: _Map[int]
    def __init__(self, **fields: Any) -> None: ...

class ServerDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    cluster: ClusterDef
    job_name: str
    task_index: int
    default_session_config: ConfigProto
    protocol: str
    port: int
    cluster_device_filters: ClusterDeviceFilters
    replica: int
    def __init__(self, **fields: Any) -> None: ...

class ClusterDeviceFilters(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    jobs: _Messages[JobDeviceFilters]
    def __init__(self, **fields: Any) -> None: ...

class JobDeviceFilters(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    tasks: _Map[int]
    def __init__(self, **fields: Any) -> None: ...

class TaskDeviceFilters(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    device_filters: _Scalars[str]
    def __init__(self, **fields: Any) -> None: ...

class DataClass(_Enum): ...

DATA_CLASS_UNKNOWN: int
DATA_CLASS_SCALAR: int
DATA_CLASS_TENSOR: int
DATA_CLASS_BLOB_SEQUENCE: int

class Event(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    wall_time: float
    step: int
    file_version: str
    graph_def: bytes
    summary: Summary
    log_message: LogMessage
    session_log: SessionLog
    tagged_run_metadata: TaggedRunMetadata
    meta_graph_def: bytes
    source_metadata: SourceMetadata
    def __init__(self, **fields: Any) -> None: ...

class SourceMetadata(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    writer: str
    def __init__(self, **fields: Any) -> None: ...

class LogMessage(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Level(_Enum): ...

    UNKNOWN: int
    DEBUGGING: int
    INFO: int
    WARN: int
    ERROR: int
    FATAL: int
    level: int
    message: str
    def __init__(self, **fields: Any) -> None: ...

class SessionLog(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class SessionStatus(_Enum): ...

    STATUS_UNSPECIFIED: int
    START: int
    STOP: int
    CHECKPOINT: int
    status: int
    checkpoint_path: str
    msg: str
    def __init__(self, **fields: Any) -> None: ...

class TaggedRunMetadata(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    tag: str
    run_metadata: bytes
    def __init__(self, **fields: Any) -> None: ...

class Summary(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Image(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        height: int
        width: int
        colorspace: int
        encoded_image_string: bytes
        def __init__(self, **fields: Any) -> None: ...

    class Audio(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        sample_rate: float
        num_channels: int
        length_frames: int
        encoded_audio_string: bytes
        content_type: str
        def __init__(self, **fields: Any) -> None: ...

    class Value(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        tag: str
        simple_value: float
        obsolete_old_style_histogram: bytes
        image: Summary.Image
        histo: HistogramProto
        audio: Summary.Audio
        tensor: TensorProto
        node_name: str
        metadata: SummaryMetadata
        def __init__(self, **fields: Any) -> None: ...

    value: _Messages[Summary.Value]
    def __init__(self, **fields: Any) -> None: ...

class SummaryMetadata(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class PluginData(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        plugin_name: str
        content: bytes
        def __init__(self, **fields: Any) -> None: ...

    plugin_data: SummaryMetadata.PluginData
    display_name: str
    summary_description: str
    data_class: int
    def __init__(self, **fields: Any) -> None: ...

class SummaryDescription(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    type_hint: str
    def __init__(self, **fields: Any) -> None: ...

class HistogramProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float
    bucket_limit: _Scalars[float]
    bucket: _Scalars[float]
    def __init__(self, **fields: Any) -> None: ...

class Example(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    features: Features
    def __init__(self, **fields: Any) -> None: ...

class SequenceExample(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    context: Features
    feature_lists: FeatureLists
    def __init__(self, **fields: Any) -> None: ...

class Features(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    feature: _Map[str]
    def __init__(self, **fields: Any) -> None: ...

class Feature(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    bytes_list: BytesList
    float_list: FloatList
    int64_list: Int64List
    def __init__(self, **fields: Any) -> None: ...

class FeatureLists(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    feature_list: _Map[str]
    def __init__(self, **fields: Any) -> None: ...

class FeatureList(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    feature: _Messages[Feature]
    def __init__(self, **fields: Any) -> None: ...

class BytesList(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    value: _Scalars[bytes]
    def __init__(self, **fields: Any) -> None: ...

class FloatList(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    value: _Scalars[float]
    def __init__(self, **fields: Any) -> None: ...

class Int64List(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    value: _Scalars[int]
    def __init__(self, **fields: Any) -> None: ...

class TrackableObjectGraph(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class TrackableObject(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        class ObjectReference(Message):
            DESCRIPTOR: ClassVar[Descriptor]
            node_id: int
            local_name: str
            def __init__(self, **fields: Any) -> None: ...

        class SerializedTensor(Message):
            DESCRIPTOR: ClassVar[Descriptor]
            name: str
            full_name: str
            checkpoint_key: str
            def __init__(self, **fields: Any) -> None: ...

        class SlotVariableReference(Message):
            DESCRIPTOR: ClassVar[Descriptor]
            original_variable_node_id: int
            slot_name: str
            slot_variable_node_id: int
            def __init__(self, **fields: Any) -> None: ...

        children: _Messages[TrackableObjectGraph.TrackableObject.ObjectReference]
        attributes: _Messages[TrackableObjectGraph.TrackableObject.SerializedTensor]
        slot_variables: _Messages[TrackableObjectGraph.TrackableObject.SlotVariableReference]
        registered_saver: RegisteredSaver
        has_checkpoint_values: Message
        def __init__(self, **fields: Any) -> None: ...

    nodes: _Messages[TrackableObjectGraph.TrackableObject]
    def __init__(self, **fields: Any) -> None: ...

class RegisteredSaver(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    object_name: str
    def __init__(self, **fields: Any) -> None: ...

class SavedObjectGraph(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    nodes: _Messages[SavedObject]
    concrete_functions: _Map[str]
    def __init__(self, **fields: Any) -> None: ...

class SavedObject(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    children: _Messages[TrackableObjectGraph.TrackableObject.ObjectReference]
    slot_variables: _Messages[TrackableObjectGraph.TrackableObject.SlotVariableReference]
    user_object: SavedUserObject
    asset: SavedAsset
    function: SavedFunction
    variable: SavedVariable
    bare_concrete_function: SavedBareConcreteFunction
    constant: SavedConstant
    resource: SavedResource
    captured_tensor: CapturedTensor
    saveable_objects: _Map[str]
    registered_name: str
    serialized_user_proto: Message
    dependencies: _Messages[TrackableObjectGraph.TrackableObject.ObjectReference]
    registered_saver: str
    def __init__(self, **fields: Any) -> None: ...

class SavedUserObject(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    identifier: str
    version: VersionDef
    metadata: str
    def __init__(self, **fields: Any) -> None: ...

class SavedAsset(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    asset_file_def_index: int
    def __init__(self, **fields: Any) -> None: ...

class SavedFunction(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    concrete_functions: _Scalars[str]
    function_spec: FunctionSpec
    def __init__(self, **fields: Any) -> None: ...

class CapturedTensor(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    concrete_function: str
    def __init__(self, **fields: Any) -> None: ...

class SavedConcreteFunction(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    bound_inputs: _Scalars[int]
    canonicalized_input_signature: StructuredValue
    output_signature: StructuredValue
    def __init__(self, **fields: Any) -> None: ...

class SavedBareConcreteFunction(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    concrete_function_name: str
    argument_keywords: _Scalars[str]
    allowed_positional_arguments: int
    function_spec: FunctionSpec
    def __init__(self, **fields: Any) -> None: ...

class SavedConstant(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    operation: str
    def __init__(self, **fields: Any) -> None: ...

class SavedVariable(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    dtype: int
    shape: TensorShapeProto
    trainable: bool
    synchronization: int
    aggregation: int
    name: str
    device: str
    experimental_distributed_variable_components: _Messages[SavedVariable]
    def __init__(self, **fields: Any) -> None: ...

class SavedResource(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    device: str
    def __init__(self, **fields: Any) -> None: ...

class SaveableObject(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    save_function: int
    restore_function: int
    def __init__(self, **fields: Any) -> None: ...

class FunctionSpec(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class JitCompile(_Enum): ...

    DEFAULT: int
    ON: int
    OFF: int
    fullargspec: StructuredValue
    is_method: bool
    input_signature: StructuredValue
    jit_compile: int
    def __init__(self, **fields: Any) -> None: ...

class StructuredValue(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    none_value: NoneValue
    float64_value: float
    int64_value: int
    string_value: str
    bool_value: bool
    tensor_shape_value: TensorShapeProto
    tensor_dtype_value: int
    tensor_spec_value: TensorSpecProto
    type_spec_value: TypeSpecProto
    bounded_tensor_spec_value: BoundedTensorSpecProto
    list_value: ListValue
    tuple_value: TupleValue
    dict_value: DictValue
    named_tuple_value: NamedTupleValue
    tensor_value: TensorProto
    numpy_value: TensorProto
    def __init__(self, **fields: Any) -> None: ...

class NoneValue(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    def __init__(self, **fields: Any) -> None: ...

class ListValue(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    values: _Messages[StructuredValue]
    def __init__(self, **fields: Any) -> None: ...

class TupleValue(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    values: _Messages[StructuredValue]
    def __init__(self, **fields: Any) -> None: ...

class DictValue(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    fields: _Map[str]
    def __init__(self, **fields: Any) -> None: ...

class PairValue(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    key: str
    value: StructuredValue
    def __init__(self, **fields: Any) -> None: ...

class NamedTupleValue(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    values: _Messages[PairValue]
    def __init__(self, **fields: Any) -> None: ...

class TensorSpecProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    shape: TensorShapeProto
    dtype: int
    def __init__(self, **fields: Any) -> None: ...

class BoundedTensorSpecProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    shape: TensorShapeProto
    dtype: int
    minimum: TensorProto
    maximum: TensorProto
    def __init__(self, **fields: Any) -> None: ...

class TypeSpecProto(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class TypeSpecClass(_Enum): ...

    UNKNOWN: int
    SPARSE_TENSOR_SPEC: int
    INDEXED_SLICES_SPEC: int
    RAGGED_TENSOR_SPEC: int
    TENSOR_ARRAY_SPEC: int
    DATA_DATASET_SPEC: int
    DATA_ITERATOR_SPEC: int
    OPTIONAL_SPEC: int
    PER_REPLICA_SPEC: int
    VARIABLE_SPEC: int
    ROW_PARTITION_SPEC: int
    REGISTERED_TYPE_SPEC: int
    EXTENSION_TYPE_SPEC: int
    type_spec_class: int
    type_state: StructuredValue
    type_spec_class_name: str
    num_flat_components: int
    def __init__(self, **fields: Any) -> None: ...

class MetaGraphDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class MetaInfoDef(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        meta_graph_version: str
        stripped_op_list: OpList
        any_info: Message
        tags: _Scalars[str]
        tensorflow_version: str
        tensorflow_git_version: str
        stripped_default_attrs: bool
        function_aliases: _Map[str]
        def __init__(self, **fields: Any) -> None: ...

    meta_info_def: MetaGraphDef.MetaInfoDef
    graph_def: GraphDef
    saver_def: SaverDef
    collection_def: _Map[str]
    signature_def: _Map[str]
    asset_file_def: _Messages[AssetFileDef]
    object_graph_def: SavedObjectGraph
    def __init__(self, **fields: Any) -> None: ...

class CollectionDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class NodeList(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        value: _Scalars[str]
        def __init__(self, **fields: Any) -> None: ...

    class BytesList(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        value: _Scalars[bytes]
        def __init__(self, **fields: Any) -> None: ...

    class Int64List(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        value: _Scalars[int]
        def __init__(self, **fields: Any) -> None: ...

    class FloatList(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        value: _Scalars[float]
        def __init__(self, **fields: Any) -> None: ...

    class AnyList(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        value: _Messages[Message]
        def __init__(self, **fields: Any) -> None: ...

    node_list: CollectionDef.NodeList
    bytes_list: CollectionDef.BytesList
    int64_list: CollectionDef.Int64List
    float_list: CollectionDef.FloatList
    any_list: CollectionDef.AnyList
    def __init__(self, **fields: Any) -> None: ...

class SignatureDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    inputs: _Map[str]
    outputs: _Map[str]
    method_name: str
    defaults: _Map[str]
    def __init__(self, **fields: Any) -> None: ...

class TensorInfo(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class CooSparse(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        values_tensor_name: str
        indices_tensor_name: str
        dense_shape_tensor_name: str
        def __init__(self, **fields: Any) -> None: ...

    class CompositeTensor(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        type_spec: TypeSpecProto
        components: _Messages[TensorInfo]
        def __init__(self, **fields: Any) -> None: ...

    name: str
    coo_sparse: TensorInfo.CooSparse
    composite_tensor: TensorInfo.CompositeTensor
    dtype: int
    tensor_shape: TensorShapeProto
    def __init__(self, **fields: Any) -> None: ...

class AssetFileDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    tensor_info: TensorInfo
    filename: str
    def __init__(self, **fields: Any) -> None: ...

class SaverDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class CheckpointFormatVersion(_Enum): ...

    LEGACY: int
    V1: int
    V2: int
    filename_tensor_name: str
    save_tensor_name: str
    restore_op_name: str
    max_to_keep: int
    sharded: bool
    keep_checkpoint_every_n_hours: float
    version: int
    def __init__(self, **fields: Any) -> None: ...

class SavedModel(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    saved_model_schema_version: int
    meta_graphs: _Messages[MetaGraphDef]
    def __init__(self, **fields: Any) -> None: ...

class FingerprintDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    saved_model_checksum: int
    graph_def_program_hash: int
    signature_def_hash: int
    saved_object_graph_hash: int
    checkpoint_hash: int
    version: VersionDef
    uuid: str
    def __init__(self, **fields: Any) -> None: ...

class RunMetadata(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class FunctionGraphs(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        partition_graphs: _Messages[GraphDef]
        pre_optimization_graph: GraphDef
        post_optimization_graph: GraphDef
        def __init__(self, **fields: Any) -> None: ...

    step_stats: StepStats
    cost_graph: CostGraphDef
    partition_graphs: _Messages[GraphDef]
    function_graphs: _Messages[RunMetadata.FunctionGraphs]
    session_metadata: SessionMetadata
    def __init__(self, **fields: Any) -> None: ...

class StepStats(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    dev_stats: _Messages[DeviceStepStats]
    def __init__(self, **fields: Any) -> None: ...

class DeviceStepStats(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    device: str
    node_stats: _Messages[NodeExecStats]
    thread_names: _Map[int]
    def __init__(self, **fields: Any) -> None: ...

class NodeExecStats(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    node_name: str
    all_start_micros: int
    op_start_rel_micros: int
    op_end_rel_micros: int
    all_end_rel_micros: int
    memory: _Messages[AllocatorMemoryUsed]
    output: _Messages[NodeOutput]
    timeline_label: str
    scheduled_micros: int
    thread_id: int
    referenced_tensor: _Messages[AllocationDescription]
    memory_stats: MemoryStats
    all_start_nanos: int
    op_start_rel_nanos: int
    op_end_rel_nanos: int
    all_end_rel_nanos: int
    scheduled_nanos: int
    def __init__(self, **fields: Any) -> None: ...

class NodeOutput(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    slot: int
    tensor_description: TensorDescription
    def __init__(self, **fields: Any) -> None: ...

class MemoryStats(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    temp_memory_size: int
    device_temp_memory_size: int
    persistent_memory_size: int
    device_persistent_memory_size: int
    persistent_tensor_alloc_ids: _Scalars[int]
    device_persistent_tensor_alloc_ids: _Scalars[int]
    def __init__(self, **fields: Any) -> None: ...

class AllocatorMemoryUsed(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    allocator_name: str
    total_bytes: int
    peak_bytes: int
    live_bytes: int
    allocator_bytes_in_use: int
    allocation_records: _Messages[AllocationRecord]
    def __init__(self, **fields: Any) -> None: ...

class AllocationRecord(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    alloc_micros: int
    alloc_bytes: int
    def __init__(self, **fields: Any) -> None: ...

class TensorDescription(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    dtype: int
    shape: TensorShapeProto
    allocation_description: AllocationDescription
    def __init__(self, **fields: Any) -> None: ...

class AllocationDescription(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    requested_bytes: int
    allocated_bytes: int
    allocator_name: str
    allocation_id: int
    has_single_reference: bool
    ptr: int
    def __init__(self, **fields: Any) -> None: ...

class CostGraphDef(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    class Node(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        class InputInfo(Message):
            DESCRIPTOR: ClassVar[Descriptor]
            preceding_node: int
            preceding_port: int
            def __init__(self, **fields: Any) -> None: ...

        class OutputInfo(Message):
            DESCRIPTOR: ClassVar[Descriptor]
            size: int
            alias_input_port: int
            shape: TensorShapeProto
            dtype: int
            def __init__(self, **fields: Any) -> None: ...

        name: str
        device: str
        id: int
        input_info: _Messages[CostGraphDef.Node.InputInfo]
        output_info: _Messages[CostGraphDef.Node.OutputInfo]
        temporary_memory_size: int
        is_final: bool
        control_input: _Scalars[int]
        compute_cost: int
        host_temp_memory_size: int
        device_temp_memory_size: int
        persistent_memory_size: int
        compute_time: int
        memory_time: int
        device_persistent_memory_size: int
        inaccurate: bool
        def __init__(self, **fields: Any) -> None: ...

    class AggregatedCost(Message):
        DESCRIPTOR: ClassVar[Descriptor]
        cost: float
        dimension: str
        def __init__(self, **fields: Any) -> None: ...

    node: _Messages[CostGraphDef.Node]
    cost: _Messages[CostGraphDef.AggregatedCost]
    def __init__(self, **fields: Any) -> None: ...

class DeviceAttributes(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    name: str
    device_type: str
    memory_limit: int
    locality: DeviceLocality
    incarnation: int
    physical_device_desc: str
    xla_global_id: int
    def __init__(self, **fields: Any) -> None: ...

class DeviceLocality(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    bus_id: int
    numa_node: int
    links: LocalLinks
    def __init__(self, **fields: Any) -> None: ...

class LocalLinks(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    link: _Messages[InterconnectLink]
    def __init__(self, **fields: Any) -> None: ...

class InterconnectLink(Message):
    DESCRIPTOR: ClassVar[Descriptor]
    device_id: int
    type: str
    strength: int
    def __init__(self, **fields: Any) -> None: ...
