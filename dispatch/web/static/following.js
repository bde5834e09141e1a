// Following an order: what moves on the page is asked for again every half minute, while somebody looks at it.
"use strict";
(() => {
  const EVERY_MS = 30000;
  let asked = Date.now();
  let asking = false;

  /** Whether somebody is writing, choosing or tapping: nothing is taken from under their hands. */
  function busy(live) {
    const fields = Array.from(live.querySelectorAll("textarea, input[type=radio]"));
    return live.matches(":active") || fields.some(
      (one) => one === document.activeElement || one.value !== one.defaultValue || one.checked !== one.defaultChecked,
    );
  }

  function show(live, text) {
    const box = document.createElement("template");
    box.innerHTML = text;
    const fresh = box.content.querySelector("#live");
    if (!fresh) return;
    const moved = fresh.dataset.version !== live.dataset.version;
    if (busy(live)) {
      document.getElementById("waiting").hidden = !moved;
      return;
    }
    live.querySelectorAll("details[open][id]").forEach((one) => {
      const same = fresh.querySelector("#" + one.id);
      if (same) same.open = true;
    });
    live.replaceWith(fresh);
    if (moved) document.getElementById("told").textContent = fresh.dataset.told;
  }

  async function look() {
    const live = document.getElementById("live");
    if (!live || asking || document.visibilityState !== "visible" || Date.now() - asked < EVERY_MS) return;
    asking = true;
    asked = Date.now();
    try {
      const answer = await fetch(location.pathname + "/now?seen=" + live.dataset.mark, { credentials: "same-origin" });
      if (answer.status === 200) show(live, await answer.text());
    } catch (lost) {
      // no network: the next look tries again
    } finally {
      asking = false;
    }
  }

  setInterval(look, 5000);
  document.addEventListener("visibilitychange", look);
})();
