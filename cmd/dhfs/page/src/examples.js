// Queries and transactions to begin with, made of what the database has.

/** examples are { title, query } for a schema. */
export function examples(attributes) {
  const used = attributes.filter((a) => a.count > 0);
  const byKind = Map.groupBy(used, (a) => a.ident.split("/")[0]);
  const kinds = [...byKind].sort((a, b) => Math.max(...b[1].map((x) => x.count)) - Math.max(...a[1].map((x) => x.count)));
  return [...kinds.slice(0, 3).flatMap(([kind, all]) => ofKind(kind, all)), attributesOf, changesOf].filter(Boolean);
}

const attributesOf = { title: "All attributes", query: "[:find ?attribute ?doc\n :where [?a :db/ident ?attribute]\n        [(get-else $ ?a :db/doc \"\") ?doc]]" };
const changesOf = { title: "Commits over time", query: "[:find ?time ?t\n :where [?tx :db/txInstant ?time]\n        [(tx->t ?tx) ?t]]" };

const variable = (a) => "?" + a.ident.split("/").pop().replace(/[^\w\-]/g, "-");

function ofKind(kind, all) {
  const own = all.filter((a) => a.cardinality === "one");
  const columns = [...own].sort((a, b) => (b.unique ? 1 : 0) - (a.unique ? 1 : 0)).slice(0, 3);
  const group = own.find((a) => ["string", "keyword"].includes(a.type) && !a.unique) ?? own.find((a) => a.type === "ref");
  return [
    columns.length > 0 && { title: `List ${kind}`, query: `[:find ${columns.map(variable).join(" ")}\n :where ${columns.map((a) => `[?e :${a.ident} ${variable(a)}]`).join("\n        ")}]` },
    group && { title: `Count ${kind} by ${group.ident.split("/").pop()}`, query: `[:find ${variable(group)} (count ?e)\n :where [?e :${group.ident} ${variable(group)}]\n :order-by [(count ?e) :desc]]` },
  ];
}

const samples = { long: "0", double: "0.0", boolean: "true", instant: '#inst "2026-01-01"', keyword: ":some/keyword", ref: '[:db/ident :db/doc]' };
const sample = (a) => `:${a.ident} ${samples[a.type] ?? '"…"'}`;

/** writings are { title, tx }: transactions to begin with. */
export function writings(attributes) {
  const key = [...attributes].sort((a, b) => b.count - a.count).find((a) => a.unique === "identity");
  const define = { title: "Define an attribute", tx: "[{:db/ident :thing/name\n  :db/valueType :db.type/string\n  :db/cardinality :db.cardinality/one\n  :db/unique :db.unique/identity}]" };
  if (!key) return [define, { title: "Add an entity", tx: '[{:db/id "new"\n  :db/doc "…"}]' }];
  const kind = key.ident.split("/")[0], other = attributes.find((a) => a !== key && a.ident.startsWith(kind + "/") && a.cardinality === "one" && samples[a.type] !== samples.ref) ?? key;
  return [
    { title: `Add or change a ${kind}`, tx: `[{${sample(key)}${other === key ? "" : `\n  ${sample(other)}`}}]` },
    { title: "Take a value away", tx: `[[:db/retract [${sample(key)}] :${other.ident}]]` },
    { title: `Remove a ${kind}`, tx: `[[:db/retractEntity [${sample(key)}]]]` },
    define,
  ];
}
