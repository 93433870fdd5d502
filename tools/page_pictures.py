"""Every page of the dashboard as pictures, and what is wrong with it: ``python -m tools.page_pictures FOLDER``.

A service of its own is filled with studies of many kinds (tools/page_contents.py). Each page is opened at three widths
in both themes and saved as ``NAME-WIDTH-THEME.png``; ``--only`` takes some pages, ``--quick`` one light picture at 1280
and one dark picture at 390 pixels. Printed are findings of axe-core, pages wider than the window, letters that are cut,
charts that drew nothing, errors of scripts, requests to others, and the seconds until the page was drawn. Ends with
status 1 if there are any. ``--serve`` leaves the service running until a line is read, to look around by hand.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.service.driven_browser import PATIENCE_S, Browser, browser
from tests.service.page_checks import DRAWN
from tests.serving import LiveService, start_service
from tools.page_contents import KEY, fill

WIDTHS = (390, 768, 1280)
THEMES = ("light", "dark")
EXPECTED = ("status of 404", "status of 413", "status of 422")
"""Of pages that say what is wrong with their address."""
CUT = (
    "[...document.querySelectorAll('figure svg text')].filter(t => { const box = t.getBoundingClientRect(), "
    "svg = t.closest('svg').getBoundingClientRect(); return box.width && (box.left < svg.left - 1 || "
    "box.right > svg.right + 1 || box.top < svg.top - 1 || box.bottom > svg.bottom + 1); })"
    ".map(t => t.closest('figure').id + ': ' + t.textContent).slice(0, 5)"
)
"""Letters of charts that lie outside their picture."""
BLANK = (
    "[...document.querySelectorAll('[data-drawn]')].filter(f => f.dataset.drawn === 'no' || "
    "(f.querySelector('svg') && !f.querySelector('svg path, svg circle, svg rect, svg line'))).map(f => f.id)"
)


def main() -> None:
    """Fill a service, take the pictures, and say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=(), help="pages by the beginning of their name")
    parser.add_argument("--quick", action="store_true", help="1280 light and 390 dark only")
    parser.add_argument("--serve", action="store_true", help="go on serving until a line is read")
    parser.add_argument("--data", type=Path, help="folder of the service, filled at the first run and used again")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        given = asked.data or Path(
            opened.enter_context(tempfile.TemporaryDirectory(prefix="wtp-", ignore_cleanup_errors=True))
        )
        service = start_service(given, api_keys=KEY, backtest_targets="5", backtest_trials="5")
        opened.callback(service.stop)
        pages = pages_of(service, given / "pages.json")
        looks = [(1280, "light"), (390, "dark")] if asked.quick else [(w, t) for w in WIDTHS for t in THEMES]
        chosen = {n: a for n, a in pages.items() if not asked.only or any(n.startswith(o) for o in asked.only)}
        findings = photographed(service, chosen, looks, asked.folder)
        if asked.serve:
            sys.stdout.write(f"serving at {service.url}, key {KEY}\n")
            sys.stdout.flush()
            sys.stdin.readline()
    sys.stdout.write(f"{len(chosen)} pages, {len(chosen) * len(looks)} pictures, {findings} findings\n")
    sys.exit(1 if findings else 0)


def pages_of(service: LiveService, known: Path) -> dict[str, str]:
    """Addresses by the name of their picture; the service is filled unless it was before."""
    if not known.exists():
        known.write_text(json.dumps(dict(fill(service).addresses)))
    return dict(json.loads(known.read_text()))


def photographed(service: LiveService, pages: dict[str, str], looks: Sequence[tuple[int, str]], folder: Path) -> int:
    """Take the pictures, print a line for each page and for each finding; how many findings."""
    n_findings = 0
    with tempfile.TemporaryDirectory(prefix="wtb-", ignore_cleanup_errors=True) as name, browser(Path(name)) as page:
        sign_in(page, service)
        for label, address in pages.items():
            times, findings = [], dict[str, None]()
            for look in looks:
                picture = folder / f"{label}-{look[0]}-{look[1]}.png"
                started = time.monotonic()
                for finding in looked_at(page, service.url + address, look, picture):
                    findings[finding] = None
                times.append(time.monotonic() - started)
            sys.stdout.write(f"{label} {address} {max(times):.1f} s\n" + "".join(f"    {f}\n" for f in findings))
            sys.stdout.flush()
            n_findings += len(findings)
    return n_findings


def sign_in(page: Browser, service: LiveService) -> None:
    """Open a session with the admin key, and open the pages."""
    page.open(f"{service.url}/sign-in")
    page.run(f"document.querySelector('[name=key]').value = {KEY!r}; document.querySelector('main form').submit()")
    page.wait("document.readyState === 'complete' && !location.pathname.startsWith('/sign-in')")


def looked_at(page: Browser, url: str, look: tuple[int, str], picture: Path) -> list[str]:
    """Open a page so large in a theme, save its picture, and say what is wrong."""
    width, theme = look
    page.size(width)
    page.theme(theme)
    page.errors.clear()
    page.requests.clear()
    try:
        page.open(url, until=DRAWN)
    except AssertionError:
        return [f"not drawn in {PATIENCE_S:g} s"]
    page.run("for (let id = setTimeout(() => {}); id > 0; id--) clearTimeout(id)")  # a page of jobs asks again
    page.picture(picture)
    found = [f"{theme}: {finding}" for finding in page.accessibility()]
    if (actual := page.run("document.documentElement.scrollWidth")) > width:
        found.append(f"{actual} pixels wide at {width}")
    found += [f"cut at {width}: {text}" for text in page.run(CUT)]
    found += [f"empty chart: {chart}" for chart in page.run(BLANK)]
    found += [f"error: {error}" for error in page.errors if not any(status in error for status in EXPECTED)]
    origin = "/".join(url.split("/")[:3])
    return found + [f"asks {asked}" for asked in page.requests if not asked.startswith((origin, "data:", "blob:"))]


if __name__ == "__main__":
    main()
