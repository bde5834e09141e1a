// Requests that could not be sent yet: kept on this phone, sent once each. Loaded by pages and by the service worker.
"use strict";

const drafts = (() => {
  // The service knows a request by its key for seven days; later it could not tell that it has it already.
  const LONGEST_MS = 6 * 24 * 3600 * 1000;

  const opened = () =>
    new Promise((resolve, reject) => {
      const asked = indexedDB.open("drafts", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("drafts", { keyPath: "key" });
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });

  const doing = async (mode, what) => {
    const database = await opened();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction("drafts", mode);
        const asked = what(transaction.objectStore("drafts"));
        transaction.oncomplete = () => resolve(asked.result);
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  };

  const keep = (draft) => doing("readwrite", (store) => store.put(draft));
  const drop = (key) => doing("readwrite", (store) => store.delete(key));
  const one = (key) => doing("readonly", (store) => store.get(key));
  const all = () => doing("readonly", (store) => store.getAll());

  const isOld = (draft) => Date.now() - draft.at > LONGEST_MS;
  const isStuck = (draft) => Boolean(draft.refused) || isOld(draft); // its owner has to look at it

  // The key goes along each time, so a request that did arrive although nobody heard of it is not filed twice.
  // Unattended, nothing is asked about it: there is nobody to answer. Throws where there is no network.
  const send = async (draft, unattended = false) => {
    const body = new FormData();
    if (unattended) body.append("unattended", "1");
    draft.fields.forEach(([name, value, file]) => (file ? body.append(name, value, file) : body.append(name, value)));
    const response = await fetch(draft.action, { method: "POST", body, credentials: "same-origin" });
    if (response.ok && response.redirected) {
      await drop(draft.key).catch(() => {}); // it was filed all the same, and under its key it is filed once
      return { filed: new URL(response.url).pathname };
    }
    if (response.status >= 400 && response.status < 500 && response.status !== 408 && response.status !== 429) {
      await keep({ ...draft, refused: true }).catch(() => {});
      return { refused: response.status };
    }
    return { later: response.status };
  };

  const alone = (work) => (self.navigator.locks ? self.navigator.locks.request("drafts", work) : work());

  // What can't be taken now, or at all, holds up nothing behind it; only without a network nothing more is tried.
  const sendAll = () =>
    alone(async () => {
      const done = { filed: [], refused: [], left: 0 };
      const waiting = (await all()).filter((draft) => !isStuck(draft));
      for (const [place, draft] of waiting.entries()) {
        const result = await send(draft, true).catch(() => null);
        if (!result) {
          done.left += waiting.length - place;
          break;
        }
        if (result.filed) done.filed.push(result.filed);
        else if (result.refused) done.refused.push(draft.key);
        else done.left += 1;
      }
      return done;
    });

  return { keep, drop, one, all, isOld, isStuck, send: (draft) => alone(() => send(draft)), sendAll };
})();
