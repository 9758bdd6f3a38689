"""Hands on the web client: what a user clicks and types, found by technical names.

The screens are in Chinese, so nothing here looks for a text.
"""

from contextlib import contextmanager

from project import RUN

PICTURES = RUN / "screenshots" / "e2e"
PHARMA = "pharma_gsp"
LOADING = ".o_loading_indicator, .o_blockUI"
PHONE = 390


def picture(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def settle(page):
    """Wait until what was asked of the server has come."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        "selector => !document.querySelector(selector)", arg=LOADING
    )


def open_menu(page, section, entry=None):
    """Click through the navigation bar to one of our screens."""
    page.click(f".o_menu_sections [data-menu-xmlid='{PHARMA}.{section}']")
    if entry:
        page.click(f".o-dropdown--menu [data-menu-xmlid='{PHARMA}.{entry}']")
    page.wait_for_selector(".o_action_manager .o_view_controller")
    settle(page)


def open_record(page, model, record_id):
    """By its address, as from a link in a mail."""
    page.goto(f"/odoo/{model}/{record_id}")
    page.wait_for_selector(".o_form_view .o_form_sheet, .o_form_view .o_form_renderer")
    settle(page)


def new(page):
    page.click(".o_list_button_add, .o-kanban-button-new")
    page.wait_for_selector(".o_form_view .o_form_editable, .o_form_view .o_form_sheet")
    settle(page)


def record_id(page):
    """The id of the record whose form is open, from the address."""
    page.wait_for_url(lambda url: url.rpartition("/")[2].partition("?")[0].isdigit())
    return int(page.url.rpartition("/")[2].partition("?")[0])


def widget(scope, field):
    return scope.locator(f".o_field_widget[name='{field}']:visible").first


def fill(scope, field, value):
    box = widget(scope, field).locator("input, textarea").first
    box.fill(str(value))
    box.press("Tab")


def choose(scope, field, text):
    """Pick the first suggestion of a many2one or of tags."""
    box = widget(scope, field).locator("input").first
    box.click()
    box.fill(text)
    page = scope if hasattr(scope, "keyboard") else scope.page
    option = page.locator(
        ".o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option)"
    ).filter(has_text=text)
    option.first.click()


def select(scope, field, value):
    """A selection field drawn as a menu."""
    widget(scope, field).locator("input, select").first.click()
    page = scope if hasattr(scope, "keyboard") else scope.page
    page.locator(f".o_select_menu_item[data-value='{value}'], .o_select_menu_item").filter(
        has_text=value
    ).first.click()


def press(scope, name):
    """A button of the form or dialog by the method it calls."""
    scope.locator(f"button[name='{name}']:visible").first.click()
    settle(scope if hasattr(scope, "keyboard") else scope.page)


def save(page):
    page.click(".o_form_button_save")
    page.wait_for_selector(".o_form_view .o_form_saved")
    settle(page)


@contextmanager
def dialog(page):
    """The topmost dialog; it is gone when the block ends."""
    count = page.locator(".modal.o_technical_modal, .o_dialog .modal").count()
    box = page.locator(".o_dialog .modal").last
    box.wait_for()
    yield box
    page.wait_for_function(
        "count => document.querySelectorAll('.o_dialog .modal').length < count",
        arg=max(count, 1),
    )
    settle(page)
