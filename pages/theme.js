// Light, dark, or as the system says: kept in this browser, and applied before the page is painted (a classic script).

(() => {
  const KEY = "framecast-theme";
  const ORDER = ["", "light", "dark"];
  const WORDS = { "": "as the system", light: "light", dark: "dark" };
  let theme = localStorage.getItem(KEY) ?? "";
  if (!ORDER.includes(theme)) theme = "";

  function apply() {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    const button = document.getElementById("theme");
    if (button) button.ariaLabel = button.title = `Colours: ${WORDS[theme]}`;
  }

  apply();
  addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme")?.addEventListener("click", () => {
      theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
      if (theme) localStorage.setItem(KEY, theme);
      else localStorage.removeItem(KEY);
      apply();
    });
  });
})();
