// Answers queries with DataScript: a request a line on stdin, an answer a line on stdout, both JSON. Of what a request
// has, "schema" starts anew, "facts" are gathered, "query" is answered.
import { createInterface } from 'node:readline';
import datascript from 'datascript';

let schema = {};
let facts = [];
let db = null;

// rows makes one array of rows of any form of answer; those of one value have no array of their own.
function rows(answer, form) {
  if (form !== 'scalar') return answer;
  return answer === null || answer === undefined ? [] : [answer];
}

function median(times) {
  times.sort((a, b) => a - b);
  return times[times.length >> 1];
}

// repeat runs a query until it took atLeast milliseconds in all, and returns the time of each run.
function repeat(run, atLeast) {
  const times = [];
  for (let total = 0; total < atLeast || times.length === 0;) {
    const start = performance.now();
    run();
    const took = performance.now() - start;
    times.push(took);
    total += took;
  }
  return times;
}

// time measures a query after runs as long that do not count: the engine compiles while they last.
function time(run, atLeast) {
  repeat(run, atLeast);
  const times = repeat(run, atLeast);
  return { median: median(times), n: times.length };
}

function answer({ query, args, form, mode, atLeast }) {
  const inputs = args.map((arg) => (arg === null ? db : arg));
  const run = () => rows(datascript.q(query, ...inputs), form);
  switch (mode) {
    case 'count': return { n: run().length };
    case 'rows': return { rows: run() };
    default: return time(run, atLeast);
  }
}

function handle(request) {
  if (request.schema) {
    schema = request.schema;
    facts = [];
    db = null;
    return {};
  }
  if (request.facts) {
    for (const fact of request.facts) facts.push(fact);
    return {};
  }
  if (db === null) {
    db = datascript.init_db(facts, schema);
    facts = [];
  }
  return request.query ? answer(request) : {};
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  let reply;
  try {
    reply = handle(JSON.parse(line));
  } catch (error) {
    reply = { error: String(error.message ?? error) };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
}
