"""What an error of the API must be, wherever it comes from (RFC 9457)."""

from typing import Any


def read_problem(response: Any, status: int, code: str | None = None) -> dict[str, Any]:
    """The problem an answer holds, checked for its shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "code", "errors", "request_id"} <= problem.keys()
    assert problem["status"] == status
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["type"].endswith(problem["code"])
    assert problem["title"]
    assert problem["detail"].rstrip().endswith((".", "!", "?"))
    for error in problem["errors"]:
        assert {"field", "message", "code"} == error.keys()
    if code is not None:
        assert problem["code"] == code
    return problem
