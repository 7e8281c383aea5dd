// All databases of the server.
import { empty, h, plural, since } from "./dom.js";
import { link } from "./route.js";
import { db, here } from "./replica.js";

export async function home(about) {
  const known = await db.names();
  const told = await Promise.all(about.databases.map((name) => (known.includes(here(name)) ? tell(name).catch(() => "") : "not in this browser yet")));
  return {
    title: "Databases",
    nodes: [
      h("h1", {}, "Databases"),
      about.offline && h("p", { class: "quiet" }, "The server does not answer. These are in this browser."),
      about.databases.length === 0
        ? empty("Nothing was fetched from this server before it went away.")
        : h("ul", { class: "cards" }, about.databases.map((name, i) => h("li", {}, h("a", { href: link(name) }, h("strong", {}, name), h("span", { class: "quiet" }, told[i]))))),
    ].filter(Boolean),
  };
}

/** tell sums up a database that is here. */
async function tell(name) {
  const stat = await db.stat(here(name));
  return `${plural(stat.kinds.reduce((n, k) => n + k.count, 0), "entity", "entities")}, ${since(stat.at)}`;
}
