// The bar on top: which database, at which revision, the views, whether the replica is current.
import { bytes, h, instant, number } from "./dom.js";
import { keep, kept } from "./kept.js";
import { go, link, route } from "./route.js";
import { db, here, onState, state } from "./replica.js";

const tabs = [["", "Overview"], ["kind", "Entities"], ["attributes", "Attributes"], ["query", "Query"], ["commits", "Commits"], ["compare", "Compare"]];
const writing = ["transact", "Transact"];
const status = h("a", { class: "status" });
const revs = h("span", { class: "revs" });
let drawn = ""; // the place whose revisions are offered

/** bar draws it for a place. */
export function bar(about, where) {
  const head = document.querySelector("#bar");
  const many = about.databases.length > 1;
  head.replaceChildren(
    h("div", { class: "line" },
      h("a", { class: "brand", href: many ? "#/" : link(about.databases[0] ?? ""), "aria-label": many ? "dhfs, all databases" : "dhfs" }, mark(), h("span", {}, "dhfs")),
      where.name && h("span", { class: "slash", "aria-hidden": "true" }, "/"),
      where.name && (many ? databases(about, where) : h("strong", { class: "name" }, where.name)),
      where.name && revs,
      h("span", { class: "space" }),
      where.name && status,
      theme()),
    where.name ? h("nav", { "aria-label": "Views" }, [...tabs, ...(about.writes || where.view === writing[0] ? [writing] : [])].map(([view, text]) =>
      h("a", { href: link(where.name, view, [], { rev: where.at.rev }), "aria-current": current(where.view, view) && "page" }, text))) : "");
  drawn = "";
  revisions(where);
  const nav = head.querySelector("nav"), now = nav?.querySelector("[aria-current]");
  if (now) nav.scrollLeft = now.offsetLeft - nav.offsetLeft - 60;
}

const current = (here, view) => here === view || (here === "entity" && view === "kind");

function mark() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  for (const [d, kind] of [["M8 .8 14.4 4.4v7.2L8 15.2 1.6 11.6V4.4z", "solid"], ["M4.2 5.9 8 8l3.8-2.1M8 8v4.2", "stroke"]]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    path.setAttribute("class", kind);
    svg.append(path);
  }
  return svg;
}

function databases(about, where) {
  return h("select", { "aria-label": "Database", onchange: (e) => go(link(e.target.value)) }, about.databases.map((name) => h("option", { value: name, selected: name === where.name }, name)));
}

/** revisions offers branches and tags, and names what else is looked at. */
async function revisions(where) {
  if (!where.name) return revs.replaceChildren();
  const rev = where.at.rev || "main";
  const key = JSON.stringify([where.name, rev, state.at]);
  if (key === drawn) return;
  drawn = key;
  let branches = [], tags = [];
  try {
    [branches, tags] = await Promise.all([db.branches(here(where.name)), db.tags(here(where.name))]);
  } catch {} // it is still being fetched
  if (key !== drawn) return;
  const names = [...branches, ...tags].map((r) => r.name);
  const option = (name) => h("option", { value: name, selected: name === rev }, name);
  revs.replaceChildren(h("select", { "aria-label": "Branch, tag or commit", onchange: (e) => go(link(where.name, where.view === "entity" ? "entity" : where.view, where.parts, { ...where.at, rev: e.target.value })) },
    !names.includes(rev) && h("option", { value: rev, selected: true }, rev.length > 24 ? rev.replace(/^bafyrei/, "").slice(0, 10) : rev),
    branches.length > 0 && h("optgroup", { label: "Branches" }, branches.map((b) => option(b.name))),
    tags.length > 0 && h("optgroup", { label: "Tags" }, tags.map((t) => option(t.name)))));
}

onState((s) => {
  const said = {
    syncing: () => ["Syncing…", s.sent?.blocks ? `Syncing… ${bytes(s.sent.bytes)}` : "Syncing…"],
    current: () => (s.conflicts > 0 ? ["In conflict", "What was made here and at the server cannot both hold"] : ["Up to date", `The same as the server since ${instant(s.at)}`]),
    offline: () => ["Offline", "The server does not answer. What is in this browser can be asked all the same."],
    failed: () => [s.error.commit ? "Refused" : "Not synced", s.error.message],
  }[s.state]?.();
  if (!said) return;
  const unsent = s.unsent > 0 && s.state !== "syncing" ? `${number(s.unsent)} to send` : "";
  const word = s.state === "syncing" ? said[1] : unsent && said[0] === "Up to date" ? unsent : [said[0], unsent].filter(Boolean).join(", ");
  status.className = `status ${s.conflicts > 0 ? "failed" : unsent && s.state === "current" ? "offline" : s.state}${unsent ? " unsent" : ""}`;
  status.title = said[1];
  if (unsent) status.href = link(s.name, "transact", [], { rev: route().at.rev });
  else status.removeAttribute("href");
  status.replaceChildren(h("span", { class: "dot", "aria-hidden": "true" }), h("span", { class: "word" }, word));
  if (s.state === "current" && revs.isConnected) drawn = "";
});

const themes = { auto: "Auto", light: "Light", dark: "Dark" };

/** theme chooses dark or light; it is remembered. */
function theme() {
  const now = document.documentElement.dataset.theme ?? "auto";
  return h("select", { class: "theme", "aria-label": "Colours", onchange: (e) => setTheme(e.target.value) },
    Object.entries(themes).map(([value, text]) => h("option", { value, selected: value === now }, text)));
}

function setTheme(value) {
  if (value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
  keep("theme", "", value);
  dispatchEvent(new CustomEvent("theme"));
}

setTheme(kept("theme") ?? "auto");
