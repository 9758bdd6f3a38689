"""Debian's Chromium under Playwright, speaking Chinese, with an eye on errors."""

import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
ERROR_DIALOG = ".o_error_dialog"


@contextmanager
def chromium():
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


def new_page(browser, base_url, width=1400):
    """A page of a fresh session; what goes wrong on it gathers in `errors`."""
    context = browser.new_context(
        base_url=base_url,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: note_console_error(page, message))
    return page


def log_in(browser, base_url, login, width=1400):
    """A page on which this user (password = login) has just logged in."""
    page = new_page(browser, base_url, width)
    page.goto("/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click(".oe_login_form button[type=submit]")
    page.wait_for_selector(".o_main_navbar, .o_portal_wrap, .alert-danger")
    if page.locator(".alert-danger").count():
        raise AssertionError(f"{login} cannot log in")
    return page


def note_console_error(page, message):
    if message.type == "error":
        page.errors.append(message.text)


def problems(page):
    """Console errors and an open error dialog."""
    dialogs = page.locator(ERROR_DIALOG)
    return page.errors + [text for text in dialogs.all_inner_texts() if text]
