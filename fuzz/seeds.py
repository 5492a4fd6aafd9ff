"""Put seeds for the fuzz targets into fuzz/corpus, made from the recorded fixtures. Then: cargo +nightly fuzz run TARGET."""

import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parent
DATA = ROOT.parent / "tests" / "data"


def put(target, name, data):
    folder = ROOT / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def block(data, offset, size):
    """The keys and values of one uncompressed block."""
    body = data[offset : offset + size]
    end = size - 4 - 4 * int.from_bytes(body[-4:], "little")
    at, key, out = 0, b"", []
    while at < end:
        shared, at = varint(body, at)
        more, at = varint(body, at)
        length, at = varint(body, at)
        key = key[:shared] + body[at : at + more]
        out.append((key, body[at + more : at + more + length]))
        at += more + length
    return out


def handle(data, at=0):
    offset, at = varint(data, at)
    size, at = varint(data, at)
    return offset, size, at


def entries(data):
    """The keys and values of a table."""
    footer = data[-48:]
    _, _, at = handle(footer)
    offset, size, _ = handle(footer, at)
    return [pair for _, value in block(data, offset, size) for pair in block(data, *handle(value)[:2])]


def main():
    shutil.rmtree(ROOT / "corpus", ignore_errors=True)
    fixtures = DATA / "fixtures"
    for path in fixtures.glob("*.pb*"):
        put("load", path.name, path.read_bytes())
    for index in sorted(fixtures.rglob("*.index")):
        data = sorted(index.parent.glob(index.stem + ".data-00000-of-*"))[0]
        whole = index.read_bytes()
        if len(whole) < 1 << 16:
            put("bundle", index.parent.name, b"\0" + len(whole).to_bytes(2, "little") + whole + data.read_bytes())
            pairs = b"".join(bytes([len(k)]) + len(v).to_bytes(2, "little") + k + v for k, v in entries(whole))
            put("bundle", index.parent.name + "_made", b"\1" + len(pairs).to_bytes(2, "little") + pairs + data.read_bytes())
    model = (fixtures / "ckpt_v1" / "model.ckpt").read_bytes()
    put("checkpoint_v1", "model", b"\0" + model)
    put("checkpoint_v1", "made", b"\1" + b"".join(bytes([len(k)]) + len(v).to_bytes(2, "little") + k + v for k, v in entries(model)))
    for path in [*fixtures.rglob("saved_model.pb"), *fixtures.rglob("*.meta")]:
        put("saved_model", f"{path.parent.name}_{path.name}", path.read_bytes())
    for path in (DATA / "npy").iterdir():
        put("npy", path.name, path.read_bytes())
    for path in [*fixtures.glob("events*/events*"), *fixtures.glob("tfrecord/*tfrecord*")]:
        put("records", f"{path.parent.name}_{path.name}", path.read_bytes())
    for path in (DATA / "images").glob("*") if (DATA / "images").exists() else ():
        for op in range(12):
            put("parse", f"{op}_{path.name}", bytes([op]) + path.read_bytes())
    header = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"k":"v"}}'
    put("safetensors", "two", len(header).to_bytes(8, "little") + header + bytes(8))


if __name__ == "__main__":
    main()
