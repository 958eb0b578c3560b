"""The compiler's own process: expanded MJML on standard input, inlined HTML on standard output, within bounds.

Run by `publish`, never imported by what sends: deep nesting overflows the compiler's stack and would kill a worker.
"""

from __future__ import annotations

import resource
import sys

import css_inline
import mrml

MEMORY = 256 * 1024 * 1024
CPU_SECONDS = 5


def compile_mjml(source: str) -> str:
    """MJML -> HTML -> inlined HTML. No include, no font, no remote or local style sheet is ever loaded."""
    parser = mrml.ParserOptions(include_loader=mrml.noop_loader())
    html = mrml.to_html(source, parser, mrml.RenderOptions(fonts={})).content
    inliner = css_inline.CSSInliner(keep_at_rules=True, keep_link_tags=False, load_remote_stylesheets=False)
    return str(inliner.inline(html))


def main() -> int:
    """Read, bound, compile, write."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    source = sys.stdin.buffer.read().decode("utf-8")
    sys.stdout.buffer.write(compile_mjml(source).encode("utf-8"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
