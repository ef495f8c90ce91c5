/* What only the browser knows: which theme and tab are open, where a list is scrolled to, what is being typed. */

window.dealix = {
  /* Give what is typed, and empty the field. */
  take(field) {
    const text = field.value;
    field.value = "";
    return text;
  },

  /* Send what is typed, if anything is. */
  send(field, emit) {
    if (field.value.trim()) emit(dealix.take(field));
    field.focus();
  },

  /* What could not be sent is given back, unless something else is being typed already. */
  giveBack(selector, text) {
    const field = document.querySelector(selector);
    if (field && !field.value) field.value = text;
  },

  values(...selectors) {
    return selectors.map((selector) => document.querySelector(selector).value);
  },

  /* Keep the chosen lead in the address, so that a reload and the other language show the same one. */
  lead(phone) {
    history.replaceState(null, "", `?lead=${encodeURIComponent(phone)}`);
  },

  /* Keep what is looked at in the address, so that a reload and the other language show the same. */
  remember(kept) {
    history.replaceState(null, "", `?${new URLSearchParams(kept)}`);
  },

  opened() {
    document.querySelector(".workbench")?.classList.add("opened");
  },

  /* On a phone: the list of all groups, with the group of this page open. */
  menu(open) {
    document.querySelector(".console").classList.toggle("menu-open", open);
    document.querySelector("[data-menu]")?.setAttribute("aria-expanded", String(open));
    dealix.group(open ? document.querySelector(".nav-group.here [data-group]") : null);
  },

  /* Open one group of pages, and no other. */
  group(chosen) {
    for (const each of document.querySelectorAll("[data-group]")) each.setAttribute("aria-expanded", String(each === chosen));
  },

  /* Arrows walk over what the navigation shows; down from a group opens it. */
  walk(event) {
    const group = event.target.closest("[data-group]");
    if (group && event.key === "ArrowDown") dealix.group(group);
    const shown = [...document.querySelectorAll("#nav .nav-to")].filter((each) => each.checkVisibility());
    const ahead = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const behind = ahead === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const step = { ArrowDown: 1, ArrowUp: -1, [ahead]: 1, [behind]: -1 }[event.key];
    const ends = { Home: shown[0], End: shown.at(-1) };
    const next = step ? shown[shown.indexOf(event.target) + step] : ends[event.key];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  },

  theme() {
    return localStorage.getItem("dealix-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  },

  wear(theme) {
    document.documentElement.dataset.theme = theme;
  },
};

dealix.wear(dealix.theme());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dealix.wear(dealix.theme()));

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) {
    const next = dealix.theme() === "dark" ? "light" : "dark";
    localStorage.setItem("dealix-theme", next);
    dealix.wear(next);
  }
  const hijri = event.target.closest("[data-hijri]");
  if (hijri) {
    const kept = hijri.getAttribute("aria-pressed") === "true" ? "; max-age=0" : "hijri; max-age=31536000";
    document.cookie = `dealix_calendar=${kept}; path=/console; samesite=strict`;
    location.reload();
  }
  const tab = event.target.closest("[data-tab-to]");
  if (tab) document.querySelector(".console").dataset.tab = tab.dataset.tabTo;
  const turn = event.target.closest("[data-to-side], [data-to-talk]");
  if (turn) turn.closest("[data-inbox]").dataset.shows = "toSide" in turn.dataset ? "side" : "talk";
  const language = event.target.closest("a[data-language]");
  if (language) language.search = location.search;
  const menu = event.target.closest("[data-menu]");
  const group = event.target.closest("[data-group]");
  if (group) dealix.group(group.getAttribute("aria-expanded") === "true" ? null : group);
  else dealix.menu(Boolean(menu) && menu.getAttribute("aria-expanded") !== "true");
  if (event.target.closest("[data-open-keys]")) document.querySelector("[data-keys]").showModal();
  if (event.target.closest("[data-close-keys]")) document.querySelector("[data-keys]").close();
  for (const fold of document.querySelectorAll(".about[open], .who[open]")) {
    if (!fold.contains(event.target)) fold.open = false;
  }
});

/* Whoever leaves with something typed and not saved is asked. */
addEventListener("beforeunload", (event) => {
  if (document.querySelector("[data-dirty=true]")) event.preventDefault();
});

/* "g" and a letter lead to a page; letters by where they are on the keyboard, so that Arabic keys do the same. */
let leading = 0;

document.addEventListener("keydown", (event) => {
  const fold = document.querySelector(".about[open], .who[open]");
  if (event.target.closest("#nav")) dealix.walk(event);
  if (event.key === "Escape") {
    const group = event.target.closest(".nav-group")?.querySelector("[data-group]");
    dealix.menu(false);
    if (group?.checkVisibility()) group.focus();
    if (fold) {
      fold.open = false;
      fold.querySelector("summary").focus();
    }
  }
  const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (["?", "؟"].includes(event.key)) {
    document.querySelector("[data-keys]")?.showModal();
  } else if (event.code === "Slash") {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if (event.code === "KeyG") {
    leading = Date.now();
  } else if (Date.now() - leading < 1500) {
    leading = 0;
    document.querySelector(`a[data-key="${event.code.replace("Key", "")}"]`)?.click();
  }
});

/* A new line scrolls the phone down; a question that opens takes the focus. */
new MutationObserver((changes) => {
  const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.nodeType === 1);
  const thread = document.querySelector("[data-thread]");
  if (thread && added.some((node) => thread.contains(node))) {
    requestAnimationFrame(() => (thread.scrollTop = thread.scrollHeight));
  }
  for (const node of added) {
    const wanted = node.matches("[data-autofocus]") ? node : node.querySelector("[data-autofocus]");
    wanted?.focus();
    for (const chosen of node.querySelectorAll(".lead-pill[aria-pressed=true]")) {
      chosen.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    if (node.matches("[data-entry][aria-current]")) node.scrollIntoView({ block: "nearest" });
    for (const chosen of node.querySelectorAll("[data-entry][aria-current]")) chosen.scrollIntoView({ block: "nearest" });
  }
}).observe(document, { childList: true, subtree: true });
