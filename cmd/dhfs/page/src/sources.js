// What a query takes besides the database that is looked at: other revisions, other databases, arguments.
import { h } from "./dom.js";
import { here as replica } from "./replica.js";

/** sourcesOf makes fields for what :in names. read brings them in line with a query. */
export function sourcesOf({ db, name, here, rev, at }) {
  const node = h("div", { class: "sources" });
  const fields = new Map(); // what :in says → input

  function field(what) {
    const isSource = what.startsWith("$");
    const input = h("input", { value: at["in" + what] ?? (isSource ? `${rev === "main" ? "main~1" : "main"}` : ""), autocomplete: "off", spellcheck: "false", placeholder: isSource ? "main~1, t42, other@main" : "EDN" });
    node.append(h("label", {}, h("span", {}, h("code", {}, what), isSource ? " at" : ""), input));
    return input;
  }

  return {
    node,
    async read(text) {
      let wanted;
      try {
        wanted = (await db.check(text)).in.filter((x) => x !== "$");
      } catch {
        return; // what is wrong is told when it runs
      }
      for (const [what, input] of fields) if (!wanted.includes(what)) {
        input.parentElement.remove();
        fields.delete(what);
      }
      for (const what of wanted) if (!fields.has(what)) fields.set(what, field(what));
    },
    /** databases are the sources, by name. */
    databases() {
      const all = { $: { name: here, rev } };
      for (const [what, input] of fields) if (what.startsWith("$")) {
        const [other, its] = input.value.includes("@") ? input.value.split("@") : [name, input.value];
        all[what] = { name: replica(other), rev: its || "main" };
      }
      return all;
    },
    arguments: () => ({ args: [...fields].filter(([what]) => !what.startsWith("$")).map(([, input]) => input.value) }),
    noted: () => Object.fromEntries([...fields].map(([what, input]) => ["in" + what, input.value])),
  };
}
