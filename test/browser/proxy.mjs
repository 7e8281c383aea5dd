// A proxy on loopback in front of a server: it counts, and does to answers what a test wants.
import { createServer, request } from "node:http";
import { buffer } from "node:stream/consumers";

// proxy forwards to the origin of target. Its hooks may be set at any time:
//   tamper(path, bytes) → bytes   changes an answer
//   lose(path) → boolean          has the server act, and loses its answer
//   slow(path) → milliseconds     waits before it asks
export async function proxy(target) {
  const { host, pathname } = new URL(target);
  const [hostname, port] = host.split(":");
  const p = { requests: [], bytes: 0, tamper: null, lose: null, slow: null };
  p.count = (path) => p.requests.filter((r) => r.endsWith(path)).length;
  p.reset = () => Object.assign(p, { requests: [], bytes: 0 });
  const server = createServer(async (asked, answer) => {
    if (asked.method !== "OPTIONS") p.requests.push(`${asked.method} ${asked.url}`);
    const body = await buffer(asked);
    const wait = p.slow?.(asked.url) ?? 0;
    if (wait) await new Promise((done) => setTimeout(done, wait));
    if (answer.destroyed) return; // the page was left
    const headers = { ...asked.headers, host, "accept-encoding": "identity" };
    const there = request({ hostname, port, method: asked.method, path: asked.url, headers });
    there.on("error", () => answer.destroy());
    there.on("response", async (came) => {
      answer.on("close", () => came.destroy());
      if (asked.method !== "OPTIONS" && p.lose?.(asked.url)) {
        came.resume().on("end", () => answer.destroy());
        return;
      }
      const { "content-length": _, ...rest } = came.headers;
      answer.writeHead(came.statusCode, { ...rest, connection: "close" }); // on a connection that it had before the browser would ask again by itself
      if (p.tamper) {
        const bytes = await buffer(came);
        p.bytes += bytes.length;
        return answer.end(p.tamper(asked.url, bytes));
      }
      came.on("data", (piece) => {
        if (!answer.destroyed) p.bytes += piece.length;
        answer.write(piece);
      });
      came.on("end", () => answer.end());
      came.on("error", () => answer.destroy());
    });
    there.end(body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  p.url = `http://127.0.0.1:${server.address().port}${pathname}`;
  p.close = () => (server.close(), server.closeAllConnections());
  return p;
}
