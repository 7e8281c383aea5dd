// The engine in a worker. It answers messages {id, method, argument}, of which argument is JSON, with {id, value} or {id, error}, and
// with any number of {id, event}. {id, end} ends what a call has left running, and makes room; it is sent once for each call.
importScripts("wasm_exec.js");

const ready = (async () => {
  const go = new Go();
  const { instance } = await WebAssembly.instantiateStreaming(fetch("dhfs.wasm"), go.importObject);
  go.run(instance);
})();

const calls = new Map(); // AbortControllers

onmessage = async ({ data: { id, method, argument, end } }) => {
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
    postMessage({ id, error: typeof error === "string" ? error : JSON.stringify({ code: "failed", message: String(error) }) });
  }
};
