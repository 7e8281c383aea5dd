// Databases of this browser. All work is done in a worker, so that the page never waits. dhfs.d.ts describes what is here.

export class DhfsError extends Error {
  constructor(fault) {
    super(fault.message);
    Object.assign(this, fault, { name: "DhfsError" });
  }
}

export class Dhfs {
  #worker;
  #calls = new Map();
  #last = 0;

  constructor(url = new URL("worker.js", import.meta.url)) {
    this.#worker = new Worker(url);
    this.#worker.onmessage = ({ data }) => this.#answered(data);
    this.#worker.onerror = (e) => this.#failed(e.message || "the worker could not be loaded");
  }

  #answered({ id, value, error, event }) {
    const call = this.#calls.get(id);
    if (event !== undefined) return call?.tell?.(JSON.parse(event));
    if (!call) return;
    if (!call.keep) this.#calls.delete(id);
    if (error !== undefined) call.reject(new DhfsError(JSON.parse(error)));
    else call.resolve(JSON.parse(value));
  }

  #failed(message) {
    for (const call of this.#calls.values()) call.reject(new DhfsError({ code: "failed", message }));
    this.#calls.clear();
  }

  #call(method, argument, tell, keep = false) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, tell, keep });
      this.#worker.postMessage({ id, method, argument: JSON.stringify(argument) });
    });
  }

  names = () => this.#call("names", {});
  create = (name, options = {}) => this.#call("create", { name, ...options });
  remove = (name) => this.#call("remove", { name });
  sync = (name, url, { onProgress, ...options } = {}) => this.#call("sync", { name, url, ...options }, onProgress);
  query = (query, sources, options = {}) => this.#call("query", { query, sources: typeof sources === "string" ? { $: { name: sources } } : sources, ...options });
  pull = (name, pattern, entity, options = {}) => this.#call("pull", { name, pattern, entity: String(entity), ...options });
  log = (name, options = {}) => this.#call("log", { name, ...options });
  transact = (name, tx, options = {}) => this.#call("transact", { name, tx, ...options });
  watch = (name, onMoved) => this.#call("watch", { name }, onMoved, true);

  close() {
    this.#worker.terminate();
    this.#failed("closed");
  }
}
