"""Somebody at the workbench: says a name at the entrance, reads, writes, submits, agrees."""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser.visit import DESKTOP, PATIENCE_MS

# Check, every example, every chat and a replay, on a machine that does other things too.
PUBLISHING_MS = 90_000


class Analyst:
    """One browser profile, one name, one page."""

    def __init__(self, browser: Browser, address: str, name: str, role: str) -> None:
        self.complaints: list[str] = []
        self.asked_hosts: set[str] = set()
        self.name = name
        self.role = role
        self._browser = browser
        self._address = address
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None, "open a page first"
        return self._page

    # coming and going

    def opens(self, path: str, size: dict[str, int] = DESKTOP, scheme: str = "light") -> Page:
        """Open a page of the console, and say who one is where that is asked."""
        self._sits_down(size, scheme)
        self.page.goto(self._address + path)
        if "/console/hello" in self.page.url:
            self.says_who()
        self.page.wait_for_selector(".workbench.opened")
        return self.page

    def presses_a_link(self, link: str) -> None:
        """Come in by a link instead of by saying a name."""
        self._sits_down()
        self.page.goto(link)
        self.page.locator("form button").first.click()
        self.page.wait_for_selector(".workbench.opened")

    def presses_a_used_link(self, link: str) -> str:
        """The same with a link that somebody has used: answers what is said, and it is said with an error."""
        self._sits_down()
        self.page.goto(link)
        self.page.locator("form button").first.click()
        said = self.page.locator("main").inner_text()
        self.complaints = [c for c in self.complaints if "401" not in c]
        return said

    def _sits_down(self, size: dict[str, int] = DESKTOP, scheme: str = "light") -> None:
        if self._page is not None:
            return
        context = self._browser.new_context(viewport=size, color_scheme=scheme)
        context.set_default_timeout(PATIENCE_MS)
        self._page = page = context.new_page()
        page.on("console", self._hear_console)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("request", self._count)

    def says_who(self) -> None:
        self.page.fill("[name=name]", self.name)
        self.page.check(f"[name=role][value={self.role}]")
        self.page.locator("form button").click()

    def leaves(self) -> None:
        if self._page is not None:
            self._page.context.close()
            self._page = None

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.name}: {message.type}: {message.text}")

    def _count(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss"):
            self.asked_hosts.add(url.hostname or "")

    def sees(self, selector: str, count: int = 1, within_ms: int = PATIENCE_MS) -> Locator:
        found = self.page.locator(selector)
        expect(found).to_have_count(count, timeout=within_ms)
        return found

    def scrolls_sideways(self) -> bool:
        return self.page.evaluate(
            "[document.documentElement, document.querySelector('.page')]"
            ".some((one) => one.scrollWidth > one.clientWidth)"
        )

    # the book

    def searches(self, words: str) -> None:
        self.page.fill("[data-search]", words)

    def takes(self, key: str) -> None:
        """Choose a page of the list."""
        self.page.locator(f"[data-entry='{key}']").click()
        expect(self.page.locator(f"[data-page='{key}'], [data-editing='{key}']")).to_be_visible()

    def edits(self) -> None:
        """Take up the pen, in the change that is chosen or in a new one."""
        self.page.locator("[data-edit]").click()
        expect(self.page.locator("[data-editing]")).to_be_visible()

    def begins(self) -> None:
        """Start a change before anything is written."""
        self.page.locator("[data-begin]").click()
        expect(self.page.locator("[data-change-title]")).to_be_visible()

    @property
    def code(self) -> Locator:
        return self.page.locator(".cm-content")

    def types_at_the_top(self, text: str) -> None:
        self.code.click()
        self.page.keyboard.press("Control+Home")
        self.page.keyboard.type(text)
        # The house has heard it: otherwise "nothing unsaved" would still be true of the time before.
        expect(self.page.locator("[data-dirty=true]")).to_be_visible(timeout=PATIENCE_MS)

    def writes(self, text: str) -> None:
        """Replace the whole file."""
        self.code.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def saves(self) -> None:
        self.page.locator("[data-save]").click()
        expect(self.page.locator("[data-dirty=false]")).to_be_visible(timeout=PATIENCE_MS)

    def is_told(self, state: str) -> Locator:
        """`fine | wrong`: what the check says, once it has caught up."""
        verdict = self.page.locator(f"[data-check={state}]")
        expect(verdict).to_be_visible(timeout=PATIENCE_MS * 2)
        return verdict

    def chooses(self, change: str) -> None:
        self.page.locator("[data-change]").select_option(change)
        expect(self.page.locator("[data-change-title]")).to_be_visible()

    @property
    def change(self) -> str:
        """The change that is being looked at."""
        return self.page.locator("[data-change]").input_value()

    def names_it(self, title: str) -> None:
        field = self.page.locator("[data-change-title]")
        field.fill(title)
        field.press("Enter")
        expect(self.page.locator("[data-change] option", has_text=title)).to_have_count(1)

    def submits(self) -> Locator:
        """Ask for a yes; answers the box that says what came of it."""
        # A bar that is drawn anew under the finger takes no press; a person presses again.
        for _ in range(3):
            self.page.locator("[data-submit]").first.click()
            try:
                self.page.locator("[data-submission]").first.wait_for(timeout=3_000)
            except PlaywrightTimeout:
                continue
            break
        done = self.page.locator("[data-submission=passed], [data-submission=refused]")
        expect(done).to_be_visible(timeout=PUBLISHING_MS)
        return done

    # versions

    def card(self, title: str) -> Locator:
        return self.page.locator("[data-change-card]").filter(has_text=title)

    def agrees(self, title: str) -> None:
        self.card(title).locator("[data-agree]").click()
        expect(self.card(title)).to_have_count(0, timeout=PUBLISHING_MS)

    @property
    def in_force(self) -> int:
        return int(self.page.locator("[data-in-force]").get_attribute("data-in-force") or 0)

    def rolls_back_to(self, number: int) -> None:
        before = self.in_force
        self.page.locator(f"[data-roll-back='{number}']").click()
        self.page.locator(f"[data-edition='{number}'] [data-sure]").click()
        expect(self.page.locator(f"[data-in-force='{before + 1}']")).to_be_visible(timeout=PUBLISHING_MS)
