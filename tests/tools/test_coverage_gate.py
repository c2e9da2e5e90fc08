from typing import Any

from tools.coverage_gate import find_shortfalls


def report_of(**percents: float) -> dict[str, Any]:
    files = {
        f"src/adminboard/credits/{name}.py": {"summary": {"percent_covered": percent}}
        for name, percent in percents.items()
    }
    return {"files": files}


def test_actions_and_queries_below_the_least_are_named() -> None:
    shortfalls = find_shortfalls(report_of(actions=79.9, queries=12, web=0))

    assert len(shortfalls) == 2
    assert shortfalls[0].startswith("src/adminboard/credits/actions.py")
    assert shortfalls[1].startswith("src/adminboard/credits/queries.py")


def test_actions_and_queries_at_the_least_pass() -> None:
    assert find_shortfalls(report_of(actions=80, queries=100, web=0)) == []


def test_a_report_without_them_does_not_pass() -> None:
    [sentence] = find_shortfalls(report_of(web=100))

    assert "were measured" in sentence
