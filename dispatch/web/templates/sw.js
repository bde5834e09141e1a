{# The service worker: what is needed to file without a network, and nothing of anybody's orders. #}
"use strict";
importScripts("{{ static("drafts.js") }}");

const STORE = "filing-{{ tag }}";
const SHELL = {{ shell | tojson }};
const MOST_PAGES = 30;

// Asked for so, a page is the same for everybody: it names no order of this phone, and nobody who is logged in.
const MARK = "{{ header }}";
const FOR_ALL = { headers: { [MARK]: "1" } };

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then(filled).then(() => self.skipWaiting()));
});

const filled = (store) =>
  Promise.all(
    SHELL.map(async (address) => {
      const response = await fetch(address, FOR_ALL);
      if (!response.ok) throw new Error(`status ${response.status}`);
      await store.put(address, response);
    }),
  );

self.addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((name) => name !== STORE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(old).then(() => self.clients.claim()));
});

const isFiling = (url) => url.pathname === "/" || url.pathname === "/file" || url.pathname.startsWith("/q/");

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) {
    event.respondWith(caches.match(event.request).then((kept) => kept || fetch(event.request)));
  } else if (event.request.mode === "navigate" && isFiling(url)) {
    event.respondWith(fresh(event));
  } else if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => caches.match("/offline")));
  }
});

// The newest page while there is a network, and what was seen last while there is none.
async function fresh(event) {
  try {
    const response = await fetch(event.request);
    if (response.ok && !response.redirected) event.waitUntil(stored(event.request.url, response.clone()).catch(() => {}));
    return response;
  } catch {
    return (await caches.match(event.request)) || (await caches.match("/offline"));
  }
}

// A page that names somebody's orders is not stored; what everybody would see there is.
async function stored(address, shown) {
  const store = await caches.open(STORE);
  let page = shown;
  if (!shown.headers.has(MARK)) {
    if (await store.match(address)) return;
    page = await fetch(address, FOR_ALL);
    if (!page.ok || page.redirected) return;
  }
  await store.put(address, page);
  const shell = new Set(SHELL.map((one) => new URL(one, location.origin).href));
  const pages = (await store.keys()).filter((request) => !shell.has(request.url)); // the one stored last is last
  await Promise.all(pages.slice(0, -MOST_PAGES).map((request) => store.delete(request)));
}

self.addEventListener("sync", (event) => {
  if (event.tag !== "drafts") return;
  event.waitUntil(
    drafts.sendAll().then(async (done) => {
      if (done.filed.length || done.refused.length) {
        const pages = await self.clients.matchAll({ includeUncontrolled: true });
        pages.forEach((page) => page.postMessage(done));
      }
      if (done.left) throw new Error("some are left"); // so that the browser tries again
    }),
  );
});
