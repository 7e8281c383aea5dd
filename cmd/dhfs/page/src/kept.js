// What is kept in this browser for the page itself, where anything may be kept.

/** kept is what was kept under a name, for a database. */
export function kept(what, name = "") {
  try {
    return localStorage.getItem(`dhfs-${what}:${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** keep keeps it; "" forgets it. */
export function keep(what, name, text) {
  try {
    if (text === "") localStorage.removeItem(`dhfs-${what}:${name}`);
    else localStorage.setItem(`dhfs-${what}:${name}`, text);
  } catch {} // where nothing may be kept
}

let secret; // where no session may keep it

/** token is what the server wants to see from who writes. It lives as long as the tab. */
export function token() {
  try {
    return sessionStorage.getItem("dhfs-token") ?? secret;
  } catch {
    return secret;
  }
}

export function setToken(text) {
  secret = text;
  try {
    sessionStorage.setItem("dhfs-token", text);
  } catch {}
}
