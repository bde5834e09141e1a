// The board: opens an order beside it, keeps it fresh without losing one's place, and takes keys and drags.
// Without scripts every card leads to the order's own page, which does all the same.
"use strict";
(() => {
  const board = document.getElementById("board");
  const page = document.getElementById("board-page");
  const panel = document.getElementById("panel");
  const said = document.getElementById("said");
  const drop = document.getElementById("drop");
  const wide = matchMedia("(min-width: 1100px)");
  const FRESH_MS = 15000;
  const LATE_MS = 10000; // what has not arrived by then is given up and asked for in the next turn
  const APART_MS = 3000; // in a rush everything changes all the time
  const SPREAD_MS = 1000; // all who look are told at the same moment
  const SELDOM = 4; // while the stream says what has changed, only the times that are left grow old
  let dragged = null;

  const remembered = (name) => {
    try { return localStorage.getItem(name) !== "off"; } catch { return true; }
  };
  const remember = (name, on) => {
    try { localStorage.setItem(name, on ? "on" : "off"); } catch { /* this browser keeps nothing: on until it closes */ }
  };
  const tell = (what) => { if (said) said.textContent = said.dataset[what] || ""; };
  const links = () => Array.from(document.querySelectorAll(".board-link, .order-row-link"));

  // Switches

  const keys = document.getElementById("keys");
  const fresh = document.getElementById("fresh");
  const keysOn = () => (keys ? keys.checked : remembered("branch-keys"));
  const showKeys = () => document.body.classList.toggle("has-keys", keysOn() && matchMedia("(hover: hover)").matches);
  for (const [box, name] of [[keys, "branch-keys"], [fresh, "branch-fresh"]]) {
    if (!box) continue;
    box.checked = remembered(name);
    box.addEventListener("change", () => { remember(name, box.checked); showKeys(); });
  }
  for (const one of document.querySelectorAll("[data-scripted]")) one.hidden = false;
  showKeys();

  // Ticks, of which there may be two of one order

  const ticked = new Set();
  const bar = document.getElementById("ticked");
  const plain = bar ? bar.textContent : "";
  const boxes = () => Array.from(document.querySelectorAll("input[name=o][form=batch]"));
  const showTicks = () => {
    for (const box of boxes()) {
      box.checked = ticked.has(box.value);
      const card = box.closest(".board-card");
      if (card) card.classList.toggle("is-ticked", box.checked);
    }
    if (bar) bar.closest("form").hidden = !ticked.size;
    if (bar) bar.textContent = ticked.size ? bar.dataset.text.replace("{n}", ticked.size) : plain;
  };
  const tick = (box) => {
    if (box.checked) ticked.add(box.value); else ticked.delete(box.value);
    showTicks();
  };
  for (const box of boxes()) if (box.checked) ticked.add(box.value);
  showTicks();
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[name=o][form=batch]")) tick(event.target);
  });

  // The panel

  let opened = new URLSearchParams(location.search).get("open");
  let from = null;
  const mark = () => {
    for (const card of document.querySelectorAll(".board-card")) {
      card.classList.toggle("is-open", card.dataset.order === opened);
      if (wide.matches && drop && "offers" in card.dataset) card.draggable = true;
    }
  };
  const address = (order) => {
    const next = new URL(location.href);
    next.searchParams.delete("did");
    if (order) next.searchParams.set("open", order); else next.searchParams.delete("open");
    history.replaceState(null, "", next);
  };
  const open = async (link, focus) => {
    const order = link.closest("[data-order]").dataset.order;
    from = link.id;
    tell("loading");
    try {
      const answer = await fetch(link.dataset.panel, { headers: { Accept: "text/html" } });
      if (answer.redirected) { location.href = link.href; return; }
      if (!answer.ok) { tell("failed"); return; }
      panel.innerHTML = await answer.text();
    } catch { tell("failed"); return; }
    opened = order;
    page.classList.add("has-panel");
    address(order);
    mark();
    tell("opened");
    const title = document.getElementById("order-title");
    if (focus && title) title.focus();
    panel.scrollTop = 0;
  };
  const close = () => {
    panel.replaceChildren();
    page.classList.remove("has-panel");
    opened = null;
    address(null);
    mark();
    const back = from && document.getElementById(from);
    if (back) back.focus();
  };
  if (panel) {
    document.addEventListener("click", (event) => {
      const link = event.target.closest(".board-link");
      if (link && wide.matches && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        open(link, true);
      }
      if (event.target.closest("[data-close]")) { event.preventDefault(); close(); }
    });
    mark();
  }

  // Freshness: what is focused and ticked stays so

  if (board) {
    let pressed = false;
    let busy = false;
    let again = false;
    let stale = false;
    let rested = -Infinity; // when the last renewal ended
    let coming = null;
    const wanted = () => fresh && fresh.checked && !document.hidden;
    const renewed = async () => {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), LATE_MS);
      let text;
      try {
        const answer = await fetch(board.dataset.fresh, { headers: { Accept: "text/html" }, signal: late.signal });
        if (answer.redirected) location.reload(); // the session is over
        if (answer.redirected || !answer.ok) return false;
        text = await answer.text();
      } catch { return false; } finally { clearTimeout(timer); }
      if (dragged || pressed) return false; // a card is not replaced while somebody has a finger on it
      const held = board.contains(document.activeElement) ? document.activeElement.id : null;
      board.innerHTML = text;
      showTicks();
      mark();
      const focused = held && document.getElementById(held);
      if (focused) focused.focus({ preventScroll: true });
      return true;
    };
    const renew = async () => {
      if (busy) { again = true; return; }
      clearTimeout(coming);
      coming = null;
      busy = true;
      again = false;
      stale = !await renewed();
      busy = false;
      rested = performance.now();
      if (again) renewSoon();
    };
    // However much changes, one renewal is coming at most, and it comes after the last change
    const renewSoon = () => {
      if (coming) return;
      const pause = Math.max(0, rested + APART_MS - performance.now()) + Math.random() * SPREAD_MS;
      coming = setTimeout(() => { coming = null; if (wanted()) renew(); }, pause);
    };
    document.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && board.contains(event.target)) pressed = true;
    });
    const letGo = () => { pressed = false; if (stale && wanted()) renew(); };
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, letGo);
    window.addEventListener("blur", letGo);
    document.addEventListener("pointermove", (event) => { if (pressed && !event.buttons) letGo(); });
    // The stream says that something has changed, and first of all that it has begun; without it the board asks by itself.
    let stream = null;
    let turns = 0;
    const listens = () => stream !== null && stream.readyState === EventSource.OPEN;
    const listen = () => {
      if (stream && (!wanted() || stream.readyState === EventSource.CLOSED)) { stream.close(); stream = null; }
      if (stream || !wanted() || !window.EventSource) return;
      stream = new EventSource(board.dataset.live);
      stream.addEventListener("message", renewSoon);
    };
    setInterval(() => {
      turns += 1;
      if (!wanted() || dragged || (listens() && !stale && turns % SELDOM)) return;
      renew();
      listen();
    }, FRESH_MS);
    document.addEventListener("visibilitychange", () => { listen(); if (wanted()) renew(); });
    fresh.addEventListener("change", listen);
    listen();
  }

  // Keys

  const typing = (at) => at && (at.isContentEditable || (at.matches("input, textarea, select") && !at.matches("[type=checkbox], [type=radio]")));
  const go = (link) => { if (link) { link.focus(); link.scrollIntoView({ block: "nearest" }); } };
  const step = (by) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    const base = at >= 0 ? at : all.findIndex((one) => one.id === from);
    go(all[Math.min(all.length - 1, Math.max(0, base < 0 ? (by > 0 ? 0 : all.length - 1) : base + by))]);
  };
  const across = (by) => {
    const columns = Array.from(document.querySelectorAll(".board-column")).filter((one) => one.querySelector(".board-link"));
    const here = document.activeElement.closest(".board-column");
    const place = Array.from(here.querySelectorAll(".board-link")).indexOf(document.activeElement);
    const next = columns[columns.indexOf(here) + by];
    if (next) {
      const cards = next.querySelectorAll(".board-link");
      go(cards[Math.min(place, cards.length - 1)]);
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const at = document.activeElement;
    if (event.key === "Escape" && opened && panel && !typing(at)) { close(); return; }
    if (typing(at) || (at && at.matches("[type=radio]"))) return;
    const onCard = at && at.matches(".board-link, .order-row-link");
    if (onCard && event.key.startsWith("Arrow")) {
      const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (sideways && !at.matches(".board-link")) return;
      event.preventDefault();
      if (sideways) across(sideways); else step(event.key === "ArrowDown" ? 1 : -1);
      return;
    }
    if (!keysOn() || event.shiftKey) return;
    if (event.key === "j" || event.key === "k") { event.preventDefault(); step(event.key === "j" ? 1 : -1); }
    if (event.key === "x" && onCard) {
      const box = at.closest("li").querySelector("input[name=o]");
      if (box) { box.checked = !box.checked; tick(box); }
    }
    if (event.key >= "1" && event.key <= "9" && !event.repeat) {
      const button = document.querySelector(`[data-nth="${event.key}"]`);
      if (button) { event.preventDefault(); button.click(); }
    }
  });

  // Drags: a card onto a candidate; the button beside each candidate does the same

  if (drop && panel) {
    document.addEventListener("dragstart", (event) => {
      const card = event.target.closest && event.target.closest(".board-card[draggable]");
      if (!card) return;
      dragged = { order: card.dataset.order, version: card.dataset.version };
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", dragged.order);
      // the candidates of this very order; only then can it be dropped on one of them
      if (opened !== dragged.order) setTimeout(() => open(card.querySelector(".board-link"), false));
    });
    document.addEventListener("dragend", () => {
      dragged = null;
      for (const one of document.querySelectorAll(".is-over")) one.classList.remove("is-over");
    });
    const target = (event) => dragged && opened === dragged.order && event.target.closest && event.target.closest(".candidate[data-member]");
    document.addEventListener("dragover", (event) => {
      const on = target(event);
      for (const one of document.querySelectorAll(".is-over")) if (one !== on) one.classList.remove("is-over");
      if (on) { event.preventDefault(); on.classList.add("is-over"); }
    });
    document.addEventListener("drop", (event) => {
      const on = target(event);
      if (!on) return;
      event.preventDefault();
      drop.action = `/branch/o/${dragged.order}/act`;
      drop.elements.member.value = on.dataset.member;
      drop.elements.version.value = dragged.version;
      drop.submit();
    });
  }
})();
