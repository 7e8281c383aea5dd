// Conflicts: what was done here and at the server, of which only one can hold, and what to take.
import { h, say, time } from "./dom.js";
import { shownValue } from "./values.js";

const chosen = new Map(); // what is chosen, though they are drawn anew: { take, value } by conflict
const keyOf = (c) => JSON.stringify([c.conflict, c.entity.id, c.attribute, c.oursBy.id, c.theirsBy.id]);

/** conflictsOf is a form that calls settle with a decision about each. */
export function conflictsOf(to, conflicts, settle) {
  const told = h("p", { class: "says", role: "alert" });
  const submit = (e) => {
    e.preventDefault();
    const open = conflicts.filter((c) => !chosen.get(keyOf(c))?.take).length;
    if (open > 0) {
      told.textContent = `Choose for each conflict; ${open} ${open === 1 ? "is" : "are"} left.`;
      return;
    }
    say("Settling");
    settle(conflicts.map((c) => ({ conflict: c.conflict, entity: c.entity.id, attribute: c.attribute, ...chosen.get(keyOf(c)) })));
  };
  return h("form", { class: "conflicts", onsubmit: submit },
    h("p", {}, "Nothing is sent before these are decided."),
    conflicts.map((c, i) => one(to, c, i)), told,
    h("button", { class: "main" }, "Settle and send"));
}

function one(to, c, i) {
  const mine = chosen.get(keyOf(c)) ?? {};
  chosen.set(keyOf(c), mine);
  const other = h("input", { value: mine.value ?? "", "aria-label": "Another value, as EDN", placeholder: "EDN", autocomplete: "off", spellcheck: "false",
    oninput: (e) => { mine.value = e.target.value; take("value"); } });
  const radios = Object.fromEntries(c.choices.map((x) => [x.take, h("input", { type: "radio", name: `conflict${i}`, value: x.take, checked: mine.take === x.take, onchange: () => take(x.take) })]));
  function take(which) {
    mine.take = which;
    radios[which].checked = true;
  }
  return h("fieldset", { class: "conflict" },
    h("legend", {}, c.says),
    h("dl", { class: "sides" }, side(to, "Before", c.base), side(to, "Here", c.ours, c.oursBy), side(to, "At the server", c.theirs, c.theirsBy)),
    c.choices.map((x) => h("div", { class: "way" }, h("label", {}, radios[x.take], h("span", {}, h("strong", {}, ways[x.take]), ` ${x.does}`)), x.take === "value" && other)));
}

const ways = { ours: "Take what is here:", theirs: "Take the server's:", value: "Neither:" };

const side = (to, what, values, commit) => h("div", {}, h("dt", {}, what), h("dd", {},
  values.length === 0 ? h("span", { class: "quiet" }, "nothing") : h("ul", {}, values.map((v) => h("li", {}, shownValue(to, v)))),
  commit && h("p", { class: "quiet" }, commit.by && `${commit.by}, `, time(commit.at))));
