// Where one is, in the URL's hash: #/DATABASE/VIEW/PART…?name=value. So links can be shared, and back goes back.

/** route reads the hash: { name, view, parts, at }, of which at has what stands behind the question mark. */
export function route(hash = location.hash) {
  const all = hash.replace(/^#\/?/, ""), mark = all.indexOf("?");
  const [path, search] = mark < 0 ? [all, ""] : [all.slice(0, mark), all.slice(mark + 1)];
  const [name = "", view = "", ...parts] = path.split("/").map(decodeURIComponent);
  return { name, view, parts, at: Object.fromEntries(new URLSearchParams(search)) };
}

/** link writes one. What is empty in at is left out, and the branch main is not told. */
export function link(name, view = "", parts = [], at = {}) {
  const path = [name, view, ...parts].map((p) => encodeURIComponent(p)).join("/").replace(/\/+$/, "");
  const search = new URLSearchParams(Object.entries(at).filter(([key, value]) => value !== undefined && value !== "" && !(key === "rev" && value === "main")));
  return `#/${path}${search.size ? "?" + search : ""}`;
}

/** go moves there; with replace the place before is forgotten. */
export function go(to, replace = false) {
  if (replace) {
    history.replaceState(null, "", to);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = to;
}

/** note changes the hash without a new view. */
export const note = (to) => history.replaceState(null, "", to);
