"""Hands on the web client: what a user clicks and types, found by technical names.

The screens are in Chinese, so nothing here looks for a label.
"""

from project import RUN

PICTURES = RUN / "screenshots" / "e2e"
DESK, PHONE = 1400, 390
# Counts what the page has asked of the server and not got yet.
COUNT_REQUESTS = """
(() => {
    if (window.pendingRequests !== undefined) return;
    window.pendingRequests = 0;
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (...args) {
        window.pendingRequests++;
        this.addEventListener("loadend", () => window.pendingRequests--);
        return send.apply(this, args);
    };
})();
"""
IS_IDLE = "() => !window.pendingRequests && !document.querySelector('.o_blockUI')"
PAUSE = 40  # milliseconds for the client to draw, and perhaps to ask again
MORE_BUTTONS = ".o_statusbar_buttons > .o-dropdown"
DIALOGS = ".o_dialog .modal"
RECORDS = ".o_data_row, .o_kanban_record:not(.o_kanban_ghost)"
OPTIONS = ".o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option)"


class Screen:
    """One user's web client. Fields and buttons are those of the topmost dialog."""

    def __init__(self, page):
        self.page = page

    @property
    def dialogs(self):
        return self.page.locator(DIALOGS)

    @property
    def scope(self):
        count = self.dialogs.count()
        return self.dialogs.nth(count - 1) if count else self.page.locator("body")

    @property
    def is_too_wide(self):
        return self.page.evaluate(
            "document.documentElement.scrollWidth"
            " > document.documentElement.clientWidth"
        )

    def resize(self, width):
        self.page.set_viewport_size({"width": width, "height": 900})

    def picture(self, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")

    def settle(self):
        self.page.wait_for_timeout(PAUSE)
        self.page.wait_for_function(IS_IDLE)

    # Where to go.

    def menu(self, section, entry=None):
        """Click through the navigation bar to one of our screens."""
        self.click(f".o_menu_sections [data-menu-xmlid='pharma_gsp.{section}']")
        if entry:
            self.click(f".o-dropdown--menu [data-menu-xmlid='pharma_gsp.{entry}']")
        self.page.wait_for_selector(".o_action_manager .o_view_controller")
        self.settle()

    def home(self):
        self.page.goto("/odoo")
        self.page.wait_for_selector(".o_action_manager .o_view_controller")
        self.settle()

    def open(self, model, record_id):
        """By its address, as from a link in a mail."""
        self.page.goto(f"/odoo/{model}/{record_id}")
        self.page.wait_for_selector(".o_form_view .o_form_renderer")
        self.settle()

    def search(self, text):
        """What the search field finds first, by the name of the record."""
        box = self.page.locator(".o_searchview_input")
        box.fill(text)
        box.press("Enter")
        self.settle()
        # Suggestions that came after the key lie over the records.
        if self.page.locator(".o_searchview_autocomplete").is_visible():
            box.press("Escape")

    def open_first(self, text):
        """The first record of a list or kanban that shows a text."""
        self.page.locator(RECORDS).filter(has_text=text).first.click()
        self.page.wait_for_selector(".o_form_view .o_form_renderer")
        self.settle()

    def new(self):
        self.click(".o_list_button_add, .o-kanban-button-new")
        self.page.wait_for_selector(".o_form_view .o_form_renderer")
        self.settle()

    @property
    def record_id(self):
        """The id of the record whose form is open, from the address."""
        self.page.wait_for_url(lambda url: _last_part(url).isdigit())
        return int(_last_part(self.page.url))

    # What to do there.

    def click(self, selector):
        self.scope.locator(selector).locator("visible=true").first.click()

    def press(self, name):
        """A button by the method it calls; on the phone most are in a menu."""
        button = f"button[name='{name}']"
        more = self.page.locator(MORE_BUTTONS)
        if more.count() and not self.page.locator(button).count():
            more.first.click()
        self.click(button)
        self.settle()

    def save(self):
        count = self.dialogs.count()
        self.click(".o_form_button_save")
        if count:
            self.wait_for_dialogs(count - 1)
        self.settle()

    def wait_for_dialogs(self, count):
        self.page.wait_for_function(
            "([selector, count]) =>"
            " document.querySelectorAll(selector).length === count",
            arg=[DIALOGS, count],
        )

    def widget(self, field):
        return self.scope.locator(
            f".o_field_widget[name='{field}'] >> visible=true"
        ).first

    def has(self, field):
        return bool(self.widget(field).count())

    def value(self, field):
        """What is typed in."""
        return self.widget(field).locator("input").first.input_value()

    def add(self, field):
        """A new row in a table of the form, or the dialog that asks for it."""
        rows = self.widget(field)
        rows.locator(".o_field_x2many_list_row_add a").first.click()
        self.settle()

    def fill(self, **values):
        for field, value in values.items():
            box = self.widget(field).locator("input, textarea").first
            box.fill(str(value))
            box.press("Tab")
        self.settle()

    def choose(self, field, text):
        """The first suggestion for a text, in a many2one or tags."""
        self.widget(field).locator("input").first.fill(text)
        self.page.locator(OPTIONS).filter(has_text=text).first.click()
        self.settle()

    def select(self, field, label):
        """A selection field drawn as a menu."""
        self.widget(field).locator("input, select").first.click()
        self.page.locator(".o_select_menu_item").filter(has_text=label).first.click()

    def tab(self, name):
        self.click(f".o_notebook .nav-link[name='{name}']")

    def upload(self, field, name, raw):
        with self.page.expect_response("**/web/binary/upload_attachment"):
            self.widget(field).locator("input[type=file]").first.set_input_files(
                {"name": name, "mimeType": "application/pdf", "buffer": raw}
            )
        self.settle()


def _last_part(url):
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]
