"""`POST /api/v1/rules/check`: what the check says of a text of rules, without any version changing."""

from __future__ import annotations

from flask import Response, json, make_response

from surveyor.core.rules import check_rules
from surveyor.web.api.body import raw_body
from surveyor.web.api.door import key_for
from surveyor.web.language import language
from surveyor.web.rules.known import known_names
from surveyor.web.texts import say

LIMIT = 1024 * 1024


@key_for("rules:read")
def check() -> Response:
    """200 with `ok` and the warnings, 422 (`rules_invalid`) with every problem."""
    raw = raw_body(LIMIT, kinds=("application/toml", "text/plain", "application/octet-stream"))
    rules, problems = check_rules(raw, known=known_names())
    told = language()
    body = {"ok": rules is not None, "problems": [problem.to_json(told) for problem in problems]}
    status, mimetype = (200, "application/json") if rules is not None else (422, "application/problem+json")
    if rules is None:
        title = say(told, "problems.rules_invalid.title")
        body |= {"type": "/problems/rules_invalid", "code": "rules_invalid", "status": 422, "title": title}
    response = make_response(json.dumps(body, ensure_ascii=False), status)
    response.mimetype = mimetype
    return response
