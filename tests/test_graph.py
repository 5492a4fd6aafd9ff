"""Names, scopes, control dependencies, handles and elements of a graph. The facts were observed in TensorFlow 2.21 (tf.compat.v1)."""

import gc
import inspect
import weakref

import graphpb as tf
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def names(*ops):
    return [op.name if isinstance(op, tf.Operation) else op.op.name for op in ops]


def test_unique_names_ignore_case_and_number_from_one():
    assert names(*[tf.constant(1.0, name=n) for n in ("foo", "foo", "FOO")]) == ["foo", "foo_1", "FOO_2"]


def test_suffixes_skip_names_given_explicitly():
    given = ["abc", "AbC", "abc", "abc_1", "abc", "abc_1"]
    made = names(*[tf.constant(1.0, name=n) for n in given])
    assert made[0] == "abc" and made[1] == "AbC_1"
    assert len(set(n.lower() for n in made)) == len(made)


def test_scopes_and_ops_share_one_table():
    with tf.name_scope("A"):
        pass
    assert names(tf.constant(0, name="A")) == ["A_1"]
    tf.constant(0, name="B")
    with tf.name_scope("B") as scope:
        assert scope == "B_1/"


def test_a_slash_in_a_name_reserves_no_parent():
    assert names(tf.constant(0, name="p/q/r"), tf.constant(0, name="p"), tf.constant(0, name="p/q")) == ["p/q/r", "p", "p/q"]


def test_a_name_is_used_up_even_when_the_op_fails():
    f, i = tf.constant(1.0), tf.constant(1)
    with pytest.raises(TypeError):
        f + i
    assert (f + f).op.name == "add_1"


def test_a_trailing_slash_is_an_exact_name():
    with tf.name_scope("s"):
        assert tf.no_op(name="out/k2/").name == "out/k2"
    with pytest.raises(ValueError, match="Duplicate node name in graph: 'out/k2'"):
        tf.no_op(name="out/k2/")


def test_unique_name_can_peek(graph):
    assert graph.unique_name("n", mark_as_used=False) == "n"
    assert graph.unique_name("n") == "n"
    assert graph.unique_name("n") == "n_1"


@pytest.mark.parametrize("bad", ["_a", "a b", "a:b", "ä"])
def test_bad_op_names_are_refused(bad):
    with pytest.raises(ValueError, match="is not a valid"):
        tf.no_op(name=bad)


def test_an_underscore_may_start_a_name_inside_a_scope():
    with tf.name_scope("s"):
        assert tf.no_op(name="_a").name == "s/_a"


def test_bad_scope_names_are_refused():
    with pytest.raises(ValueError, match="'a b' is not a valid root scope name. A root scope name has to match the following pattern"):
        with tf.name_scope("a b"):
            pass
    with pytest.raises(TypeError):
        with tf.name_scope(3):
            pass


def test_name_scope_forms():
    with tf.name_scope("s") as s:
        assert s == "s/"
        assert names(tf.constant(0, name="c"), tf.constant(0, name="c")) == ["s/c", "s/c_1"]
    with tf.name_scope("s") as again:
        assert again == "s_1/"
        with tf.name_scope("t") as inner:
            assert inner == "s_1/t/"
        with tf.name_scope(None) as root:
            assert root == ""
            assert tf.no_op(name="top").name == "top"
    with tf.name_scope(s):
        assert tf.constant(0, name="c").op.name == "s/c_2"
    with tf.name_scope("x/y") as both:
        assert both == "x/y/"


def test_name_scope_with_values_needs_a_name():
    with pytest.raises(ValueError, match=r"At least one of name \(None\) and default_name \(None\) must be provided."):
        with tf.name_scope(None, None, [tf.constant(0)]):
            pass


def test_the_default_scope_gives_its_op_the_bare_name():
    x = tf.constant(1.0)
    made = []
    for _ in range(2):
        with tf.name_scope(None, "D", [x]) as scope:
            made.append(tf.identity(x, name=scope).op.name)
    assert made == ["D", "D_1"]


def test_default_names_of_operators():
    x, y = tf.placeholder(tf.float32, name="x"), tf.placeholder(tf.float32, name="y")
    made = [x + y, x - y, x * y, x / y, x // y, x % y, x**y, -x, abs(x), x < y, x >= y]
    assert names(*made) == ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "Neg", "Abs", "Less", "GreaterEqual"]
    assert [t.op.type for t in made[:7]] == ["AddV2", "Sub", "Mul", "RealDiv", "FloorDiv", "FloorMod", "Pow"]
    assert (x * 2.0).op.inputs[1].op.name == "mul_1/y"
    assert (2.0 * x).op.inputs[0].op.name == "mul_2/x"


def test_control_dependencies_are_added_unless_an_input_already_waits():
    a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
    with tf.control_dependencies([a, b.op]):
        c = tf.identity(a, name="c")
        d = tf.identity(c, name="d")
        with tf.control_dependencies(None):
            e = tf.constant(1.0, name="e")
        f = tf.constant(1.0, name="f")
    assert names(*c.op.control_inputs) == ["b"]
    assert d.op.control_inputs == []
    assert e.op.control_inputs == []
    assert names(*f.op.control_inputs) == ["a", "b"]


def test_nested_control_dependencies_concatenate():
    a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
    with tf.control_dependencies([a]), tf.control_dependencies([b]):
        assert names(*tf.no_op().control_inputs) == ["a", "b"]


def test_control_dependencies_refuse_numbers():
    with pytest.raises(TypeError, match="Can not convert a int into a Tensor or Operation."):
        tf.control_dependencies([1])


def test_variables_are_made_outside_control_dependencies():
    a = tf.constant(1.0)
    with tf.control_dependencies([a]):
        v = tf.Variable(1.0)
    assert v.op.control_inputs == [] and v.initializer.control_inputs == []


def test_gradients_inside_control_dependencies_wait_too():
    x = tf.placeholder(tf.float32, [3])
    y = tf.reduce_sum(x * x)
    update = tf.no_op(name="update")
    with tf.control_dependencies([update]):
        (g,) = tf.gradients(y, x)
    waiting, stack = set(), [g.op]
    while stack:
        op = stack.pop()
        waiting.update(op.control_inputs)
        stack.extend(t.op for t in op.inputs if t.op.name.startswith("gradients"))
    assert update in waiting


def test_handles_have_identity(graph):
    c = tf.constant([1, 2], name="c")
    assert c.op.outputs[0] is c and graph.get_tensor_by_name("c:0") is c and graph.get_operation_by_name("c") is c.op
    assert type(c) is tf.Tensor and type(c.op) is tf.Operation
    assert c == c and (c != tf.constant([1, 2])) and len({c, c.op.outputs[0]}) == 1


def test_reprs():
    a = tf.constant(1.0, name="a")
    assert repr(a) == "<tf.Tensor 'a:0' shape=() dtype=float32>"
    assert str(a) == 'Tensor("a:0", shape=(), dtype=float32)'
    assert repr(a.op) == "<tf.Operation 'a' type=Const>"
    assert str(tf.placeholder(tf.int32, name="p")) == 'Tensor("p:0", dtype=int32)'
    assert repr(tf.Variable([1.0, 2.0], name="v")) == "<tf.Variable 'v:0' shape=(2,) dtype=float32_ref>"
    assert 'op: "Const"' in str(a.op)


def test_consumers_and_producers():
    x = tf.placeholder(tf.float32, name="x")
    y = tf.add(x, x, name="y")
    assert x.consumers() == [y.op] and list(y.op.inputs) == [x, x] and y.value_index == 0


def test_elements_by_name(graph):
    v = tf.constant(1.0, name="v")
    assert graph.as_graph_element("v:0") is v and graph.as_graph_element("v") is v.op
    with pytest.raises(KeyError, match="The name 'nope' refers to an Operation not in the graph."):
        graph.get_operation_by_name("nope")
    with pytest.raises(KeyError, match="The operation, 'nope', does not exist in the graph."):
        graph.get_tensor_by_name("nope:0")
    with pytest.raises(KeyError, match="exists but only has 1 outputs."):
        graph.get_tensor_by_name("v:1")
    with pytest.raises(ValueError, match="Name 'v:0' appears to refer to a Tensor, not a Operation."):
        graph.get_operation_by_name("v:0")
    with pytest.raises(ValueError, match="refers to an Operation, not a Tensor"):
        graph.get_tensor_by_name("v")
    with pytest.raises(TypeError, match="Can not convert a int into a Tensor or Operation."):
        graph.as_graph_element(3)


def test_tensors_of_two_graphs_do_not_mix():
    a = tf.constant(1.0, name="a")
    with tf.Graph().as_default():
        b = tf.constant(1.0, name="b")
    with pytest.raises(ValueError, match="must be from the same graph as"):
        tf.add(a, b)
    with pytest.raises(ValueError, match="must be from the same graph as"):
        a + b


def test_an_op_lands_in_the_graph_of_its_inputs():
    a = tf.constant(1.0)
    with tf.Graph().as_default():
        assert (a + 1.0).graph is a.graph
        assert tf.exp(a).graph is a.graph


def test_a_finalized_graph_refuses_ops(graph):
    graph.finalize()
    with pytest.raises(RuntimeError, match="Graph is finalized and cannot be modified."):
        tf.constant(1.0)


def test_reset_default_graph_is_refused_inside_a_graph():
    with pytest.raises(AssertionError, match="Do not use tf.reset_default_graph"):
        tf.reset_default_graph()


def test_nesting_of_default_graphs_is_checked(graph):
    a, b = tf.Graph().as_default(), tf.Graph().as_default()
    a.__enter__()
    b.__enter__()
    with pytest.raises(AssertionError, match="Nesting violated"):
        a.__exit__(None, None, None)
    b.__exit__(None, None, None)
    a.__exit__(None, None, None)
    assert tf.get_default_graph() is graph


def test_collections_are_copied_and_filtered(graph):
    with tf.name_scope("net"):
        a = tf.constant(1.0, name="a")
    b = tf.constant(1.0, name="b")
    for t in (a, b, "text"):
        tf.add_to_collection("k", t)
    assert tf.get_collection("k") == [a, b, "text"]
    assert tf.get_collection("k", "net") == [a]
    assert tf.get_collection("none") == []
    tf.get_collection("k").append(1)
    assert len(tf.get_collection("k")) == 3
    tf.get_collection_ref("k").append(1)
    assert len(tf.get_collection("k")) == 4
    graph.clear_collection("k")
    assert tf.get_collection("k") == []


def test_colocation_and_device():
    a = tf.constant(1.0, name="a")
    with tf.colocate_with(a):
        b = tf.identity(a)
    with tf.device("/job:w/task:1"), tf.device("/gpu:0"):
        c = tf.identity(a)
        with tf.device(None):
            d = tf.identity(a)
    assert b.op.get_attr("_class") == [b"loc:@a"]
    assert c.op.device == "/job:w/task:1/device:GPU:0" and d.op.device == ""


def test_attributes_by_kind():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    op = tf.matmul(x, x, transpose_b=True).op
    assert op.get_attr("transpose_b") is True and op.get_attr("T") == tf.float32
    with pytest.raises(ValueError, match="has no attr named 'nope'"):
        op.get_attr("nope")


def test_the_place_of_creation_is_the_users_line():
    line = inspect.currentframe().f_lineno + 1
    t = tf.reduce_mean(tf.constant([1.0]))
    file, at, function, _ = t.op.traceback[-1]
    assert (file, at, function) == (__file__, line, "test_the_place_of_creation_is_the_users_line")


def test_build_errors_name_the_users_line():
    a, b = tf.zeros([2, 3]), tf.zeros([2, 3])
    line = inspect.currentframe().f_lineno + 2
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 3 and 2") as caught:
        tf.matmul(a, b)
    assert f"{__file__}:{line}" in str(caught.value)


def test_a_graph_is_freed_when_nobody_holds_it():
    g = tf.Graph()
    with g.as_default():
        v = tf.Variable(tf.zeros([3]))
        tf.add_to_collection("k", v * 2.0)
    gone = weakref.ref(g)
    del g, v
    gc.collect()
    assert gone() is None


def test_unknown_names_say_why():
    with pytest.raises(AttributeError, match="did you mean tf.placeholder"):
        tf.placehoder  # noqa: B018
    with pytest.raises(AttributeError, match="use tf.gradients"):
        tf.GradientTape  # noqa: B018
    assert not hasattr(tf, "GradientTape")
