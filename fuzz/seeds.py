"""Put seeds for the fuzz targets into fuzz/corpus, made from the recorded fixtures. Then: cargo +nightly fuzz run TARGET."""

import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parent
DATA = ROOT.parent / "tests" / "data"


def put(target, name, data):
    folder = ROOT / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def main():
    shutil.rmtree(ROOT / "corpus", ignore_errors=True)
    fixtures = DATA / "fixtures"
    for path in fixtures.glob("*.pb*"):
        put("load", path.name, path.read_bytes())
    for index in sorted(fixtures.rglob("*.index")):
        data = sorted(index.parent.glob(index.stem + ".data-00000-of-*"))[0]
        whole = index.read_bytes()
        if len(whole) < 1 << 16:
            put("bundle", index.parent.name, len(whole).to_bytes(2, "little") + whole + data.read_bytes())
    put("checkpoint_v1", "model", (fixtures / "ckpt_v1" / "model.ckpt").read_bytes())
    for path in [*fixtures.rglob("saved_model.pb"), *fixtures.rglob("*.meta")]:
        put("saved_model", f"{path.parent.name}_{path.name}", path.read_bytes())
    for path in (DATA / "npy").iterdir():
        put("npy", path.name, path.read_bytes())
    header = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"k":"v"}}'
    put("safetensors", "two", len(header).to_bytes(8, "little") + header + bytes(8))


if __name__ == "__main__":
    main()
