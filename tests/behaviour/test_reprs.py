"""What tensors, operations, variables, shapes and types look like."""


def test_tensor(tf):
    t = tf.placeholder(tf.float32, [None, 3], name="x")
    assert repr(t) == "<tf.Tensor 'x:0' shape=(?, 3) dtype=float32>"
    assert str(t) == 'Tensor("x:0", shape=(?, 3), dtype=float32)'
    assert isinstance(t, tf.Tensor)


def test_tensor_of_unknown_rank(tf):
    t = tf.placeholder(tf.int64, name="x")
    assert repr(t) == "<tf.Tensor 'x:0' shape=<unknown> dtype=int64>"
    assert str(t) == 'Tensor("x:0", dtype=int64)'


def test_operation(tf):
    op = tf.constant(1, name="a").op
    assert repr(op) == "<tf.Operation 'a' type=Const>"
    assert str(op).startswith('name: "a"\nop: "Const"\n')
    assert isinstance(op, tf.Operation)


def test_variable(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    assert repr(v) == "<tf.Variable 'v:0' shape=(2,) dtype=float32_ref>"


def test_types(tf):
    assert repr(tf.float32) == "tf.float32"
    assert str(tf.float32) == "<dtype: 'float32'>"
    assert tf.float32.name == "float32" and tf.float32.as_datatype_enum == 1
    assert tf.Variable(1.0).dtype.name == "float32_ref"
    assert tf.Variable(1.0).dtype.base_dtype == tf.float32


def test_shapes(tf):
    assert str(tf.TensorShape([None, 3])) == "(?, 3)"
    assert str(tf.TensorShape([5])) == "(5,)"
    assert str(tf.TensorShape([])) == "()"
    assert str(tf.TensorShape(None)) == "<unknown>"
    assert repr(tf.TensorShape([None, 3])) == "TensorShape([Dimension(None), Dimension(3)])"
    assert repr(tf.TensorShape(None)) == "TensorShape(None)"


def test_operation_fields(tf):
    a = tf.constant([[1.0, 2.0]], name="a")
    with tf.control_dependencies([tf.no_op(name="n")]):
        b = tf.matmul(a, a, transpose_b=True, name="b")
    op = b.op
    assert (op.name, op.type) == ("b", "MatMul")
    assert [t.name for t in op.inputs] == ["a:0", "a:0"]
    assert [o.name for o in op.control_inputs] == ["n"]
    assert op.outputs == [b] and b.value_index == 0
    assert op.get_attr("transpose_b") is True and op.get_attr("T") == tf.float32
    assert [o.name for o in a.consumers()] == ["b"] or [o.name for o in a.consumers()] == ["b", "b"]
    assert op.graph is tf.get_default_graph()
    assert op.node_def.name == "b"
