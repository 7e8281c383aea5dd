// Write: a transaction of EDN on a branch of this browser's replica, and what of them is not at the server yet.
import { empty, faultOf, h, number, plainly, plural, say } from "./dom.js";
import { writings } from "./examples.js";
import { keep, kept } from "./kept.js";
import { sync } from "./replica.js";
import { waiting } from "./waiting.js";

const title = "Transact";
const types = ["boolean", "long", "bigint", "double", "float", "bigdec", "instant", "uuid", "keyword", "symbol", "string", "uri", "bytes", "tuple", "ref"];

/** forms are what transactions are written with, besides attributes and idents of the database. */
const forms = [":db/id", ":db/add", ":db/retract", ":db/retractEntity", ":db/cas", ...types.map((t) => ":db.type/" + t),
  ":db.cardinality/one", ":db.cardinality/many", ":db.unique/identity", ":db.unique/value"];

export async function transact(place) {
  const { db, here, rev, to, writes } = place;
  const branches = await db.branches(here);
  const head = h("h1", {}, title);
  if (!branches.some((b) => b.name === rev)) {
    return { title, nodes: [head, empty("Transactions are made on a branch, and this is none. ", branches.map((b) => [h("a", { href: to("transact", [], { rev: b.name }) }, b.name), " "]))] };
  }
  if (!writes && branches.every((b) => b.unsent === 0)) {
    return { title, nodes: [head, empty("This server takes no changes. ", h("code", {}, "dhfs serve"), " does where it has a token.")] };
  }
  const writer = await writerOf(place);
  return { title, live: false, nodes: [head, writer.node, waiting(place, writer.amend)] };
}

/** writerOf makes the editor of transactions. amend puts a commit into it that another one is to take the place of. */
async function writerOf({ db, here, name, rev, at }) {
  const [{ editor }, attributes, idents] = await Promise.all([import("./editor.js"), db.attributes(here, { rev, system: true }), db.query("[:find ?i :where [?e :db/ident ?i] (not [?e :db/valueType])]", { $: { name: here, rev } })]);
  const words = { sections: [...forms, ...idents.rows.map(([ident]) => ":" + ident)], clauses: [], functions: [], aggregates: [] };
  const offered = writings(attributes.filter((a) => !a.system));
  let instead; // the commit in whose place it comes

  const box = h("div", { class: "editor" }), told = h("div", { class: "told", role: "status" }), about = h("p", { class: "instead", hidden: true });
  const field = (label, value) => h("input", { "aria-label": label, placeholder: label, value, autocomplete: "off" });
  const by = field("Author", kept("by") ?? ""), message = field("Message", "");
  const verb = h("span", {}, title);
  const button = h("button", { type: "button", class: "main", onclick: run }, verb, h("kbd", { "aria-hidden": "true" }, /Mac|iP/.test(navigator.platform) ? "⌘↵" : "Ctrl ↵"));
  const pick = h("select", { "aria-label": "Examples", onchange: (e) => { edit.text = offered[e.target.value].tx; e.target.value = ""; edit.focus(); } },
    h("option", { value: "" }, "Examples"), offered.map((x, i) => h("option", { value: i }, x.title)));
  const edit = editor(box, { text: at.tx ?? kept("tx", name) ?? offered[0].tx, label: "Transaction in EDN", attributes: () => attributes, words, run, changed: (text) => instead || keep("tx", name, text) });

  async function run() {
    const text = edit.text;
    edit.clear();
    keep("by", "", by.value);
    button.disabled = true;
    try {
      const options = { by: by.value, message: message.value };
      if (instead) await db.amend(here, instead.id, text, { branch: rev, ...options });
      const done = instead ? undefined : await db.transact(here, text, { rev, ...options });
      put(done);
      sync(name);
    } catch (error) {
      refuse(error);
    } finally {
      button.disabled = false;
    }
  }

  function put(done) {
    const what = done ? `t ${number(done.t)}: ${plural(done.added, "fact")} added, ${number(done.retracted)} retracted.` : "It was made again.";
    stop();
    message.value = "";
    keep("tx", name, "");
    told.replaceChildren(h("p", { class: "done" }, what));
  }

  function refuse(error) {
    const fault = faultOf(error);
    if (error.line) {
      edit.mark(error.line, error.column ?? 1, plainly(error));
      fault.prepend(h("button", { type: "button", class: "where", onclick: () => edit.go(error.line, error.column ?? 1) }, `Line ${error.line}, column ${error.column}`));
    }
    told.replaceChildren(fault);
  }

  function stop() {
    instead = undefined;
    about.hidden = true;
    verb.textContent = title;
  }

  function amend(commit) {
    instead = commit;
    edit.clear();
    edit.text = commit.tx;
    [by.value, message.value] = [commit.by, commit.message];
    verb.textContent = "Amend";
    about.hidden = false;
    about.replaceChildren(`This takes the place of ${commit.message || `t ${number(commit.t)}`}. `, h("button", { type: "button", class: "plain", onclick: () => { stop(); edit.text = kept("tx", name) ?? offered[0].tx; } }, "Leave it as it is"));
    told.replaceChildren();
    edit.focus();
    say(about.textContent);
  }

  return { node: h("section", { "aria-label": "A transaction" }, about, box, h("div", { class: "line asking" }, button, pick, by, message), told), amend };
}
