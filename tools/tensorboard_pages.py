"""Save screenshots of TensorBoard's scalar and graph pages for a folder of event files.

    python tools/tensorboard_pages.py LOGDIR OUT_FOLDER [--chromium /usr/bin/chromium]

Needs tensorboard and a Chromium (Debian: `apt-get install chromium`); everything stays on this machine.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import time

QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
)
PAGES = {"time_series": "#timeseries", "scalars": "#scalars", "graph": "#graphs"}


def start(logdir):
    """Start TensorBoard on a free port; returns the process and its address."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", logdir, "--host", "127.0.0.1", "--port", "0", "--load_fast", "false"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        found = re.search(r"http://[^/ ]+:\d+", line)
        if found:
            return process, found.group()
    raise SystemExit("TensorBoard did not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("logdir")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--chromium", default="chromium")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    process, address = start(options.logdir)
    try:
        time.sleep(3)
        for name, page in PAGES.items():
            picture = options.out.resolve() / f"{name}.png"
            with tempfile.TemporaryDirectory() as profile:
                shot = [f"--user-data-dir={profile}", "--window-size=1400,900", "--virtual-time-budget=30000", f"--screenshot={picture}"]
                subprocess.run([options.chromium, *QUIET.split(), *shot, f"{address}/{page}"], check=True, timeout=180, capture_output=True)
            print(picture, picture.stat().st_size, "bytes")
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
