// The databases of this server, as replicas in this browser that follow it.
import { Dhfs } from "../../../dhfs-wasm/npm/dhfs.js";
import { keep, kept, token } from "./kept.js";

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
    return { version: "", databases: names.filter((n) => n.startsWith("page/")).map((n) => n.slice(5)), writes: true, offline: true };
  }
}

/** states are "syncing", "current", "offline", "failed"; unsent is how many commits were made here and are not at the server, conflicts what is to be decided before they are sent. */
export const state = {};
const idle = { name: "", state: "", sent: null, error: null, at: null, unsent: 0, conflicts: 0 };
const listeners = new Set();

/** onState calls f with each state; what it returns ends that. */
export function onState(f) {
  listeners.add(f);
  return () => listeners.delete(f);
}

function become(change) {
  Object.assign(state, change);
  for (const f of listeners) f(state);
}
become(idle);

let retry; // of the connection for events
let events; // of the server, about the database that is looked at
let watching; // the replica, whatever tab writes it
let cloning; // the first sync
let under = Promise.resolve(); // one sync at a time

let ready = Promise.resolve(); // until there is something to look at

/** follow brings a database and keeps it current as long as it is looked at; moved is called when it is another than before. It resolves when there is something to look at. */
export function follow(name, moved) {
  if (state.name === name) return ready;
  leave();
  become({ ...idle, name, state: "syncing" });
  ready = begin(name, moved);
  return ready;
}

function leave() {
  events?.close();
  watching?.abort();
  become(idle);
}

async function begin(name, moved) {
  const had = await hasSome(name);
  if (had) await watch(name, moved);
  const first = sync(name).finally(() => listen(name));
  if (had) return;
  await first;
  if (state.name !== name) return;
  if (state.error && !(await hasSome(name))) {
    const error = state.error;
    leave(); // the next look tries again
    throw error;
  }
  await watch(name, moved);
}

/** hasSome tells whether there is a replica that is whole: branches come last. */
async function hasSome(name) {
  if (!(await db.names()).includes(here(name))) return false;
  return (await db.branches(here(name))).length > 0;
}

/** watch calls moved whenever a branch or tag is elsewhere than before, or another commit waits to be sent. */
async function watch(name, moved) {
  watching?.abort();
  const mine = (watching = new AbortController());
  let was = await survey(name);
  let turn = Promise.resolve();
  const look = () => (turn = turn.then(async () => {
    if (mine.signal.aborted) return;
    const now = await survey(name).catch(() => was);
    if (now === was || mine.signal.aborted || now.startsWith("[[]")) return; // without branches it is being fetched anew
    was = now;
    moved(name);
  }));
  await db.watch(here(name), look, { signal: mine.signal });
}

/** survey says in one text where everything is, and counts what waits to be sent. */
async function survey(name) {
  const [branches, tags] = await Promise.all([db.branches(here(name)), db.tags(here(name))]);
  const unsent = branches.reduce((n, b) => n + b.unsent, 0);
  if (state.name === name && state.unsent !== unsent) become({ unsent });
  return JSON.stringify([branches, tags].map((all) => all.map((r) => [r.name, r.id, r.unsent])));
}

/** sync brings what is new, and sends what was made here. decided says what becomes of conflicts of a branch: { branch, decisions }. */
export function sync(name, decided) {
  under = under.then(async () => {
    if (state.name !== name) return;
    become({ state: "syncing", sent: null });
    try {
      const conflicts = await fetched(name, decided);
      if (state.name === name) become({ state: "current", at: new Date(), error: null, conflicts });
    } catch (error) {
      if (state.name === name) become({ state: error.code === "unavailable" ? "offline" : "failed", error });
    }
  });
  return under;
}

const progress = (name) => (sent) => state.name === name && become({ sent });

/** fetched brings what is new, and tells how many conflicts there are. What does not go together with the server is fetched anew, unless something was made here. */
async function fetched(name, decided, again = false) {
  try {
    return (await db.names()).includes(here(name)) && (await hasSome(name)) ? await exchanged(name, decided) : await cloned(name);
  } catch (error) {
    if (again || !["conflict", "corrupt", "not-found"].includes(error.code) || state.unsent > 0) throw error;
    if (error.code !== "not-found") await db.remove(here(name)); // else the branch is gone, and there may be others
    return fetched(name, decided, true);
  }
}

async function cloned(name) {
  cloning = new AbortController();
  const partial = kept("part", name) ? kept("part", name) === "part" : await isLarge(name);
  await db.sync(here(name), there(name), { partial, onProgress: progress(name), signal: cloning.signal });
  return 0;
}

/** exchanged goes through the branches on which something was made here. All others come with each of them. */
async function exchanged(name, decided) {
  const all = await db.branches(here(name));
  const busy = all.filter((b) => b.unsent > 0);
  const about = busy.length > 0 ? busy : [all.find((b) => b.name === "main") ?? all[0]];
  let conflicts = 0, failed;
  for (const { name: branch } of about) {
    const more = decided?.branch === branch ? { decisions: decided.decisions } : {};
    try {
      const done = await db.exchange(here(name), there(name), { branch, token: token(), onProgress: progress(name), ...more });
      conflicts += done.conflicts.length;
    } catch (error) {
      failed ??= error;
    }
  }
  if (failed) throw failed;
  return conflicts;
}

const fetchesAll = new Map(); // what is under way, by name

/** fetchingAll is the fetchAll of a replica that is under way, if one is. */
export const fetchingAll = (name) => fetchesAll.get(name);

/** fetchAll makes a whole replica of a partial one. */
export function fetchAll(name) {
  if (fetchesAll.has(name)) return fetchesAll.get(name);
  const done = under.then(async () => {
    become({ state: "syncing", sent: null });
    try {
      await db.complete(here(name), { onProgress: progress(name) });
      keep("part", name, "all");
      if (state.name === name) become({ state: "current", at: new Date(), error: null });
    } catch (error) {
      if (state.name === name) become({ state: error.code === "unavailable" ? "offline" : "failed", error });
      throw error;
    } finally {
      fetchesAll.delete(name);
    }
  });
  fetchesAll.set(name, done);
  under = done.catch(() => {});
  return done;
}

/** fetchPart begins anew with a partial replica, though the first sync of a whole one may be under way. Nothing may wait here to be sent. */
export async function fetchPart(name) {
  keep("part", name, "part");
  leave();
  cloning?.abort();
  await under;
  if ((await db.names()).includes(here(name))) await db.remove(here(name));
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
function listen(name) {
  if (state.name !== name || document.hidden) return;
  events?.close();
  const source = (events = new EventSource(there(name) + "/events"));
  source.addEventListener("moved", async () => { // the first one comes at once: something may have moved since the last sync
    await sync(name);
    if (state.state !== "current" && !(state.state === "failed" && state.unsent > 0)) later(); // what was refused stays so until somebody does something
  });
  source.onerror = later;

  function later() {
    source.close();
    if (state.name !== name || source !== events) return; // another one is looked at
    if (state.state === "current") become({ state: "offline" });
    clearTimeout(retry);
    retry = setTimeout(listen, 2000, name);
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) events?.close();
  else if (state.name) listen(state.name);
});
