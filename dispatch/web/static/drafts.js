// Requests that could not be sent yet: kept on this phone, sent once each. Loaded by pages and by the service worker.
"use strict";

const drafts = (() => {
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
  const all = () => doing("readonly", (store) => store.getAll());

  // The key goes along each time, so a request that did arrive although nobody heard of it is not filed twice.
  const send = async (draft) => {
    const body = new FormData();
    draft.fields.forEach(([name, value, file]) => (file ? body.append(name, value, file) : body.append(name, value)));
    const response = await fetch(draft.action, { method: "POST", body, credentials: "same-origin" });
    if (response.ok && response.redirected) {
      await drop(draft.key);
      return { filed: new URL(response.url).pathname };
    }
    if (response.status >= 400 && response.status < 500 && response.status !== 408 && response.status !== 429) {
      await keep({ ...draft, refused: true }); // its owner has to mend it: sending it again would not help
      return { refused: true };
    }
    throw new Error(`status ${response.status}`);
  };

  const alone = (work) => (self.navigator.locks ? self.navigator.locks.request("drafts", work) : work());

  const sendAll = () =>
    alone(async () => {
      const filed = [];
      for (const draft of await all()) {
        if (draft.refused) continue;
        const result = await send(draft); // the first that fails ends it: there is no network
        if (result.filed) filed.push(result.filed);
      }
      return filed;
    });

  return { keep, drop, all, send: (draft) => alone(() => send(draft)), sendAll };
})();
