"""What README.md and docs/*.md show runs as printed: every Python block, and every `graphpb` command in order."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import binary

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# Makes the files that the commands of docs/files.md name.
FILES = """
import numpy as np
import graphpb as tf
x = tf.placeholder(tf.float32, [None, 3], name="x")
features = tf.identity(x, name="features")
w = tf.Variable(tf.ones([3, 2]), name="w")
logits = tf.matmul(features, w, name="logits")
scores = tf.identity(tf.nn.softmax(logits, name="softmax"), name="scores")
saver = tf.train.Saver()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    tf.gfile.MakeDirs("train")
    saver.save(sess, "train/model.ckpt", global_step=1000)
    for step in (100, 200):
        saver.save(sess, "model.ckpt", global_step=step)
    tf.saved_model.simple_save(sess, "saved_model_folder", {"x": x}, {"scores": scores})
    frozen = tf.graph_util.convert_variables_to_constants(sess, sess.graph_def, ["scores"])
    tf.train.write_graph(frozen, ".", "model.pb", as_text=False)
np.save("images.npy", np.ones([2, 3], np.float32))
"""


def blocks(document, language):
    """The fenced blocks of one language."""
    fences = document.read_text().split("```")[1::2]
    return [text.partition("\n")[2] for text in fences if text.partition("\n")[0] == language]


def python(code, folder):
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{code}\n{done.stdout}{done.stderr}"
    return done.stdout


def commands(document):
    """The `graphpb` lines of the blocks, without the explanation that stands two spaces or more to the right."""
    for block in blocks(document, ""):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("graphpb "):
                yield re.split(r"\s{2,}", line)[0]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_what_a_document_shows_runs_as_printed(document, tmp_path):
    if document.name == "files.md":
        python(FILES, tmp_path)
    for code in blocks(document, "python"):
        python(code, tmp_path)
    for line in commands(document):
        done = subprocess.run([str(binary()), *shlex.split(line)[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=300)
        # A difference is an answer.
        expected = {1} if " diff " in line and "model.ckpt" not in line else {0}
        assert done.returncode in expected, f"{line}: exit code {done.returncode}\n{done.stdout}{done.stderr}"


def test_the_readme_opens_with_what_it_is_and_two_commands():
    text = (ROOT / "README.md").read_text()
    first = text.index("make demo")
    assert first < text.index("make test") < text.index("```python")
    assert text[:first].count("\n") < 15
    code = blocks(ROOT / "README.md", "python")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 14


def test_every_command_is_in_the_readme():
    listed = subprocess.run([str(binary()), "--help"], capture_output=True, text=True, check=True).stdout
    names = set(re.findall(r"^  ([a-z]+)[ A-Z]", listed.split("Commands:")[1].split("Every command")[0], re.M))
    shown = {line.split()[1] for line in commands(ROOT / "README.md")}
    assert names and names <= shown
