"""Pictures of the running demo, in Chinese, at 1400 and 390 pixels: .run/screenshots/.

scripts/screens.json lists what to take: a name, whose login, a path of the web client
(`/odoo/action-pharma_gsp.pharma_dossier_action` is an action) and the selector of an
element to wait for; if wanted, what to click next (one or several selectors), what to
wait for then, and the only widths it is taken at. Names
given as arguments narrow it. Console errors and error dialogs are printed and make the
run fail.
"""

import json
import os
import sys
from itertools import groupby

from playwright.sync_api import Error

from browser import chromium, log_in, problems
from project import ROOT, RUN, main, step

WIDTHS = (1400, 390)
SETTLE = 700  # milliseconds for pictures, charts and transitions
SCREENSHOTS = RUN / "screenshots"


def take(page, screen, width):
    page.goto(screen["path"])
    page.wait_for_selector(screen["wait"])
    if "click" in screen:
        clicks = screen["click"]
        for selector in [clicks] if isinstance(clicks, str) else clicks:
            page.locator(selector).first.click()
        page.wait_for_selector(screen["then"])
    page.wait_for_selector(".o_loading_indicator", state="detached")
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=SCREENSHOTS / f"{screen['name']}-{width}.png")


def take_all(browser, base_url, login, screens, width):
    """One session per login and width; return what went wrong."""
    page = log_in(browser, base_url, login, width)
    found = []
    for screen in screens:
        if width not in screen.get("widths", WIDTHS):
            continue
        page.errors.clear()
        try:
            with step(f"{screen['name']} at {width} px"):
                take(page, screen, width)
        except Error as error:
            page.errors.append(error.message)
        found += [
            f"{screen['name']} at {width} px: {problem}" for problem in problems(page)
        ]
    page.context.close()
    return found


def run(chosen):
    base_url = f"http://127.0.0.1:{os.environ.get('PHARMA_PORT') or 8069}"
    screens = json.loads((ROOT / "scripts" / "screens.json").read_text())
    screens = [screen for screen in screens if not chosen or screen["name"] in chosen]
    SCREENSHOTS.mkdir(exist_ok=True)
    found = []
    with chromium() as browser:
        for login, group in groupby(screens, key=lambda screen: screen["login"]):
            group = list(group)
            for width in WIDTHS:
                found += take_all(browser, base_url, login, group, width)
    for problem in found:
        print(f"✗ {problem}")
    return bool(found)


if __name__ == "__main__":
    main(run, sys.argv[1:])
