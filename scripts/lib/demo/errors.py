"""What may go wrong, in words for the person at the terminal."""


class DemoError(Exception):
    """Something that the person who started the demo has to know; its text is the whole message."""


class StepError(DemoError):
    """A step of the demonstrated cycle did not come.

    Attributes:
        step: The step's name, as in the report of `--check`.
    """

    def __init__(self, step: str, text: str) -> None:
        super().__init__(f"{step}: {text}")
        self.step = step
