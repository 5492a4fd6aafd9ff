"""Names of operations, tensors and scopes."""

import pytest


def test_first_snippet_of_the_deck(tf):
    assert repr(tf.add(5, 5)) == "<tf.Tensor 'Add:0' shape=() dtype=int32>"


def test_taken_names_get_numbers_and_letters_case_does_not_matter(tf):
    names = [tf.no_op(name=name).name for name in ("foo", "foo", "FOO", "foo_1", "foo")]
    assert names == ["foo", "foo_1", "FOO_2", "foo_1_1", "foo_3"]


def test_numbered_collisions(tf):
    names = [tf.no_op(name=name).name for name in ("abc", "abc", "abc_1", "abc", "abc_1")]
    assert names == ["abc", "abc_1", "abc_1_1", "abc_2", "abc_1_2"]


def test_scopes_and_operations_share_one_table(tf):
    with tf.name_scope("A") as scope:
        assert scope == "A/"
    assert tf.no_op(name="A").name == "A_1"
    tf.no_op(name="B")
    with tf.name_scope("B") as scope:
        assert scope == "B_1/"


def test_a_name_with_slashes_reserves_no_parents(tf):
    tf.no_op(name="p/q/r")
    assert tf.no_op(name="p").name == "p"
    assert tf.no_op(name="p/q").name == "p/q"


def test_trailing_slash_is_an_absolute_name(tf):
    with tf.name_scope("s"):
        assert tf.no_op(name="out/k2/").name == "out/k2"


def test_none_leaves_all_scopes(tf):
    with tf.name_scope("s"), tf.name_scope(None) as scope:
        assert scope == ""
        assert tf.no_op(name="top").name == "top"


def test_reentered_scope_goes_on_counting(tf):
    with tf.name_scope("s") as scope:
        tf.constant(1, name="c")
    with tf.name_scope(scope):
        assert tf.constant(1, name="c").name == "s/c_1:0"


def test_unique_name_can_peek(tf):
    graph = tf.get_default_graph()
    assert graph.unique_name("u", mark_as_used=False) == "u"
    assert graph.unique_name("u") == "u"
    assert graph.unique_name("u") == "u_1"


@pytest.mark.parametrize("name", ["a b", "_a", "a:b", "-x"])
def test_illegal_operation_names(tf, name):
    with pytest.raises(ValueError, match="is not a valid (node|root scope) name"):
        tf.no_op(name=name)


def test_underscore_is_legal_inside_a_scope(tf):
    with tf.name_scope("s"):
        assert tf.no_op(name="_a").name == "s/_a"


def test_illegal_root_scope(tf):
    with pytest.raises(ValueError, match="not a valid root scope name"):
        with tf.name_scope("a b"):
            pass


def test_a_failed_operation_burns_its_name(tf):
    f, i = tf.constant(1.0), tf.constant(1)
    with pytest.raises(TypeError):
        f + i
    assert (f + f).name == "add_1:0"


def test_operator_and_function_names(tf):
    x, i, b = tf.constant(1.0), tf.constant(1), tf.constant(True)
    made = {
        "add:0": lambda: x + x,
        "sub:0": lambda: x - x,
        "mul:0": lambda: x * x,
        "truediv:0": lambda: x / x,
        "floordiv:0": lambda: x // x,
        "mod:0": lambda: x % x,
        "pow:0": lambda: x**x,
        "Neg:0": lambda: -x,
        "Abs:0": lambda: abs(x),
        "Less:0": lambda: x < x,
        "and:0": lambda: b & b,
        "or:0": lambda: b | b,
        "LogicalNot:0": lambda: ~b,
        "Add_1:0": lambda: tf.add(x, x),
        "Sub_1:0": lambda: tf.subtract(x, x),
        "Mul_1:0": lambda: tf.multiply(x, x),
        "Cast:0": lambda: tf.cast(i, tf.float32),
        "ToFloat:0": lambda: tf.to_float(i),
        "stack:0": lambda: tf.stack([x, x]),
        "ArgMax:0": lambda: tf.argmax([1.0, 2.0]),
        "Sum:0": lambda: tf.reduce_sum([1.0]),
        "GatherV2:0": lambda: tf.gather([1.0, 2.0], 1),
        "one_hot:0": lambda: tf.one_hot(1, 3),
        "Softmax:0": lambda: tf.nn.softmax([[1.0]]),
        "ExpandDims:0": lambda: tf.expand_dims(x, 0),
        "Tile:0": lambda: tf.tile([x], [2]),
        "strided_slice:0": lambda: tf.constant([1, 2])[0],
        "concat:0": lambda: tf.concat([[x], [x]], 0),
        "split:0": lambda: tf.split([1.0, 2.0], 2)[0],
        "transpose:0": lambda: tf.transpose([[1.0]]),
    }
    for name, make in made.items():
        assert make().name == name


def test_groups_and_initializers(tf):
    tf.Variable(1.0)
    assert tf.group(tf.no_op()).name == "group_deps"
    assert tf.global_variables_initializer().name == "init"
    assert tf.global_variables_initializer().name == "init_1"
    assert [t.name for t in tf.tuple([tf.constant(1.0), tf.constant(2.0)])] == ["tuple/control_dependency:0", "tuple/control_dependency_1:0"]
