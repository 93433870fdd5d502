"use strict";

window.addEventListener("DOMContentLoaded", () => {
  Redoc.init(
    "/openapi.json",
    {
      hideDownloadButton: false,
      expandResponses: "200,201",
      sortPropsAlphabetically: false,
      theme: { colors: { primary: { main: "#b4531a" } }, typography: { fontFamily: "system-ui, sans-serif" } },
    },
    document.getElementById("redoc"),
  );
});
