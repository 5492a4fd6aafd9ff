"""tf.data: input pipelines of datasets and iterators."""

from typing import Any

from graphpb.data.dataset import AUTOTUNE as AUTOTUNE
from graphpb.data.dataset import INFINITE_CARDINALITY as INFINITE_CARDINALITY
from graphpb.data.dataset import UNKNOWN_CARDINALITY as UNKNOWN_CARDINALITY
from graphpb.data.dataset import Dataset as Dataset
from graphpb.data.iterator import Iterator as Iterator
from graphpb.data.options import Options as Options
from graphpb.data.options import ThreadingOptions as ThreadingOptions
from graphpb.data.readers import FixedLengthRecordDataset as FixedLengthRecordDataset
from graphpb.data.readers import TextLineDataset as TextLineDataset
from graphpb.data.readers import TFRecordDataset as TFRecordDataset
from graphpb.data.structure import DatasetSpec as DatasetSpec


def make_one_shot_iterator(dataset: Dataset) -> Iterator:
    """Return an iterator that passes over the dataset once in a session: `Dataset.make_one_shot_iterator`."""
    return dataset.make_one_shot_iterator()


def make_initializable_iterator(dataset: Dataset, shared_name: str | None = None) -> Iterator:
    """Return an iterator that starts a pass whenever its `initializer` is run: `Dataset.make_initializable_iterator`."""
    return dataset.make_initializable_iterator(shared_name)


def get_output_types(dataset_or_iterator: Any) -> Any:
    """Return the types of the elements of a dataset or iterator, in their structure."""
    return dataset_or_iterator.output_types


def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """Return the static shapes of the elements of a dataset or iterator, in their structure."""
    return dataset_or_iterator.output_shapes


def get_output_classes(dataset_or_iterator: Any) -> Any:
    """Return the classes of the components of a dataset's or iterator's elements, in their structure."""
    return dataset_or_iterator.output_classes


def __getattr__(name: str) -> Any:
    if name == "experimental":
        import graphpb.data.experimental as module

        return module
    from graphpb.ledger import absent

    raise absent(__name__, name)
