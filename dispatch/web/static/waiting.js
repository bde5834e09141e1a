// On every page of a resident: keep the pages for filing at hand, and send what waits as soon as there is a network.
"use strict";

(() => {
  if (!("serviceWorker" in navigator) || !("indexedDB" in window)) return;
  navigator.serviceWorker.register("/sw.js").catch(() => {});
  const box = document.getElementById("drafts");

  const show = async () => {
    if (!box) return;
    const waiting = await drafts.all();
    box.hidden = waiting.length === 0;
    box.querySelector("[data-count]").textContent = waiting.length;
  };

  const send = async () => {
    const filed = await drafts.sendAll().catch(() => []);
    await show();
    if (filed.length && !document.querySelector("form.is-kept")) {
      const sent = document.getElementById("drafts-sent");
      if (sent) {
        sent.hidden = false;
        sent.querySelector("a").href = filed[filed.length - 1];
      }
    } else if (filed.length) {
      location.assign(`${filed[filed.length - 1]}?new=1`);
    }
  };

  addEventListener("online", send);
  navigator.serviceWorker.addEventListener("message", show);
  show().then(() => navigator.onLine && send());
})();
