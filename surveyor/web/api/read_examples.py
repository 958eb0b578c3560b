"""What each read of the API answers, as the OpenAPI document shows it; a test holds their names to those of answers."""

from __future__ import annotations

from typing import Any

from surveyor.web.api.examples import EXAMPLE_ENVELOPE

_ID = "019acb2f6c2a7c1e8f0a4d5b6c7d8e9f"
_CURSOR = "kQqUdRyywx7kgFsiaW52aXRhdGlvbnMi"
_DAYS = {"from": "2026-06-01", "to": "2026-06-30"}
_HEAD = {"scope": "network", "period": _DAYS}
_OF_A_RULE = {"store_id": "S1", "segment": "famille", "rule_id": "drive", "rule_version": 3}

_RESPONSE = {
    "id": _ID,
    "responded_at": "2026-06-12T08:14:02+00:00",
    "day": "2026-06-12",
    "score": 9,
    "comment": "Rien à redire",
    "answers": {"score": 9, "values": {}, "verbatim": "Rien à redire"},
    **_OF_A_RULE,
    "questionnaire_version": 1,
    "language": "fr",
    "source": "email",
    "sent_at": "2026-06-11T08:00:00+00:00",
}
_INVITATION = {
    "id": _ID,
    "customer_id": "c1",
    "order_id": "o2",
    **_OF_A_RULE,
    "state": "sent",
    "reason": None,
    "decision_day": "2026-06-09",
    "due_at": "2026-06-11T08:00:00+00:00",
    "sent_at": "2026-06-11T08:00:00+00:00",
    "expires_at": "2026-07-11T22:00:00+00:00",
    "created_at": "2026-06-09T15:30:00+00:00",
}
_DECISION = {
    "id": _ID,
    "customer_id": "c1",
    "order_id": "o1",
    "occurrence_on": None,
    **_OF_A_RULE,
    "verdict": "NOT_ELIGIBLE",
    "reason": "BELOW_MIN_ORDERS",
    "day": "2026-06-02",
    "planned_at": None,
    "cause": "order",
    "facts": {
        "reasons": ["BELOW_MIN_ORDERS"],
        "zone": "Europe/Paris",
        "window_start": "2026-04-03",
        "window_end": "2026-06-02",
        "counted": 1,
        "needed": 2,
        "order_ids": ["o1"],
    },
    "decided_at": "2026-06-02T16:00:00+00:00",
}
_TOLD = {
    "customer_id": "c1",
    "order_id": "o1",
    "label": "o1",
    "rule": "drive",
    "rule_name": "Après la 2e commande",
    "rule_version": 3,
    "arm": None,
    "decision": "NOT_ELIGIBLE",
    "reason": "BELOW_MIN_ORDERS",
    "reasons": ["BELOW_MIN_ORDERS"],
    "sentence": "Order of 2 June: 1 order from 3 April to 2 June, 2 are needed.",
    "next": "",
    "checks": [{"code": "count", "name": "Orders counted", "value": "1 < 2", "passed": False}],
    "window": {"from": "2026-04-03", "to": "2026-06-02"},
    "counted": 1,
    "counted_orders": ["o1"],
    "would_have_changed": ["With 1 more order from 3 April to 2 June, an email would have been planned."],
    "not_counted": [{"order_id": "o2", "why": "later"}],
    "due": None,
    "planned_at": None,
    "store_id": "S1",
    "zone": "Europe/Paris",
    "decided_at": "2026-06-02T16:00:00+00:00",
    "cause": "order",
    "invitation": None,
    "former": [],
}
_ITEM = {
    "coefficient": 13,
    "normaliser": {"name": "linear", "low": -100, "high": 100},
    "points": 66.5,
    "earned": 8.65,
    "to_win": 4.35,
    "facts": {"n": 900, "value": 33.0},
    "lever": {"more": 10, "gain": 0.65},
    "figure": EXAMPLE_ENVELOPE,
}
_LABEL = {
    "id": "waiting",
    "name": "Attente",
    "mentions": 84,
    "salience": 12.4,
    "performance": -41.2,
    "ci_low": -55.0,
    "ci_high": -25.1,
    "uncertain": False,
    "quadrant": "improve",
}
_BESIDE = {
    "store": "S1",
    "status": "good",
    "n": 210,
    "peers": 12,
    "n_peers": 2400,
    "peers_by": "region",
    "own": 41.0,
    "own_interval": [33.1, 48.9],
    "pooled": 33.0,
    "pooled_interval": [30.4, 35.6],
    "delta": 8.0,
    "ci_low": 0.4,
    "ci_high": 15.6,
    "adjusted": 39.2,
    "tier": "above",
    "percentile": 83.0,
    "points": 61.2,
}

#: What answers 200, by the name of the operation.
ANSWERS: dict[str, dict[str, Any]] = {
    "list_indicators": {**_HEAD, "indicators": [EXAMPLE_ENVELOPE]},
    "list_responses": {"data": [_RESPONSE], "next": None},
    "list_invitations": {"data": [_INVITATION], "next": _CURSOR},
    "list_decisions": {"data": [_DECISION], "next": _CURSOR},
    "explain": {
        "customers": [{"customer_id": "c1", "email": "ana@example.fr"}],
        "decisions": [_TOLD],
        "planned": [],
        "less_often": [],
    },
    "goals": {
        **_HEAD,
        "goals": [
            {
                "indicator": "nps",
                "target": 40,
                "scope": "network",
                "set_in": "network",
                "verdict": "missed",
                "words": "missed",
                "figure": EXAMPLE_ENVELOPE,
            }
        ],
    },
    "custscore": {
        **_HEAD,
        "value": 61.0,
        "display": "61",
        "status": "ok",
        "coverage": 92.0,
        "version": 1,
        "min_coverage": 0.6,
        "items": {"nps": _ITEM},
    },
    "matrix": {
        **_HEAD,
        "commented": 520,
        "labelled": 431,
        "widened": False,
        "value": 58.3,
        "good": 7,
        "classified": 12,
        "uncertain": 3,
        "range": [50.0, 66.7],
        "by_mentions": 61.9,
        "median_salience": 6.2,
        "labels": [_LABEL],
        "rising": [],
    },
    "benchmark": {**_HEAD, "stores": [_BESIDE]},
    "healthz": {"status": "ok"},
    "readyz": {"status": "ok", "failed": []},
    "widget_data": {
        "kind": "badge",
        "language": "fr",
        "name": "Courses Claires",
        "score": "8,7",
        "interval": "8,6 à 8,8",
        "n": 1204,
        "first_day": "2025-07-01",
        "last_day": "2026-06-30",
        "cards": [],
        "reviews": 0,
        "method": "https://avis.example.fr/w/019acb2f6c2a7c1e8f0a4d5b6c7d8e9f/method",
    },
    "openapi": {"openapi": "3.1.0", "info": {"title": "surveyor", "version": "0.1.0"}, "paths": {}},
}
RULES_TEXT = 'format = 1\n\n[[rule]]\nid = "drive"\nmin_orders = 2\nwindow_months = 2\n'
CHECKED = {
    "ok": True,
    "problems": [
        {
            "level": "warning",
            "code": "no_delay",
            "where": "drive.delay_days (7:1)",
            "line": 7,
            "rule": "drive",
            "key": "delay_days",
            "message": "drive.delay_days (7:1): the email leaves on the day of the order.",
            "suggestion": None,
        }
    ],
}
PROBLEM = {
    "type": "/problems/scope_missing",
    "title": "Missing scope",
    "status": 403,
    "detail": "This key lacks the scope orders:write. Make one that has it.",
    "code": "scope_missing",
    "request_id": "eacc5f5935964c33",
    "errors": [
        {
            "where": "Authorization",
            "code": "scope_missing",
            "message": "This key lacks the scope orders:write. Make one that has it.",
        }
    ],
}
