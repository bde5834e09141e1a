// On every page of a resident: keep the pages for filing at hand, send what waits as soon as there is a network, and
// show what can't be sent by itself: it is mended or deleted by whoever wrote it.
"use strict";

(() => {
  if (!("serviceWorker" in navigator) || !("indexedDB" in window)) return;
  navigator.serviceWorker.register("/sw.js").catch(() => {});
  const box = document.getElementById("drafts");
  const stuck = document.getElementById("drafts-stuck");

  const typed = (draft, name) => (draft.fields.find(([one]) => one === name) || [])[1] || "";

  const row = (draft) => {
    const item = stuck.querySelector("template").content.cloneNode(true).firstElementChild;
    item.querySelector(draft.refused ? "[data-old]" : "[data-refused]").remove();
    item.querySelector("[data-when]").textContent = new Date(draft.at).toLocaleString(document.documentElement.lang);
    item.querySelector("[data-text]").textContent = typed(draft, "text").slice(0, 40);
    const asked = new URLSearchParams({ category: typed(draft, "category") });
    if (typed(draft, "place.grid")) asked.set("grid", typed(draft, "place.grid"));
    item.querySelector("a").href = `/file?${asked}#draft=${draft.key}`;
    const away = item.querySelector("button");
    away.addEventListener("click", async () => {
      if (!confirm(away.dataset.ask)) return;
      await drafts.drop(draft.key);
      await show();
    });
    return item;
  };

  const show = async () => {
    if (!box || !stuck) return;
    const kept = await drafts.all();
    const held = kept.filter(drafts.isStuck);
    box.hidden = kept.length === held.length;
    box.querySelector("[data-count]").textContent = kept.length - held.length;
    stuck.hidden = held.length === 0;
    const keys = JSON.stringify(held.map((draft) => [draft.key, draft.at, draft.refused]));
    if (stuck.dataset.keys === keys) return; // a row is not replaced while somebody taps on it
    stuck.dataset.keys = keys;
    stuck.querySelector("ul").replaceChildren(...held.map(row));
  };

  // Who still looks at the form they sent is led to their order, or to what has to be mended; anybody else is told.
  const told = ({ filed = [], refused = [] }) => {
    const last = filed[filed.length - 1];
    const form = document.querySelector("form.is-kept");
    if (form && refused.includes(form.elements.namedItem("key").value)) {
      location.assign("/#drafts-stuck");
    } else if (form && last) {
      location.assign(`${last}?new=1`);
    } else if (last) {
      const sent = document.getElementById("drafts-sent");
      if (!sent) return;
      sent.hidden = false;
      sent.querySelector("a").href = last;
    }
  };

  const send = async () => {
    const done = await drafts.sendAll().catch(() => ({}));
    await show();
    told(done);
  };

  addEventListener("online", send);
  navigator.serviceWorker.addEventListener("message", async ({ data }) => {
    await show();
    told(data);
  });
  show().then(() => navigator.onLine && send());
})();
