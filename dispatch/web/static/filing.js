// Filing on a phone: position, smaller photos, and a draft that outlives a lost network. The form works without it.
"use strict";

(() => {
  const MOST_PHOTOS = 4;
  const form = document.getElementById("filing");
  const said = document.getElementById("filing-said");
  const field = (name) => form.elements.namedItem(name);
  const say = (text) => {
    said.textContent = text;
    said.hidden = !text;
  };

  const keeps = "serviceWorker" in navigator && "indexedDB" in window;
  const buttons = form.querySelectorAll("button[type=submit]");
  const busy = (is) => buttons.forEach((button) => (button.disabled = is));

  // What was refused and kept is on the page again, with what is wrong, so it need not be kept any more.
  if (keeps && form.dataset.sent) drafts.drop(form.dataset.sent).catch(() => {});

  // A page from this phone's own store carries a key that was used before.
  const renewKey = () => {
    const random = crypto.getRandomValues(new Uint8Array(16));
    field("key").value = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  renewKey();

  // Larger type and the other language are this page again: what was typed comes along, kept in this tab alone.
  const TYPED = "typed";
  const remember = (event) => {
    if (!event.target.closest(".switches")) return;
    const typed = Array.from(new FormData(form)).filter(([name, value]) => typeof value === "string" && name !== "key");
    try {
      sessionStorage.setItem(TYPED, JSON.stringify(typed));
    } catch { /* a browser that keeps nothing */ }
  };
  document.addEventListener("submit", remember);
  document.addEventListener("click", (event) => { if (event.target.closest("a")) remember(event); });
  try {
    for (const [name, value] of JSON.parse(sessionStorage.getItem(TYPED) || "[]")) {
      const input = field(name);
      if (input && input.type !== "file") input.value = value;
    }
    sessionStorage.removeItem(TYPED);
  } catch { /* the same */ }

  // Going back after it was filed, a browser fills in what was filed already: that is no new request.
  const FILED = "filed";
  const stored = (work) => { try { return work(sessionStorage); } catch { return null; } };
  addEventListener("pageshow", (event) => {
    const [visit] = performance.getEntriesByType("navigation");
    const back = event.persisted || (visit && visit.type === "back_forward");
    if (!back) stored((kept) => kept.removeItem(FILED));
    if (!stored((kept) => kept.getItem(FILED))) return;
    form.reset();
    field("place.lon").value = field("place.lat").value = ""; // what is hidden is not reset
    renewKey();
    chosen = [];
    shown.replaceChildren();
    say("");
    busy(false);
  });
  form.addEventListener("input", () => stored((kept) => kept.removeItem(FILED)));

  const locate = document.getElementById("locate");
  if (locate && "geolocation" in navigator) {
    locate.hidden = false;
    locate.addEventListener("click", () => {
      locate.textContent = locate.dataset.busy;
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          field("place.lon").value = coords.longitude.toFixed(6);
          field("place.lat").value = coords.latitude.toFixed(6);
          locate.textContent = locate.dataset.found;
        },
        () => (locate.textContent = locate.dataset.failed),
        { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
      );
    });
  }

  const photos = field("photos");
  const shown = document.getElementById("photos-shown");
  let chosen = [];
  const put = () => {
    if (!window.DataTransfer) return;
    const files = new DataTransfer();
    chosen.forEach((file) => files.items.add(file));
    photos.files = files.files;
    shown.replaceChildren(
      ...chosen.map((file, index) => {
        const item = document.createElement("li");
        const picture = document.createElement("img");
        picture.src = URL.createObjectURL(file);
        picture.alt = photos.dataset.photo.replace("{n}", index + 1);
        const away = document.createElement("button");
        away.type = "button";
        away.className = "weui-btn weui-btn_default is-slim";
        away.textContent = photos.dataset.remove;
        away.addEventListener("click", () => {
          chosen.splice(index, 1);
          put();
        });
        item.append(picture, away);
        return item;
      }),
    );
  };
  if (photos && window.DataTransfer && window.createImageBitmap) {
    photos.addEventListener("change", async () => {
      const added = Array.from(photos.files);
      const room = MOST_PHOTOS - chosen.length - form.querySelectorAll("[name^='photos.']").length;
      if (added.length > room) say(photos.dataset.most);
      busy(true); // a tap before they are drawn would send them as they were, and none of those before
      for (const file of added.slice(0, room)) {
        chosen.push(await smallerPhoto(file).catch(() => file)); // what can't be drawn here the service may know
      }
      put();
      busy(false);
    });
  }

  // What is plainly no number is said at once, also without a network; what else is wrong the service says.
  const phoneFits = () => {
    const input = field("contact.phone");
    const digits = input.value.replace(/[\s-]/g, "").replace(/^\+86/, "");
    const fits = /^(1\d{10}|0\d{9,11})$/.test(digits);
    let told = document.getElementById("e-contact-phone");
    if (fits) {
      if (told) told.remove();
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
      return true;
    }
    if (!told) {
      told = document.createElement("p");
      told.id = "e-contact-phone";
      told.className = "fault";
      told.setAttribute("role", "alert");
      input.after(told);
    }
    told.textContent = `⚠ ${form.dataset.phone}`;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", told.id);
    input.focus();
    return false;
  };

  if (!keeps) return;

  // A draft that its owner has to look at is filled in again. One that was refused is sent under a new key; one that
  // is only old under its own, so that the service may still know it.
  let mended = null;
  const refill = async (key) => {
    const before = await drafts.one(key);
    if (!before) return;
    mended = key;
    if (!before.refused) field("key").value = key;
    for (const [name, value] of before.fields) {
      const input = field(name);
      if (typeof value !== "string") chosen.push(value);
      else if (name.startsWith("photos.")) continue; // those the service has let go
      else if (input && name !== "key" && name !== "category") input.value = value;
    }
    if (chosen.length) put();
    const elsewhere = form.querySelector("details");
    if (elsewhere && (field("place.address").value || field("place.lon").value)) elsewhere.open = true;
    say(form.dataset.refilled);
  };
  const asked = /^#draft=(.+)$/.exec(location.hash);
  if (asked) refill(asked[1]).catch(() => {});

  const draft = () => ({
    key: field("key").value,
    action: form.getAttribute("action"),
    at: Date.now(),
    fields: Array.from(new FormData(form))
      .filter(([, value]) => typeof value === "string" || value.size)
      .map(([name, value]) => (typeof value === "string" ? [name, value] : [name, value, value.name])),
  });
  const again = (text) => {
    say(text);
    busy(false);
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!phoneFits()) return;
    busy(true);
    say(form.dataset.sending);
    const written = draft();
    const kept = await drafts.keep(written).then(() => true, () => false);
    if (kept && mended && mended !== written.key) await drafts.drop(mended).catch(() => {});
    const result = await drafts.send(written).catch(() => ({ later: 0 }));
    if (result.filed) {
      stored((kept) => kept.setItem(FILED, "1"));
      location.replace(`${result.filed}?new=1`);
    } else if (result.refused === 413) {
      await drafts.drop(written.key).catch(() => {});
      again(form.dataset.large);
    } else if (result.refused) {
      form.submit(); // the page that comes back says what is wrong, with everything kept
    } else if (kept) {
      say(form.dataset.kept);
      form.classList.add("is-kept");
      const worker = await navigator.serviceWorker.ready;
      if (worker.sync) await worker.sync.register("drafts").catch(() => {});
    } else {
      again(form.dataset.unkept);
    }
  });
})();
