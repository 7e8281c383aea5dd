// A headless Chromium that asks nobody for anything, and a server of files on loopback.
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

// launch returns a context with a profile of its own on disk; end removes both.
export async function launch() {
  const executablePath = process.env.CHROMIUM ?? paths.find(existsSync);
  if (!executablePath) throw new Error("chromium is not installed; run scripts/setup.sh chromium, or set CHROMIUM to its path");
  const profile = await mkdtemp(join(tmpdir(), "dhfs-chromium-"));
  const options = { executablePath, headless: true, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"] };
  const context = await chromium.launchPersistentContext(profile, options);
  // inPrivate calls f with a window that keeps nothing.
  const inPrivate = async (f) => {
    const browser = await chromium.launch(options);
    try {
      await f(await browser.newContext());
    } finally {
      await browser.close();
    }
  };
  const end = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, inPrivate, end };
}

// compiled runs f, and counts the functions of WebAssembly that the browser compiles meanwhile, and how often it finds a module compiled.
export async function compiled(context, f) {
  const tracer = await context.browser().newBrowserCDPSession();
  const seen = { functions: 0, found: 0 };
  tracer.on("Tracing.dataCollected", ({ value }) => {
    for (const { name } of value) {
      if (name === "wasm.CompileLazy") seen.functions++;
      if (name === "wasm.GetNativeModuleFromCache") seen.found++;
    }
  });
  const over = new Promise((done) => tracer.once("Tracing.tracingComplete", done));
  await tracer.send("Tracing.start", { traceConfig: { includedCategories: ["disabled-by-default-v8.wasm.detailed", "v8.wasm"] } });
  try {
    await f();
  } finally {
    await tracer.send("Tracing.end");
    await over;
    await tracer.detach();
  }
  return seen;
}

const types = { html: "text/html; charset=utf-8", js: "text/javascript", wasm: "application/wasm" };

// serve answers with files, or with text: name → path, or name → {text}. asked are the names that were asked for; files can be added.
export async function serve(files) {
  const asked = [];
  const server = createServer((request, answer) => {
    const name = request.url.slice(1) || "index.html";
    const file = files[name];
    asked.push(name);
    if (!file) return answer.writeHead(404).end();
    answer.writeHead(200, { "content-type": types[name.split(".").pop()] ?? "application/octet-stream", ...(name.endsWith(".wasm") ? { "cache-control": "max-age=600" } : {}) });
    if (file.text !== undefined) return answer.end(file.text);
    createReadStream(file).pipe(answer);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { asked, files, origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

export const goRoot = () => execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
