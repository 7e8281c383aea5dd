// EDN for the editor: what is coloured how.
import { HighlightStyle, StreamLanguage } from "@codemirror/language";
import { tags } from "@lezer/highlight";

const atom = /^[^\s,()[\]{}"';@^`~]+/;
const numberText = /^[+-]?\d+(\/\d+|(\.\d+)?([eE][+-]?\d+)?)[NM]?$/;

function string(stream, state) {
  while (!stream.eol()) {
    const c = stream.next();
    if (c === "\\") stream.next();
    else if (c === '"') {
      state.inString = false;
      break;
    }
  }
  return "string";
}

/** edn is the language; the first symbol behind a parenthesis is called. */
export const edn = StreamLanguage.define({
  name: "edn",
  startState: () => ({ inString: false, opened: false }),
  token(stream, state) {
    if (state.inString) return string(stream, state);
    if (stream.eatWhile(/[\s,]/)) return null;
    const c = stream.peek(), opened = state.opened;
    state.opened = false;
    if (c === ";") {
      stream.skipToEnd();
      return "comment";
    }
    if (c === '"') {
      stream.next();
      state.inString = true;
      return string(stream, state);
    }
    if (/[()[\]{}]/.test(c)) {
      stream.next();
      state.opened = c === "(";
      return "bracket";
    }
    if (stream.match(/^#_?/) || stream.match(/^[@'^`~]/)) return "meta";
    if (stream.match(/^\\\w+|^\\./)) return "character";
    if (!stream.match(atom)) {
      stream.next();
      return null;
    }
    return kindOf(stream.current(), opened);
  },
  languageData: { commentTokens: { line: ";" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
  tokenTable: { called: tags.function(tags.variableName), source: tags.namespace },
});

function kindOf(text, opened) {
  if (text.startsWith(":")) return /^:(find|where|in|with|keys|strs|syms|order-by|limit|offset|having|timeout|sources|xform|as|default)$/.test(text) ? "keyword" : "atom";
  if (text.startsWith("?")) return "variableName";
  if (/^[$%]/.test(text)) return "source";
  if (numberText.test(text)) return "number";
  if (/^(true|false|nil|_|\.\.\.|\.)$/.test(text)) return "bool";
  return opened ? "called" : null;
}

/** colours are the page's own, so that they follow dark and light. */
export const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: tags.atom, color: "var(--attribute)" },
  { tag: tags.variableName, color: "var(--variable)" },
  { tag: tags.function(tags.variableName), color: "var(--text)", fontWeight: "600" },
  { tag: [tags.namespace, tags.meta], color: "var(--quiet)" },
  { tag: [tags.string, tags.character], color: "var(--string)" },
  { tag: [tags.number, tags.bool], color: "var(--number)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  { tag: tags.bracket, color: "var(--quiet)" },
]);
