// What the editor offers to go on with.
/** completions offers attributes, what the query itself calls ?x or $x, and the engine's words: parts of queries, and what can be called. */
export const completions = (attributes, words) => (context) => {
  const word = context.matchBefore(/[:?$][\w.\-/*+!<>=]*/);
  if (word) return word.text[0] === ":" ? { from: word.from, options: keywords(attributes(), words), validFor: /^:[\w.\-/*+!?<>=]*$/ } : { from: word.from, options: variables(context, word), validFor: /^[?$][\w\-]*$/ };
  const call = context.matchBefore(/\([\w\-?>./*+<=!]*/);
  if (call && (call.text.length > 1 || context.explicit)) return { from: call.from + 1, options: called(words), validFor: /^[\w\-?>./*+<=!]*$/ };
  return context.explicit ? { from: context.pos, options: keywords(attributes(), words) } : null;
};

const called = ({ clauses, functions, aggregates }) => [
  ...clauses.map((label) => ({ label, type: "keyword", detail: "clause" })),
  ...functions.map(({ name, ...f }) => ({ label: name, displayLabel: name.replace(/^clojure\.\w+\//, ""), type: "function", detail: takes(f) })),
  ...aggregates.map(({ name }) => ({ label: name, type: "function", detail: "in :find" })),
];

/** takes tells how many arguments there are. */
const takes = ({ min, max }) => (max < 0 ? `${min} or more` : min === max ? String(min) : `${min} to ${max}`);

const keywords = (attributes, { sections }) => [
  ...attributes.map((a) => ({ label: ":" + a.ident, detail: [a.type || "any", a.cardinality === "many" && "many", a.unique].filter(Boolean).join(" · "), info: a.doc || undefined, boost: 1 })),
  ...sections.map((label) => ({ label, type: "keyword" })),
];

function variables(context, word) {
  const text = context.state.doc.toString();
  const all = new Set((text.slice(0, word.from) + text.slice(word.to)).match(/[?$][\w\-]+/g) ?? []);
  return [...all].map((label) => ({ label, type: "variable" }));
}
