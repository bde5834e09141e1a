{# The service worker: what is needed to file without a network, and nothing of anybody's orders. #}
"use strict";
importScripts("{{ static("drafts.js") }}");

const STORE = "filing-{{ tag }}";
const SHELL = {{ shell | tojson }};

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(SHELL)).then(() => self.skipWaiting()));
});

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
    event.respondWith(fresh(event.request));
  } else if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => caches.match("/offline")));
  }
});

// The newest page while there is a network, and what was seen last while there is none.
async function fresh(request) {
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected) {
      const store = await caches.open(STORE);
      await store.put(request, response.clone());
    }
    return response;
  } catch {
    return (await caches.match(request)) || (await caches.match("/offline"));
  }
}

self.addEventListener("sync", (event) => {
  if (event.tag !== "drafts") return;
  event.waitUntil(
    drafts.sendAll().then(async (filed) => {
      if (!filed.length) return;
      const pages = await self.clients.matchAll();
      pages.forEach((page) => page.postMessage({ filed }));
    }),
  );
});
