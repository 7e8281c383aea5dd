// Runs a Go program for js/wasm in a page: go test -exec "node …/exec.mjs". What it prints comes out, and its exit code is the program's.
//
// The page has one function more: dhfsQuota(bytes), a promise, after which that is all the room that this origin is given; 0 is as before.
import { goRoot, launch, serve } from "./chromium.mjs";

const [wasm, ...given] = process.argv.slice(2);
const args = given.filter((a) => !a.startsWith("-test.testlogfile=")); // a page has no files

const html = `<!doctype html><meta charset="utf-8"><title>test</title><script src="wasm_exec.js"></script><script>
  const decoder = new TextDecoder();
  globalThis.fs.writeSync = (fd, bytes) => { print(fd, decoder.decode(bytes, { stream: true })); return bytes.length; };
  (async () => {
    const go = new Go();
    go.argv = ["test", ...${JSON.stringify(args)}];
    go.exit = exited;
    try {
      const { instance } = await WebAssembly.instantiateStreaming(fetch("test.wasm"), go.importObject);
      await go.run(instance);
    } catch (e) { print(2, String(e.stack ?? e) + "\\n"); exited(2); }
  })();
</script>`;

const server = await serve({ "index.html": { text: html }, "wasm_exec.js": goRoot() + "/lib/wasm/wasm_exec.js", "test.wasm": wasm });
const { context, end } = await launch();
let code = 1;
try {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await page.exposeFunction("print", (fd, text) => void (fd === 2 ? process.stderr : process.stdout).write(text));
  await page.exposeFunction("dhfsQuota", (bytes) => cdp.send("Storage.overrideQuotaForOrigin", bytes ? { origin: server.origin, quotaSize: bytes } : { origin: server.origin }));
  const ended = new Promise((resolve, reject) => {
    page.exposeFunction("exited", resolve).then(() => page.goto(server.origin), reject);
    page.on("crash", () => reject(new Error("the page crashed")));
    page.on("pageerror", (e) => reject(e));
  });
  code = await ended;
} finally {
  await end();
  server.close();
}
process.exitCode = code;
