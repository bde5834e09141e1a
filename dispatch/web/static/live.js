// Keeps the numbers of a page fresh that is open all day, and says so while they don't arrive; where the session is over,
// the page leads to where one logs in.
"use strict";
(() => {
  const PAUSE_MS = 500;
  const LONGEST_PAUSE_MS = 60000;
  const JITTER = 0.3; // of a pause, so that all who watch don't come back at the same moment
  const NETWORK = "network";
  const now = document.getElementById("now");
  const lost = document.getElementById("lost");
  if (!now || !lost) return;
  const onWall = document.body.classList.contains("wall"); // it is watched even where its browser thinks it is not
  const missing = new Set();
  let begun = false;
  let pause = PAUSE_MS;

  function say() {
    const text = missing.size ? lost.dataset.text : "";
    lost.hidden = !text;
    if (lost.textContent !== text) lost.textContent = text;
  }

  function isMissing(what) {
    missing.add(what);
    say();
  }

  function hasCome(what) {
    missing.delete(what);
    missing.delete(NETWORK);
    say();
  }

  /** Open the stream, as soon as somebody looks. Once it has begun, the extension opens it again by itself. */
  function begin() {
    if (document.hidden && !onWall) {
      document.addEventListener("visibilitychange", begin, { once: true });
      return;
    }
    window.htmx.ajax("GET", now.getAttribute("hx-sse:connect"), { source: now });
  }

  function beginLater() {
    setTimeout(begin, pause * (1 + JITTER * (2 * Math.random() - 1)));
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }

  document.addEventListener("htmx:sse:error", (event) => {
    if (event.detail && event.detail.status === 401) location.reload(); else isMissing(now);
  });
  document.addEventListener("htmx:sse:after:connection", () => {
    begun = true;
    hasCome(now);
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail.ctx.response.status < 400) hasCome(event.target);
  });
  document.addEventListener("htmx:error", (event) => isMissing(event.target));
  document.addEventListener("htmx:response:error", (event) => isMissing(event.target));
  document.addEventListener("htmx:finally:request", (event) => {
    if (event.target === now && !begun) beginLater();
  });
  window.addEventListener("offline", () => isMissing(NETWORK));

  if (window.htmx) begin(); else isMissing(now);
})();
