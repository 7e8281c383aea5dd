// What the editor offers to go on with.
const clauses = [":find", ":where", ":in", ":with", ":keys", ":order-by", ":limit", ":offset", ":having", ":timeout", ":sources"];
const called = ["count", "count-distinct", "sum", "avg", "min", "max", "median", "variance", "stddev", "distinct", "rand", "sample", "pull", "not", "not-join", "or", "or-join", "and", "get-else", "get-some", "missing?", "ground", "identity", "tuple", "untuple", "str", "subs", "upper-case", "lower-case", "starts-with?", "ends-with?", "includes?", "re-find", "re-matches", "tx->t", "quot", "rem", "mod", "inc", "dec", "abs", "year", "month", "day"];

/** completions offers attributes, clauses, what the query itself calls ?x or $x, and what can be called. */
export const completions = (attributes) => (context) => {
  const word = context.matchBefore(/[:?$][\w.\-/*+!<>=]*/);
  if (word) return word.text[0] === ":" ? { from: word.from, options: keywords(attributes()), validFor: /^:[\w.\-/*+!?<>=]*$/ } : { from: word.from, options: variables(context, word), validFor: /^[?$][\w\-]*$/ };
  const call = context.matchBefore(/\([\w\-?>]*/);
  if (call && (call.text.length > 1 || context.explicit)) return { from: call.from + 1, options: called.map((label) => ({ label, type: "function" })), validFor: /^[\w\-?>]*$/ };
  return context.explicit ? { from: context.pos, options: keywords(attributes()) } : null;
};

const keywords = (attributes) => [
  ...attributes.map((a) => ({ label: ":" + a.ident, detail: [a.type || "any", a.cardinality === "many" && "many", a.unique].filter(Boolean).join(" · "), info: a.doc || undefined, boost: 1 })),
  ...clauses.map((label) => ({ label, type: "keyword" })),
];

function variables(context, word) {
  const text = context.state.doc.toString();
  const all = new Set((text.slice(0, word.from) + text.slice(word.to)).match(/[?$][\w\-]+/g) ?? []);
  return [...all].map((label) => ({ label, type: "variable" }));
}
