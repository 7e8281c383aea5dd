// All databases of the server.
import { empty, h } from "./dom.js";
import { link } from "./route.js";

export function home(about) {
  return {
    title: "Databases",
    nodes: [
      h("h1", {}, "Databases"),
      about.offline && h("p", { class: "quiet" }, "The server does not answer. These are in this browser."),
      about.databases.length === 0
        ? empty("Nothing was fetched from this server before it went away.")
        : h("ul", { class: "cards" }, about.databases.map((name) => h("li", {}, h("a", { href: link(name) }, h("strong", {}, name), h("span", { class: "quiet" }, "look at it"))))),
    ].filter(Boolean),
  };
}
