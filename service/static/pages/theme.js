// Chosen before anything is drawn, so that no page flashes in the other theme.
"use strict";
(() => {
  let kept = null;
  try { kept = localStorage.getItem("warmtune-theme"); } catch { /* no storage: the system's theme */ }
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
})();
