"""A person before the simulator: types on the phone, reads the decision, decides as Sami."""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

# A reply needs the burst pause, a decision, a simulated send and a redraw.
PATIENCE_MS = 15_000


class Visit:
    """One browser profile, one page."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.complaints: list[str] = []
        self.asked_hosts: set[str] = set()
        self.address = address
        self._browser = browser
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None, "open the page first"
        return self._page

    # -- coming and going

    def opens(
        self, path: str = "/console/simulator", size: dict[str, int] = DESKTOP, scheme: str = "light"
    ) -> Page:
        context = self._browser.new_context(viewport=size, color_scheme=scheme)
        context.set_default_timeout(PATIENCE_MS)
        self._page = page = context.new_page()
        page.on("console", self._hear_console)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("request", self._count)
        page.on("websocket", lambda socket: self.asked_hosts.add(urlsplit(socket.url).hostname or ""))
        page.goto(self.address + path)
        page.wait_for_selector(".phone-who")
        return page

    def leaves(self) -> None:
        if self._page is not None:
            self._page.context.close()

    def is_a_new_lead(self, phone: str = "", name: str = "") -> str:
        """Take a phone that nobody used; answers its digits."""
        self.page.locator(".leads .btn").first.click()
        number = self.page.locator("[data-new-phone]")
        if phone:
            number.fill(phone)
        if name:
            self.page.locator("[data-new-name]").fill(name)
        taken = "".join(sign for sign in number.input_value() if sign.isdigit())
        self.page.locator(".ask .btn.main").click()
        expect(number).to_be_hidden(timeout=PATIENCE_MS)
        expect(self.bubbles).to_have_count(0, timeout=PATIENCE_MS)
        return taken

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _count(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss"):
            self.asked_hosts.add(url.hostname or "")

    # -- the phone

    @property
    def bubbles(self) -> Locator:
        return self.page.locator("[data-line]")

    @property
    def replies(self) -> Locator:
        """What arrived on the phone."""
        return self.page.locator("[data-line=bot], [data-line=human]")

    def says(self, *texts: str) -> None:
        """Say something, or several things in one breath."""
        field = self.page.locator("[data-say]")
        for text in texts:
            field.fill(text)
            field.press("Enter")
            expect(field).to_have_value("", timeout=PATIENCE_MS)
        expect(self.page.locator("[data-line=contact]").last).to_contain_text(text, timeout=PATIENCE_MS)

    def tries(self, chip: str) -> None:
        self.page.locator(f"[data-chip=chip_{chip}]").click()

    def taps(self, button_id: str) -> None:
        self.page.locator(f"[data-tap={button_id}]").last.click()

    def hears(self, count: int) -> Locator:
        """Wait until so many replies have arrived; answers the last."""
        expect(self.replies).to_have_count(count, timeout=PATIENCE_MS)
        return self.replies.last

    # -- the decision

    @property
    def decision(self) -> Locator:
        """The latest one."""
        return self.page.locator("[data-decision]").first

    def is_understood_as(self, intent: str) -> Locator:
        decision = self.decision
        expect(decision).to_have_attribute("data-decision", intent, timeout=PATIENCE_MS)
        return decision

    def is_in(self, stage: str) -> None:
        expect(self.page.locator(".deal [data-stage]")).to_have_attribute(
            "data-stage", stage, timeout=PATIENCE_MS
        )

    # -- Sami

    def card_about(self, text: str) -> Locator:
        """The waiting card whose lead said this."""
        card = self.page.locator("[data-card]").filter(has_text=text)
        expect(card).to_have_count(1, timeout=PATIENCE_MS)
        return card

    def presses(self, card: Locator, action: str) -> None:
        card.locator(f"[data-action={action}]").click()

    def decided(self, text: str) -> Locator:
        """The card that was decided, by its text."""
        return self.page.locator("[data-decided]").filter(has_text=text)

    def scrolls_sideways(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
