"""A command's wall time over that of merely importing the libraries it ends with."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Run, alternately, icans, modules_after, run, with_own_peak

DRAWING = ("vl_convert",)
"""Imported by the processes that draw figures, which the command starts and waits for."""

IMPORT_ALL = """\
import pyarrow, sys
path, sys.path = sys.path, []
pyarrow.array([])  # looks for pandas here and now, as in the command, and finds none: only its own imports count
sys.path = path
from contextlib import suppress
from importlib import import_module
for name in {modules!r}:
    with suppress(ImportError):  # a few names are made up by a library at run time
        import_module(name)
"""


@dataclass(frozen=True)
class StartUp:
    """A command beside its imports.

    Parameters
    ----------
    command
        As typed.
    whole
        The command.
    libraries, packages
        A process that only imports the third-party modules that the command and the processes that draw for it end
        with: all of them, and only the packages (top-level names).
    imported
        Those packages.
    """

    command: str
    whole: Run
    libraries: Run
    packages: Run
    imported: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """The command over all its third-party imports."""
        return self.whole.seconds / self.libraries.seconds

    @property
    def packages_ratio(self) -> float:
        """The command over the top-level packages alone."""
        return self.whole.seconds / self.packages.seconds


def start_up(command: Sequence[str], out: Path, scratch: Path, repeats: int) -> StartUp:
    """Measure a command that writes `out`, and its imports, `repeats` times in turn.

    The run that lists the imports comes first: it fills the caches of compiled modules and counts for nothing.
    """
    command = [*command, "--out", str(out)]
    shutil.rmtree(out, ignore_errors=True)
    modules = [name for name in modules_after(command, scratch / "modules.txt") if _third_party(name)]
    modules += [name for name in DRAWING if name not in modules]
    packages = tuple(dict.fromkeys(name.partition(".")[0] for name in modules))
    every = scratch / "every.py"
    every.write_text(IMPORT_ALL.format(modules=modules))
    top = scratch / "packages.py"
    top.write_text("".join(f"import {name}\n" for name in packages))

    def fresh() -> Run:
        shutil.rmtree(out, ignore_errors=True)  # what an earlier output still holds would be used again
        return with_own_peak(run(icans(*command)), out)

    whole, libraries, only_packages = alternately(repeats, fresh, lambda: run([str(every)]), lambda: run([str(top)]))
    return StartUp("icans " + command[0], whole, libraries, only_packages, packages)


def help_beside_typer(scratch: Path, repeats: int) -> StartUp:
    """Measure `icans --help` and a bare `import typer`, and say which packages the help imports beyond Typer's."""
    after_help = {name for name in modules_after(["--help"], scratch / "help.txt") if _third_party(name)}
    typer_only = scratch / "typer.txt"
    run(["-c", f"import sys, typer\nopen({str(typer_only)!r}, 'w').write(chr(10).join(sys.modules))"])
    beyond = {name.partition(".")[0] for name in after_help} - {
        name.partition(".")[0] for name in typer_only.read_text().split("\n")
    }
    whole, alone = alternately(repeats, lambda: run(icans("--help")), lambda: run(["-c", "import typer"]))
    return StartUp("icans --help", whole, alone, alone, tuple(sorted(beyond)))


def _third_party(module: str) -> bool:
    package = module.partition(".")[0]
    own = package in {"icans", "bench", "__main__", "__mp_main__"}
    return not own and package not in sys.stdlib_module_names and _importable(module)


def _importable(module: str) -> bool:
    """Whether a name in sys.modules can be imported by that name; some are made up at run time."""
    return all(part.isidentifier() for part in module.split(".")) and not module.startswith(("_", "distutils"))
