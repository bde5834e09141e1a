// Filing on a phone: position, smaller photos, and a draft that outlives a lost network. The form works without it.
"use strict";

(() => {
  const MOST_PHOTOS = 4;
  const LONGEST_PX = 1280;
  const form = document.getElementById("filing");
  const said = document.getElementById("filing-said");
  const field = (name) => form.elements.namedItem(name);
  const say = (text) => {
    said.textContent = text;
    said.hidden = !text;
  };

  // A page from this phone's own store carries a key that was used before.
  const random = crypto.getRandomValues(new Uint8Array(16));
  field("key").value = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");

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

  // A telephone's photo of five megabytes takes a quarter of an hour on a weak network; drawn anew it takes seconds.
  const smaller = async (file) => {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_PX / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
    return new File([blob], "photo.jpg", { type: "image/jpeg" });
  };

  const photos = field("photos");
  const shown = document.getElementById("photos-shown");
  let chosen = [];
  const put = () => {
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
      const room = MOST_PHOTOS - chosen.length;
      if (added.length > room) say(photos.dataset.most);
      for (const file of added.slice(0, room)) {
        chosen.push(await smaller(file).catch(() => file)); // what can't be drawn here the service may know
      }
      put();
    });
  }

  if (!("serviceWorker" in navigator) || !("indexedDB" in window)) return;
  const draft = () => ({
    key: field("key").value,
    action: form.getAttribute("action"),
    at: Date.now(),
    fields: Array.from(new FormData(form))
      .filter(([, value]) => typeof value === "string" || value.size)
      .map(([name, value]) => (typeof value === "string" ? [name, value] : [name, value, value.name])),
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    say(form.dataset.sending);
    const kept = draft();
    let result = null;
    try {
      await drafts.keep(kept);
      result = await drafts.send(kept);
    } catch {
      say(form.dataset.kept);
      form.classList.add("is-kept");
      const worker = await navigator.serviceWorker.ready;
      if (worker.sync) await worker.sync.register("drafts").catch(() => {});
      return;
    }
    if (result.filed) {
      location.assign(`${result.filed}?new=1`);
      return;
    }
    await drafts.drop(kept.key);
    form.submit(); // the page that comes back says what is wrong, with everything kept
  });
})();
