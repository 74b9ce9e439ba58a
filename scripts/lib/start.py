"""Run a program and let Ctrl-C end it without a traceback: `start.py MODULE|FILE.py [arguments]`.

It takes up to a second until all is imported that a program needs, and until then it does not look for Ctrl-C itself.
Modules are those of this folder and of the checkout, whatever lies where the program is started. Needs only a Python
3.9 or newer with its standard library.
"""

try:
    import runpy
    import sys
    from pathlib import Path

    here = Path(__file__).resolve().parent
    # First, so that none of it is taken for another; not the working directory, where anything may have any name.
    ours = [str(here), str(here.parents[1])]
    sys.path[:] = ours + [place for place in sys.path if place and place not in ours]
    del sys.argv[0]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except KeyboardInterrupt:
    raise SystemExit(130) from None
