"""`tf.gfile` and the file ops against the operating system's own view of the same files."""

import os

import graphpb as tf
import pytest


def test_files_are_written_and_read(tmp_path):
    path = str(tmp_path / "a.txt")
    with tf.gfile.GFile(path, "w") as f:
        f.write("eins\n")
        f.write("zwei ü\n")
    assert open(path, encoding="utf-8").read() == "eins\nzwei ü\n"
    with tf.gfile.Open(path) as f:
        assert f.readline() == "eins\n" and f.tell() == 5 and f.read() == "zwei ü\n" and f.read() == ""
        f.seek(0)
        assert list(f) == ["eins\n", "zwei ü\n"] and f.size() == os.path.getsize(path) and f.name == path and f.mode == "r"
    with tf.gfile.FastGFile(path, "rb") as f:
        assert f.read(4) == b"eins" and f.readlines() == [b"\n", "zwei ü\n".encode()]
    with tf.io.gfile.GFile(path, "a") as f:
        f.write(b"drei")
    assert tf.gfile.GFile(path).read().endswith("drei")
    with pytest.raises(tf.errors.PermissionDeniedError, match="isn't open for reading"):
        tf.gfile.GFile(path, "w").read()
    with pytest.raises(tf.errors.PermissionDeniedError, match="isn't open for writing"):
        tf.gfile.GFile(path).write("x")
    with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
        tf.gfile.GFile(str(tmp_path / "none")).read()
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.gfile.GFile(path, "x")


def test_folders(tmp_path):
    top = str(tmp_path / "top")
    tf.gfile.MakeDirs(top + "/a/b")
    tf.gfile.MakeDirs(top + "/a/b")
    tf.gfile.MkDir(top + "/c")
    for name in ("a/1.txt", "a/b/2.txt", "3.log"):
        (tmp_path / "top" / name).write_text(name)
    assert tf.gfile.IsDirectory(top + "/a") and not tf.gfile.IsDirectory(top + "/3.log") and tf.gfile.Exists(top + "/3.log")
    assert sorted(tf.gfile.ListDirectory(top)) == ["3.log", "a", "c"]
    assert [(os.path.relpath(d, top), ds, fs) for d, ds, fs in tf.gfile.Walk(top)] == [
        (".", ["a", "c"], ["3.log"]),
        ("a", ["b"], ["1.txt"]),
        ("a/b", [], ["2.txt"]),
        ("c", [], []),
    ]
    assert [os.path.relpath(d, top) for d, _, _ in tf.io.gfile.walk(top, topdown=False)] == ["a/b", "a", "c", "."]
    assert tf.gfile.Glob([top + "/*/*.txt", top + "/*.log"]) == [top + "/a/1.txt", top + "/3.log"]
    stat = tf.gfile.Stat(top + "/3.log")
    assert (stat.length, stat.is_directory) == (5, False) and stat.mtime_nsec == os.stat(top + "/3.log").st_mtime_ns
    tf.gfile.Copy(top + "/3.log", top + "/4.log")
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.gfile.Copy(top + "/3.log", top + "/4.log")
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.gfile.Rename(top + "/3.log", top + "/4.log")
    tf.gfile.Rename(top + "/3.log", top + "/4.log", overwrite=True)
    tf.gfile.Remove(top + "/4.log")
    assert not tf.gfile.Exists(top + "/4.log")
    tf.gfile.MkDir(top + "/c")
    with pytest.raises(tf.errors.FailedPreconditionError, match="1.txt is not a directory"):
        tf.gfile.MakeDirs(top + "/a/1.txt/x/y")
    tf.gfile.DeleteRecursively(top + "/a/1.txt")
    assert tf.gfile.ListDirectory(top + "/a") == ["b"]
    for missing in (tf.gfile.Remove, tf.gfile.DeleteRecursively, tf.gfile.ListDirectory, tf.gfile.Stat):
        with pytest.raises(tf.errors.NotFoundError):
            missing(top + "/none")
    tf.gfile.DeleteRecursively(top)
    assert not os.path.exists(top)


def test_patterns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.bin", ".hidden"):
        (tmp_path / name).write_text(name)
    os.mkdir("d")
    (tmp_path / "d" / "x").write_text("")
    # As recorded from TensorFlow 2.21.
    for pattern, found in (
        ("*.txt", ["./a.txt"]),
        ("a.txt", ["a.txt"]),
        ("[ab].*", ["./a.txt", "./b.bin"]),
        ("[^a].*", ["./b.bin"]),
        ("*", ["./.hidden", "./a.txt", "./b.bin", "./d"]),
        ("d/*", ["d/x"]),
        ("d/**", ["d/x"]),
        (["d/?", "*.bin"], ["d/x", "./b.bin"]),
        ("no*", []),
    ):
        assert tf.gfile.Glob(pattern) == found
    with tf.Session(graph=tf.Graph()) as session:
        assert session.run(tf.matching_files("*.txt")).tolist() == [b"./a.txt"]


def test_places_in_a_file(tmp_path):
    path = str(tmp_path / "t")
    tf.gfile.GFile(path, "w").close()
    with tf.gfile.GFile(path, "a") as f:
        f.write("0123456789")
    with tf.gfile.GFile(path) as f:
        f.seek(4)
        assert f.read(2) == "45"
        f.seek(-3, 2)
        assert f.read() == "789" and f.tell() == 10
        f.seek(2)
        f.seek(3, 1)
        assert f.read(1) == "5"
        with pytest.raises(tf.errors.InvalidArgumentError, match="Seeking to a negative position: -1"):
            f.seek(-1)
        with pytest.raises(tf.errors.OutOfRangeError, match="reached end of file"):
            f.seek(11)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Can't read a negative number of bytes: -5"):
            f.read(-5)
    unopened = tf.gfile.GFile(str(tmp_path / "no" / "such"), "w")
    with pytest.raises(tf.errors.NotFoundError):
        unopened.write("x")
    unopened.close()


def test_file_ops(tmp_path):
    name = str(tmp_path / "deep" / "x.bin")
    with tf.Session(graph=tf.Graph()) as session:
        session.run(tf.write_file(name, b"\0\1"))
        assert open(name, "rb").read() == b"\0\1"
        content = tf.read_file(name)
        assert content.shape == () and session.run(content) == b"\0\1"
        (tmp_path / "deep" / "x.bin").write_bytes(b"new")
        assert session.run(content) == b"new"
        assert session.run(tf.matching_files([str(tmp_path / "*" / "?.bin"), str(tmp_path / "d*")])).tolist() == sorted(
            [str(tmp_path / "deep").encode(), name.encode()]
        )
        with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
            session.run(tf.io.read_file(name + "x"))
