// The page: what stands at the top, and the view that the URL names.
import { faultOf, h, say } from "./dom.js";
import { route, link } from "./route.js";
import { bar } from "./bar.js";
import { db, fetchPart, follow, here, site } from "./replica.js";
import { home } from "./home.js";
import { overview } from "./overview.js";
import { kind } from "./kind.js";
import { entity } from "./entity.js";
import { attributes } from "./attributes.js";
import { query } from "./query.js";
import { commits } from "./commits.js";
import { compare } from "./compare.js";
import { transact } from "./transact.js";

/** Each view is a function of { db, name, here, parts, at, rev, to, writes }, and yields { title, nodes } and, where it has something to keep, live: false. */
const views = { "": overview, kind, entity, attributes, query, commits, compare, transact };

const main = document.querySelector("#main");
let turn = 0; // of the view that is wanted: what comes late is dropped
let making = false; // it is not there yet
let moves = 0; // of the database, that this page was told of
let shown = {}; // what is looked at

async function show({ again = false } = {}) {
  const mine = ++turn, known = moves;
  making = true;
  const where = route();
  const wait = setTimeout(() => mine === turn && !again && main.replaceChildren(h("p", { class: "quiet wait" }, "Loading…")), 150);
  try {
    const view = await viewOf(where, mine);
    if (mine !== turn) return;
    put(view, again);
  } catch (error) {
    if (mine !== turn) return;
    if (!error.code) console.error(error);
    put({ title: "This does not work", nodes: [h("h1", {}, "This does not work"), faultOf(error), h("p", {}, h("a", { href: where.name ? link(where.name) : "#/" }, "Back to the overview"))] }, again);
  } finally {
    clearTimeout(wait);
    if (mine === turn) making = false;
  }
  if (moves !== known) renew(); // it may show what was before
}

async function viewOf(where, mine) {
  const about = await known();
  if (!where.name && about.databases.length === 1) {
    location.replace(link(about.databases[0]));
    return new Promise(() => {}); // the new place is shown
  }
  bar(about, where);
  if (!where.name) return home(about);
  const view = views[where.view];
  if (!view || !about.databases.includes(where.name)) {
    const error = new Error(view ? `There is no database ${where.name} here.` : `There is no view ${where.view}.`);
    throw Object.assign(error, { code: "not-found" });
  }
  const progress = setTimeout(() => mine === turn && main.replaceChildren(fetching(where.name)), 150);
  try {
    await follow(where.name, moved);
  } finally {
    clearTimeout(progress);
  }
  const rev = where.at.rev || "main";
  const to = (view, parts = [], at = {}) => link(where.name, view, parts, { rev, ...at });
  const seen = await view({ db, name: where.name, here: here(where.name), parts: where.parts, at: where.at, rev, to, writes: about.writes });
  return { ...seen, title: `${seen.title} · ${where.name}` };
}

let about; // the site, once it is known
async function known() {
  if (!about || about.offline) about = await site();
  return about;
}

function fetching(name) {
  const part = async () => {
    await fetchPart(name);
    show();
  };
  return h("div", { class: "wait" }, h("p", {}, `Fetching ${name} into this browser…`), h("p", { class: "quiet" }, "The first time all of it travels, later only what is new. Then it works offline too."),
    h("p", {}, h("button", { type: "button", onclick: part }, "Fetch only what I look at")));
}

function put({ title, nodes, live = true }, again) {
  const at = again && scrollY;
  const focused = again && main.contains(document.activeElement) && document.activeElement.getAttribute("href");
  document.title = `${title} · dhfs`;
  main.replaceChildren(...nodes);
  shown = { live, hash: location.hash };
  if (again) {
    scrollTo(0, at);
    if (focused) main.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    return;
  }
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
  say(title);
}

/** moved notes that a database is another than before. A view that is being made is shown first, and then anew. */
function moved(name) {
  if (route().name !== name) return;
  moves++;
  if (!making) renew();
}

/** renew shows what is looked at anew, unless something is being typed. */
function renew() {
  if (shown.live && shown.hash === location.hash && !main.contains(document.activeElement?.closest?.("input, textarea, select") ?? null)) show({ again: true });
  else dispatchEvent(new CustomEvent("moved"));
}

document.querySelector(".skip").addEventListener("click", (e) => {
  e.preventDefault(); // the hash is the place
  main.focus();
});
addEventListener("hashchange", () => show());
show();
if (navigator.serviceWorker) navigator.serviceWorker.register("./sw.js").catch(() => {}); // without it the page needs its server to load
