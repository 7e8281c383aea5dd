// The databases of this server, as replicas in this browser that follow it.
import { Dhfs } from "../../../dhfs-wasm/npm/dhfs.js";

const engine = document.querySelector("meta[name=dhfs-engine]").content;

/** db is the engine. */
export const db = new Dhfs(new URL(engine + "worker.js", location.href));

/** here is the name of a replica: other pages of this origin may have a database of the same name, with changes of their own. */
export const here = (name) => "page/" + name;
const there = (name) => new URL(name, new URL("./", location.href)).href;

/** site asks what the server has; without it what it had. */
export async function site() {
  try {
    const answer = await fetch("./~/site.json");
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    return await answer.json();
  } catch {
    const names = await db.names();
    return { version: "", databases: names.filter((n) => n.startsWith("page/")).map((n) => n.slice(5)), offline: true };
  }
}

/** states are "syncing", "current", "offline", "failed". */
export const state = { name: "", state: "", sent: null, error: null, at: null };
const listeners = new Set();
export const onState = (f) => listeners.add(f);

function become(change) {
  Object.assign(state, change);
  for (const f of listeners) f(state);
}

let retry; // of the connection for events
let events; // of the server, about the database that is looked at
let under = Promise.resolve(); // one sync at a time

let ready = Promise.resolve(); // until there is something to look at

/** follow brings a database and keeps it current as long as it is looked at; moved is called when it is another than before. It resolves when there is something to look at. */
export function follow(name, moved) {
  if (state.name === name) return ready;
  events?.close();
  become({ name, state: "syncing", sent: null, error: null, at: null });
  ready = begin(name, moved);
  return ready;
}

async function begin(name, moved) {
  const first = sync(name).finally(() => listen(name, moved));
  if (await hasSome(name)) first.then((changed) => changed && moved(name));
  else {
    await first;
    if (state.name === name && state.error && !(await hasSome(name))) {
      const error = state.error;
      become({ name: "" }); // the next look tries again
      throw error;
    }
  }
}

/** hasSome tells whether there is a replica that is whole: branches come last. */
async function hasSome(name) {
  if (!(await db.names()).includes(here(name))) return false;
  return (await db.branches(here(name))).length > 0;
}

/** sync brings what is new, and tells whether there was something. */
function sync(name) {
  under = under.then(async () => {
    if (state.name !== name) return false;
    become({ state: "syncing", sent: null });
    try {
      const done = await fetched(name);
      if (state.name === name) become({ state: "current", at: new Date(), error: null });
      return (done.refs ?? []).some((r) => r.outcome !== "same");
    } catch (error) {
      if (state.name === name) become({ state: error.code === "unavailable" ? "offline" : "failed", error });
      return false;
    }
  });
  return under;
}

/** fetched brings what is new. This page never writes into its replica, so the server is right, and what does not go together with it is fetched anew. */
async function fetched(name, again = false) {
  try {
    const partial = !(await db.names()).includes(here(name)) && (await isLarge(name));
    return await db.sync(here(name), there(name), { partial, force: true, onProgress: (sent) => state.name === name && become({ sent }) });
  } catch (error) {
    if (again || !["conflict", "corrupt"].includes(error.code)) throw error;
    await db.remove(here(name));
    return fetched(name, true);
  }
}

/** fetchAll makes a whole replica of a partial one. */
export function fetchAll(name) {
  const done = under.then(async () => {
    become({ state: "syncing", sent: null });
    try {
      await db.complete(here(name), { onProgress: (sent) => state.name === name && become({ sent }) });
      if (state.name === name) become({ state: "current", at: new Date(), error: null });
    } catch (error) {
      if (state.name === name) become({ state: error.code === "unavailable" ? "offline" : "failed", error });
      throw error;
    }
  });
  under = done.catch(() => {});
  return done;
}

const large = 100e6; // bytes; of what has more, blocks are fetched when they are looked at

async function isLarge(name) {
  try {
    const answer = await fetch(there(name) + "/totals.json");
    return answer.ok && (await answer.json()).bytes > large;
  } catch {
    return false; // the sync tells what is wrong
  }
}

/** listen waits for the server's word while the page is seen: a browser has few connections, and a hidden tab shall not hold one. */
function listen(name, moved) {
  if (state.name !== name || document.hidden) return;
  events?.close();
  const source = (events = new EventSource(there(name) + "/events"));
  let first = true;
  source.addEventListener("moved", async () => {
    const tell = !first || state.state !== "current";
    first = false;
    if (!tell) return;
    if (await sync(name)) moved(name);
    if (state.state !== "current") later();
  });
  source.onerror = later;

  function later() {
    source.close();
    if (state.name !== name || source !== events) return; // another one is looked at
    if (state.state === "current") become({ state: "offline" });
    clearTimeout(retry);
    retry = setTimeout(listen, 2000, name, moved);
  }
}

let resume = () => {};
export const resumeWith = (f) => (resume = f);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) events?.close();
  else if (state.name) listen(state.name, resume);
});
