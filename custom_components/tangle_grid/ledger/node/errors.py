"""What the node answers when it does not do what a command asks, in the shapes of IRI."""

from http import HTTPStatus


class NodeError(Exception):
    """A refused command: `status` 400 and 401 go out as `{"error"}`, 500 as `{"exception"}`."""

    def __init__(self, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status

    def to_answer(self) -> dict[str, str]:
        """Return the body of the answer."""
        return {"error" if self.status < HTTPStatus.INTERNAL_SERVER_ERROR else "exception": str(self)}
