// What pages do beyond what they do without a script: the time zone, the panel, what arrives live, and progress.
"use strict";
(() => {
  const script = new URL(document.currentScript.src).pathname;
  const root = script.slice(0, script.lastIndexOf("/static/"));
  const byId = (id) => document.getElementById(id);

  // Times are shown in the zone of the browser, which the server reads from a cookie.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const cookie = `activity_zone=${zone}`;
  if (zone && document.body.dataset.zone !== zone && !document.cookie.split("; ").includes(cookie)) {
    document.cookie = `${cookie}; path=${root}; max-age=31536000; samesite=lax`;
    if (document.cookie.split("; ").includes(cookie)) location.reload();
  }

  // fragment gets the content of a page without what stands around it; a refresh has the indicators too.
  async function fragment(address, what = "content") {
    const answer = await fetch(address, { headers: { "Activity-Fragment": what } });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    return template.content;
  }

  // inUse reports whether somebody works with a part of the page: has the focus, an open detail, selected text, or what they wrote there.
  function inUse(part) {
    const selection = getSelection();
    return part.contains(document.activeElement) && document.activeElement !== document.body || part.querySelector("details[open]") ||
      !selection.isCollapsed && selection.containsNode(part, true) || [...part.querySelectorAll("input, select, textarea")].some(written);
  }
  const written = (field) => field.options
    ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((choice) => choice.defaultSelected))
    : field.value !== field.defaultValue || field.checked !== field.defaultChecked;

  // Addresses of filters have only what was filled in.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "get") return;
    const empty = [...form.elements].filter((field) => field.name && !field.value);
    for (const field of empty) field.disabled = true;
    setTimeout(() => { for (const field of empty) field.disabled = false; });
  });

  // Details open beside the page.
  const panel = byId("panel");
  let asked = 0; // how often; only the last answer counts
  addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-panel], a[data-close]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if ("close" in link.dataset) {
      if (!panel.open) return;
      event.preventDefault();
      panel.close();
      return;
    }
    event.preventDefault();
    const mine = ++asked;
    let content;
    try {
      content = await fragment(link.href);
    } catch {
      if (mine === asked) location.href = link.href;
      return;
    }
    if (mine !== asked) return;
    byId("panel-content").replaceChildren(content);
    panel.scrollTop = 0;
    if (!panel.open) {
      panel.showModal();
      return;
    }
    const heading = panel.querySelector("h1"); // because the link that had the focus is gone
    heading.tabIndex = -1;
    heading.focus();
  });
  panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });
  panel.addEventListener("close", () => asked++);

  // The records of a task come when its row is opened.
  addEventListener("toggle", async (event) => {
    const details = event.target;
    if (!details.open || !details.dataset.load) return;
    const address = details.dataset.load;
    delete details.dataset.load;
    try {
      details.insertBefore(await fragment(address), details.lastElementChild);
    } catch {
      details.dataset.load = address;
    }
  }, true);

  // What happens arrives on its timeline.
  const events = byId("events");
  if (events && events.dataset.stream) {
    const most = 300;
    const waiting = [];
    const arrived = byId("arrived");
    let last = "";
    let source;
    let again;

    const insert = (row) => {
      if (events.querySelector(`[data-id="${row.dataset.id}"]`)) return;
      const below = [...events.children].find((other) => other.dataset.id < row.dataset.id);
      if (!below && events.children.length >= 50) return; // it belongs on an older page
      row.classList.add("arriving", "new");
      events.insertBefore(row, below || null);
      if (events.children.length > most) events.lastElementChild.remove();
      const empty = byId("empty");
      if (empty) empty.remove();
    };
    const show = () => {
      for (const row of waiting.splice(0)) insert(row);
      arrived.hidden = true;
    };
    arrived.firstElementChild.addEventListener("click", () => {
      show();
      scrollTo({ top: 0 });
    });
    const open = () => {
      clearTimeout(again);
      const address = new URL(events.dataset.stream, location);
      if (last) address.searchParams.set("after", last);
      source = new EventSource(address);
      source.addEventListener("open", () => { byId("lost").hidden = true; });
      source.addEventListener("error", () => {
        byId("lost").hidden = false;
        if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 3000); // the browser gives up after any answer but 200
      });
      source.addEventListener("reset", () => location.reload());
      source.addEventListener("event", (message) => {
        last = message.lastEventId;
        const template = document.createElement("template");
        template.innerHTML = message.data;
        const row = template.content.firstElementChild;
        if (!row) return;
        if (scrollY < 200 && !panel.open) {
          insert(row);
          return;
        }
        waiting.push(row);
        const text = waiting.length === 1 ? arrived.dataset.single : arrived.dataset.many.replace("2", waiting.length);
        arrived.firstElementChild.textContent = text;
        arrived.hidden = false;
      });
    };
    // A browser has few connections to one host, so pages that nobody sees have none.
    const close = () => {
      clearTimeout(again);
      source.close();
    };
    document.addEventListener("visibilitychange", () => {
      close();
      if (!document.hidden) open();
    });
    addEventListener("pagehide", close);
    if (!document.hidden) open();
    else source = { close() {} };
  }

  // What moves is asked for again. What somebody works with stays as it is until they are done.
  function update(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (!inUse(old)) {
      old.replaceWith(fresh);
      return;
    }
    if (["DETAILS", "FORM", "A"].includes(old.tagName)) return;
    const rows = fresh.firstElementChild && [...fresh.children].every((part) => part.id);
    if (old.children.length === fresh.children.length && !rows) {
      [...fresh.children].forEach((part, i) => update(old.children[i], part));
    } else if (rows || [...old.childNodes].every((part) => part.nodeType !== Node.TEXT_NODE || !part.data.trim())) merge(old, fresh);
  }

  // merge takes the parts of fresh, but for those in use, which stay where they are: moving one would take the focus from it.
  function merge(old, fresh) {
    const before = [...old.children];
    const news = [...fresh.children];
    const pairs = new Map();
    for (const part of before.filter(inUse)) {
      const alike = news.filter((other) => !pairs.has(other) && other.tagName === part.tagName && other.id === part.id && (other.id || other.className === part.className));
      const same = alike.find((other) => other.isEqualNode(part)) || alike.find((other) => news.indexOf(other) === before.indexOf(part)) || alike[0];
      if (same) pairs.set(same, part);
    }
    const kept = new Set(pairs.values());
    for (const part of before) if (!kept.has(part)) part.remove();
    let place = old.firstElementChild;
    for (const other of news) {
      const part = pairs.get(other);
      if (part) update(part, other);
      if (part && part === place) place = part.nextElementSibling;
      else old.insertBefore(part || other, place);
    }
  }
  const parts = () => [...document.querySelectorAll("[data-refresh]")];
  const pause = () => parts().some((part) => part.dataset.refresh === "moving") ? 2000 : 10000;
  async function refresh() {
    if (!document.hidden && !panel.open) {
      try {
        const fresh = await fragment(location.href, "refresh");
        for (const old of parts()) {
          const part = fresh.getElementById(old.id);
          if (!part) continue;
          old.dataset.refresh = part.dataset.refresh;
          update(old, part);
        }
        byId("lost").hidden = true;
      } catch {
        byId("lost").hidden = false;
      }
    }
    setTimeout(refresh, pause());
  }
  if (document.querySelector("main [data-refresh]")) setTimeout(refresh, 2000);
})();
