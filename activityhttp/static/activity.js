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

  // ask throws what is no answer. It is refused, and will be, if the address leads elsewhere, such as to where one signs in, or is told
  // that it must not ask; anything else may be better later.
  async function ask(address, options) {
    const answer = await fetch(address, { redirect: "manual", ...options });
    if (answer.ok) return answer;
    const refused = answer.type === "opaqueredirect" || answer.status >= 400 && answer.status < 500 && ![408, 429].includes(answer.status);
    throw Object.assign(new Error(`${address}: ${answer.status}`), { refused });
  }

  // fragment gets the content of a page without what stands around it; a refresh has the indicators too.
  async function fragment(address, what = "content") {
    const answer = await ask(address, { headers: { "Activity-Fragment": what } });
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

  // lose says that the page does not hear of anything for now, or that it will not until it is loaded again.
  let stale = false;
  const lose = (error) => {
    stale ||= Boolean(error.refused);
    byId("lost").hidden = stale;
    byId("stale").hidden = !stale;
  };
  byId("stale").querySelector("button").addEventListener("click", () => location.reload());

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
    const most = 300; // lines
    const waiting = []; // those that have not been shown, but for the first
    let dropped = 0; // how many first ones there were
    const arrived = byId("arrived");
    const button = arrived.firstElementChild;
    let last = "";
    let source;
    let again;
    let renewing = false;

    const text = (n) => n === 1 ? arrived.dataset.single : arrived.dataset.many.replace("2", n);
    const here = (row) => events.querySelector(`[data-id="${row.dataset.id}"]`);
    const full = () => dropped || events.children.length + waiting.length > most;
    const reading = () => scrollY >= 200 || panel.open || full() && inUse(events);
    const insert = (row) => {
      if (here(row)) return false;
      const below = [...events.children].find((other) => other.dataset.id < row.dataset.id);
      if (!below && events.children.length >= 50) return false; // it belongs on an older page
      row.classList.add("arriving", "new");
      row.querySelector(".line").append(byId("new").content.cloneNode(true));
      events.insertBefore(row, below || null);
      const empty = byId("empty");
      if (empty) empty.remove();
      return true;
    };
    const tell = () => {
      button.textContent = text(waiting.length + dropped);
      arrived.hidden = false;
    };

    // renew shows the first page as it is now, instead of ever more lines: "Older" goes on where it ends, so nothing is in neither place.
    const renew = async (force) => {
      const fresh = await fragment(location.href);
      if (reading() && !force) return false;
      const [old, next] = [document, fresh].map((part) => part.querySelector("a[rel=next]"));
      events.replaceChildren(...fresh.querySelector("#events").children);
      if (old) old.parentElement.remove();
      if (next) events.after(next.parentElement);
      dropped = 0;
      return true;
    };

    // show shows what waits, and returns the uppermost of it.
    const show = async (force) => {
      if (renewing) return null;
      let renewed = false;
      if (full()) {
        renewing = true;
        try {
          renewed = await renew(force);
        } catch (error) {
          lose(error);
        }
        renewing = false;
        if (!renewed) {
          tell();
          return null;
        }
      }
      const came = waiting.splice(0).filter(insert);
      arrived.hidden = true;
      return [...events.children].find((row) => renewed || came.includes(row));
    };
    button.addEventListener("click", async () => {
      scrollTo({ top: 0 });
      const row = await show(true);
      if (row) row.querySelector(".when").focus({ preventScroll: true }); // the button is gone
    });
    panel.addEventListener("close", () => { if (waiting.length && !reading()) show(); });

    // What comes is said to those who do not see it, not more often than they can listen.
    let came = 0;
    const announce = () => {
      if (came++) return;
      byId("news").textContent = "";
      setTimeout(() => {
        byId("news").textContent = text(came);
        came = 0;
      }, 3000);
    };
    const open = () => {
      clearTimeout(again);
      if (stale) return;
      const address = new URL(events.dataset.stream, location);
      if (last) address.searchParams.set("after", last);
      const mine = source = new EventSource(address);
      source.addEventListener("open", () => { byId("lost").hidden = true; });
      source.addEventListener("error", async () => {
        lose({});
        if (mine.readyState !== EventSource.CLOSED) return;
        // The browser gives up after any answer but 200, and does not say which it was.
        await ask(address, { method: "HEAD" }).catch(lose);
        if (mine === source && !document.hidden && !stale) again = setTimeout(open, 3000);
      });
      // What is missing comes with the page, which is not loaded while somebody works with it.
      source.addEventListener("reset", () => {
        if (scrollY < 200 && !panel.open && !inUse(document.body)) {
          location.reload();
          return;
        }
        source.close();
        lose({ refused: true });
      });
      source.addEventListener("event", (message) => {
        last = message.lastEventId;
        const template = document.createElement("template");
        template.innerHTML = message.data;
        const row = template.content.firstElementChild;
        if (!row || here(row)) return;
        announce();
        waiting.push(row);
        if (waiting.length > most) {
          waiting.shift();
          dropped++;
        }
        if (reading()) tell();
        else show();
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
    addEventListener("pageshow", (event) => { // as it was left, without being loaded
      if (!event.persisted || document.hidden) return;
      close();
      open();
    });
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
      } catch (error) {
        lose(error);
      }
    }
    if (!stale) setTimeout(refresh, pause());
  }
  if (document.querySelector("main [data-refresh]")) setTimeout(refresh, 2000);
})();
