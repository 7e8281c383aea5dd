// The engine in a worker. It answers messages {id, method, argument}, of which argument is JSON, with {id, value} or {id, error}, and
// with any number of {id, event}. {id, end} ends what a call has left running, and makes room; it is sent once for each call.
// Before all else comes {module}, the engine as the page has compiled it, or {broken}, why there is none.
importScripts("wasm_exec.js");

let begin, fail;
const ready = new Promise((resolve, reject) => ([begin, fail] = [resolve, reject])).then(async (module) => {
  const go = new Go();
  go.run(await WebAssembly.instantiate(module, go.importObject));
});
ready.catch(() => {}); // each call tells

const calls = new Map(); // AbortControllers

onmessage = async ({ data: { module, broken, id, method, argument, end } }) => {
  if (module) return begin(module);
  if (broken) return fail(broken);
  if (end) {
    calls.get(id)?.abort();
    calls.delete(id);
    return;
  }
  const controller = new AbortController();
  calls.set(id, controller);
  try {
    await ready;
    postMessage({ id, value: await dhfs(method, argument, (event) => postMessage({ id, event }), controller.signal) });
  } catch (error) {
    postMessage({ id, error: typeof error === "string" && error[0] === "{" ? error : JSON.stringify({ code: "failed", message: String(error) }) });
  }
};
