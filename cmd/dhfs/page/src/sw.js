// Keeps the page in the browser, so that it opens without its server. The server writes in front of this: kept, the list of what to keep.
/* global kept */
const cache = "dhfs-page";

const absolute = (path) => new URL(path, self.registration.scope).href;

async function install() {
  const c = await caches.open(cache);
  const have = new Set((await c.keys()).map((r) => r.url));
  // The page itself may be another under the same name; all else has its hash in the name.
  await Promise.all(kept.filter((path) => path === "./" || !have.has(absolute(path))).map(async (path) => {
    const answer = await fetch(absolute(path), { headers: { accept: path === "./" ? "text/html" : "*/*" }, cache: path === "./" ? "no-cache" : "default" });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    await c.put(absolute(path), answer);
  }));
}

async function activate() {
  const c = await caches.open(cache);
  const wanted = new Set([...kept, "./~/site.json"].map(absolute));
  for (const request of await c.keys()) if (!wanted.has(request.url)) await c.delete(request);
  await self.clients.claim();
}

/** fresh asks the server, and without it what it said last. */
async function fresh(request, key) {
  const c = await caches.open(cache);
  try {
    const answer = await fetch(request);
    if (answer.ok) await c.put(key, answer.clone());
    return answer;
  } catch (error) {
    const old = await c.match(key, { ignoreVary: true });
    if (old) return old;
    throw error;
  }
}

async function first(request) {
  const c = await caches.open(cache);
  return (await c.match(request.url, { ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(install().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = request.url.split("#")[0];
  if (request.method !== "GET") return;
  if (url === absolute("./") && request.mode === "navigate") event.respondWith(fresh(request, url));
  else if (url === absolute("./~/site.json")) event.respondWith(fresh(request, url));
  else if (url.startsWith(absolute("./~/"))) event.respondWith(first(request));
});
