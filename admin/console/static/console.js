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
  const tab = event.target.closest("[data-tab-to]");
  if (tab) document.querySelector(".console").dataset.tab = tab.dataset.tabTo;
  const language = event.target.closest("a[data-language]");
  if (language) language.search = location.search;
  const about = document.querySelector(".about[open]");
  if (about && !event.target.closest(".about")) about.open = false;
});

document.addEventListener("keydown", (event) => {
  const about = document.querySelector(".about[open]");
  if (event.key === "Escape" && about) {
    about.open = false;
    about.querySelector("summary").focus();
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
  }
}).observe(document, { childList: true, subtree: true });
