// The editor of queries and transactions.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { colours, edn } from "./edn.js";
import { completions } from "./complete.js";

const look = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "14px", maxHeight: "45vh" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--text)", minHeight: "118px" },
  ".cm-line": { padding: "0 14px 0 8px" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--quiet)", border: "none", paddingLeft: "4px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--hover)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--selection)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)", color: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", border: "1px solid var(--line)", borderRadius: "6px", boxShadow: "0 6px 24px var(--shadow)", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "13px", maxHeight: "16em" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontStyle: "normal", marginLeft: "1.2em", color: "var(--quiet)" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-lintRange-error": { backgroundImage: "none", backgroundColor: "var(--removed-tint)", textDecoration: "underline wavy var(--removed)", textUnderlineOffset: "3px" },
  ".cm-diagnostic": { padding: "6px 10px", fontFamily: "var(--sans)" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--removed)" },
});

/**
 * editor makes one in parent: { text, label, attributes: () => [{ ident, type, count, doc }], words, run, changed }. It lives in a shadow root, where its styles are adopted
 * instead of written into the page, which the page's policy forbids.
 */
export function editor(parent, { text, label, attributes, words, run, changed }) {
  const root = parent.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), history(), drawSelection(), bracketMatching(), closeBrackets(), highlightActiveLine(), indentUnit.of(" "),
        edn, syntaxHighlighting(colours), look, EditorView.lineWrapping,
        autocompletion({ override: [completions(attributes, words)], icons: false, maxRenderedOptions: 60 }),
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => (run(), true) }])),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", autocorrect: "off" }),
        EditorView.updateListener.of((u) => u.docChanged && changed(u.state.doc.toString())),
      ],
    }),
  });
  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(t) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: t } });
    },
    focus: () => view.focus(),
    clear: () => view.dispatch(setDiagnostics(view.state, [])),
    /** mark underlines what is wrong at a line and column, both from 1; columns count characters, not what JavaScript counts. */
    mark(line, column, message) {
      const at = placeOf(view.state.doc, line, column);
      const word = /^[^\s,()[\]{}"]+/.exec(view.state.doc.sliceString(at, at + 200))?.[0].length ?? 1;
      view.dispatch(setDiagnostics(view.state, [{ from: at, to: Math.min(view.state.doc.length, at + word), severity: "error", message }]));
    },
    go(line, column) {
      view.dispatch({ selection: { anchor: placeOf(view.state.doc, line, column) }, scrollIntoView: true });
      view.focus();
    },
  };
}

function placeOf(doc, line, column) {
  const l = doc.line(Math.min(Math.max(1, line), doc.lines));
  const before = [...l.text].slice(0, Math.max(0, column - 1)).join("");
  return l.from + before.length;
}
