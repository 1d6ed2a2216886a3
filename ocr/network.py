"""How ONNX Runtime runs the networks: on one thread, on the processor."""

from pathlib import Path

import onnxruntime as ort  # type: ignore[import-untyped]  # it ships no types

from anpr.errors import ModelError

PROVIDERS = ("CPUExecutionProvider",)


def one_thread() -> ort.SessionOptions:
    """Give the options of a session on one thread: a small network runs slower on two."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return options


def session(model: Path) -> ort.InferenceSession:
    """Open a network. Raises ModelError."""
    try:
        return ort.InferenceSession(model, one_thread(), providers=PROVIDERS)
    except Exception as error:
        raise ModelError(f"{model.name!r} is no network that can be run; reinstall") from error
