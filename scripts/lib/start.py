"""Run a program and let Ctrl-C end it without a traceback: ``start.py MODULE|FILE.py [arguments]``.

It takes up to a second until all is imported that a program needs, and until then it does not look for Ctrl-C itself.
Needs only a Python 3.9 or newer with its standard library.
"""

try:
    import runpy
    import sys
    from pathlib import Path

    del sys.argv[0]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        # As with ``python -m``.
        sys.path[0] = str(Path.cwd())
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except KeyboardInterrupt:
    raise SystemExit(130) from None
