"""The class that tests of graphs derive from: sessions that are closed, and assertions about arrays and errors."""

import contextlib
import random
import re
import tempfile
import unittest

import numpy as np

from graphpb import errors
from graphpb.graph.core import Tensor, reset_default_graph
from graphpb.graph.core import get_default_graph as default_graph
from graphpb.ops.random import set_random_seed
from graphpb.session.session import Session

SEED = 87654321
"""What every test starts with, as TensorFlow's tests do."""


class TestCase(unittest.TestCase):
    """A test with a fresh default graph, seeded random numbers, and sessions."""

    def setUp(self):
        self._cached = None
        random.seed(SEED)
        np.random.seed(SEED % 2**32)
        reset_default_graph()
        set_random_seed(SEED)

    def tearDown(self):
        self._close_cached()

    def _close_cached(self):
        if getattr(self, "_cached", None) is not None:
            self._cached.close()
            self._cached = None

    def get_temp_dir(self):
        """Return a folder of this test, made anew and removed when it ends."""
        if not hasattr(self, "_folder"):
            holder = tempfile.TemporaryDirectory(prefix="graphpb_test_")
            self.addCleanup(holder.cleanup)
            self._folder = holder.name
        return self._folder

    @contextlib.contextmanager
    def session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """Open a session, the default one in the block, and close it.

        Args:
          graph: Its graph; default the default graph.
          config: A ConfigProto. use_gpu, force_gpu: Without effect.
        """
        with Session(graph=graph, config=config) as session:
            yield session

    @contextlib.contextmanager
    def cached_session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """Enter this test's one session, opened at the first call and closed when the test ends; arguments as `session`."""
        if self._cached is None:
            self._cached = Session(graph=graph, config=config)
        session = self._cached
        with session.graph.as_default(), session.as_default():
            yield session

    def test_session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """Open a session: `session` when a graph or config is given, `cached_session` otherwise."""
        make = self.cached_session if graph is None and config is None else self.session
        return make(graph, config, use_gpu, force_gpu)

    test_session.__test__ = False

    def evaluate(self, tensors):
        """Return the values of tensors in the default session, or in a new one."""
        from graphpb.session.session import get_default_session

        session = get_default_session()
        if session is not None:
            return session.run(tensors)
        with Session(graph=default_graph()) as session:
            return session.run(tensors)

    def _value(self, x):
        if isinstance(x, Tensor) or hasattr(x, "_as_graph_element"):
            x = self.evaluate(x)
        return np.asarray(x)

    def _pairs(self, a, b, path=""):
        if isinstance(a, dict) or isinstance(b, dict):
            self.assertTrue(isinstance(a, dict) and isinstance(b, dict), f"only one of a{path} and b{path} is a dict")
            self.assertEqual(sorted(a), sorted(b), f"keys of a{path} and b{path}")
            for key in a:
                yield from self._pairs(a[key], b[key], f"{path}[{key!r}]")
        elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and any(isinstance(x, (list, tuple, dict, np.ndarray)) for x in a):
            self.assertEqual(len(a), len(b), f"lengths of a{path} and b{path}")
            for i, (x, y) in enumerate(zip(a, b)):
                yield from self._pairs(x, y, f"{path}[{i}]")
        else:
            yield path, self._value(a), self._value(b)

    def assertAllClose(self, a, b, rtol=1e-6, atol=1e-6, msg=None):
        """Fail unless |a - b| <= atol + rtol · |b| everywhere; arrays, tensors, or lists, tuples and dicts of them."""
        for path, x, y in self._pairs(a, b):
            label = f"{msg or ''} a{path} and b{path}"
            self.assertEqual(x.shape, y.shape, f"shapes of{label}")
            np.testing.assert_allclose(x, y, rtol=rtol, atol=atol, err_msg=label)

    def assertAllCloseAccordingToType(self, a, b, rtol=1e-6, atol=1e-6, float_rtol=1e-6, float_atol=1e-6, half_rtol=1e-3, half_atol=1e-3, msg=None):
        """As `assertAllClose`, with tolerances of the narrower type."""
        x, y = self._value(a), self._value(b)
        kinds = {x.dtype, y.dtype}
        if np.dtype(np.float32) in kinds:
            rtol, atol = max(rtol, float_rtol), max(atol, float_atol)
        if np.dtype(np.float16) in kinds:
            rtol, atol = max(rtol, half_rtol), max(atol, half_atol)
        self.assertAllClose(x, y, rtol, atol, msg)

    def assertNotAllClose(self, a, b, **tolerances):
        """Fail when `assertAllClose` would pass."""
        try:
            self.assertAllClose(a, b, **tolerances)
        except AssertionError:
            return
        raise AssertionError("The two values are close at all elements.")

    def assertAllEqual(self, a, b, msg=None):
        """Fail unless shapes and all elements are equal; not-a-number equals itself."""
        x, y = self._value(a), self._value(b)
        self.assertEqual(x.shape, y.shape, f"{msg or ''} shapes")
        same = x == y
        if x.dtype.kind in "fc" and y.dtype.kind in "fc":
            same = same | (np.isnan(x) & np.isnan(y))
        if not np.all(same):
            where = np.argwhere(~np.asarray(same))[0] if x.ndim else ()
            raise AssertionError(f"{msg or ''} {int(np.sum(~np.asarray(same)))} elements differ, first at {list(where)}:\n{x!r}\n{y!r}")

    def assertNotAllEqual(self, a, b, msg=None):
        """Fail when shapes and all elements are equal."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        raise AssertionError(msg or "The two values are equal at all elements.")

    def assertAllGreater(self, a, than):
        """Fail unless every element is larger."""
        self.assertTrue(np.all(self._value(a) > than), f"not all of {self._value(a)!r} are greater than {than}")

    def assertAllGreaterEqual(self, a, than):
        """Fail unless every element is larger or equal."""
        self.assertTrue(np.all(self._value(a) >= than), f"not all of {self._value(a)!r} are at least {than}")

    def assertAllLess(self, a, than):
        """Fail unless every element is smaller."""
        self.assertTrue(np.all(self._value(a) < than), f"not all of {self._value(a)!r} are less than {than}")

    def assertAllLessEqual(self, a, than):
        """Fail unless every element is smaller or equal."""
        self.assertTrue(np.all(self._value(a) <= than), f"not all of {self._value(a)!r} are at most {than}")

    def assertAllInRange(self, a, lower, upper):
        """Fail unless every element is from lower to upper, both included."""
        self.assertAllGreaterEqual(a, lower)
        self.assertAllLessEqual(a, upper)

    def assertAllInSet(self, a, expected):
        """Fail unless every element is one of a set."""
        self.assertTrue(np.all(np.isin(self._value(a), list(expected))), f"not all of {self._value(a)!r} are in {expected}")

    def assertNear(self, f1, f2, err, msg=None):
        """Fail unless two numbers are equal or differ by at most err."""
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, f"{f1!r} != {f2!r} +/- {err!r}{' (' + msg + ')' if msg else ''}")

    def assertArrayNear(self, farray1, farray2, err, msg=None):
        """Fail unless two lists have one length and differ by at most err in each element."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for f1, f2 in zip(farray1, farray2):
            self.assertNear(float(f1), float(f2), err, msg)

    def assertNDArrayNear(self, ndarray1, ndarray2, err, msg=None):
        """Fail unless the L2 norm of the difference is below err."""
        self.assertTrue(np.linalg.norm(np.asarray(ndarray1) - np.asarray(ndarray2)) < err, msg)

    def assertShapeEqual(self, np_array, tf_tensor, msg=None):
        """Fail unless an array has the static shape of a tensor."""
        self.assertEqual(list(np_array.shape), tf_tensor.shape.as_list(), msg)

    def assertDTypeEqual(self, target, expected_dtype):
        """Fail unless an array or tensor has a dtype."""
        self.assertEqual(self._value(target).dtype, np.dtype(getattr(expected_dtype, "as_numpy_dtype", expected_dtype)))

    def assertProtoEquals(self, expected_message_maybe_ascii, message, msg=None):
        """Fail unless a message equals another one, or the text of one."""
        expected = expected_message_maybe_ascii
        if isinstance(expected, str):
            from google.protobuf import text_format

            expected = text_format.Parse(expected, type(message)())
        self.assertEqual(expected, message, msg)

    def assertProtoEqualsVersion(self, expected, actual, producer=None, min_consumer=None, msg=None):
        """Fail unless GraphDefs are equal, versions left aside."""
        copy = type(actual)()
        copy.CopyFrom(actual)
        copy.ClearField("versions")
        self.assertProtoEquals(expected, copy, msg)

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(self, exception_type, expected_err_re_or_predicate):
        """Fail unless the block raises an exception of a type whose text matches an expression, or of which a function says yes."""
        wanted = expected_err_re_or_predicate
        try:
            yield
        except exception_type as error:
            text = error.message if isinstance(error, errors.OpError) else str(error)
            told = wanted(error) if callable(wanted) else re.search(wanted, text)
            if not told:
                raise AssertionError(f"Exception of type {type(error)}: {text}") from error
        else:
            raise AssertionError(f"{getattr(exception_type, '__name__', exception_type)} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate):
        """As `assertRaisesWithPredicateMatch`, for errors of a run."""
        return self.assertRaisesWithPredicateMatch(errors.OpError, expected_err_re_or_predicate)

    def assertItemsEqual(self, expected_seq, actual_seq, msg=None):
        """Fail unless two sequences have the same elements in any order."""
        self.assertCountEqual(expected_seq, actual_seq, msg)

    def assertDeviceEqual(self, device1, device2, msg=None):
        """Fail unless two device texts are equal."""
        self.assertEqual(device1 or "", device2 or "", msg)

    def assertStartsWith(self, actual, expected_start, msg=None):
        """Fail unless a text starts with another one."""
        self.assertTrue(actual.startswith(expected_start), msg or f"{actual!r} does not start with {expected_start!r}")

    def assertEmpty(self, container, msg=None):
        """Fail unless the container has no elements."""
        self.assertEqual(len(container), 0, msg)

    def assertNotEmpty(self, container, msg=None):
        """Fail when the container has no elements."""
        self.assertNotEqual(len(container), 0, msg)

    def assertLen(self, container, expected_len, msg=None):
        """Fail unless the container has so many elements."""
        self.assertEqual(len(container), expected_len, msg)

    def assertBetween(self, value, minv, maxv, msg=None):
        """Fail unless a number is from minv to maxv, both included."""
        self.assertTrue(minv <= value <= maxv, msg or f"{value} is not between {minv} and {maxv}")
