"""Functions of tf.strings."""

from graphpb.ops.strings import as_string as as_string
from graphpb.ops.strings import reduce_join as reduce_join
from graphpb.ops.strings import regex_full_match as regex_full_match
from graphpb.ops.strings import regex_replace as regex_replace
from graphpb.ops.strings import split as split
from graphpb.ops.strings import string_format as format  # noqa: F401
from graphpb.ops.strings import string_join as join  # noqa: F401
from graphpb.ops.strings import string_length as length  # noqa: F401
from graphpb.ops.strings import string_lower as lower  # noqa: F401
from graphpb.ops.strings import string_strip as strip  # noqa: F401
from graphpb.ops.strings import string_to_hash_bucket as to_hash_bucket  # noqa: F401
from graphpb.ops.strings import string_to_hash_bucket_fast as to_hash_bucket_fast  # noqa: F401
from graphpb.ops.strings import string_to_hash_bucket_strong as to_hash_bucket_strong  # noqa: F401
from graphpb.ops.strings import string_to_number as to_number  # noqa: F401
from graphpb.ops.strings import string_upper as upper  # noqa: F401
from graphpb.ops.strings import substr as substr


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
