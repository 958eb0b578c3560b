"""The typesetter of reports, run as a process of its own: JSON on standard input, a PDF on standard output."""

import json
import resource
import sys

MEMORY = 256 * 1024 * 1024


def main() -> None:
    """Typeset once, within the limits."""
    resource.setrlimit(resource.RLIMIT_CPU, (15, 15))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    import typst  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - after the limits

    given = json.loads(sys.stdin.read())
    sys.stdout.buffer.write(typst.compile(given["template"], sys_inputs={"report": given["report"]}))


if __name__ == "__main__":
    main()
