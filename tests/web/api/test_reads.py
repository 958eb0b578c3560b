"""The written bad inputs of the API's reads, and what a key may see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from surveyor.web.api.whole import MEDIA
from surveyor.web.errors import CODES
from tests.web.api.conftest import Api

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "bad_inputs.json").read_text(encoding="utf-8"))
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON_ROUTE = re.compile(r"/api/v1/|/hooks/|/(healthz|readyz)$|/w/<widget>\.json$")
CASES = [case for case in GOLDEN["cases"] if case["area"] == "api"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['title']}")
def test_a_bad_read_says_what_where_and_what_to_do(api: Api, case: dict[str, Any]) -> None:
    given, expect = case["input"], case["expect"]
    key = given.get("key", "key_read")
    path = given["path"].replace("{key_read}", api.keys["key_read"])
    answer = api.call(path, key=key, method=given.get("method", "GET"), headers=given.get("headers", {}))
    allowed = expect["http"] if isinstance(expect["http"], list) else [expect["http"]]
    assert answer.status_code in allowed, answer.text
    assert "Access-Control-Allow-Origin" not in answer.headers
    if expect["error_code"] is None:
        return
    body = answer.json
    assert answer.mimetype == "application/problem+json"
    assert body["code"] == expect["error_code"]
    where = body.get("where") or body["errors"][0]["where"]
    assert where == expect["where"]
    if expect["error_code"] != "host_invalid":
        assert (body["detail"] if "errors" not in body else body["errors"][0]["message"]) in (
            expect["message_en"],
            expect["message_fr"],
            _nbsp(expect["message_fr"]),
        )


def _nbsp(text: str) -> str:
    from surveyor.core.quoting import french

    return french(text)


def test_a_store_of_another_scope_and_one_that_does_not_exist_have_the_same_answer(api: Api) -> None:
    bodies = []
    for store in ("S3", "S9"):
        answer = api.call(f"/api/v1/indicators?scope=store:{store}", key="key_s1")
        body = answer.json
        body.pop("request_id")
        bodies.append((answer.status_code, body))
    assert bodies[0] == bodies[1]
    assert bodies[0][0] == 404


def test_an_indicator_comes_with_its_n_its_interval_and_its_badge(api: Api) -> None:
    body = api.call("/api/v1/indicators/nps?period=2026-10").json
    assert (body["id"], body["value"], body["n"], body["status"]) == ("SUR-01", None, 0, "no_data")
    assert body["period"] == {"from": "2026-10-01", "to": "2026-10-31", "date": "response"}
    imported = api.call("/api/v1/indicators/nps?period=2026-10&source=import").json
    assert (imported["source"], imported["n"]) == ("import", 0)
    assert api.call("/api/v1/indicators/nps?source=widget").status_code == 422
    assert api.call("/api/v1/indicators/nps?period=2026-10&by=brand").json["by"] == "brand"
    listed = api.call("/api/v1/indicators").json["indicators"]
    assert {"SUR-01", "SOL-07"} <= {one["id"] for one in listed}


def test_a_day_of_a_year_that_no_data_can_have_is_refused(api: Api) -> None:
    for noun in ("indicators", "indicators/nps", "responses", "invitations", "decisions", "matrix"):
        for days, wrong in (("from=0001-01-01", "?from"), ("to=9999-12-31", "?to")):
            answer = api.call(f"/api/v1/{noun}?{days}")
            assert (answer.status_code, answer.json["code"]) == (422, "date_invalid"), noun
            assert answer.json["errors"][0]["where"] == wrong
    assert api.call("/api/v1/indicators?from=1990-01-01&to=2199-12-31").status_code == 200


def test_the_openapi_document_and_its_page_name_every_route(api: Api) -> None:
    document = api.call("/api/v1/openapi.json", key=None).json
    assert document["openapi"].startswith("3.1")
    app = api.client.application
    rules = [rule for rule in app.url_map.iter_rules() if JSON_ROUTE.match(rule.rule)]
    methods: dict[str, set[str]] = {}
    for rule in rules:
        path = rule.rule.replace("<", "{").replace(">", "}")
        methods.setdefault(path, set()).update(m.lower() for m in (rule.methods or set()) - {"HEAD", "OPTIONS"})
    assert methods == {path: set(operations) for path, operations in document["paths"].items()}
    for language in ("fr", "en"):
        page = api.call(f"/api/docs?lang={language}", key=None)
        assert page.status_code == 200
        assert all(path in page.text for path in document["paths"])


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What each operation takes and answers, and the schema of every answer that says no."""
    schemas, problem = document["components"]["schemas"], document["components"]["responses"]["Problem"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = [*operation["responses"].values(), operation.get("requestBody", {}), problem]
            for kind, body in ((kind, body) for one in answers for kind, body in one.get("content", {}).items()):
                if kind in MEDIA:
                    continue
                schema = schemas.get(body["schema"].get("$ref", "").rpartition("/")[2], {})
                yield f"{method} {path}", body.get("example", schema.get("examples", [None])[0])


def test_the_openapi_document_has_an_example_of_every_body(api: Api) -> None:
    document = api.call("/api/v1/openapi.json", key=None).json
    assert sorted({place for place, example in bodies(document) if example is None}) == []
    for name in ("indicators", "responses", "invitations", "decisions", "goals", "custscore", "matrix", "benchmark"):
        content = document["paths"][f"/api/v1/{name}"]["get"]["responses"]["200"]["content"]
        example, answer = content["application/json"]["example"], api.call(f"/api/v1/{name}").json
        assert set(answer) <= set(example), name
        for one in answer.get("stores", ()):
            assert set(one) == set(example["stores"][0])
        if "items" in answer:
            assert set(answer["items"]["nps"]) == set(example["items"]["nps"])
        if "data" in answer:
            columns = api.call(f"/api/v1/{name}?preset=rfc4180").text.splitlines()[0]
            assert {f'"{column}"' for column in example["data"][0]} == set(columns.split(",")), name
    for path in ("/healthz", "/readyz"):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        assert set(content["application/json"]["example"]) == set(api.call(path, key=None).json)


def test_every_example_is_one_that_its_schema_takes(api: Api) -> None:
    document = api.call("/api/v1/openapi.json", key=None).json
    wrong = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            for answer in [operation.get("requestBody", {}), *operation["responses"].values()]:
                for body in answer.get("content", {}).values():
                    whole = {**body["schema"], "components": document["components"]}
                    if "example" in body and not jsonschema_rs.Draft202012Validator(whole).is_valid(body["example"]):
                        wrong.append(f"{method} {path}: {body['example']}")
    assert wrong == []


def test_every_error_code_has_its_page_in_both_languages(api: Api) -> None:
    for code, facts in GOLDEN["error_codes"].items():
        page = api.call(f"/problems/{code}?lang=en", key=None)
        assert page.status_code == 200, code
        assert facts["title_en"].replace("'", "&#39;") in page.text
    for code in CODES.values():
        assert api.call(f"/problems/{code}", key=None).status_code == 200, code
    assert api.call("/problems/nosuch", key=None).status_code == 404


def test_a_csv_ends_with_its_number_of_rows(api: Api) -> None:
    answer = api.call("/api/v1/responses", headers={"Accept": "text/csv"})
    assert answer.mimetype == "text/csv"
    assert answer.text.splitlines()[-1] == "# rows: 0"
    french = api.call("/api/v1/responses?preset=excel-fr", headers={"Accept": "*/*"})
    assert french.data.startswith(b'\xef\xbb\xbf"id";"responded_at"')
    assert api.call("/api/v1/responses?preset=excel-fr", headers={"Accept": "application/json"}).is_json
    assert api.call("/api/v1/responses?preset=parquet").mimetype == "application/vnd.apache.parquet"
    excel = api.call("/api/v1/decisions", headers={"Accept": EXCEL})
    assert excel.data.startswith(b"PK")
    assert excel.headers["Content-Disposition"] == 'attachment; filename="decisions.xlsx"'
    assert api.call("/api/v1/responses?preset=word").status_code == 422


def test_rules_are_checked_without_anything_changing(api: Api) -> None:
    good = api.call(
        "/api/v1/rules/check",
        key="key_rules",
        method="POST",
        data=b'[[rule]]\nid = "a"\n',
        content_type="application/toml",
    )
    assert good.status_code == 200
    assert good.json["ok"]
    bad = api.call(
        "/api/v1/rules/check",
        key="key_rules",
        method="POST",
        data=b"[[rule]]\nidd = 1\n",
        content_type="application/toml",
    )
    assert bad.status_code == 422
    assert bad.json["code"] == "rules_invalid"
    assert {"missing", "unknown_key"} <= {problem["code"] for problem in bad.json["problems"]}
    assert bad.json["request_id"] == bad.headers["X-Request-Id"]
    assert all(problem["message"] in bad.json["detail"] for problem in bad.json["problems"])


def test_a_text_of_rules_is_replayed_over_the_stored_orders(api: Api) -> None:
    def ask(text: bytes, query: str = "") -> Any:
        path = f"/api/v1/rules/replay{query}"
        return api.call(path, key="key_rules", method="POST", data=text, content_type="application/toml")

    good = ask(b'[[rule]]\nid = "a"\nmin_orders = 1\n', "?against=none")
    assert good.status_code == 200
    assert good.json["emails"] >= 0
    assert (good.json["from"], good.json["to"]) == ("2025-11-21", "2026-11-20")
    assert "against" not in good.json
    assert ask(b"[[rule]]\nidd = 1\n").json["code"] == "rules_invalid"
    chosen = ask(b'[[rule]]\nid = "a"\n', "?from=2026-01-01&to=2026-06-30").json
    assert (chosen["from"], chosen["to"]) == ("2026-01-01", "2026-06-30")
    for query in ("?from=hier&to=2026-01-01", "?from=2026-02-01&to=2026-01-01", "?against=x", "?scope=network"):
        assert ask(b'[[rule]]\nid = "a"\n', query).status_code == 422, query


def test_s12_a_key_in_an_address_is_refused_and_an_admin_is_told_to_replace_it(api: Api) -> None:
    from surveyor.db.tables.instance import Alert

    key = api.keys["key_read"]
    for text in (key, "svk_guess"):
        assert api.client.get(f"/api/v1/indicators?api_key={text}").get_json()["code"] == "key_in_url"
    with api.services.sessions() as session:
        alerts = [(one.code, one.subject, one.count) for one in session.query(Alert)]
    assert alerts == [("key_in_url", key.split("_")[1], 1)]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\0=1",
        " =1",
        "'=1",
        '"=1',
        "\u200b=1",
        "\uff1d1",
        "\uff0b1",
        "\ufeff@x",
    ],
)
def test_s37_a_cell_that_a_spreadsheet_would_run_is_text(text: str) -> None:
    from surveyor.web.api.cells import csv_lines, harmless

    assert harmless(text) == f"'{text}"
    assert harmless("Lille = Nord") == "Lille = Nord"
    lines = list(csv_lines(("store", "n"), [[(text, -3)]]))
    assert lines[1].startswith("\"'")
    assert lines[1].endswith(",-3\r\n")
