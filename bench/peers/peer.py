"""
The PyTorch side of the benches: one process a bench and thread count, which answers JSON lines.

  {"command": "about"}                              -> {"peer", "threads", "capability"}
  {"command": "open", "name", "file", "options"}    -> {"opened": true}     builds a twin from a .safetensors file
  {"command": "run", "name", "steps": 10}           -> {"milliseconds": [10], "processor": [10], "values": [10]}
  {"command": "close", "name"}                      -> {"closed": true}

A twin is a function `build(arrays, options)` that returns `step(index) -> float`: one training step and its loss, or one
answer and a checksum of it. Reading the number back is inside the time: nothing is left running.
"""
import json
import os
import sys
import time

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
# Before PyTorch is loaded: afterwards nobody reads it. How long waiting threads spin is OpenMP's own default, which is fastest.
os.environ["OMP_NUM_THREADS"] = str(THREADS)

import numpy as np  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(THREADS)

DTYPES = {"F32": np.float32, "I32": np.int32, "I64": np.int64}


def read_safetensors(path):
    """Arrays of a .safetensors file by name: 8 bytes of header length, a JSON header, the bytes."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
        arrays = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            data = np.frombuffer(file.read(end - begin), dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])
            arrays[name] = torch.from_numpy(data.copy())
    return arrays


class Subject:
    """A twin and how many steps it has done."""

    def __init__(self, step):
        self.step, self.done = step, 0

    def run(self, steps):
        milliseconds, processor, values = [], [], []
        for _ in range(steps):
            start, used = time.perf_counter(), time.process_time()
            values.append(float(self.step(self.done)))
            milliseconds.append((time.perf_counter() - start) * 1e3)
            processor.append((time.process_time() - used) * 1e3)
            self.done += 1
        return {"milliseconds": milliseconds, "processor": processor, "values": values}


def answer(request, subjects, build):
    command, name = request["command"], request.get("name")
    if command == "about":
        capability = torch.backends.cpu.get_cpu_capability()
        return {"peer": f"PyTorch {torch.__version__}", "threads": torch.get_num_threads(), "capability": capability}
    if command == "open":
        torch.manual_seed(0)
        subjects[name] = Subject(build(read_safetensors(request["file"]), request["options"]))
        return {"opened": True}
    if command == "run":
        return subjects[name].run(request["steps"])
    if command == "close":
        del subjects[name]
        return {"closed": True}
    raise ValueError(f"unknown command {command!r}")


def serve(build):
    """Answers commands until standard input ends. What libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    subjects = {}
    for line in sys.stdin:
        try:
            told = answer(json.loads(line), subjects, build)
        except Exception as error:  # told to whoever asked: the bench decides what it means
            told = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:1000]}
        answers.write(json.dumps(told) + "\n")
        answers.flush()
