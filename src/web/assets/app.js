// Shows times in the reader's zone, and follows what the server tells as it happens. All else works without it.
(function () {
  "use strict";

  function localise(root) {
    root.querySelectorAll("time[datetime]").forEach(function (element) {
      var at = new Date(element.getAttribute("datetime"));
      if (element.dataset.local || isNaN(at)) return;
      element.dataset.local = "yes";
      element.title = element.textContent.trim();
      var parts = element.dataset.show;
      var date = at.toLocaleDateString(undefined, { year: "numeric", month: "2-digit", day: "2-digit" });
      var time = at.toLocaleTimeString(undefined, {
        hour: "2-digit", minute: "2-digit", second: parts === "minute" || parts === "clock" ? undefined : "2-digit"
      });
      if (parts === "date") element.textContent = date;
      else if (parts === "time" || parts === "clock") element.textContent = time;
      else element.textContent = date + " " + time;
    });
    root.querySelectorAll("[data-utc]").forEach(function (element) { element.hidden = true; });
  }

  function follow(root) {
    root.querySelectorAll("[data-events]").forEach(function (element) {
      if (element.dataset.followed || !window.EventSource) return;
      element.dataset.followed = "yes";
      var source = new EventSource(element.dataset.events);
      source.onmessage = function (event) {
        element.innerHTML = event.data;
        enliven(element);
      };
      source.addEventListener("end", function () { source.close(); });
    });
  }

  function guard(root) {
    root.querySelectorAll("form[data-confirm]").forEach(function (form) {
      if (form.dataset.guarded) return;
      form.dataset.guarded = "yes";
      form.addEventListener("submit", function (event) {
        if (!window.confirm(form.dataset.confirm)) event.preventDefault();
      });
    });
    root.querySelectorAll("button[data-confirm]").forEach(function (button) {
      if (button.dataset.guarded) return;
      button.dataset.guarded = "yes";
      button.addEventListener("click", function (event) {
        if (!window.confirm(button.dataset.confirm)) event.preventDefault();
      });
    });
    root.querySelectorAll("input[data-all]").forEach(function (box) {
      if (box.dataset.guarded) return;
      box.dataset.guarded = "yes";
      box.hidden = false;
      box.addEventListener("change", function () {
        document.querySelectorAll("input[type=checkbox][name='" + box.dataset.all + "']").forEach(function (one) {
          one.checked = box.checked;
        });
      });
    });
  }

  function enliven(root) {
    localise(root);
    follow(root);
    guard(root);
  }

  document.addEventListener("htmx:load", function (event) { enliven(event.detail.elt); });
  document.addEventListener("htmx:oobAfterSwap", function (event) { enliven(event.detail.elt || document); });
  document.addEventListener("DOMContentLoaded", function () { enliven(document); });
})();
