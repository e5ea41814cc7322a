"""Runs one Python program again and again, each time in a fork in which its modules are loaded already.

It is started as `python fork_server.py JSON` by the program's own Python, so it needs nothing of the
package. JSON has the number of the `control` socket, the modules to `preload`, and the program: `kind`
(script, module or code), `target` and `arguments`. For each run the socket gets the path of a JSON file
with the environment, and the descriptors of stdout and stderr; it answers with a line for the process
id and one for the exit status. Its end is the end of the socket.
"""

import builtins
import contextlib
import gc
import importlib
import json
import os
import runpy
import socket
import sys
from pathlib import Path
from types import ModuleType

import sm_emulator_seeding  # type: ignore[import-not-found]  # in the same folder

_STDOUT, _STDERR = 1, 2
_LONGEST_PATH = 65_536


def _preload(names: list[str]) -> None:
    """Import modules, and boto3 with what every client of SageMaker loads, if there is a boto3."""
    for name in names:
        importlib.import_module(name)
    with contextlib.suppress(ImportError):
        _preload_boto3()


def _preload_boto3() -> None:
    import boto3  # noqa: PLC0415  the program may not have it
    from botocore.loaders import JSONFileLoader  # noqa: PLC0415

    loaded = {}
    load = JSONFileLoader.load_file

    def load_once(loader: object, path: str) -> object:
        """Return the content of a file, which is read once: the models of a service are large."""
        if path not in loaded:
            loaded[path] = load(loader, path)
        return loaded[path]

    JSONFileLoader.load_file = load_once
    session = boto3.session.Session("any", "any", region_name="us-east-1")
    for service in ("sagemaker", "sagemaker-runtime"):
        session.client(service)


def _serve(control: socket.socket) -> None:
    """Fork for each run; returns in the forks, with their environment and output."""
    while True:
        path, descriptors, *_ = socket.recv_fds(control, _LONGEST_PATH, 2)
        if not path:
            os._exit(0)
        process = os.fork()
        if process == 0:
            os.setsid()
            control.close()
            for descriptor, own in zip(descriptors, (_STDOUT, _STDERR), strict=True):
                os.dup2(descriptor, own)
                os.close(descriptor)
            os.environ.clear()
            os.environ.update(json.loads(Path(os.fsdecode(path)).read_text()))
            return
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(b"%d\n" % process)
        _, status = os.waitpid(process, 0)
        control.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _run(kind: str, target: str, arguments: list[str]) -> None:
    """Run a program as Python would; its end is that of the interpreter."""
    if kind == "module":
        sys.argv = [target, *arguments]
        runpy.run_module(target, run_name="__main__", alter_sys=True)
        return
    main = sys.modules["__main__"] = ModuleType("__main__")
    vars(main)["__builtins__"] = builtins
    if kind == "script":
        main.__file__ = target
        source: bytes | str = Path(target).read_bytes()
    else:
        source = target
    sys.argv = [target if kind == "script" else "-c", *arguments]
    exec(compile(source, target if kind == "script" else "<string>", "exec"), vars(main))  # noqa: S102


_wanted = json.loads(sys.argv[1])
_control = socket.socket(fileno=_wanted["control"])
_first = {"script": os.path.dirname(os.path.realpath(_wanted["target"])), "module": os.getcwd()}  # noqa: PTH109, PTH120
sys.path[0] = _first.get(_wanted["kind"], "")
_preload(_wanted["preload"])
gc.freeze()  # or each fork copies what its collector touches
_control.sendall(b"ready\n")
_serve(_control)
if "SM_EMULATOR_RUN" in os.environ and "sitecustomize" in sys.modules:
    sm_emulator_seeding.seed(Path(os.environ["SM_EMULATOR_RUN"]))
_run(_wanted["kind"], _wanted["target"], _wanted["arguments"])
