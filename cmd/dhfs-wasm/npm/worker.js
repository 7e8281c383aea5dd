// The engine in a worker. It answers messages {id, method, argument}, of which argument is JSON, with {id, value} or {id, error}, and
// with any number of {id, event} before.
importScripts("wasm_exec.js");

const ready = (async () => {
  const go = new Go();
  const { instance } = await WebAssembly.instantiateStreaming(fetch("dhfs.wasm"), go.importObject);
  go.run(instance);
})();

onmessage = async ({ data: { id, method, argument } }) => {
  try {
    await ready;
    postMessage({ id, value: await dhfs(method, argument, (event) => postMessage({ id, event })) });
  } catch (error) {
    postMessage({ id, error: typeof error === "string" ? error : JSON.stringify({ code: "failed", message: String(error) }) });
  }
};
