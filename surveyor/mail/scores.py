"""The eleven score links of an email: what the mark `<sv-scores/>` stands for in the HTML."""

from __future__ import annotations

_WORDS = {"fr": "{score} sur 10", "en": "{score} out of 10"}
_LINK = (
    "display:inline-block;width:42px;height:42px;line-height:42px;margin:3px;border:1px solid #6d8783;"
    "border-radius:8px;background-color:#eef3f1;color:#17403b;font-size:17px;font-weight:600;"
    "text-align:center;text-decoration:none"
)
_LEGEND = "padding:6px 9px 0 9px;font-size:14px;line-height:1.4;color:#4a5654;width:50%;vertical-align:top"


def scores_mjml(language: str) -> str:
    """All eleven look the same; digits are the link's text; what 0 and 10 mean is written under them.

    One centred row of 550 px, 6 + 5 at 320 px, without a media query. Outlook for Windows gets a table of its own.
    """
    links = "".join(_link(score, _WORDS.get(language, _WORDS["en"]).format(score=score)) for score in range(11))
    return (
        '<mj-text align="center" padding="4px 10px 0 10px" font-size="17px" line-height="50px"'
        ' css-class="sv-text sv-scores">'
        '<!--[if mso]><table role="presentation" align="center" cellpadding="0" cellspacing="4"><tr><![endif]-->'
        f"{links}<!--[if mso]></tr></table><![endif]--></mj-text>"
        '<mj-text padding="0 16px 0 16px" font-size="14px" css-class="sv-text">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="width:100%;max-width:562px"'
        ' align="center"><tr>'
        f'<td align="left" style="text-align:left;{_LEGEND}">0 = {{{{ survey.low }}}}</td>'
        f'<td align="right" style="text-align:right;{_LEGEND}">10 = {{{{ survey.high }}}}</td>'
        "</tr></table></mj-text>"
    )


def _link(score: int, label: str) -> str:
    return (
        '<!--[if mso]><td width="44" height="44" align="center" bgcolor="#eef3f1"><![endif]-->'
        f'<a href="{{{{ survey.url }}}}/{score}" style="{_LINK}" aria-label="{label}">{score}</a>'
        "<!--[if mso]></td><![endif]-->"
    )
