// What makes pages more convenient; every page says the same without it.
"use strict";
(() => {
  const root = document.documentElement;
  const order = ["system", "light", "dark"];
  const button = document.getElementById("theme");

  function label(theme) {
    button.textContent = { system: "Theme: system", light: "Theme: light", dark: "Theme: dark" }[theme];
  }

  function apply(theme) {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      if (theme === "system") localStorage.removeItem("warmtune-theme");
      else localStorage.setItem("warmtune-theme", theme);
    } catch { /* it lasts for this page, then */ }
    label(theme);
  }

  if (button) {
    button.hidden = false;
    label(root.dataset.theme || "system");
    button.addEventListener("click", () => {
      apply(order[(order.indexOf(root.dataset.theme || "system") + 1) % order.length]);
    });
  }

  for (const copy of document.querySelectorAll("button.copy")) {
    const code = copy.parentElement.querySelector("code");
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        copy.textContent = "Selected";
      }
      setTimeout(() => { copy.textContent = "Copy"; }, 2000);
    });
  }

  for (const form of document.querySelectorAll("form[data-sure]")) {
    form.addEventListener("submit", (event) => { if (!confirm(form.dataset.sure)) event.preventDefault(); });
  }

  const reload = document.querySelector("[data-reload-s]");
  if (reload) setTimeout(() => { if (!document.hidden) location.reload(); }, 1000 * Number(reload.dataset.reloadS));
})();
