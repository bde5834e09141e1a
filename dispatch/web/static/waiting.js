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

  // Who still looks at the form they sent is led to their order; anybody else is told.
  const told = (filed) => {
    if (!filed.length) return;
    const last = filed[filed.length - 1];
    if (document.querySelector("form.is-kept")) {
      location.assign(`${last}?new=1`);
      return;
    }
    const sent = document.getElementById("drafts-sent");
    if (!sent) return;
    sent.hidden = false;
    sent.querySelector("a").href = last;
  };

  const send = async () => {
    const filed = await drafts.sendAll().catch(() => []);
    await show();
    told(filed);
  };

  addEventListener("online", send);
  navigator.serviceWorker.addEventListener("message", async ({ data }) => {
    await show();
    told(data.filed || []);
  });
  show().then(() => navigator.onLine && send());
})();
